// SPDX-License-Identifier: GPL-2.0
/*
 * Each invalidation, of each cache and granularity, lost: what it would have
 * removed is used on, and the oracle says so. Linux sends some of them never;
 * docs/oracle.md, "What can be lost", says which.
 */
#include <string.h>

#include "oracle/oracle_internal.h"
#include "tests/fault_fixture.h"
#include "tests/oracle_fixture.h"

#define DID VT_DID

enum change {
	NO_LEAF, /* the top table leads nowhere any more */
	NO_PASID_ENTRY,
	NO_CONTEXT_ENTRY,
};

/**
 * struct loss - An invalidation that is lost.
 * @kind: cache
 * @type: of descriptor
 * @lose: the fault
 * @change: what it should have followed
 * @no_pasid: what the device reaches without a PASID, through a second stage
 * @q0: of the descriptor, without its type
 * @q1: likewise
 */
struct loss {
	enum vtd_view_kind kind;
	unsigned int type;
	const char *lose;
	enum change change;
	bool no_pasid;
	u64 q0;
	u64 q1;
};

struct count {
	struct oc *oc;
	u64 stale;
};

static bool count_stale(void *ctx, const struct vtd_view *e)
{
	struct count *c = ctx;
	struct vtd_view now;
	struct vtd_why why;

	c->stale += vtd_inspect(c->oc->vt->v, e, &now, &why) == VTD_MATCH_STALE;
	return true;
}

static u64 stale_of(struct oc *oc, enum vtd_view_kind kind)
{
	struct count c = {.oc = oc};

	vtd_inspect_each(oc->vt->v, 1u << kind, count_stale, &c);
	return c.stale;
}

static u32 pasid_of(const struct loss *l)
{
	return l->no_pasid ? VT_NO_PASID : OC_PASID;
}

static void change_tables(struct oc *oc, const struct loss *l)
{
	u64 pe = vt_pe(oc->vt, OC_SID, l->no_pasid ? 0 : OC_PASID), root;

	switch (l->change) {
	case NO_LEAF:
		root = l->no_pasid ? vt_get(oc->vt, pe) & VTD_PE_SSPTPTR
				   : vt_get(oc->vt, pe + 16) & VTD_PE2_FSPTPTR;
		vt_put(oc->vt, root + (OC_VA >> 39 & 511) * 8, 0);
		break;
	case NO_PASID_ENTRY:
		vt_put(oc->vt, pe, 0);
		break;
	case NO_CONTEXT_ENTRY:
		vt_put(oc->vt, vt_context(oc->vt, OC_SID), 0);
		break;
	}
}

static void submit(struct oc *oc, const struct loss *l)
{
	vt_submit(oc->vt, vt_type(l->type) | l->q0, l->q1);
	vt_wait(oc->vt);
}

/* The page is in every cache; then one descriptor is lost, and once more it is not. */
static void must_be_stale(struct oc *oc, const struct loss *l)
{
	if (l->no_pasid)
		vt_simple_ss(oc->vt, OC_SID, 0, DID, OC_VA, OC_PAGE);
	else
		vt_simple_fs(oc->vt, OC_SID, OC_PASID, DID, OC_VA, OC_PAGE);
	oc_use_ats(oc, pasid_of(l), OC_VA);
	assert_int_equal(oc_use(oc, pasid_of(l), OC_VA, true), 0);
	change_tables(oc, l);
	fault_arm(&oc->vt->m, l->lose);
	submit(oc, l);
	assert_int_equal(fault_struck(&oc->vt->m, SVK_INJECT_LOSE), 1);
	assert_int_equal(stale_of(oc, l->kind), 1);
	assert_int_equal(oc->o->loss.entries, 1);
	assert_int_equal(oc->o->loss.waits, 1);
	/* It is refused by the tables, and possible. The device does not even ask. */
	if (l->kind != VTD_VIEW_DEVTLB)
		assert_int_equal(oc_use(oc, pasid_of(l), OC_VA, true), 0);
	oracle_audit(oc->o, true);
	assert_non_null(strstr(oc_told(oc), "was lost on purpose"));
	submit(oc, l);
	assert_int_equal(fault_struck(&oc->vt->m, SVK_INJECT_LOSE), 1);
	assert_int_equal(stale_of(oc, l->kind), 0);
	/* Made good, after an audit. */
	assert_int_equal(oc->o->loss.entries, 0);
	assert_int_equal(oc->o->loss.audits, 1);
}

#define G(g) svk_put(VTD_DESC_G, g)
#define OF_DID svk_put(VTD_DESC_DID, DID)
#define OF_PASID svk_put(VTD_DESC_PASID, OC_PASID)

