// SPDX-License-Identifier: GPL-2.0
/*
 * The device-TLB end to end, behind a real unit: an answer is used until an
 * invalidation names it (so the device must be seen to use a stale one), and
 * an invalidation takes away what it names and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "accel_fixture.h"

#define BASE 0x10000000ULL
#define SUPER 0x40000000ULL
#define MARK_OLD 0xa1d
#define MARK_NEW 0xe3

/* One queue for each address space; queue n + 1 belongs to spaces[n]. */
static const u32 spaces[] = {FX_PASID, FX_OTHER_PASID, FX_NO_PASID};

#define SPACES 3

/* The pages whose fate the matrix watches, in every space. */
static const u64 places[] = {BASE, BASE + FX_PAGE, BASE + 8 * FX_PAGE, SUPER, SUPER + FX_2M};

#define PLACES 5
#define IS_SUPER(p) ((p) >= 3)

static int setup(void **state)
{
	struct fx *f = fx_new(NULL);
	unsigned int s;

	for (s = 0; s < SPACES; s++)
		fx_queue_open(f, s + 1, spaces[s], 8);
	*state = f;
	return 0;
}

static struct svk_cpl run_in(struct fx *f, unsigned int s, const struct svk_desc *d)
{
	fx_put(f, s + 1, spaces[s], d);
	fx_ring(f, s + 1);
	return fx_wait(fx_cpl(f, s + 1, spaces[s], 0));
}

/* What the device finds at @va: compared with a page of its own that holds @mark. */
static bool device_sees(struct fx *f, unsigned int s, u64 va, u64 mark)
{
	struct svk_desc d = fx_desc(s + 1, SVK_OP_COMPARE, va, FX_CPL(s + 1) + 0x800, 8);
	struct svk_cpl cpl;

	fx_write(f, spaces[s], FX_CPL(s + 1) + 0x800, &mark, 8);
	cpl = run_in(f, s, &d);
	assert_in_range(cpl.status, SVK_CPL_OK, SVK_CPL_MISMATCH);
	return cpl.status == SVK_CPL_OK;
}

static void map_marked(struct fx *f, u32 pasid, u64 va, bool super, u64 mark)
{
	u64 gpa = super ? fx_superpage(f) : fx_pages(f, 1);

	*(u64 *)fx_ptr(f, gpa) = mark;
	if (super)
		fx_map_2m(f, pasid, va, gpa, FX_RW);
	else
		fx_map(f, pasid, va, gpa, FX_RW);
}

static void stale_until_invalidated(void **state)
{
	struct fx *f = *state;
	u64 hits;

	map_marked(f, FX_PASID, BASE, false, MARK_OLD);
	assert_true(device_sees(f, 0, BASE, MARK_OLD));
	map_marked(f, FX_PASID, BASE, false, MARK_NEW);
	assert_true(device_sees(f, 0, BASE, MARK_OLD));
	fx_flush_iotlb(f, FX_PASID);
	hits = fx_count(f, SVK_LAB_ATC_HIT);
	assert_true(device_sees(f, 0, BASE, MARK_OLD));
	assert_int_equal(fx_count(f, SVK_LAB_ATC_HIT) - hits, 4); /* ring, two operands, record */
	fx_flush_devtlb(f, FX_PASID, BASE, FX_PAGE);
	assert_int_equal(fx_count(f, SVK_LAB_ATC_DROPPED), 1);
	assert_true(device_sees(f, 0, BASE, MARK_NEW));
}

static void stale_even_when_unmapped(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(1, SVK_OP_FILL, 0, BASE, 8);

	map_marked(f, FX_PASID, BASE, false, MARK_OLD);
	assert_true(device_sees(f, 0, BASE, MARK_OLD));
	fx_unmap(f, FX_PASID, BASE);
	fx_flush_iotlb(f, FX_PASID);
	assert_true(device_sees(f, 0, BASE, MARK_OLD));
	fx_flush_devtlb(f, FX_PASID, BASE, FX_PAGE);
	assert_int_equal(run_in(f, 0, &d).status, SVK_CPL_FAULT_WRITE);
}

/* The matrix */

enum kind {
	PASID,
	GLOBAL,
	NO_PASID
};

