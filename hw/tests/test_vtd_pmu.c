// SPDX-License-Identifier: GPL-2.0
/* Performance monitoring: what is counted, when, and what a full counter does. */
#include <string.h>

#include "tests/vtd_fixture.h"

/* Where and how perfmon.c of Linux has them, a second time: not from the model's own header. */
#define PERFCAP 0x300
#define PERFCFGOFF 0x310
#define PERFFRZOFF 0x314
#define PERFOVFOFF 0x318
#define PERFCNTROFF 0x31c
#define PERFINTRSTS 0x324
#define PERFINTRCTL 0x328
#define PERFEVNTCAP 0x380
#define ECMD 0x400
#define ECEO 0x408
#define ECRSP 0x410
#define ECCAP3 0x448
#define CMD_ENABLE 0xf0
#define CMD_DISABLE 0xf1
#define CMD_FREEZE 0xf4
#define CMD_UNFREEZE 0xf5
#define CFG_INT 2
#define FILTER_EN 0x80000000u
#define FILTER_SID 0x8
#define FILTER_DID 0xc
#define FILTER_PASID 0x10

enum {
	REQUESTS,
	POSTED,
	CC_LOOKUP,
	CC_HIT,
	PC_LOOKUP,
	PC_HIT,
	TLB_LOOKUP,
	TLB_HIT,
	EVENTS
};

static const struct {
	unsigned int group;
	u64 select;
} events[EVENTS] = {{0, 2}, {1, 0x40}, {2, 1}, {2, 2}, {2, 4}, {2, 8}, {3, 1}, {3, 2}};

static unsigned int command(struct vt *vt, unsigned int cmd, u64 operand)
{
	u64 response;

	vt_write64(vt, ECEO, 0);
	vt_write64(vt, ECMD, cmd | operand << 16);
	response = vt_read64(vt, ECRSP);
	assert_int_equal(response & 1, 0); /* not in progress */
	return response >> 1 & 0x7f;
}

static u64 counter_off(struct vt *vt, unsigned int i)
{
	u64 stride = 1ULL << ((vt_read64(vt, PERFCAP) >> 52 & 7) + 10);

	return vt_read32(vt, PERFCNTROFF) + i * stride;
}

static u64 config_off(struct vt *vt, unsigned int i)
{
	return vt_read32(vt, PERFCFGOFF) + i * 0x100u;
}

static u64 value(struct vt *vt, unsigned int i)
{
	return vt_read64(vt, counter_off(vt, i));
}

/* As perfmon.c writes a configuration. */
static void configure(struct vt *vt, unsigned int i, unsigned int event)
{
	vt_write64(vt, config_off(vt, i),
		   events[event].select << 32 | events[event].group << 8 | CFG_INT);
}

static void start(struct vt *vt, unsigned int i, unsigned int event)
{
	configure(vt, i, event);
	assert_int_equal(command(vt, CMD_ENABLE, i), 0);
}

/* A counter for each event. */
static void start_all(struct vt *vt)
{
	for (unsigned int e = 0; e < EVENTS; e++)
		start(vt, e, e);
}

static void expect_all(struct vt *vt, const u64 *want)
{
	for (unsigned int e = 0; e < EVENTS; e++)
		assert_int_equal(value(vt, e), want[e]);
}

static void set(u64 *want, unsigned int which, u64 value)
{
	for (unsigned int e = 0; e < EVENTS; e++) {
		if (which & 1u << e)
			want[e] = value;
	}
}

static void rebuild_width(struct vt *vt, unsigned int width)
{
	vtd_config_default(&vt->cfg);
	vt->cfg.pms_width = width;
	vt_rebuild_config(vt);
}

