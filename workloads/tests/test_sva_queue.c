// SPDX-License-Identifier: GPL-2.0
/* The queue of fio's engine, on a device that is a function call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "fake_device.h"
#include "sva_queue.h"

#define SIZE 4096UL
#define COUNT 80U

/**
 * struct fixture - A queue and memory for it.
 * @d: device
 * @q: on it
 * @from: COUNT blocks, each with a byte of its own
 * @to: zeros
 */
struct fixture {
	struct fake_device d;
	struct sva_queue *q;
	u8 *from;
	u8 *to;
};

static u8 *map(size_t size)
{
	u8 *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(mem, MAP_FAILED);
	return mem;
}

static void begin(struct fixture *f, unsigned int depth, unsigned int batch)
{
	const struct sva_options options = {.depth = depth, .batch = batch};
	unsigned int i;

	fake_device_init(&f->d);
	assert_int_equal(sva_queue_attach(&f->d.svk, &options, &f->q), 0);
	f->from = map(COUNT * SIZE);
	f->to = map(COUNT * SIZE);
	for (i = 0; i < COUNT; i++)
		memset(f->from + i * SIZE, (int)i + 1, SIZE);
}

static void end(struct fixture *f)
{
	sva_queue_close(f->q);
	fake_device_cleanup(&f->d);
	munmap(f->from, COUNT * SIZE);
	munmap(f->to, COUNT * SIZE);
}

static int put(struct fixture *f, enum sva_op op, unsigned int nr)
{
	const struct sva_request request = {
		.op = op,
		.dst = f->to + nr * SIZE,
		.src = f->from + nr * SIZE,
		.size = op == SVA_DRAIN ? 0 : SIZE,
		.owner = f->from + nr,
	};

	return sva_queue_put(f->q, &request);
}

static unsigned int reap(struct fixture *f, struct sva_done *done)
{
	return sva_queue_reap(f->q, 0, COUNT, 0, done);
}

static void expect_done(const struct fixture *f, const struct sva_done *done, unsigned int nr,
			int error, u64 bytes)
{
	assert_ptr_equal(done->owner, f->from + nr);
	assert_int_equal(done->error, error);
	assert_int_equal(done->done, bytes);
}

static void expect_copied(const struct fixture *f, unsigned int count)
{
	assert_memory_equal(f->from, f->to, count * SIZE);
}

/* Nothing is announced before the commit, then all of it at once. */
static void test_one_doorbell_a_commit(void **state)
{
	struct sva_done done[COUNT];
	struct fixture f;
	unsigned int i;

	begin(&f, 16, 1);
	for (i = 0; i < 16; i++)
		assert_int_equal(put(&f, SVA_COPY, i), 0);
	assert_int_equal(put(&f, SVA_COPY, 16), -EAGAIN);
	assert_int_equal(fake_device_tail(&f.d), 0);
	sva_queue_commit(f.q);
	assert_int_equal(fake_device_tail(&f.d), 16);
	assert_int_equal(sva_queue_counts(f.q).doorbells, 1);
	assert_int_equal(reap(&f, done), 0);
	assert_int_equal(fake_device_run(&f.d, 3), 3);
	assert_int_equal(reap(&f, done), 3);
	for (i = 0; i < 3; i++)
		expect_done(&f, &done[i], i, 0, SIZE);
	assert_int_equal(fake_device_run(&f.d, COUNT), 13);
	assert_int_equal(reap(&f, done), 13);
	expect_copied(&f, 16);
	end(&f);
}

static void test_batch_is_one_descriptor(void **state)
{
	struct sva_done done[COUNT];
	struct fixture f;
	unsigned int i;

	begin(&f, 16, 8);
	for (i = 0; i < 12; i++)
		put(&f, SVA_COPY, i);
	sva_queue_commit(f.q);
	assert_int_equal(fake_device_tail(&f.d), 2);
	fake_device_run(&f.d, COUNT);
	assert_int_equal(reap(&f, done), 12);
	expect_copied(&f, 12);
	end(&f);
}

