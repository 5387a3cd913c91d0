// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle's rules about tables above the PASID entry, and about the size
 * encoding of a device-TLB invalidation: kept, and broken.
 */
#include <stdlib.h>
#include <string.h>

#include "oracle/oracle.h"
#include "tests/oracle_fixture.h"

static void use_page(struct oc *oc)
{
	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA, OC_PAGE);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
}

/* It is the last that was reported, and nothing else was. */
static void expect_told(struct oc *oc, const char *id)
{
	char want[64];

	assert_int_equal(oracle_findings(oc->o), 1);
	snprintf(want, sizeof(want), "\"rule\":\"%s\"", id);
	oc_expect(oc, want);
}

/* A duty, which is a finding when nothing is to come any more. */
static void expect_rule(struct oc *oc, const char *id)
{
	oc_confirm(oc, 1);
	expect_told(oc, id);
}

/* Broken at once. */
static void expect_broken(struct oc *oc, const char *id)
{
	oc_confirm(oc, 0);
	expect_told(oc, id);
}

/* A unit that leaves its caches alone when the root table pointer is set. */
static int setup_no_esrtps(void **state)
{
	int ret = oc_setup(state);

	oc_rebuild(*state, "-esrtps", NULL);
	return ret;
}

static void set_root(struct oc *oc)
{
	vt_write32(oc->vt, VTD_GCMD, VTD_G_TE | VTD_G_QIE | VTD_G_SRTP);
}

static void flush_context_cache(struct oc *oc)
{
	vt_submit(oc->vt, vt_type(VTD_DESC_CC) | svk_put(VTD_DESC_G, VTD_GRAN_GLOBAL), 0);
}

static void root_flushed_in_order(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	set_root(oc);
	vt_flush_all(oc->vt);
	oc_confirm(oc, 0);
}

static void root_not_flushed(void **state)
{
	struct oc *oc = *state;

	set_root(oc);
	expect_rule(oc, "root-changed");
	/* Said once. */
	oc_confirm(oc, 0);
}

static void root_flushed_out_of_order(void **state)
{
	struct oc *oc = *state;

	set_root(oc);
	vt_submit(oc->vt, vt_desc_iotlb(VTD_GRAN_GLOBAL, 0), 0);
	flush_context_cache(oc);
	vt_submit(oc->vt, vt_desc_pasid(VTD_PC_G_GLOBAL, 0, 0), 0);
	vt_wait(oc->vt);
	expect_rule(oc, "root-changed");
}

static void root_flushed_in_part(void **state)
{
	struct oc *oc = *state;

	set_root(oc);
	flush_context_cache(oc);
	vt_submit(oc->vt, vt_desc_pasid(VTD_PC_G_DOMAIN, VT_DID, 0), 0);
	vt_submit(oc->vt, vt_desc_iotlb(VTD_GRAN_GLOBAL, 0), 0);
	vt_wait(oc->vt);
	expect_rule(oc, "root-changed");
}

/* Context-cache and IOTLB have registers, too. */
static void root_flushed_by_register(void **state)
{
	struct oc *oc = *state;

	set_root(oc);
	vt_write64(oc->vt, VTD_CCMD, VTD_CCMD_ICC | svk_put(VTD_CCMD_CIRG, VTD_GRAN_GLOBAL));
	vt_submit(oc->vt, vt_desc_pasid(VTD_PC_G_GLOBAL, 0, 0), 0);
	vt_wait(oc->vt);
	vt_write64(oc->vt, svk_get(VTD_ECAP_IRO, oc->vt->cfg.ecap) * 16 + VTD_IOTLB,
		   VTD_IOTLB_IVT | svk_put(VTD_IOTLB_IIRG, VTD_GRAN_GLOBAL));
	oc_confirm(oc, 0);
}

/* With CAP.ESRTPS, the default, the unit does it by itself. */
static void root_flushes_itself(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	set_root(oc);
	oc_confirm(oc, 0);
}

static void root_forgotten_by_reset(void **state)
{
	struct oc *oc = *state;

	set_root(oc);
	vtd_reset(oc->vt->v);
	oc_confirm(oc, 0);
}

/* The tables below are copied, so that only the pointer differs. */
static u64 copy_page(struct oc *oc, u64 from)
{
	u64 to = vt_page(oc->vt);

	for (unsigned int i = 0; i < 512; i++)
		vt_put(oc->vt, to + 8 * i, vt_get(oc->vt, from + 8 * i));
	return to;
}