static const struct {
	const char *name;
	enum kind kind;
	u64 addr;
	u64 size;
	unsigned int gone; /* bit p = places[p] */
} matrix[] = {
	{"page", PASID, BASE, FX_PAGE, 0x01},
	{"next page", PASID, BASE + FX_PAGE, FX_PAGE, 0x02},
	{"two pages", PASID, BASE, 2 * FX_PAGE, 0x03},
	{"four pages", PASID, BASE, 4 * FX_PAGE, 0x03},
	{"page beside", PASID, BASE + 2 * FX_PAGE, FX_PAGE, 0x00},
	{"sixteen pages", PASID, BASE, 16 * FX_PAGE, 0x07},
	{"superpage", PASID, SUPER, FX_2M, 0x08},
	{"page in superpage", PASID, SUPER + 5 * FX_PAGE, FX_PAGE, 0x08},
	{"two superpages", PASID, SUPER, 2 * FX_2M, 0x18},
	{"gigabyte", PASID, BASE & ~0x3fffffffULL, 0x40000000, 0x07},
	{"space", PASID, 0, 0, 0x1f},
	{"global page", GLOBAL, BASE, FX_PAGE, 0x01},
	{"global superpage", GLOBAL, SUPER + FX_2M, FX_PAGE, 0x10},
	{"global space", GLOBAL, 0, 0, 0x1f},
	{"page without pasid", NO_PASID, BASE, FX_PAGE, 0x01},
	{"two pages without pasid", NO_PASID, BASE, 2 * FX_PAGE, 0x03},
	{"superpage without pasid", NO_PASID, SUPER, FX_2M, 0x08},
	{"space without pasid", NO_PASID, 0, 0, 0x1f},
};

static bool concerns(enum kind which, unsigned int s)
{
	if (which == NO_PASID)
		return spaces[s] == FX_NO_PASID;
	return spaces[s] != FX_NO_PASID && (which == GLOBAL || spaces[s] == FX_PASID);
}

static void map_places(struct fx *f, u64 mark)
{
	unsigned int s, p;

	for (s = 0; s < SPACES; s++) {
		for (p = 0; p < PLACES; p++)
			map_marked(f, spaces[s], places[p], IS_SUPER(p), mark);
	}
}

static void invalidate(struct fx *f, enum kind which, u64 addr, u64 size)
{
	if (which == PASID)
		fx_flush_devtlb(f, FX_PASID, addr, size);
	else if (which == GLOBAL)
		fx_flush_devtlb_global(f, addr, size);
	else
		fx_flush_devtlb_no_pasid(f, addr, size);
}

static void check_places(struct fx *f, enum kind which, unsigned int gone, const char *name)
{
	unsigned int s, p;

	for (s = 0; s < SPACES; s++) {
		for (p = 0; p < PLACES; p++) {
			bool want = concerns(which, s) && (gone & 1u << p);

			if (device_sees(f, s, places[p], MARK_NEW) != want ||
			    device_sees(f, s, places[p], MARK_OLD) == want)
				fail_msg("%s: space %u, place %u: %s", name, s, p,
					 want ? "still cached" : "dropped");
		}
	}
}

static void each_kind_drops_what_it_names(void **state)
{
	unsigned int i, s, p;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(matrix); i++) {
		void *machine;
		struct fx *f;

		setup(&machine);
		f = machine;
		map_places(f, MARK_OLD);
		for (s = 0; s < SPACES; s++) {
			for (p = 0; p < PLACES; p++)
				assert_true(device_sees(f, s, places[p], MARK_OLD));
		}
		map_places(f, MARK_NEW);
		for (s = 0; s < SPACES; s++)
			fx_flush_iotlb(f, spaces[s]);
		/* Nothing named yet: all is stale. */
		check_places(f, matrix[i].kind, 0, "before");
		invalidate(f, matrix[i].kind, matrix[i].addr, matrix[i].size);
		check_places(f, matrix[i].kind, matrix[i].gone, matrix[i].name);
		fx_free(f);
	}
}

static void superpage_is_one_entry(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(1, SVK_OP_FILL, 0, SUPER, FX_2M);
	u64 misses;

	map_marked(f, FX_PASID, SUPER, true, 0);
	misses = fx_count(f, SVK_LAB_ATC_MISS);
	assert_int_equal(run_in(f, 0, &d).status, SVK_CPL_OK);
	/* Ring, target, record. */
	assert_int_equal(fx_count(f, SVK_LAB_ATC_MISS) - misses, 3);
	fx_flush_devtlb(f, FX_PASID, SUPER + 17 * FX_PAGE, FX_PAGE);
	assert_int_equal(fx_count(f, SVK_LAB_ATC_DROPPED), 1);
}

/* A cached read-only answer is no reason to refuse a write that the tables allow by now. */
static void write_permission_is_asked_for_again(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(1, SVK_OP_FILL, 0, BASE, 8);
	u64 gpa = fx_pages(f, 1);
	u64 hits, misses;

	fx_map(f, FX_PASID, BASE, gpa, FX_RO);
	assert_true(device_sees(f, 0, BASE, 0));
	assert_int_equal(run_in(f, 0, &d).status, SVK_CPL_FAULT_WRITE);
	/* The refusal took nothing away: reads still hit. */
	misses = fx_count(f, SVK_LAB_ATC_MISS);
	hits = fx_count(f, SVK_LAB_ATC_HIT);
	assert_true(device_sees(f, 0, BASE, 0));
	assert_int_equal(fx_count(f, SVK_LAB_ATC_MISS), misses);
	assert_int_equal(fx_count(f, SVK_LAB_ATC_HIT) - hits, 4);
	fx_map(f, FX_PASID, BASE, gpa, FX_RW);
	fx_flush_iotlb(f, FX_PASID);
	assert_int_equal(run_in(f, 0, &d).status, SVK_CPL_OK);
	/* And is then cached with it. */
	misses = fx_count(f, SVK_LAB_ATC_MISS);
	assert_int_equal(run_in(f, 0, &d).status, SVK_CPL_OK);
	assert_int_equal(fx_count(f, SVK_LAB_ATC_MISS), misses);
}

