// SPDX-License-Identifier: GPL-2.0
/*
 * What PID 1 makes of a trace, of the VMM's record, and of two clocks: whether
 * an invalidation that covers an entry was sent in time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <svakit/vtd_regs.h>

#include "asked.h"
#include "layers.h"

#define MS 1000000ULL
#define ADDR 0x7f1200345000ULL
#define PASID 5u
#define DID 9u
#define SID 0x30u
#define DEV 3u

/* Filled at 100 ms, found at 200 ms, and the clocks agree to 1 ms. */
static struct search search_iotlb(void)
{
	return (struct search){
		.entry = {.kind = VTD_VIEW_IOTLB,
			  .sid = SID,
			  .has_pasid = true,
			  .pasid = PASID,
			  .did = DID,
			  .addr = ADDR,
			  .size = 4096,
			  .entry = {1}},
		.from = 100 * MS,
		.to = 200 * MS,
		.err = MS,
	};
}

static struct qi_event page_flush(u64 at, u32 pasid, u16 did, u64 addr)
{
	return (struct qi_event){
		.at = at,
		.kind = "p_iotlb_inv",
		.q = {svk_put(VTD_DESC_TYPE_LO, VTD_DESC_PIOTLB) |
			      svk_put(VTD_DESC_G, VTD_PIOTLB_G_PAGE) | svk_put(VTD_DESC_DID, did) |
			      svk_put(VTD_DESC_PASID, pasid),
		      addr},
	};
}

static enum answer answer_to(struct search s, struct qi_event e)
{
	search_event(&s, &e);
	search_end(&s, 50 * MS);
	return s.answer;
}

static void parses_a_line(void **state)
{
	struct qi_event e;

	assert_true(
		qi_parse("          <...>-83      [001] d..1.    12.000345: qi_submit: p_iotlb_inv "
			 "dmar0: 0x500090036 0x7f1200345000 0x0 0x0\n",
			 &e));
	assert_int_equal(e.at, 12000345000);
	assert_int_equal(e.cpu, 1);
	assert_int_equal(e.q[0], 0x500090036);
	assert_int_equal(e.q[1], ADDR);
	assert_string_equal(e.kind, "p_iotlb_inv");
}

/* The name of a task is the task's choice. */
static void parses_any_task(void **state)
{
	struct qi_event e;

	assert_true(
		qi_parse(" [007] 9.9: x-83      [002] d..1.    1.500000: qi_submit: pc_inv dmar0: "
			 "0x37 0x0 0x0 0x0\n",
			 &e));
	assert_int_equal(e.at, 1500 * MS);
	assert_int_equal(e.cpu, 2);
}

static void skips_other_lines(void **state)
{
	static const char *const lines[] = {
		"",
		"# entries-in-buffer/entries-written: 12/12   #P:2\n",
		"##### CPU 1 buffer started ####\n",
		": qi_submit: p_iotlb_inv dmar0: 0x1 0x2 0x0 0x0\n",
		"  init-1  [000] d..1.  1.0: prq_report: dmar0/x seq# 1\n",
		"  init-1  [000] d..1.  1.000000: qi_submit: p_iotlb_inv dmar0:\n",
		"  init-1  [000] d..1.  now: qi_submit: p_iotlb_inv dmar0: 0x1 0x2 0x0 0x0\n",
	};
	struct qi_event e;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_false(qi_parse(lines[i], &e));
}

static void finds_what_covers(void **state)
{
	struct qi_event e = page_flush(150 * MS, PASID, DID, ADDR);
	struct search s = search_iotlb();

	search_event(&s, &e);
	assert_int_equal(s.answer, ANSWER_YES);
	assert_int_equal(s.at, 150 * MS);
	assert_string_equal(s.what, "p_iotlb_inv 0x500090036 0x7f1200345000");
	/* The first one counts. */
	e.at += MS;
	search_event(&s, &e);
	assert_int_equal(s.at, 150 * MS);
}

static void passes_over_what_does_not_cover(void **state)
{
	struct search s = search_iotlb();

	assert_int_equal(answer_to(s, page_flush(150 * MS, PASID + 1, DID, ADDR)), ANSWER_NO);
	assert_int_equal(answer_to(s, page_flush(150 * MS, PASID, DID, ADDR + 4096)), ANSWER_NO);
	assert_int_equal(answer_to(s, page_flush(150 * MS, PASID, DID + 1, ADDR)), ANSWER_NO);
	/* Another level numbers its domains otherwise. */
	s.any_did = true;
	assert_int_equal(answer_to(s, page_flush(150 * MS, PASID, DID + 1, ADDR)), ANSWER_YES);
}

static void only_what_came_in_time(void **state)
{
	struct search s = search_iotlb();

	assert_int_equal(answer_to(s, page_flush(90 * MS, PASID, DID, ADDR)), ANSWER_NO);
	assert_int_equal(answer_to(s, page_flush(250 * MS, PASID, DID, ADDR)), ANSWER_NO);
}

static void does_not_guess_within_the_error_of_the_clocks(void **state)
{
	struct search s = search_iotlb();

	assert_int_equal(answer_to(s, page_flush(100 * MS, PASID, DID, ADDR)), ANSWER_UNKNOWN);
	assert_int_equal(answer_to(s, page_flush(200 * MS, PASID, DID, ADDR)), ANSWER_UNKNOWN);
}