static void capability_says_what_there_is(void **state)
{
	static const u64 groups[] = {0x2, 0x40, 0xf, 0x3, 0};
	struct vt *vt = *state;
	u64 cap = vt_read64(vt, PERFCAP);

	assert_int_equal(vt_read64(vt, VTD_CAP) >> 61 & 1, 1);
	assert_int_equal(vt_read64(vt, VTD_ECAP) >> 51 & 1, 1);
	assert_int_equal(cap & 0xffff, 8);
	assert_int_equal(cap >> 16 & 0x7f, 48);
	assert_int_equal(cap >> 24 & 0x1f, ARRAY_SIZE(groups));
	assert_int_equal(cap >> 32 & 0x1f, 7);
	assert_int_equal(cap >> 50 & 1, 1);
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		assert_int_equal(vt_read64(vt, PERFEVNTCAP + 8 * i), groups[i]);
	assert_int_equal(vt_read64(vt, ECCAP3), 0x33ULL << 48);
	/* Nothing of one register lies in another, nor beyond the block. */
	assert_true(counter_off(vt, 7) + 8 <= VTD_REG_SIZE);
	assert_true(config_off(vt, 8) <= vt_read32(vt, PERFFRZOFF));
	assert_true(vt_read32(vt, PERFFRZOFF) + 8 <= vt_read32(vt, PERFOVFOFF));
	assert_true(vt_read32(vt, PERFOVFOFF) + 8 <= counter_off(vt, 0));
}

static void what_is_not_there_stays_zero(void **state)
{
	struct vt *vt = *state;
	u64 last = config_off(vt, 7), counter = counter_off(vt, 3);

	vt_write64(vt, last, ~0ULL);
	assert_int_equal(vt_read64(vt, last), 0x0fffffff00001f02ULL);
	for (unsigned int off = 8; off < 0x100; off += 4)
		vt_write32(vt, last + off, ~0u);
	assert_int_equal(vt_read32(vt, last + FILTER_SID), 0x8000ffff);
	assert_int_equal(vt_read32(vt, last + FILTER_DID), 0x8000ffff);
	assert_int_equal(vt_read32(vt, last + FILTER_PASID), 0x800fffff);
	for (unsigned int off = 0x14; off < 0x100; off += 4)
		assert_int_equal(vt_read32(vt, last + off), 0);
	/* Counters, and what they are like, are read-only. */
	vt_write64(vt, counter, 5);
	vt_write64(vt, PERFCAP, 0);
	vt_write32(vt, vt_read32(vt, PERFFRZOFF), ~0u);
	assert_int_equal(vt_read64(vt, counter), 0);
	assert_int_not_equal(vt_read64(vt, PERFCAP), 0);
	assert_int_equal(vt_read32(vt, vt_read32(vt, PERFFRZOFF)), 0);
}

static void requests_and_lookups(void **state)
{
	struct vt *vt = *state;
	u64 want[EVENTS] = {0};

	vt_simple_fs(vt, VT_SID, 5, VT_DID, 0x1000, 0x200000);
	vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
	vt_flush_all(vt);
	expect_all(vt, want); /* none was enabled */
	start_all(vt);
	vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
	set(want, (1 << REQUESTS) | (1 << CC_LOOKUP) | (1 << PC_LOOKUP) | (1 << TLB_LOOKUP), 1);
	expect_all(vt, want);
	for (unsigned int i = 0; i < 10; i++)
		vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
	set(want, (1 << REQUESTS) | (1 << CC_LOOKUP) | (1 << PC_LOOKUP) | (1 << TLB_LOOKUP), 11);
	set(want, (1 << CC_HIT) | (1 << PC_HIT) | (1 << TLB_HIT), 10);
	expect_all(vt, want);
	/* One that no PASID entry serves gets as far as the PASID-cache. */
	vt_expect(vt, 6, 0x1000, false, VTD_FR_SPT_2, 0);
	want[REQUESTS]++;
	want[CC_LOOKUP]++;
	want[CC_HIT]++;
	want[PC_LOOKUP]++;
	expect_all(vt, want);
}

static void lab_counters_agree(void **state)
{
	struct vt *vt = *state;
	const u64 *lab = vt->m.count;
	u64 before[SVK_LAB_COUNTERS];

	vt_simple_fs(vt, VT_SID, 5, VT_DID, 0x1000, 0x200000);
	memcpy(before, lab, sizeof(before));
	start_all(vt);
	for (unsigned int i = 0; i < 300; i++) {
		if (!(i % 7))
			vt_flush_all(vt);
		vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
	}
	assert_int_equal(value(vt, REQUESTS), 300);
	assert_int_equal(value(vt, TLB_HIT), lab[SVK_LAB_IOTLB_HIT] - before[SVK_LAB_IOTLB_HIT]);
	assert_int_equal(value(vt, TLB_LOOKUP) - value(vt, TLB_HIT),
			 lab[SVK_LAB_IOTLB_MISS] - before[SVK_LAB_IOTLB_MISS]);
	assert_int_equal(value(vt, PC_HIT), lab[SVK_LAB_PASID_HIT] - before[SVK_LAB_PASID_HIT]);
	assert_int_equal(value(vt, CC_HIT), lab[SVK_LAB_CONTEXT_HIT] - before[SVK_LAB_CONTEXT_HIT]);
	assert_int_equal(value(vt, TLB_LOOKUP) - value(vt, TLB_HIT), 43);
}