/* More than the ring holds go when there is room. */
static void test_ring_is_full(void **state)
{
	struct sva_done done[COUNT];
	struct fixture f;
	unsigned int i;

	begin(&f, COUNT, 1);
	for (i = 0; i < COUNT; i++)
		assert_int_equal(put(&f, SVA_COPY, i), 0);
	sva_queue_commit(f.q);
	assert_int_equal(fake_device_tail(&f.d), SVK_QUEUE_ENTRIES);
	fake_device_run(&f.d, 10);
	assert_int_equal(reap(&f, done), 10);
	assert_int_equal(fake_device_tail(&f.d), SVK_QUEUE_ENTRIES + 10);
	fake_device_run(&f.d, COUNT);
	assert_int_equal(reap(&f, done), SVK_QUEUE_ENTRIES);
	fake_device_run(&f.d, COUNT);
	assert_int_equal(reap(&f, done), COUNT - SVK_QUEUE_ENTRIES - 10);
	expect_copied(&f, COUNT);
	end(&f);
}

static void test_trim_is_zeros(void **state)
{
	struct sva_done done[COUNT];
	struct fixture f;

	begin(&f, 4, 1);
	memset(f.to, 0xff, 2 * SIZE);
	put(&f, SVA_ZERO, 1);
	sva_queue_commit(f.q);
	fake_device_run(&f.d, COUNT);
	assert_int_equal(reap(&f, done), 1);
	expect_done(&f, &done[0], 1, 0, SIZE);
	assert_int_equal(f.to[SIZE - 1], 0xff);
	assert_int_equal(f.to[SIZE] | f.to[2 * SIZE - 1], 0);
	end(&f);
}

static void test_status_is_an_errno(void **state)
{
	static const struct {
		u32 status;
		int error;
	} cases[] = {
		{SVK_CPL_FAULT_READ, -EFAULT},	   {SVK_CPL_FAULT_WRITE, -EFAULT},
		{SVK_CPL_BUS_ERROR, -EIO},	   {SVK_CPL_BAD_ADDR, -EINVAL},
		{SVK_CPL_BAD_OPCODE, -EOPNOTSUPP},
	};
	struct sva_done done[COUNT];
	struct fixture f;
	unsigned int i;

	begin(&f, 4, 1);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		/* A fault at address 0 is at none of the operation's pages. */
		f.d.status = cases[i].status;
		put(&f, SVA_COPY, i);
		sva_queue_commit(f.q);
		fake_device_run(&f.d, 1);
		assert_int_equal(reap(&f, done), 1);
		expect_done(&f, &done[0], i, cases[i].error, 0);
	}
	end(&f);
}

/* The CPU brings the page in, and what is left is submitted again. */
static void test_missing_page_is_brought_in(void **state)
{
	struct sva_done done[COUNT];
	struct sva_request request;
	struct fixture f;

	begin(&f, 4, 1);
	f.d.missing = f.to + 2 * SIZE;
	request = (struct sva_request){
		.op = SVA_COPY, .dst = f.to, .src = f.from, .size = 4 * SIZE, .owner = f.from};
	assert_int_equal(sva_queue_put(f.q, &request), 0);
	sva_queue_commit(f.q);
	fake_device_run(&f.d, 1);
	assert_int_equal(reap(&f, done), 0);
	assert_int_equal(sva_queue_counts(f.q).faults, 1);
	assert_int_equal(fake_device_tail(&f.d), 2);
	fake_device_run(&f.d, 1);
	assert_int_equal(reap(&f, done), 1);
	expect_done(&f, &done[0], 0, 0, 4 * SIZE);
	expect_copied(&f, 4);
	end(&f);
}

/* Memory that cannot be brought in: nothing is mapped there. */
static void test_unmapped_is_a_fault(void **state)
{
	struct sva_done done[COUNT];
	struct fixture f;

	begin(&f, 4, 1);
	f.d.missing = f.to + SIZE;
	munmap(f.to + SIZE, SIZE);
	put(&f, SVA_COPY, 1);
	sva_queue_commit(f.q);
	fake_device_run(&f.d, 1);
	assert_int_equal(reap(&f, done), 1);
	expect_done(&f, &done[0], 1, -EFAULT, 0);
	end(&f);
}