static void does_not_guess_what_is_forgotten(void **state)
{
	struct search s = search_iotlb();

	search_end(&s, 120 * MS);
	assert_int_equal(s.answer, ANSWER_UNKNOWN);
}

static void ask(struct asked_log *log, struct asked_record r)
{
	struct asked_record *to = &log->record[log->next % ASKED_RECORDS];

	*to = r;
	to->seq = ++log->next;
}

static enum answer answer_of(const struct asked_log *log)
{
	struct search s = search_iotlb();

	search_asked(&s, log, DEV, PASID);
	return s.answer;
}

static void looks_at_requests_of_the_vmm(void **state)
{
	struct asked_record r = {
		.at = 150 * MS, .addr = ADDR, .npages = 1, .dev = DEV, .pasid = PASID};
	struct asked_log *log = calloc(1, sizeof(*log));

	assert_non_null(log);
	assert_int_equal(answer_of(log), ANSWER_NO);
	r.pasid++;
	ask(log, r);
	r.pasid--;
	r.dev++;
	ask(log, r);
	r.dev--;
	r.addr += 4096;
	ask(log, r);
	r.at = 90 * MS;
	r.addr = ADDR;
	ask(log, r);
	assert_int_equal(answer_of(log), ANSWER_NO);
	r.at = 150 * MS;
	ask(log, r);
	assert_int_equal(answer_of(log), ANSWER_YES);
	free(log);
}

/* All of it, as a number of pages or because the table goes. */
static void takes_all_for_covering(void **state)
{
	struct asked_record all = {.at = 150 * MS, .npages = ~0ULL, .dev = DEV, .pasid = PASID};
	struct asked_record gone = {
		.at = 150 * MS, .what = ASKED_DETACH, .dev = DEV, .pasid = PASID};
	struct asked_log *log = calloc(1, sizeof(*log));

	assert_non_null(log);
	ask(log, all);
	assert_int_equal(answer_of(log), ANSWER_YES);
	memset(log, 0, sizeof(*log));
	ask(log, gone);
	assert_int_equal(answer_of(log), ANSWER_YES);
	free(log);
}

static void says_when_the_kernel_refused(void **state)
{
	struct asked_record r = {
		.at = 150 * MS, .npages = ~0ULL, .dev = DEV, .pasid = PASID, .error = 22};
	struct asked_log *log = calloc(1, sizeof(*log));
	struct search s = search_iotlb();

	assert_non_null(log);
	ask(log, r);
	search_asked(&s, log, DEV, PASID);
	assert_string_equal(s.what, "IOMMU_HWPT_INVALIDATE refused: Invalid argument");
	free(log);
}

static void knows_how_far_back_the_record_goes(void **state)
{
	struct asked_record r = {.at = 99 * MS, .npages = 1, .dev = DEV + 1, .pasid = PASID};
	struct asked_log *log = calloc(1, sizeof(*log));

	assert_non_null(log);
	for (int i = 0; i <= ASKED_RECORDS; i++)
		ask(log, r);
	assert_int_equal(answer_of(log), ANSWER_NO);
	r.at = 120 * MS;
	for (int i = 0; i <= ASKED_RECORDS; i++)
		ask(log, r);
	assert_int_equal(answer_of(log), ANSWER_UNKNOWN);
	/* One is being overwritten. */
	memset(log, 0, sizeof(*log));
	ask(log, r);
	log->record[0].seq = 0;
	assert_int_equal(answer_of(log), ANSWER_UNKNOWN);
	free(log);
}

/* A guest whose second is 5 % longer. */
static void converts_between_clocks(void **state)
{
	const struct clock_point a = {.mono = 1000 * MS, .time = 5000 * MS};
	const struct clock_point b = {.mono = 2000 * MS, .time = 6050 * MS};

	assert_int_equal(clock_mono(&a, &b, 5000 * MS), 1000 * MS);
	assert_int_equal(clock_mono(&a, &b, 6050 * MS), 2000 * MS);
	assert_in_range(clock_mono(&a, &b, 5525 * MS), 1499999990, 1500000010);
	/* Before the first point, and with one point only. */
	assert_in_range(clock_mono(&a, &b, 3950 * MS), 0, 10);
	assert_int_equal(clock_mono(&b, &b, 6049 * MS), 1999 * MS);
}

#define TEST(f) cmocka_unit_test(f)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(parses_a_line),
		TEST(parses_any_task),
		TEST(skips_other_lines),
		TEST(finds_what_covers),
		TEST(passes_over_what_does_not_cover),
		TEST(only_what_came_in_time),
		TEST(does_not_guess_within_the_error_of_the_clocks),
		TEST(does_not_guess_what_is_forgotten),
		TEST(looks_at_requests_of_the_vmm),
		TEST(takes_all_for_covering),
		TEST(says_when_the_kernel_refused),
		TEST(knows_how_far_back_the_record_goes),
		TEST(converts_between_clocks),
	};

	return cmocka_run_group_tests_name("layers", tests, NULL, NULL);
}