static void page_requests(void **state)
{
	struct vtd_page_request req = {
		.sid = VT_SID, .has_pasid = true, .last = true, .read = true, .pasid = 5};
	struct vt *vt = *state;
	u64 want[EVENTS] = {[POSTED] = 1, [CC_LOOKUP] = 1, [PC_LOOKUP] = 1};
	u64 ce = vt_context(vt, VT_SID);

	vt_put(vt, ce, vt_get(vt, ce) | VTD_CE_PRE);
	vt_simple_fs(vt, VT_SID, 5, VT_DID, 0x1000, 0x200000);
	vt_write64(vt, VTD_PQA, vt_page(vt));
	start_all(vt);
	assert_true(vtd_page_request(vt->v, &req));
	expect_all(vt, want);
	/* One that is refused is looked up, and not posted. */
	req.pasid = 6;
	assert_false(vtd_page_request(vt->v, &req));
	set(want, (1 << CC_LOOKUP) | (1 << PC_LOOKUP), 2);
	want[CC_HIT] = 1;
	expect_all(vt, want);
}

static void several_events_of_a_group(void **state)
{
	struct vt *vt = *state;

	vt_simple_fs(vt, VT_SID, 5, VT_DID, 0x1000, 0x200000);
	vt_write64(vt, config_off(vt, 0), 3ULL << 32 | 3 << 8);
	assert_int_equal(command(vt, CMD_ENABLE, 0), 0);
	for (unsigned int i = 0; i < 3; i++)
		vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
	assert_int_equal(value(vt, 0), 3 + 2); /* lookups and hits */
}

static void filters(void **state)
{
	static const struct {
		unsigned int off;
		u32 match, other;
	} filter[] = {{FILTER_SID, VT_SID, VT_SID2},
		      {FILTER_DID, VT_DID, VT_DID + 1},
		      {FILTER_PASID, 5, 6}};
	struct vt *vt = *state;

	vt_simple_fs(vt, VT_SID, 5, VT_DID, 0x1000, 0x200000);
	for (unsigned int i = 0; i < 7; i++)
		configure(vt, i, REQUESTS);
	for (unsigned int i = 0; i < ARRAY_SIZE(filter); i++) {
		vt_write32(vt, config_off(vt, 2 * i) + filter[i].off, filter[i].match | FILTER_EN);
		vt_write32(vt, config_off(vt, 2 * i + 1) + filter[i].off,
			   filter[i].other | FILTER_EN);
		/* All of them at once, in counter 6. */
		vt_write32(vt, config_off(vt, 6) + filter[i].off, filter[i].match | FILTER_EN);
	}
	for (unsigned int i = 0; i < 7; i++)
		assert_int_equal(command(vt, CMD_ENABLE, i), 0);
	vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(value(vt, i), !(i & 1));
	assert_int_equal(value(vt, 6), 1);
	/* A filter that is not enabled asks for nothing. */
	vt_write32(vt, config_off(vt, 1) + FILTER_SID, VT_SID2);
	vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
	assert_int_equal(value(vt, 1), 1);
	/* One without PASID is of none, one that reaches no PASID entry of no domain. */
	vt_expect(vt, VT_NO_PASID, 0x1000, false, VTD_FR_SPT_2, 0);
	assert_int_equal(value(vt, 0), 3);
	assert_int_equal(value(vt, 2), 2);
	assert_int_equal(value(vt, 4), 2);
	assert_int_equal(value(vt, 6), 2);
}

