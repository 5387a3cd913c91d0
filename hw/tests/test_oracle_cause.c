// SPDX-License-Identifier: GPL-2.0
/*
 * Why an entry is still there: what software has sent, and how it missed. Each
 * cause, and each near miss that is none because it was meant for others.
 */
#include <stdlib.h>
#include <string.h>

#include "oracle/oracle_internal.h"
#include "tests/fault_fixture.h"
#include "tests/oracle_fixture.h"

/* A page of the device in a first-stage space, in the IOTLB. */
static void use_page(struct oc *oc)
{
	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA, OC_PAGE);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
}

/* In the device-TLB alone, and unmapped. */
static void stale_in_device(struct oc *oc)
{
	use_page(oc);
	oc_use_ats(oc, OC_PASID, OC_VA);
	oc_flush_iotlb(oc, VT_DID, OC_PASID);
	oc_unmap(oc, OC_PASID, OC_VA);
}

/* One finding, with this cause and this sentence. */
static void expect_cause(struct oc *oc, const char *cause, const char *text)
{
	char want[32];

	vt_wait(oc->vt);
	oc_confirm(oc, 1);
	snprintf(want, sizeof(want), "\"cause\":\"%s\"", cause);
	oc_expect(oc, want);
	oc_expect(oc, text);
	assert_int_equal(oracle_found(oc->o, 0)->lost, !strcmp(cause, "lost"));
}

static void never(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	expect_cause(oc, "never", "Nothing that was sent since concerns it.\"");
}

/* What came before the entry was filled has nothing to do with it. */
static void never_since_it_was_filled(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA + 0x1000, 0);
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA, 0);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
	oc_unmap(oc, OC_PASID, OC_VA);
	expect_cause(oc, "never", "concerns it.\"");
}

/* Invalidations elsewhere in the same address space are told, and not blamed. */
static void never_but_elsewhere(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA + 0x100000, 0);
	expect_cause(oc, "never",
		     "The last of its address space was 0000000500070036 "
		     "00007f0000100000 at ");
}

static void range_too_short(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	/* Two pages that end where it begins. */
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA - 0x2000, 1);
	expect_cause(oc, "range", "is of other addresses: 0000000500070036 00007effffffe001");
	oc_expect(oc, "of 0x7effffffe000 to 0x7effffffffff");
}

static void range_behind(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA + 0x1000, 0);
	expect_cause(oc, "range", "of 0x7f0000001000 to 0x7f0000001fff");
}

/* The size is taken from the lowest clear bit: 8 KiB, where 16 were meant. */
static void range_in_device(void **state)
{
	struct oc *oc = *state;

	stale_in_device(oc);
	oc_flush_devtlb(oc, OC_SID, OC_PASID, (OC_VA - 0x2000) | VTD_PDEVTLB_S);
	expect_cause(oc, "range", "of 0x7effffffe000 to 0x7effffffffff");
}

static void range_of_second_stage(void **state)
{
	struct vt_map m = {.levels = 4, .addr = OC_PAGE, .level = 1};
	struct oc *oc = *state;

	vt_simple_ss(oc->vt, OC_SID, OC_PASID, VT_DID, OC_PAGE, OC_PAGE);
	assert_int_equal(oc_use(oc, OC_PASID, OC_PAGE, true), 0);
	m.root = vt_get(oc->vt, vt_pe(oc->vt, OC_SID, OC_PASID)) & VTD_PE_SSPTPTR;
	vt_put(oc->vt, vt_slot(oc->vt, &m, 1), 0);
	vt_submit(oc->vt, vt_desc_iotlb(VTD_GRAN_SELECT, VT_DID), OC_PAGE + 0x1000);
	expect_cause(oc, "range", "of 0x201000 to 0x201fff");
}

static void tag_domain(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	oc_flush_page(oc, VT_DID + 1, OC_PASID, OC_VA, 0);
	expect_cause(oc, "tag", "What was sent names domain 8: 0000000500080036");
}