static void lead_elsewhere(struct oc *oc, u64 at)
{
	u64 entry = vt_get(oc->vt, at);

	vt_put(oc->vt, at, (entry & 0xfff) | copy_page(oc, entry & ~0xfffULL));
}

static void root_entry_while_present(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	lead_elsewhere(oc, oc->vt->root);
	vt_flush_all(oc->vt);
	expect_broken(oc, "root-changed-while-present");
}

static void directory_entry_while_present(void **state)
{
	struct oc *oc = *state;

	use_page(oc);
	vt_simple_fs(oc->vt, OC_SID, OC_PASID + 1, VT_DID, OC_VA, OC_PAGE);
	assert_int_equal(oc_use(oc, OC_PASID + 1, OC_VA, true), 0);
	lead_elsewhere(oc, vt_pde(oc->vt, OC_SID, OC_PASID));
	vt_submit(oc->vt, vt_desc_pasid(VTD_PC_G_GLOBAL, 0, 0), 0);
	vt_wait(oc->vt);
	/* Once, although it leads to both entries. */
	expect_broken(oc, "pasid-dir-changed-while-present");
}

/* Taken away, invalidated, and only then another one: not seen together. */
static void directory_entry_in_order(void **state)
{
	struct oc *oc = *state;
	u64 at, entry;

	use_page(oc);
	at = vt_pde(oc->vt, OC_SID, OC_PASID);
	entry = vt_get(oc->vt, at);
	vt_put(oc->vt, at, 0);
	oc_flush_pasid_cache(oc, VT_DID, OC_PASID);
	oc_flush_iotlb(oc, VT_DID, OC_PASID);
	vt_wait(oc->vt);
	vt_put(oc->vt, at, (entry & 0xfff) | copy_page(oc, entry & ~0xfffULL));
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
	oc_confirm(oc, 0);
}

/* FPD belongs to the entry, and leads nowhere. */
static void directory_entry_fault_disable(void **state)
{
	struct oc *oc = *state;
	u64 at;

	use_page(oc);
	at = vt_pde(oc->vt, OC_SID, OC_PASID);
	vt_put(oc->vt, at, vt_get(oc->vt, at) | VTD_PDE_FPD);
	oc_flush_pasid_cache(oc, VT_DID, OC_PASID);
	vt_wait(oc->vt);
	oc_confirm(oc, 0);
}

static void all_of_the_device_tlb(void **state)
{
	struct oc *oc = *state;

	oc_flush_devtlb(oc, OC_SID, OC_PASID, OC_EVERYTHING);
	vt_submit(oc->vt, vt_type(VTD_DESC_DEVTLB) | svk_put(VTD_DEVTLB_SID, OC_SID),
		  SVK_MASK(62, 12) | VTD_DEVTLB_S);
	/* The last page, alone: no size, so nothing to encode. */
	oc_flush_devtlb(oc, OC_SID, OC_PASID, SVK_MASK(63, 12));
	vt_wait(oc->vt);
	oc_confirm(oc, 0);
}

static void size_without_an_end(void **state)
{
	struct oc *oc = *state;

	oc_flush_devtlb(oc, OC_SID, OC_PASID, SVK_MASK(63, 12) | VTD_PDEVTLB_S);
	vt_wait(oc->vt);
	expect_broken(oc, "devtlb-size");
	vt_submit(oc->vt, vt_type(VTD_DESC_DEVTLB) | svk_put(VTD_DEVTLB_SID, OC_SID),
		  SVK_MASK(63, 12) | VTD_DEVTLB_S);
	vt_wait(oc->vt);
	oc_confirm(oc, 0);
	assert_int_equal(oracle_findings(oc->o), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, oc_setup, oc_teardown)
#define TEST_ROOT(name) cmocka_unit_test_setup_teardown(name, setup_no_esrtps, oc_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_ROOT(root_flushed_in_order),
		TEST_ROOT(root_not_flushed),
		TEST_ROOT(root_flushed_out_of_order),
		TEST_ROOT(root_flushed_in_part),
		TEST_ROOT(root_flushed_by_register),
		TEST_ROOT(root_forgotten_by_reset),
		TEST(root_flushes_itself),
		TEST(root_entry_while_present),
		TEST(directory_entry_while_present),
		TEST(directory_entry_in_order),
		TEST(directory_entry_fault_disable),
		TEST(all_of_the_device_tlb),
		TEST(size_without_an_end),
	};

	return cmocka_run_group_tests_name("oracle_tables", tests, NULL, NULL);
}
