// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle's rules: each is kept by software that does it right, and each
 * is reported, by name, to software that does not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "oracle/oracle.h"
#include "oracle/oracle_internal.h"
#include "tests/vtd_fixture.h"
#include "vtd/inspect.h"

#define PASID 5
#define VA 0x7f0000000000ULL
#define PAGE 0x200000ULL

/* A device-TLB with at most one page, which forgets when it is told to. */
struct device {
	bool cached;
};

static struct {
	struct vt *vt;
	struct oracle *o;
	struct device dev;
	FILE *out;
	char *text;
	size_t len;
} r;

static bool dev_invalidate(void *endpoint, const struct vtd_devtlb_inv *inv)
{
	struct device *d = endpoint;

	(void)inv;
	d->cached = false;
	return true;
}

static bool dev_each(void *endpoint, bool (*visit)(void *ctx, const struct vtd_view *e), void *ctx)
{
	const struct device *d = endpoint;
	const struct vtd_view e = {.kind = VTD_VIEW_DEVTLB,
				   .sid = VT_SID2,
				   .has_pasid = true,
				   .pasid = PASID,
				   .perm = VTD_VIEW_R,
				   .addr = VA,
				   .size = 4096,
				   .out = PAGE};

	return !d->cached || visit(ctx, &e);
}

static const struct vtd_endpoint_ops dev_ops = {.invalidate = dev_invalidate, .each = dev_each};

static int setup(void **state)
{
	int ret = vt_setup(state);

	if (ret)
		return ret;
	r.vt = *state;
	r.text = NULL;
	r.out = open_memstream(&r.text, &r.len);
	r.dev.cached = false;
	/* The fixture's device has VT_SID. */
	assert_int_equal(vtd_attach(r.vt->v, VT_SID2, &dev_ops, &r.dev), 0);
	r.o = oracle_new(r.vt->v, r.out);
	return r.o && r.out ? 0 : -1;
}

static int teardown(void **state)
{
	oracle_free(r.o);
	fclose(r.out);
	free(r.text);
	return vt_teardown(state);
}

/* A PASID of the second device, used once, also by its device-TLB. */
static void use_pasid(void)
{
	struct vtd_translation t;

	vt_simple_fs(r.vt, VT_SID2, PASID, VT_DID, VA, PAGE);
	assert_int_equal(vt_xlate(r.vt, VT_SID2, PASID, VA, true, &t), 0);
	r.dev.cached = true;
}

static void clear_entry(void)
{
	vt_put(r.vt, vt_pe(r.vt, VT_SID2, PASID), 0);
}

static void flush_pasid_cache(void)
{
	vt_submit(r.vt, vt_desc_pasid(VTD_PC_G_PASID, VT_DID, PASID), 0);
}

static void flush_iotlb(void)
{
	vt_submit(r.vt, vt_desc_piotlb(VTD_PIOTLB_G_PASID, VT_DID, PASID), 0);
}

static void flush_devtlb(u64 range)
{
	vt_submit(r.vt,
		  vt_type(VTD_DESC_PDEVTLB) | svk_put(VTD_PDEVTLB_SID, VT_SID2) |
			  svk_put(VTD_DESC_PASID, PASID),
		  range);
}

#define EVERYTHING (SVK_MASK(62, 12) | VTD_PDEVTLB_S)

/* After all is over: these rules were broken, and no other. NULL: none. */
static void expect_rule(const char *id)
{
	char want[64];

	oracle_audit(r.o, true);
	fflush(r.out);
	if (!id) {
		assert_string_equal(r.text ? r.text : "", "");
		assert_int_equal(oracle_findings(r.o), 0);
		return;
	}
	snprintf(want, sizeof(want), "\"rule\":\"%s\"", id);
	assert_non_null(r.text);
	assert_non_null(strstr(r.text, want));
	assert_int_equal(oracle_findings(r.o), 1);
}

static void teardown_in_order(void **state)
{
	(void)state;
	use_pasid();
	clear_entry();
	flush_pasid_cache();
	flush_iotlb();
	flush_devtlb(EVERYTHING);
	vt_wait(r.vt);
	expect_rule(NULL);
}