static void tag_domain_alone(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	vt_submit(oc->vt, vt_desc_iotlb(VTD_GRAN_DOMAIN, VT_DID + 1), 0);
	expect_cause(oc, "tag", "names domain 8");
}

static void tag_pasid(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	oc_flush_page(oc, VT_DID, OC_PASID + 1, OC_VA, 0);
	expect_cause(oc, "tag", "names PASID 6");
}

static void tag_source(void **state)
{
	struct oc *oc = *state;

	stale_in_device(oc);
	oc_flush_devtlb(oc, VT_SID, OC_PASID, OC_VA);
	expect_cause(oc, "tag", "names source-id 00:06.0");
}

static void tag_of_a_pasid_entry(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	oc_flush_iotlb(oc, VT_DID, OC_PASID);
	vt_put(oc->vt, vt_pe(oc->vt, OC_SID, OC_PASID), 0);
	oc_flush_pasid_cache(oc, VT_DID, OC_PASID + 1);
	expect_cause(oc, "tag", "names PASID 6");
}

static void tag_of_a_context_entry(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	oc_flush_iotlb(oc, VT_DID, OC_PASID);
	oc_flush_pasid_cache(oc, VT_DID, OC_PASID);
	vt_put(oc->vt, vt_context(oc->vt, OC_SID), 0);
	vt_submit(oc->vt,
		  vt_type(VTD_DESC_CC) | svk_put(VTD_DESC_G, VTD_GRAN_SELECT) |
			  svk_put(VTD_CC_SID, VT_SID),
		  0);
	expect_cause(oc, "tag", "names source-id 00:06.0");
}

/* Another PASID of the domain is in use: its invalidation is its own. */
static void others_are_not_blamed(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	vt_simple_fs(oc->vt, OC_SID, OC_PASID + 1, VT_DID, OC_VA, OC_PAGE);
	assert_int_equal(oc_use(oc, OC_PASID + 1, OC_VA, true), 0);
	oc_unmap(oc, OC_PASID, OC_VA);
	oc_flush_page(oc, VT_DID, OC_PASID + 1, OC_VA, 0);
	expect_cause(oc, "never", "concerns it.\"");
}

/* Nor is one that has two tags of its own, nor one that was of use. */
static void strangers_are_not_blamed(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	oc_flush_page(oc, VT_DID + 1, OC_PASID + 1, OC_VA, 0);
	vt_submit(oc->vt, vt_desc_iotlb(VTD_GRAN_DOMAIN, VT_DID), 0);
	vt_put(oc->vt, vt_pe(oc->vt, OC_SID, OC_PASID), 0);
	vt_wait(oc->vt);
	oc_confirm(oc, 1);
	oc_expect(oc, "\"cause\":\"never\"");
	oc_expect(oc, "stale PASID-cache entry");
}

/* Pages of a PASID that is gone: the whole of it should have been named. */
static void granularity_page_of_a_pasid(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	vt_put(oc->vt, vt_pe(oc->vt, OC_SID, OC_PASID), 0);
	oc_flush_pasid_cache(oc, VT_DID, OC_PASID);
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA + 0x100000, 0);
	vt_wait(oc->vt);
	/* The rule is broken as well. */
	oc_confirm(oc, 2);
	assert_non_null(strstr(oc_told(oc), "\"cause\":\"granularity\""));
	assert_non_null(strstr(oc_told(oc), "is of a kind that leaves it: 0000000500070036"));
}

/* A page that was invalidated before the PASID went was another matter. */
static void pages_before_are_not_blamed(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA + 0x100000, 0);
	vt_put(oc->vt, vt_pe(oc->vt, OC_SID, OC_PASID), 0);
	oc_flush_pasid_cache(oc, VT_DID, OC_PASID);
	vt_wait(oc->vt);
	oc_confirm(oc, 2);
	assert_non_null(strstr(oc_told(oc), "\"cause\":\"never\""));
}

