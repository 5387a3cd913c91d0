// SPDX-License-Identifier: GPL-2.0
/*
 * More of everything than the oracle remembers: what it keeps is bounded, what
 * it writes has an end, and the unit goes on as if nobody looked.
 */
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "oracle/oracle_internal.h"
#include "tests/oracle_fixture.h"

static int setup(void **state)
{
	/* Thousands of lines on a terminal take longer than all else. */
	return log_open("/dev/null") ? -1 : oc_setup(state);
}

static int teardown(void **state)
{
	log_close();
	return oc_teardown(state);
}

static struct vt_map page_map(struct oc *oc)
{
	return (struct vt_map){.root = vt_get(oc->vt, vt_pe(oc->vt, OC_SID, OC_PASID) + 16) &
				       VTD_PE2_FSPTPTR,
			       .levels = 4,
			       .out = OC_PAGE,
			       .level = 1,
			       .bits = VT_FS_BITS,
			       .table_bits = VT_FS_BITS};
}

/* So many pages, used once; then unmapped, and used again. */
static void stale_pages(struct oc *oc, unsigned int pages)
{
	struct vt_map m = page_map(oc);

	for (unsigned int i = 0; i < pages; i++) {
		u64 slot;

		m.addr = OC_VA + i * 4096ULL;
		slot = vt_map(oc->vt, &m);
		assert_int_equal(oc_use(oc, OC_PASID, m.addr, true), 0);
		vt_put(oc->vt, slot, 0);
		assert_int_equal(oc_use(oc, OC_PASID, m.addr, true), 0);
	}
}

static u64 lines(struct oc *oc)
{
	u64 n = 0;

	for (const char *c = oc_told(oc); (c = strchr(c, '\n')); c++)
		n++;
	return n;
}

#define MANY (ORACLE_MARKS + 1000)

static void stale_entries(void **state)
{
	struct oc *oc = *state;
	struct oracle_audit a;

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA, OC_PAGE);
	stale_pages(oc, MANY);
	a = oracle_audit(oc->o, true);
	/* All are seen; those that can be told apart are findings, once. */
	assert_int_equal(a.stale, MANY);
	assert_int_equal(a.used, ORACLE_MARKS);
	assert_int_equal(oracle_findings(oc->o), ORACLE_MARKS);
	assert_int_equal(lines(oc), ORACLE_REPORTS_AUDIT);
	oc_confirm(oc, 0);
	/* Nothing is stopped by that, nor changed. */
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
	oc_flush_iotlb(oc, VT_DID, OC_PASID);
	vt_wait(oc->vt);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), VTD_FR_SFS_2);
	assert_int_equal(oracle_audit(oc->o, true).stale, 0);
	/* What is not stale any more takes no room: the next ones are findings again. */
	stale_pages(oc, 10);
	oracle_audit(oc->o, true);
	assert_int_equal(oracle_findings(oc->o), ORACLE_MARKS + 10);
}

/* Audit by audit they come to an end as well. */
static void reports_have_an_end(void **state)
{
	unsigned int audits = ORACLE_REPORTS / ORACLE_REPORTS_AUDIT + 1;
	struct oc *oc = *state;

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA, OC_PAGE);
	for (unsigned int i = 0; i < audits; i++) {
		stale_pages(oc, ORACLE_REPORTS_AUDIT);
		oracle_audit(oc->o, true);
		oc_flush_iotlb(oc, VT_DID, OC_PASID);
		vt_wait(oc->vt);
	}
	assert_int_equal(oracle_findings(oc->o), audits * ORACLE_REPORTS_AUDIT);
	assert_int_equal(lines(oc), ORACLE_REPORTS);
}

/* The register shows the last ones, whatever is written. */
static void the_last_ones_are_shown(void **state)
{
	struct oc *oc = *state;
	unsigned int n = ORACLE_REPORTS + SVK_LAB_FOUND_KEPT;

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, VT_DID, OC_VA, OC_PAGE);
	stale_pages(oc, n);
	oc_confirm(oc, n);
	for (unsigned int i = 0; i < SVK_LAB_FOUND_KEPT; i++)
		assert_int_equal(oracle_found(oc->o, i)->addr,
				 OC_VA + (ORACLE_REPORTS + i) * 4096ULL);
	assert_non_null(strstr(oc_told(oc), "\"cause\":\"never\""));
}

/* PASID entries that are taken away and never followed up. */
static void duties(void **state)
{
	struct oc *oc = *state;

	for (u32 pasid = 1; pasid <= ORACLE_DUTIES + 50; pasid++) {
		vt_simple_fs(oc->vt, OC_SID, pasid, VT_DID, OC_VA, OC_PAGE);
		assert_int_equal(oc_use(oc, pasid, OC_VA, true), 0);
		vt_put(oc->vt, vt_pe(oc->vt, OC_SID, pasid), 0);
		oc_flush_pasid_cache(oc, VT_DID, pasid);
	}
	vt_wait(oc->vt);
	/* Each has left a page as well. */
	oc_confirm(oc, ORACLE_DUTIES + ORACLE_DUTIES + 50);
	oc_confirm(oc, 0);
}

static void rules(void **state)
{
	struct oc *oc = *state;

	for (unsigned int i = 0; i < 2 * ORACLE_REPORTS; i++)
		oc_flush_devtlb(oc, 0x1234, OC_PASID, 0);
	vt_wait(oc->vt);
	assert_int_equal(oracle_findings(oc->o), 2 * ORACLE_REPORTS);
	assert_int_equal(lines(oc), ORACLE_REPORTS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(stale_entries),
		TEST(the_last_ones_are_shown),
		TEST(reports_have_an_end),
		TEST(duties),
		TEST(rules),
	};

	return cmocka_run_group_tests_name("oracle_many", tests, NULL, NULL);
}