static void enable_and_disable(void **state)
{
	struct vt *vt = *state;

	vt_simple_fs(vt, VT_SID, 5, VT_DID, 0x1000, 0x200000);
	start(vt, 0, REQUESTS);
	start(vt, 7, REQUESTS);
	vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
	assert_int_equal(command(vt, CMD_DISABLE, 0), 0);
	vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
	/* The driver subtracts what was there before: nothing sets a counter back. */
	assert_int_equal(command(vt, CMD_ENABLE, 0), 0);
	assert_int_equal(value(vt, 0), 1);
	vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
	assert_int_equal(value(vt, 0), 2);
	assert_int_equal(value(vt, 7), 3);
	assert_int_equal(command(vt, CMD_ENABLE, 8), 16);
	assert_int_equal(command(vt, CMD_DISABLE, 1ULL << 40), 16);
	for (unsigned int cmd = 0; cmd < 256; cmd++) {
		if (cmd == CMD_ENABLE || cmd == CMD_DISABLE || cmd == CMD_FREEZE ||
		    cmd == CMD_UNFREEZE)
			continue;
		assert_int_equal(command(vt, cmd, 0), 1);
	}
}

static void freeze(void **state)
{
	struct vt *vt = *state;
	u64 frz = vt_read32(vt, PERFFRZOFF);

	vt_simple_fs(vt, VT_SID, 5, VT_DID, 0x1000, 0x200000);
	start(vt, 0, REQUESTS);
	assert_int_equal(command(vt, CMD_FREEZE, 0), 0);
	assert_int_equal(vt_read64(vt, frz), 0xff);
	vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
	assert_int_equal(value(vt, 0), 0);
	/* What is enabled meanwhile counts when all do. */
	start(vt, 1, REQUESTS);
	vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
	assert_int_equal(command(vt, CMD_UNFREEZE, 0), 0);
	assert_int_equal(vt_read64(vt, frz), 0);
	vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
	assert_int_equal(value(vt, 0), 1);
	assert_int_equal(value(vt, 1), 1);
}

static void requests(struct vt *vt, unsigned int n)
{
	while (n--)
		vt_expect(vt, 5, 0x1000, false, 0, 0x200000);
}

static void overflow_wraps_and_interrupts(void **state)
{
	struct vt *vt = *state;
	u64 ovf;

	rebuild_width(vt, 8);
	ovf = vt_read32(vt, PERFOVFOFF);
	vt_simple_fs(vt, VT_SID, 5, VT_DID, 0x1000, 0x200000);
	vt_write32(vt, PERFINTRCTL + 4, 0x42);
	vt_write32(vt, PERFINTRCTL + 8, 0xfee01000);
	vt_write32(vt, PERFINTRCTL, 0);
	start(vt, 2, REQUESTS);
	requests(vt, 255);
	assert_int_equal(value(vt, 2), 255);
	assert_int_equal(vt_read64(vt, ovf), 0);
	assert_int_equal(vt->msis, 0);
	requests(vt, 1);
	assert_int_equal(value(vt, 2), 0);
	assert_int_equal(vt_read64(vt, ovf), 4);
	assert_int_equal(vt_read32(vt, PERFINTRSTS), 1);
	assert_int_equal(vt->msis, 1);
	assert_int_equal(vt->msi_data, 0x42);
	assert_int_equal(vt->msi_addr, 0xfee01000);
	/* No second message before software has cleared the status. */
	requests(vt, 256);
	assert_int_equal(vt->msis, 1);
	vt_write64(vt, ovf, 4);
	vt_write32(vt, PERFINTRSTS, 1);
	assert_int_equal(vt_read64(vt, ovf), 0);
	assert_int_equal(vt_read32(vt, PERFINTRSTS), 0);
	requests(vt, 256);
	assert_int_equal(vt->msis, 2);
}

static void overflow_event_can_be_masked(void **state)
{
	struct vt *vt = *state;
	u64 ovf;

	rebuild_width(vt, 8);
	ovf = vt_read32(vt, PERFOVFOFF);
	vt_simple_fs(vt, VT_SID, 5, VT_DID, 0x1000, 0x200000);
	assert_int_equal(vt_read32(vt, PERFINTRCTL), 1u << 31);
	start(vt, 0, REQUESTS);
	requests(vt, 256);
	assert_int_equal(vt->msis, 0);
	assert_int_equal(vt_read32(vt, PERFINTRCTL), 3u << 30);
	/* The pending bit goes with the status. */
	vt_write32(vt, PERFINTRSTS, 1);
	assert_int_equal(vt_read32(vt, PERFINTRCTL), 1u << 31);
	requests(vt, 256);
	vt_write32(vt, PERFINTRCTL, 0);
	assert_int_equal(vt->msis, 1);
	/* A counter that shall not interrupt only says that it was full. */
	vt_write32(vt, PERFINTRSTS, 1);
	vt_write64(vt, ovf, ~0ULL);
	vt_write32(vt, config_off(vt, 0), 0);
	requests(vt, 256);
	assert_int_equal(vt_read64(vt, ovf), 1);
	assert_int_equal(vt_read32(vt, PERFINTRSTS), 0);
	assert_int_equal(vt->msis, 1);
}