static void domain_flush_will_do(void **state)
{
	(void)state;
	use_pasid();
	clear_entry();
	flush_pasid_cache();
	vt_submit(r.vt, vt_desc_iotlb(VTD_GRAN_DOMAIN, VT_DID), 0);
	flush_devtlb(EVERYTHING | VTD_PDEVTLB_G);
	vt_wait(r.vt);
	expect_rule(NULL);
}

static void no_iotlb(void **state)
{
	(void)state;
	use_pasid();
	clear_entry();
	flush_iotlb();
	flush_pasid_cache();
	flush_devtlb(EVERYTHING);
	vt_wait(r.vt);
	expect_rule("pasid-without-iotlb");
}

/* A page of it is not all of it. */
static void page_of_iotlb_is_not_all(void **state)
{
	(void)state;
	use_pasid();
	clear_entry();
	flush_pasid_cache();
	vt_submit(r.vt, vt_desc_piotlb(VTD_PIOTLB_G_PAGE, VT_DID, PASID), VA);
	flush_devtlb(EVERYTHING);
	vt_wait(r.vt);
	expect_rule("pasid-without-iotlb");
}

/* Without CAP.PSI the unit does all of the domain, whatever page is named. */
static void page_without_psi_is_the_domain(void **state)
{
	(void)state;
	oracle_free(r.o);
	vt_rebuild(r.vt, "-psi", NULL);
	assert_int_equal(vtd_attach(r.vt->v, VT_SID2, &dev_ops, &r.dev), 0);
	r.o = oracle_new(r.vt->v, r.out);
	assert_non_null(r.o);
	use_pasid();
	clear_entry();
	flush_pasid_cache();
	vt_submit(r.vt, vt_desc_iotlb(VTD_GRAN_SELECT, VT_DID), 0);
	flush_devtlb(EVERYTHING);
	vt_wait(r.vt);
	expect_rule(NULL);
}

static void no_devtlb(void **state)
{
	(void)state;
	use_pasid();
	clear_entry();
	flush_pasid_cache();
	flush_iotlb();
	vt_wait(r.vt);
	/* The entry in the device is stale besides. */
	r.dev.cached = false;
	expect_rule("pasid-without-devtlb");
}

static void page_of_devtlb_is_not_all(void **state)
{
	(void)state;
	use_pasid();
	clear_entry();
	flush_pasid_cache();
	flush_iotlb();
	flush_devtlb(VA);
	vt_wait(r.vt);
	expect_rule("pasid-without-devtlb");
}

/* A device that holds nothing need not be told. */
static void idle_devtlb_need_not_be_told(void **state)
{
	(void)state;
	use_pasid();
	r.dev.cached = false;
	clear_entry();
	flush_pasid_cache();
	flush_iotlb();
	vt_wait(r.vt);
	expect_rule(NULL);
}

static void devtlb_before_iotlb(void **state)
{
	(void)state;
	use_pasid();
	clear_entry();
	flush_pasid_cache();
	flush_devtlb(EVERYTHING);
	flush_iotlb();
	vt_wait(r.vt);
	expect_rule("devtlb-before-iotlb");
}

static void told_again_is_right(void **state)
{
	(void)state;
	use_pasid();
	clear_entry();
	flush_pasid_cache();
	flush_devtlb(EVERYTHING);
	flush_iotlb();
	flush_devtlb(EVERYTHING);
	vt_wait(r.vt);
	expect_rule(NULL);
}

static void flush_without_change(void **state)
{
	(void)state;
	use_pasid();
	flush_pasid_cache();
	vt_wait(r.vt);
	expect_rule(NULL);
}

static void entry_changed_while_present(void **state)
{
	u64 pe;

	(void)state;
	use_pasid();
	pe = vt_pe(r.vt, VT_SID2, PASID);
	vt_put(r.vt, pe + 16, (vt_get(r.vt, pe + 16) & ~VTD_PE2_FSPTPTR) | vt_page(r.vt));
	flush_pasid_cache();
	flush_iotlb();
	flush_devtlb(EVERYTHING);
	vt_wait(r.vt);
	expect_rule("pasid-changed-while-present");
}