/* Those behind a member that has failed were not looked at, and are done after all. */
static void test_batch_goes_on_behind_an_error(void **state)
{
	struct sva_done done[COUNT];
	struct fixture f;
	unsigned int i;

	begin(&f, 8, 8);
	f.d.status = SVK_CPL_BUS_ERROR;
	for (i = 0; i < 4; i++)
		put(&f, SVA_COPY, i);
	sva_queue_commit(f.q);
	fake_device_run(&f.d, COUNT);
	assert_int_equal(reap(&f, done), 1);
	expect_done(&f, &done[0], 0, -EIO, 0);
	fake_device_run(&f.d, COUNT);
	assert_int_equal(reap(&f, done), 3);
	assert_memory_equal(f.from + SIZE, f.to + SIZE, 3 * SIZE);
	end(&f);
}

/* A sync that overtakes what a missing page has sent back is made again. */
static void test_sync_waits_for_all_before(void **state)
{
	struct sva_done done[COUNT];
	struct fixture f;

	begin(&f, 8, 4);
	f.d.missing = f.to;
	put(&f, SVA_COPY, 0);
	put(&f, SVA_COPY, 1);
	put(&f, SVA_DRAIN, 2);
	put(&f, SVA_COPY, 3);
	sva_queue_commit(f.q);
	/* A batch, the sync alone, and the last. */
	assert_int_equal(fake_device_tail(&f.d), 3);
	fake_device_run(&f.d, COUNT);
	assert_int_equal(reap(&f, done), 1);
	expect_done(&f, &done[0], 3, 0, SIZE);
	fake_device_run(&f.d, COUNT);
	assert_int_equal(reap(&f, done), 3);
	expect_done(&f, &done[2], 2, 0, 0);
	expect_copied(&f, 2);
	end(&f);
}

/* All that is under way, and all that comes later, fails. */
static void test_halted_queue_is_an_error(void **state)
{
	struct sva_done done[COUNT];
	struct fixture f;

	begin(&f, 8, 1);
	put(&f, SVA_COPY, 0);
	put(&f, SVA_COPY, 1);
	sva_queue_commit(f.q);
	fake_device_run(&f.d, 1);
	fake_device_halt(&f.d);
	assert_int_equal(sva_queue_reap(f.q, 2, COUNT, 10000, done), 2);
	expect_done(&f, &done[0], 0, 0, SIZE);
	expect_done(&f, &done[1], 1, -EIO, 0);
	put(&f, SVA_COPY, 2);
	sva_queue_commit(f.q);
	assert_int_equal(reap(&f, done), 1);
	expect_done(&f, &done[0], 2, -EIO, 0);
	end(&f);
}

static void test_wait_has_an_end(void **state)
{
	struct sva_done done[COUNT];
	struct fixture f;

	begin(&f, 8, 1);
	put(&f, SVA_COPY, 0);
	sva_queue_commit(f.q);
	assert_int_equal(sva_queue_reap(f.q, 1, COUNT, 20, done), 0);
	fake_device_run(&f.d, 1);
	assert_int_equal(sva_queue_reap(f.q, 1, COUNT, 20, done), 1);
	end(&f);
}

static void test_options_have_bounds(void **state)
{
	static const struct sva_options wrong[] = {
		{.depth = 0, .batch = 1},
		{.depth = 1, .batch = 0},
		{.depth = SVA_DEPTH_MAX + 1, .batch = 1},
		{.depth = 1, .batch = SVA_BATCH_MAX + 1},
	};
	struct fake_device d;
	struct sva_queue *q;
	unsigned int i;

	fake_device_init(&d);
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(sva_queue_attach(&d.svk, &wrong[i], &q), -EINVAL);
	fake_device_cleanup(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_doorbell_a_commit),
		cmocka_unit_test(test_batch_is_one_descriptor),
		cmocka_unit_test(test_ring_is_full),
		cmocka_unit_test(test_trim_is_zeros),
		cmocka_unit_test(test_status_is_an_errno),
		cmocka_unit_test(test_missing_page_is_brought_in),
		cmocka_unit_test(test_unmapped_is_a_fault),
		cmocka_unit_test(test_batch_goes_on_behind_an_error),
		cmocka_unit_test(test_sync_waits_for_all_before),
		cmocka_unit_test(test_halted_queue_is_an_error),
		cmocka_unit_test(test_wait_has_an_end),
		cmocka_unit_test(test_options_have_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