/* The page and the three after it, of a descriptor that encodes the size in the address. */
#define RANGE (OC_VA | 0x1000)
#define ALL SVK_MASK(62, 12)

static void context_global(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_CONTEXT,
				  .type = VTD_DESC_CC,
				  .lose = "lose,types=context",
				  .change = NO_CONTEXT_ENTRY,
				  .q0 = G(VTD_GRAN_GLOBAL)};

	must_be_stale(*state, &loss);
}

static void context_domain(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_CONTEXT,
				  .type = VTD_DESC_CC,
				  .lose = "lose,types=context",
				  .change = NO_CONTEXT_ENTRY,
				  .q0 = G(VTD_GRAN_DOMAIN) | OF_DID};

	must_be_stale(*state, &loss);
}

static void context_device(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_CONTEXT,
				  .type = VTD_DESC_CC,
				  .lose = "lose,types=context",
				  .change = NO_CONTEXT_ENTRY,
				  .q0 = G(VTD_GRAN_SELECT) | svk_put(VTD_CC_SID, OC_SID)};

	must_be_stale(*state, &loss);
}

static void pasid_global(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_PASID,
				  .type = VTD_DESC_PC,
				  .lose = "lose,types=pasid",
				  .change = NO_PASID_ENTRY,
				  .q0 = G(VTD_PC_G_GLOBAL)};

	must_be_stale(*state, &loss);
}

static void pasid_domain(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_PASID,
				  .type = VTD_DESC_PC,
				  .lose = "lose,types=pasid",
				  .change = NO_PASID_ENTRY,
				  .q0 = G(VTD_PC_G_DOMAIN) | OF_DID};

	must_be_stale(*state, &loss);
}

static void pasid_pasid(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_PASID,
				  .type = VTD_DESC_PC,
				  .lose = "lose,types=pasid",
				  .change = NO_PASID_ENTRY,
				  .q0 = G(VTD_PC_G_PASID) | OF_DID | OF_PASID};

	must_be_stale(*state, &loss);
}

static void iotlb_global(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_IOTLB,
				  .type = VTD_DESC_IOTLB,
				  .lose = "lose,types=iotlb",
				  .change = NO_LEAF,
				  .no_pasid = true,
				  .q0 = G(VTD_GRAN_GLOBAL)};

	must_be_stale(*state, &loss);
}

static void iotlb_domain(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_IOTLB,
				  .type = VTD_DESC_IOTLB,
				  .lose = "lose,types=iotlb",
				  .change = NO_LEAF,
				  .no_pasid = true,
				  .q0 = G(VTD_GRAN_DOMAIN) | OF_DID};

	must_be_stale(*state, &loss);
}

static void iotlb_page(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_IOTLB,
				  .type = VTD_DESC_IOTLB,
				  .lose = "lose,types=iotlb",
				  .change = NO_LEAF,
				  .no_pasid = true,
				  .q0 = G(VTD_GRAN_SELECT) | OF_DID,
				  .q1 = OC_VA};

	must_be_stale(*state, &loss);
}

static void iotlb_range(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_IOTLB,
				  .type = VTD_DESC_IOTLB,
				  .lose = "lose,types=iotlb",
				  .change = NO_LEAF,
				  .no_pasid = true,
				  .q0 = G(VTD_GRAN_SELECT) | OF_DID,
				  .q1 = OC_VA | 2};

	must_be_stale(*state, &loss);
}

static void piotlb_pasid(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_IOTLB,
				  .type = VTD_DESC_PIOTLB,
				  .lose = "lose,types=piotlb",
				  .change = NO_LEAF,
				  .q0 = G(VTD_PIOTLB_G_PASID) | OF_DID | OF_PASID};

	must_be_stale(*state, &loss);
}

static void piotlb_page(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_IOTLB,
				  .type = VTD_DESC_PIOTLB,
				  .lose = "lose,types=piotlb",
				  .change = NO_LEAF,
				  .q0 = G(VTD_PIOTLB_G_PAGE) | OF_DID | OF_PASID,
				  .q1 = OC_VA};

	must_be_stale(*state, &loss);
}

static void piotlb_range(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_IOTLB,
				  .type = VTD_DESC_PIOTLB,
				  .lose = "lose,types=piotlb",
				  .change = NO_LEAF,
				  .q0 = G(VTD_PIOTLB_G_PAGE) | OF_DID | OF_PASID,
				  .q1 = OC_VA | 2};

	must_be_stale(*state, &loss);
}