/* By first-stage address, of an entry that has none. */
static void granularity_of_the_other_stage(void **state)
{
	struct vt_map m = {.levels = 4, .addr = OC_PAGE, .level = 1};
	struct oc *oc = *state;

	vt_simple_ss(oc->vt, OC_SID, OC_PASID, VT_DID, OC_PAGE, OC_PAGE);
	assert_int_equal(oc_use(oc, OC_PASID, OC_PAGE, true), 0);
	m.root = vt_get(oc->vt, vt_pe(oc->vt, OC_SID, OC_PASID)) & VTD_PE_SSPTPTR;
	vt_put(oc->vt, vt_slot(oc->vt, &m, 1), 0);
	oc_flush_page(oc, VT_DID, OC_PASID, OC_PAGE, 0);
	expect_cause(oc, "granularity", "is of a kind that leaves it");
}

static void granularity_without_pasid(void **state)
{
	struct oc *oc = *state;

	stale_in_device(oc);
	vt_submit(oc->vt, vt_type(VTD_DESC_DEVTLB) | svk_put(VTD_DEVTLB_SID, OC_SID), OC_VA);
	expect_cause(oc, "granularity", "is of a kind that leaves it");
}

/* A device that also works without PASID has its own invalidations for that. */
static void without_pasid_is_not_blamed(void **state)
{
	struct oc *oc = *state;

	vt_simple_fs(oc->vt, OC_SID, 0, VT_DID + 1, OC_PAGE, OC_PAGE);
	assert_int_equal(oc_use(oc, VT_NO_PASID, OC_PAGE, true), 0);
	stale_in_device(oc);
	vt_submit(oc->vt, vt_type(VTD_DESC_DEVTLB) | svk_put(VTD_DEVTLB_SID, OC_SID), OC_VA);
	expect_cause(oc, "never", "concerns it.");
}

static void granularity_with_pasid(void **state)
{
	struct oc *oc = *state;

	vt_simple_fs(oc->vt, OC_SID, 0, VT_DID, OC_PAGE, OC_PAGE);
	oc_use_ats(oc, VT_NO_PASID, OC_PAGE);
	oc_flush_iotlb(oc, VT_DID, 0);
	oc_unmap(oc, 0, OC_PAGE);
	oc_flush_devtlb(oc, OC_SID, 0, OC_PAGE);
	expect_cause(oc, "granularity", "is of a kind that leaves it");
}

static void lost(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	fault_arm(&oc->vt->m, "lose,types=piotlb");
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA, 0);
	/* Others that come later, and are near, change nothing about that. */
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA + 0x1000, 0);
	expect_cause(oc, "lost", "was lost on purpose: 0000000500070036");
}

/* A loss that has nothing to do with it. */
static void lost_elsewhere(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	fault_arm(&oc->vt->m, "lose,types=piotlb");
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA + 0x1000, 0);
	expect_cause(oc, "never", "concerns it.");
}

/* The IOTLB entry is stale, so what the device fetches from it is, whatever it is told. */
static void refill_during_invalidation(struct oc *oc, bool iotlb_late, bool lose)
{
	use_page(oc);
	oc_use_ats(oc, OC_PASID, OC_VA);
	oc_unmap(oc, OC_PASID, OC_VA);
	if (lose) {
		fault_arm(&oc->vt->m, "lose,types=piotlb");
		oc_flush_page(oc, VT_DID, OC_PASID, OC_VA, 0);
	}
	oc_flush_devtlb(oc, OC_SID, OC_PASID, OC_VA);
	oc_use_ats(oc, OC_PASID, OC_VA);
	if (iotlb_late)
		oc_flush_page(oc, VT_DID, OC_PASID, OC_VA, 0);
}

static void order_of_device(void **state)
{
	struct oc *oc = *state;

	refill_during_invalidation(oc, true, false);
	expect_cause(oc, "order",
		     "filled again before what it was filled from was removed: "
		     "0000000500380008");
	oc_expect(oc, ", then 0000000500070036");
}