/* The driver shifts by 64 less the width, and then takes differences. */
static void differences_survive_a_wrap(void **state)
{
	static const unsigned int widths[] = {8, 9, 12};
	struct vt *vt = *state;

	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		unsigned int shift = 64 - widths[i];
		u64 before;

		rebuild_width(vt, widths[i]);
		assert_int_equal(vt_read64(vt, PERFCAP) >> 16 & 0x7f, widths[i]);
		vt_simple_fs(vt, VT_SID, 5, VT_DID, 0x1000, 0x200000);
		start(vt, 0, REQUESTS);
		requests(vt, (1u << widths[i]) - 10);
		before = value(vt, 0);
		requests(vt, 25);
		assert_int_equal(value(vt, 0), 15);
		assert_int_equal(((value(vt, 0) << shift) - (before << shift)) >> shift, 25);
	}
}

static void reset_stops_and_clears(void **state)
{
	struct vt *vt = *state;

	vt_simple_fs(vt, VT_SID, 5, VT_DID, 0x1000, 0x200000);
	start_all(vt);
	vt_write32(vt, config_off(vt, 0) + FILTER_SID, FILTER_EN);
	requests(vt, 3);
	assert_int_equal(command(vt, CMD_FREEZE, 0), 0);
	vtd_reset(vt->v);
	vt_enable(vt);
	for (unsigned int i = 0; i < EVENTS; i++)
		assert_int_equal(value(vt, i), 0);
	assert_int_equal(vt_read64(vt, config_off(vt, 0)), 0);
	assert_int_equal(vt_read32(vt, config_off(vt, 0) + FILTER_SID), 0);
	assert_int_equal(vt_read64(vt, vt_read32(vt, PERFFRZOFF)), 0);
	configure(vt, 0, REQUESTS);
	requests(vt, 3);
	assert_int_equal(value(vt, 0), 0);
	start(vt, 0, REQUESTS);
	requests(vt, 3);
	assert_int_equal(value(vt, 0), 3);
}

static void without_the_capabilities_there_is_nothing(void **state)
{
	struct vt *vt = *state;

	vt_rebuild(vt, NULL, "-pms");
	assert_int_equal(command(vt, CMD_ENABLE, 0), 1);
	assert_int_equal(vt_read64(vt, ECCAP3), 0);
	for (u64 off = 0x1000; off < VTD_REG_SIZE; off += 8)
		vt_write64(vt, off, ~0ULL);
	for (u64 off = 0x1000; off < VTD_REG_SIZE; off += 8)
		assert_int_equal(vt_read64(vt, off), 0);
	for (u64 off = PERFCAP; off < ECMD; off += 8)
		assert_int_equal(vt_read64(vt, off), 0);
	vt_rebuild(vt, "-ecmds", NULL);
	vt_write64(vt, ECMD, CMD_ENABLE);
	for (u64 off = ECMD; off < 0x500; off += 8)
		assert_int_equal(vt_read64(vt, off), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, vt_setup, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(capability_says_what_there_is),
		TEST(what_is_not_there_stays_zero),
		TEST(requests_and_lookups),
		TEST(lab_counters_agree),
		TEST(page_requests),
		TEST(several_events_of_a_group),
		TEST(filters),
		TEST(enable_and_disable),
		TEST(freeze),
		TEST(overflow_wraps_and_interrupts),
		TEST(overflow_event_can_be_masked),
		TEST(differences_survive_a_wrap),
		TEST(reset_stops_and_clears),
		TEST(without_the_capabilities_there_is_nothing),
	};

	return cmocka_run_group_tests_name("vtd_pmu", tests, NULL, NULL);
}