static void devtlb_page(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_DEVTLB,
				  .type = VTD_DESC_DEVTLB,
				  .lose = "lose,types=devtlb",
				  .change = NO_LEAF,
				  .no_pasid = true,
				  .q0 = svk_put(VTD_DEVTLB_SID, OC_SID),
				  .q1 = OC_VA};

	must_be_stale(*state, &loss);
}

static void devtlb_range(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_DEVTLB,
				  .type = VTD_DESC_DEVTLB,
				  .lose = "lose,types=devtlb",
				  .change = NO_LEAF,
				  .no_pasid = true,
				  .q0 = svk_put(VTD_DEVTLB_SID, OC_SID),
				  .q1 = RANGE | VTD_DEVTLB_S};

	must_be_stale(*state, &loss);
}

static void devtlb_all(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_DEVTLB,
				  .type = VTD_DESC_DEVTLB,
				  .lose = "lose,types=devtlb",
				  .change = NO_LEAF,
				  .no_pasid = true,
				  .q0 = svk_put(VTD_DEVTLB_SID, OC_SID),
				  .q1 = ALL | VTD_DEVTLB_S};

	must_be_stale(*state, &loss);
}

static void pdevtlb_page(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_DEVTLB,
				  .type = VTD_DESC_PDEVTLB,
				  .lose = "lose,types=pdevtlb",
				  .change = NO_LEAF,
				  .q0 = svk_put(VTD_PDEVTLB_SID, OC_SID) | OF_PASID,
				  .q1 = OC_VA};

	must_be_stale(*state, &loss);
}

static void pdevtlb_range(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_DEVTLB,
				  .type = VTD_DESC_PDEVTLB,
				  .lose = "lose,types=pdevtlb",
				  .change = NO_LEAF,
				  .q0 = svk_put(VTD_PDEVTLB_SID, OC_SID) | OF_PASID,
				  .q1 = RANGE | VTD_PDEVTLB_S};

	must_be_stale(*state, &loss);
}

static void pdevtlb_pasid(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_DEVTLB,
				  .type = VTD_DESC_PDEVTLB,
				  .lose = "lose,types=pdevtlb",
				  .change = NO_LEAF,
				  .q0 = svk_put(VTD_PDEVTLB_SID, OC_SID) | OF_PASID,
				  .q1 = ALL | VTD_PDEVTLB_S};

	must_be_stale(*state, &loss);
}

static void pdevtlb_global(void **state)
{
	const struct loss loss = {.kind = VTD_VIEW_DEVTLB,
				  .type = VTD_DESC_PDEVTLB,
				  .lose = "lose,types=pdevtlb",
				  .change = NO_LEAF,
				  .q0 = svk_put(VTD_PDEVTLB_SID, OC_SID),
				  .q1 = ALL | VTD_PDEVTLB_S | VTD_PDEVTLB_G};

	must_be_stale(*state, &loss);
}

/* Linux blocks a PASID while it resets the function: the tables are the same afterwards. */
static void take_away_and_back(struct oc *oc, const char *lose)
{
	u64 pe = vt_pe(oc->vt, OC_SID, OC_PASID), present = vt_get(oc->vt, pe);

	vt_put(oc->vt, pe, 0);
	if (lose)
		fault_arm(&oc->vt->m, lose);
	oc_flush_pasid_cache(oc, DID, OC_PASID);
	oc_flush_iotlb(oc, DID, OC_PASID);
	oc_flush_devtlb(oc, OC_SID, OC_PASID, OC_EVERYTHING);
	vt_wait(oc->vt);
	vt_put(oc->vt, pe, present);
}

static void away_and_back(void **state)
{
	static const char *const lose[] = {"lose,types=pasid", "lose,types=piotlb",
					   "lose,types=pdevtlb"};
	struct oc *oc = *state;

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, DID, OC_VA, OC_PAGE);
	oc_use_ats(oc, OC_PASID, OC_VA);
	take_away_and_back(oc, NULL);
	oc_confirm(oc, 0);
	for (size_t i = 0; i < ARRAY_SIZE(lose); i++) {
		oc_use_ats(oc, OC_PASID, OC_VA);
		take_away_and_back(oc, lose[i]);
		oc_confirm(oc, 1);
		oc_expect(oc, "was taken away meanwhile, and put back");
		oc_expect(oc, "was lost on purpose");
		take_away_and_back(oc, NULL);
		assert_int_equal(oracle_audit(oc->o, false).stale, 0);
	}
}