/* Permissions and dirty tracking may be switched in place. */
static void permissions_may_change(void **state)
{
	u64 pe;

	(void)state;
	use_pasid();
	pe = vt_pe(r.vt, VT_SID2, PASID);
	vt_put(r.vt, pe + 16, vt_get(r.vt, pe + 16) ^ VTD_PE2_WPE);
	flush_pasid_cache();
	flush_iotlb();
	vt_wait(r.vt);
	expect_rule(NULL);
}

static void context_changed_while_present(void **state)
{
	u64 ce, pe;

	(void)state;
	use_pasid();
	ce = vt_context(r.vt, VT_SID2);
	pe = vt_get(r.vt, ce);
	vt_put(r.vt, ce, (pe & ~VTD_CE_PASIDDIRPTR) | vt_page(r.vt));
	vt_submit(r.vt,
		  vt_type(VTD_DESC_CC) | svk_put(VTD_DESC_G, VTD_GRAN_SELECT) |
			  svk_put(VTD_CC_SID, VT_SID2),
		  0);
	/* Back, or all below it would be stale. */
	vt_put(r.vt, ce, pe);
	vt_wait(r.vt);
	expect_rule("context-changed-while-present");
}

static void domain_id_reused(void **state)
{
	struct vtd_translation t;

	(void)state;
	use_pasid();
	clear_entry();
	flush_pasid_cache();
	/* Other tables under the same domain-id and PASID: the IOTLB still has the first ones. */
	vt_simple_fs(r.vt, VT_SID2, PASID, VT_DID, VA, PAGE + 0x1000);
	assert_int_equal(vt_xlate(r.vt, VT_SID2, PASID, VA, true, &t), 0);
	assert_int_equal(t.addr, PAGE);
	flush_iotlb();
	flush_devtlb(EVERYTHING);
	vt_wait(r.vt);
	expect_rule("domain-id-reused");
}

static void unknown_source(void **state)
{
	(void)state;
	vt_submit(r.vt, vt_type(VTD_DESC_DEVTLB) | svk_put(VTD_DEVTLB_SID, 0x1234), 0);
	vt_wait(r.vt);
	expect_rule("devtlb-unknown-source");
}

/* All are counted; what is written has an end. */
static void reports_are_limited(void **state)
{
	u64 lines = 0;

	(void)state;
	assert_int_equal(log_open("/dev/null"), 0);
	for (unsigned int i = 0; i < ORACLE_REPORTS + 10; i++)
		vt_submit(r.vt, vt_type(VTD_DESC_DEVTLB) | svk_put(VTD_DEVTLB_SID, 0x1234), 0);
	log_close();
	assert_int_equal(oracle_findings(r.o), ORACLE_REPORTS + 10);
	fflush(r.out);
	for (const char *c = r.text; (c = strchr(c, '\n')); c++)
		lines++;
	assert_int_equal(lines, ORACLE_REPORTS);
}

static void nobody_waited(void **state)
{
	(void)state;
	flush_iotlb();
	expect_rule("no-wait");
}

static void not_confirmed_not_concluded(void **state)
{
	(void)state;
	use_pasid();
	clear_entry();
	flush_pasid_cache();
	oracle_audit(r.o, false);
	assert_int_equal(oracle_findings(r.o), 0);
	flush_iotlb();
	flush_devtlb(EVERYTHING);
	vt_wait(r.vt);
	expect_rule(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(teardown_in_order),
		TEST(domain_flush_will_do),
		TEST(no_iotlb),
		TEST(page_of_iotlb_is_not_all),
		TEST(page_without_psi_is_the_domain),
		TEST(no_devtlb),
		TEST(page_of_devtlb_is_not_all),
		TEST(idle_devtlb_need_not_be_told),
		TEST(devtlb_before_iotlb),
		TEST(told_again_is_right),
		TEST(flush_without_change),
		TEST(entry_changed_while_present),
		TEST(permissions_may_change),
		TEST(context_changed_while_present),
		TEST(domain_id_reused),
		TEST(unknown_source),
		TEST(reports_are_limited),
		TEST(nobody_waited),
		TEST(not_confirmed_not_concluded),
	};

	return cmocka_run_group_tests_name("oracle_rules", tests, NULL, NULL);
}
