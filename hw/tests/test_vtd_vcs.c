// SPDX-License-Identifier: GPL-2.0
/* Virtual commands: PASIDs are given and taken back as the specification and the pool say. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/vtd_fixture.h"
#include "trace.h"

#define FIRST 0x8000
#define LAST 0xffff
#define SUCCESS 0
#define UNDEFINED 1
#define NO_PASID 16
#define INVALID_PASID 16

/* Where and how 5.10 (11.4.16) has them, a second time: not from the model's own header. */
#define VCMD 0xe00
#define VCRSP 0xe10
#define VCCAP 0xe30
#define CMD_NULL 0
#define CMD_ALLOC 1
#define CMD_FREE 2

static u64 command(struct vt *vt, u64 vcmd)
{
	u64 response;

	vt_write64(vt, VCMD, vcmd);
	response = vt_read64(vt, VCRSP);
	assert_int_equal(response & 1, 0); /* not in progress */
	assert_int_equal(response & ~0xfffff00ffULL, 0);
	return response;
}

static unsigned int status_of(u64 response)
{
	return response >> 1 & 0x7f;
}

static u32 alloc(struct vt *vt)
{
	u64 response = command(vt, CMD_ALLOC);

	assert_int_equal(status_of(response), SUCCESS);
	return response >> 16 & 0xfffff;
}

/* A response without a result: nothing but the status. */
static void expect(struct vt *vt, u64 vcmd, unsigned int status)
{
	assert_int_equal(command(vt, vcmd), status << 1);
}

static u64 free_of(u32 pasid)
{
	return (u64)pasid << 16 | CMD_FREE;
}

static void rebuild_pool(struct vt *vt, u32 first, u32 last)
{
	vtd_config_default(&vt->cfg);
	vt->cfg.vcs_first = first;
	vt->cfg.vcs_last = last;
	vt_rebuild_config(vt);
}

static void capability_says_what_there_is(void **state)
{
	struct vt *vt = *state;

	assert_int_equal(vt_read64(vt, VTD_ECAP) >> 44 & 1, 1);
	/* Bit 0 for Linux, bits 1 and 2 for revision 5.10. */
	assert_int_equal(vt_read64(vt, VCCAP), 7);
	vt_write64(vt, VCCAP, 0);
	vt_write64(vt, VCRSP, ~0ULL);
	assert_int_equal(vt_read64(vt, VCCAP), 7);
	assert_int_equal(vt_read64(vt, VCRSP), 0);
	expect(vt, CMD_NULL, SUCCESS);
}

static void lowest_free_one_is_given(void **state)
{
	struct vt *vt = *state;

	for (u32 i = 0; i < 200; i++)
		assert_int_equal(alloc(vt), FIRST + i);
	expect(vt, free_of(FIRST + 130), SUCCESS);
	expect(vt, free_of(FIRST + 7), SUCCESS);
	assert_int_equal(alloc(vt), FIRST + 7);
	assert_int_equal(alloc(vt), FIRST + 130);
	assert_int_equal(alloc(vt), FIRST + 200);
}

static void pool_runs_dry(void **state)
{
	struct vt *vt = *state;

	for (u32 pasid = FIRST; pasid <= LAST; pasid++)
		assert_int_equal(alloc(vt), pasid);
	expect(vt, CMD_ALLOC, NO_PASID);
	expect(vt, CMD_ALLOC, NO_PASID);
	expect(vt, free_of(LAST), SUCCESS);
	assert_int_equal(alloc(vt), LAST);
	expect(vt, CMD_ALLOC, NO_PASID);
}

static void free_takes_what_was_given(void **state)
{
	static const u32 never_given[] = {0, 1, FIRST - 1, FIRST + 1, LAST, LAST + 1, 0xfffff};
	struct vt *vt = *state;

	assert_int_equal(alloc(vt), FIRST);
	for (size_t i = 0; i < ARRAY_SIZE(never_given); i++)
		expect(vt, free_of(never_given[i]), INVALID_PASID);
	/* Bits 63:36 of the operand have no meaning. */
	expect(vt, free_of(FIRST) | 0xfffffffULL << 36, SUCCESS);
	expect(vt, free_of(FIRST), INVALID_PASID);
	assert_int_equal(alloc(vt), FIRST);
}

static void unknown_commands_are_undefined(void **state)
{
	struct vt *vt = *state;

	for (unsigned int cmd = 3; cmd < 256; cmd++)
		expect(vt, (u64)FIRST << 16 | cmd, UNDEFINED);
	assert_int_equal(alloc(vt), FIRST);
}

/* 32-bit software writes the operand first; the half with the command executes it. */
static void halves(void **state)
{
	struct vt *vt = *state;

	rebuild_pool(vt, 0xffff0, 0xfffff);
	assert_int_equal(alloc(vt), 0xffff0);
	vt_write32(vt, VCMD + 4, 0xf);
	/* Nothing has happened, and the response of the last command stands. */
	assert_int_equal(vt_read64(vt, VCRSP), 0xffff0ULL << 16);
	vt_write32(vt, VCMD, 0xfff0u << 16 | CMD_FREE);
	assert_int_equal(vt_read64(vt, VCRSP), 0);
	assert_int_equal(vt_read64(vt, VCMD), free_of(0xffff0));
	assert_int_equal(alloc(vt), 0xffff0);
	assert_int_equal(vt_read32(vt, VCRSP), 0xfff0u << 16);
	assert_int_equal(vt_read32(vt, VCRSP + 4), 0xf);
}