/* What was lost is the reason for what came of it. */
static void lost_at_the_source(void **state)
{
	struct oc *oc = *state;

	refill_during_invalidation(oc, false, true);
	vt_wait(oc->vt);
	oc_confirm(oc, 2);
	oc_expect(oc, "stale device-TLB entry");
	oc_expect(oc, "\"cause\":\"lost\"");
}

/* Nobody has told the IOTLB, which is a finding of its own. */
static void never_at_the_source(void **state)
{
	struct oc *oc = *state;

	refill_during_invalidation(oc, false, false);
	vt_wait(oc->vt);
	oc_confirm(oc, 2);
	oc_expect(oc, "stale device-TLB entry");
	oc_expect(oc, "\"cause\":\"never\"");
}

/* Filled from the stale IOTLB, and no word to the device at all. */
static void never_told_the_device(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	oc_use_ats(oc, OC_PASID, OC_VA);
	oc_flush_page(oc, VT_DID, OC_PASID, OC_VA, 0);
	expect_cause(oc, "never", "concerns it.");
}

/* The PASID-cache is told last, and the IOTLB has been filled by its old entry. */
static void order_of_iotlb(void **state)
{
	u64 pe, q[3];
	struct oc *oc = *state;

	use_page(oc);
	pe = vt_pe(oc->vt, OC_SID, OC_PASID);
	for (unsigned int i = 0; i < 3; i++)
		q[i] = vt_get(oc->vt, pe + 8 * i);
	vt_put(oc->vt, pe, 0);
	oc_flush_iotlb(oc, VT_DID, OC_PASID);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
	oc_flush_pasid_cache(oc, VT_DID, OC_PASID);
	vt_wait(oc->vt);
	/* And the rule. */
	oc_confirm(oc, 2);
	assert_non_null(strstr(oc_told(oc), "\"cause\":\"order\""));
	vt_put(oc->vt, pe, q[0]);
}

static void lost_before_the_iotlb(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	vt_put(oc->vt, vt_pe(oc->vt, OC_SID, OC_PASID), 0);
	fault_arm(&oc->vt->m, "lose,types=pasid");
	oc_flush_pasid_cache(oc, VT_DID, OC_PASID);
	oc_flush_iotlb(oc, VT_DID, OC_PASID);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
	vt_wait(oc->vt);
	/* The PASID-cache entry, and what came of it. */
	oc_confirm(oc, 2);
	oc_expect(oc, "stale IOTLB entry");
	oc_expect(oc, "\"cause\":\"lost\"");
}

/* The history is a ring: what has left it can not be told. */
static void a_long_history(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	oc_unmap(oc, OC_PASID, OC_VA);
	for (unsigned int i = 0; i < ORACLE_HISTORY + 1; i++)
		oc_flush_page(oc, VT_DID + 1, OC_PASID + 1, OC_VA, 0);
	expect_cause(oc, "never", "concerns it.");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, oc_setup, oc_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(never),
		TEST(never_since_it_was_filled),
		TEST(never_but_elsewhere),
		TEST(range_too_short),
		TEST(range_behind),
		TEST(range_in_device),
		TEST(range_of_second_stage),
		TEST(tag_domain),
		TEST(tag_domain_alone),
		TEST(tag_pasid),
		TEST(tag_source),
		TEST(tag_of_a_pasid_entry),
		TEST(tag_of_a_context_entry),
		TEST(others_are_not_blamed),
		TEST(strangers_are_not_blamed),
		TEST(granularity_page_of_a_pasid),
		TEST(pages_before_are_not_blamed),
		TEST(granularity_of_the_other_stage),
		TEST(granularity_without_pasid),
		TEST(without_pasid_is_not_blamed),
		TEST(granularity_with_pasid),
		TEST(lost),
		TEST(lost_elsewhere),
		TEST(order_of_device),
		TEST(lost_at_the_source),
		TEST(never_at_the_source),
		TEST(never_told_the_device),
		TEST(order_of_iotlb),
		TEST(lost_before_the_iotlb),
		TEST(a_long_history),
	};

	return cmocka_run_group_tests_name("oracle_cause", tests, NULL, NULL);
}