/* A refused write is no reason to believe the new address for reads. */
static void refused_write_refreshes_nothing(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(1, SVK_OP_FILL, 0, BASE, 8);
	u64 gpa = fx_pages(f, 2);

	*(u64 *)fx_ptr(f, gpa) = MARK_OLD;
	*(u64 *)fx_ptr(f, gpa + FX_PAGE) = MARK_NEW;
	fx_map(f, FX_PASID, BASE, gpa, FX_RO);
	assert_true(device_sees(f, 0, BASE, MARK_OLD));
	fx_map(f, FX_PASID, BASE, gpa + FX_PAGE, FX_RO);
	fx_flush_iotlb(f, FX_PASID);
	assert_int_equal(run_in(f, 0, &d).status, SVK_CPL_FAULT_WRITE);
	assert_true(device_sees(f, 0, BASE, MARK_OLD));
	/* Unmapped altogether, the refusal is the same, and so is what reads see. */
	fx_unmap(f, FX_PASID, BASE);
	fx_flush_iotlb(f, FX_PASID);
	assert_int_equal(run_in(f, 0, &d).status, SVK_CPL_FAULT_WRITE);
	assert_true(device_sees(f, 0, BASE, MARK_OLD));
}

static void not_present_is_not_cached(void **state)
{
	struct fx *f = *state;
	struct svk_desc d = fx_desc(1, SVK_OP_CRC32C, BASE, 0, 8);
	unsigned int i;
	u64 misses;

	run_in(f, 0, &d);
	for (i = 0; i < 3; i++) {
		misses = fx_count(f, SVK_LAB_ATC_MISS);
		assert_int_equal(run_in(f, 0, &d).status, SVK_CPL_FAULT_READ);
		assert_int_equal(fx_count(f, SVK_LAB_ATC_MISS) - misses, 1);
	}
	/* ATS: the endpoint learns of it, the unit's fault registers do not. */
	assert_int_equal(fx_count(f, SVK_LAB_FAULT), 0);
	map_marked(f, FX_PASID, BASE, false, 0);
	assert_int_equal(run_in(f, 0, &d).status, SVK_CPL_OK);
}

static void disabling_ats_empties_it(void **state)
{
	struct fx *f = *state;

	map_marked(f, FX_PASID, BASE, false, MARK_OLD);
	assert_true(device_sees(f, 0, BASE, MARK_OLD));
	map_marked(f, FX_PASID, BASE, false, MARK_NEW);
	fx_flush_iotlb(f, FX_PASID);
	assert_true(device_sees(f, 0, BASE, MARK_OLD));
	fx_set_ats(f, false);
	fx_set_ats(f, true);
	assert_true(device_sees(f, 0, BASE, MARK_NEW));
	/* Dropped, but by no invalidation. */
	assert_int_equal(fx_count(f, SVK_LAB_ATC_DROPPED), 0);
}

/* The register reset leaves the device-TLB alone; a function reset does not. */
static void resets(void **state)
{
	struct fx *f = *state;
	unsigned int i;

	map_marked(f, FX_PASID, BASE, false, MARK_OLD);
	assert_true(device_sees(f, 0, BASE, MARK_OLD));
	map_marked(f, FX_PASID, BASE, false, MARK_NEW);
	fx_flush_iotlb(f, FX_PASID);
	for (i = 0; i < 2; i++) {
		if (i == 0) {
			fx_bar_set(f, 0, SVK_GLB_CTRL, SVK_GLB_CTRL_RESET, 4);
		} else {
			machine_lock(&f->machine);
			pci_reset(f->fn);
			machine_unlock(&f->machine);
			fx_set_command(f, true);
			fx_set_pasid(f, true);
			fx_set_ats(f, true);
		}
		fx_bar_set(f, 0, SVK_GLB_CTRL, SVK_GLB_CTRL_ENABLE, 4);
		fx_queue_config(f, 1, FX_PASID, 8);
		fx_q_set(f, 1, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
		assert_true(device_sees(f, 0, BASE, i ? MARK_NEW : MARK_OLD));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(stale_until_invalidated, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(stale_even_when_unmapped, setup, fx_teardown),
		cmocka_unit_test(each_kind_drops_what_it_names),
		cmocka_unit_test_setup_teardown(superpage_is_one_entry, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(write_permission_is_asked_for_again, setup,
						fx_teardown),
		cmocka_unit_test_setup_teardown(refused_write_refreshes_nothing, setup,
						fx_teardown),
		cmocka_unit_test_setup_teardown(not_present_is_not_cached, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(disabling_ats_empties_it, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(resets, setup, fx_teardown),
	};

	return cmocka_run_group_tests_name("accel_devtlb", tests, NULL, NULL);
}