static void pool_has_bounds(void **state)
{
	static const struct {
		u32 first, last;
	} pools[] = {{1, 1}, {5, 68}, {5, 69}, {0x8000, 0x8080}, {0xfffff, 0xfffff}};
	struct vt *vt = *state;

	for (size_t i = 0; i < ARRAY_SIZE(pools); i++) {
		rebuild_pool(vt, pools[i].first, pools[i].last);
		for (u32 pasid = pools[i].first; pasid <= pools[i].last; pasid++)
			assert_int_equal(alloc(vt), pasid);
		expect(vt, CMD_ALLOC, NO_PASID);
		expect(vt, free_of(pools[i].first - 1), INVALID_PASID);
		expect(vt, free_of((pools[i].last + 1) & 0xfffff), INVALID_PASID);
	}
}

static void pool_outside_of_pss_is_refused(void **state)
{
	static const struct {
		u32 first, last;
		bool good;
	} pools[] = {{1, 1023, true}, {1023, 1023, true}, {1, 1024, false}, {1024, 1024, false},
		     {0, 5, false},   {6, 5, false},	  {5, 0, false}};
	struct vt *vt = *state;
	struct vtd_config cfg;
	const char *bad;

	vtd_config_default(&cfg);
	assert_int_equal(vtd_config_set(&cfg, "ecap", "pss=9", &bad), 0);
	for (size_t i = 0; i < ARRAY_SIZE(pools); i++) {
		cfg.vcs_first = pools[i].first;
		cfg.vcs_last = pools[i].last;
		assert_int_equal(vtd_config_check(&cfg), pools[i].good ? 0 : -EINVAL);
		if (pools[i].good)
			continue;
		errno = 0;
		assert_null(vtd_new(&cfg, &vt->m, vt->mem, NULL, NULL));
		assert_int_equal(errno, EINVAL);
	}
}

/* Without a pool of its own a unit with few PASIDs gives the upper half of them. */
static void default_pool_follows_pss(void **state)
{
	static const struct {
		const char *ecap;
		u32 first, last;
	} units[] = {{"pss=19", 0x8000, 0xffff},
		     {"pss=15", 0x8000, 0xffff},
		     {"pss=9", 512, 1023},
		     {"pss=0", 1, 1}};
	struct vt *vt = *state;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		vt_rebuild(vt, NULL, units[i].ecap);
		for (u32 pasid = units[i].first; pasid <= units[i].last; pasid++)
			assert_int_equal(alloc(vt), pasid);
		expect(vt, CMD_ALLOC, NO_PASID);
	}
}

static void without_the_capability_there_is_nothing(void **state)
{
	static const u64 regs[] = {VCMD, VCRSP, VCCAP};
	struct vt *vt = *state;

	vt_rebuild(vt, NULL, "-vcs");
	assert_int_equal(vt_read64(vt, VTD_ECAP) >> 44 & 1, 0);
	for (size_t i = 0; i < ARRAY_SIZE(regs); i++) {
		vt_write64(vt, regs[i], CMD_ALLOC);
		vt_write64(vt, regs[i], ~0ULL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(regs); i++)
		assert_int_equal(vt_read64(vt, regs[i]), 0);
}

/* Where no request may have a PASID the commands are not supported, so undefined. */
static void without_pasids_there_are_none_to_give(void **state)
{
	struct vt *vt = *state;

	vt_rebuild(vt, NULL, "-pasid");
	assert_int_equal(vt_read64(vt, VCCAP), 0);
	expect(vt, CMD_NULL, UNDEFINED);
	expect(vt, CMD_ALLOC, UNDEFINED);
	expect(vt, free_of(FIRST), UNDEFINED);
}

static void reset_empties_everything(void **state)
{
	struct vt *vt = *state;

	assert_int_equal(alloc(vt), FIRST);
	assert_int_equal(alloc(vt), FIRST + 1);
	vtd_reset(vt->v);
	assert_int_equal(vt_read64(vt, VCMD), 0);
	assert_int_equal(vt_read64(vt, VCRSP), 0);
	assert_int_equal(vt_read64(vt, VCCAP), 7);
	expect(vt, free_of(FIRST + 1), INVALID_PASID);
	assert_int_equal(alloc(vt), FIRST);
}

static void every_command_is_traced(void **state)
{
	static const char *const lines[] = {" vcs alloc pasid=32768 status=0\n",
					    " vcs free pasid=32768 status=0\n",
					    " vcs free pasid=32768 status=16\n",
					    " vcs null pasid=0 status=0\n",
					    " vcs unknown pasid=0 status=1\n"};
	struct vt *vt = *state;
	char *text = NULL, *at;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	vt->m.trace = trace_new(16);
	assert_non_null(vt->m.trace);
	alloc(vt);
	expect(vt, free_of(FIRST), SUCCESS);
	expect(vt, free_of(FIRST), INVALID_PASID);
	expect(vt, CMD_NULL, SUCCESS);
	expect(vt, 3, UNDEFINED);
	assert_int_equal(trace_dump(vt->m.trace, out), 0);
	fclose(out);
	at = text;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		at = strstr(at, lines[i]);
		assert_non_null(at);
	}
	free(text);
	trace_free(vt->m.trace);
	vt->m.trace = NULL;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, vt_setup, vt_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(capability_says_what_there_is),
		TEST(lowest_free_one_is_given),
		TEST(pool_runs_dry),
		TEST(free_takes_what_was_given),
		TEST(unknown_commands_are_undefined),
		TEST(halves),
		TEST(pool_has_bounds),
		TEST(pool_outside_of_pss_is_refused),
		TEST(default_pool_follows_pss),
		TEST(without_the_capability_there_is_nothing),
		TEST(without_pasids_there_are_none_to_give),
		TEST(reset_empties_everything),
		TEST(every_command_is_traced),
	};

	return cmocka_run_group_tests_name("vtd_vcs", tests, NULL, NULL);
}