/* Between the change and its invalidation another thread invalidates all of the PASID. */
static void away_and_told_in_time(void **state)
{
	struct oc *oc = *state;
	u64 pe, present;

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, DID, OC_VA, OC_PAGE);
	oc_use_ats(oc, OC_PASID, OC_VA);
	pe = vt_pe(oc->vt, OC_SID, OC_PASID);
	present = vt_get(oc->vt, pe);
	vt_put(oc->vt, pe, 0);
	oc_flush_iotlb(oc, DID, OC_PASID);
	oc_flush_devtlb(oc, OC_SID, OC_PASID, OC_EVERYTHING);
	oc_flush_pasid_cache(oc, DID, OC_PASID);
	oc_flush_iotlb(oc, DID, OC_PASID);
	oc_flush_devtlb(oc, OC_SID, OC_PASID, OC_EVERYTHING);
	vt_wait(oc->vt);
	vt_put(oc->vt, pe, present);
	oc_use_ats(oc, OC_PASID, OC_VA);
	oc_confirm(oc, 0);
}

/* A page that could only be read is replaced by a write: nothing is left to be found. */
static void replaced_by_a_write(void **state)
{
	struct oc *oc = *state;
	u64 leaf;

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, DID, OC_VA, OC_PAGE);
	leaf = oc_leaf(oc, OC_PASID, OC_VA);
	vt_put(oc->vt, leaf, vt_get(oc->vt, leaf) & ~VTD_FS_RW);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, false), 0);
	vt_put(oc->vt, leaf, (OC_PAGE + 0x1000) | VT_FS_BITS);
	fault_arm(&oc->vt->m, "lose,types=piotlb");
	oc_flush_page(oc, DID, OC_PASID, OC_VA, 0);
	vt_wait(oc->vt);
	assert_int_equal(oc->o->loss.entries, 1);
	assert_int_equal(oc_use(oc, OC_PASID, OC_VA, true), 0);
	oc_confirm(oc, 0);
	assert_int_equal(oc->o->loss.entries, 0);
}

/* Each is counted, not each is told: one loss can leave thousands stale. */
static void told_in_part(void **state)
{
	const unsigned int pages = ORACLE_REPORTS_AUDIT + 6;
	struct oc *oc = *state;
	struct vt_map m = {.levels = 4,
			   .level = 1,
			   .out = OC_PAGE,
			   .bits = VT_FS_BITS,
			   .table_bits = VT_FS_BITS};
	size_t lines = 0;

	vt_simple_fs(oc->vt, OC_SID, OC_PASID, DID, OC_VA, OC_PAGE);
	m.root = vt_get(oc->vt, vt_pe(oc->vt, OC_SID, OC_PASID) + 16) & VTD_PE2_FSPTPTR;
	for (unsigned int i = 0; i < pages; i++) {
		m.addr = OC_VA + i * 4096ULL;
		vt_map(oc->vt, &m);
		assert_int_equal(oc_use(oc, OC_PASID, m.addr, true), 0);
	}
	for (unsigned int i = 0; i < pages; i++)
		oc_unmap(oc, OC_PASID, OC_VA + i * 4096ULL);
	oc_confirm(oc, pages);
	oc_confirm(oc, 0);
	for (const char *c = oc_told(oc); (c = strchr(c, '\n')); c++)
		lines++;
	assert_int_equal(lines, ORACLE_REPORTS_AUDIT);
}

/* What has been forgotten is unknown when it comes again. */
static void forgotten_is_unknown(void **state)
{
	struct oc *oc = *state;

	for (unsigned int i = 0; i < 2; i++) {
		vt_simple_fs(oc->vt, OC_SID, OC_PASID, DID, OC_VA, OC_PAGE);
		oc_use_ats(oc, OC_PASID, OC_VA);
		oc_unmap(oc, OC_PASID, OC_VA);
		oc_confirm(oc, 2);
		vtd_forget(oc->vt->v);
		oc_confirm(oc, 0);
		assert_int_equal(oracle_last(oc->o)->entries, 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, oc_setup, oc_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(context_global),	    TEST(context_domain),
		TEST(context_device),	    TEST(pasid_global),
		TEST(pasid_domain),	    TEST(pasid_pasid),
		TEST(iotlb_global),	    TEST(iotlb_domain),
		TEST(iotlb_page),	    TEST(iotlb_range),
		TEST(piotlb_pasid),	    TEST(piotlb_page),
		TEST(piotlb_range),	    TEST(devtlb_page),
		TEST(devtlb_range),	    TEST(devtlb_all),
		TEST(pdevtlb_page),	    TEST(pdevtlb_range),
		TEST(pdevtlb_pasid),	    TEST(pdevtlb_global),
		TEST(away_and_back),	    TEST(away_and_told_in_time),
		TEST(replaced_by_a_write),  TEST(told_in_part),
		TEST(forgotten_is_unknown),
	};

	return cmocka_run_group_tests_name("oracle_stale", tests, NULL, NULL);
}
