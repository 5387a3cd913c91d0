// SPDX-License-Identifier: GPL-2.0
/*
 * What one access through the model costs. Prints one row a figure: median
 * over many rounds, the figure to reach, and the ratio of both (1.00 and more
 * is good). The exit status is 0 whatever the figures are: they depend on the
 * machine, and are for a reader or a comparison to judge.
 *
 * All threads share one processor: device and memcpy() then have the same
 * caches and the same neighbours, and what differs is the model.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "accel/atc.h"
#include "bench/bench_machine.h"
#include "oracle/oracle.h"

#define PAGE 0x1000ULL
#define HOT_PAGES 64
#define ROUNDS 101
#define AUDIT_ENTRIES 10000
#define COPY_BYTES (32ULL << 20) /* moved per round, whatever the size of a copy */

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *sample, unsigned int n)
{
	qsort(sample, n, sizeof(*sample), compare_doubles);
	return sample[n / 2];
}

static void row_ns(const char *what, double ns, double wanted)
{
	printf("%-34s %9.1f ns  at most %6.0f ns  %5.2f\n", what, ns, wanted, wanted / ns);
}

static void translate_pages(struct bench *b, u32 pasid, unsigned int pages)
{
	struct vtd_request req = {
		.sid = BENCH_SID,
		.has_pasid = true,
		.pasid = pasid,
	};
	struct vtd_translation out;
	unsigned int n;

	for (n = 0; n < pages; n++) {
		req.addr = BENCH_VA + n * PAGE;
		if (vtd_translate(b->unit, &req, &out))
			bench_die("translating a mapped page");
	}
}

static void bench_iotlb_hit(struct bench *b)
{
	double sample[ROUNDS];
	unsigned int r, i;
	u64 start;

	translate_pages(b, BENCH_FIRST, HOT_PAGES);
	for (r = 0; r < ROUNDS; r++) {
		start = now_ns();
		for (i = 0; i < 100; i++)
			translate_pages(b, BENCH_FIRST, HOT_PAGES);
		sample[r] = (double)(now_ns() - start) / (100 * HOT_PAGES);
	}
	row_ns("IOTLB hit", median(sample, ROUNDS), 50);
}

/* Every page once after a flush of the PASID: each translation walks. */
static void bench_walk(struct bench *b, const char *what, u32 pasid, double wanted)
{
	double sample[ROUNDS];
	unsigned int r;
	u64 start;

	for (r = 0; r < ROUNDS; r++) {
		bench_flush(b, pasid);
		start = now_ns();
		translate_pages(b, pasid, BENCH_PAGES / 4);
		sample[r] = (double)(now_ns() - start) / (BENCH_PAGES / 4);
	}
	row_ns(what, median(sample, ROUNDS), wanted);
}

static void bench_atc_hit(void)
{
	double sample[ROUNDS];
	unsigned int r, i, n;
	struct atc cache;
	u64 start;
	u64 sum = 0;

	if (atc_init(&cache, 1 << 20))
		bench_die("creating a device-TLB");
	for (n = 0; n < BENCH_PAGES; n++)
		atc_insert(&cache, &(struct atc_entry){
					   .base = BENCH_VA + n * PAGE,
					   .out = n * PAGE,
					   .tag = BENCH_FIRST,
					   .span = PAGE - 1,
					   .perm = ATC_READ | ATC_WRITE,
				   });
	for (r = 0; r < ROUNDS; r++) {
		start = now_ns();
		for (i = 0; i < 10; i++) {
			for (n = 0; n < BENCH_PAGES; n++)
				sum += atc_lookup(&cache, BENCH_FIRST, BENCH_VA + n * PAGE)->out;
		}
		sample[r] = (double)(now_ns() - start) / (10 * BENCH_PAGES);
	}
	atc_cleanup(&cache);
	if (sum)
		row_ns("device-TLB hit", median(sample, ROUNDS), 10);
}

/* All entries match, so every one is walked to its end; some are nested. */
static void bench_audit(struct bench *b)
{
	struct oracle *o = oracle_new(b->unit, NULL);
	struct oracle_audit sum;
	double sample[ROUNDS];
	unsigned int r;
	u64 start;

	if (!o)
		bench_die("creating the oracle");
	translate_pages(b, BENCH_FIRST, BENCH_PAGES);
	translate_pages(b, BENCH_NESTED, AUDIT_ENTRIES - BENCH_PAGES);
	for (r = 0; r < ROUNDS; r++) {
		start = now_ns();
		sum = oracle_audit(o, false);
		sample[r] = now_ns() - start;
		if (sum.entries < AUDIT_ENTRIES || sum.stale)
			bench_die("auditing what matches");
	}
	row_ns("audit of 10,000 entries", median(sample, ROUNDS), 10e6);
	oracle_free(o);
}

/* Filled by a walk, removed by a descriptor, with and without somebody who compares. */
static void bench_fill(struct bench *b, const char *what, u32 pasid, bool watched)
{
	struct oracle *o = watched ? oracle_new(b->unit, NULL) : NULL;
	double sample[ROUNDS];
	unsigned int r;
	u64 start;

	if (watched && !o)
		bench_die("creating the oracle");
	bench_flush(b, pasid);
	for (r = 0; r < ROUNDS; r++) {
		start = now_ns();
		translate_pages(b, pasid, BENCH_PAGES / 4);
		bench_flush(b, pasid);
		sample[r] = (double)(now_ns() - start) / (BENCH_PAGES / 4);
	}
	printf("%-34s %9.1f ns\n", what, median(sample, ROUNDS));
	oracle_free(o);
}

static void wait_record(struct bench *b)
{
	while (sem_wait(&b->done))
		;
	if (le32_to_cpu(__atomic_load_n(&b->cpl->status, __ATOMIC_ACQUIRE)) != SVK_CPL_OK)
		bench_die("a descriptor failed");
}

static struct svk_desc *next_desc(struct bench *b)
{
	struct svk_desc *d = &b->ring[b->tail++ % BENCH_RING];

	memset(d, 0, sizeof(*d));
	return d;
}

static void ask_for_record(struct bench *b, struct svk_desc *d)
{
	d->ctrl |= cpu_to_le32(SVK_DESC_CPL_RECORD | SVK_DESC_CPL_IRQ);
	d->cpl = cpu_to_le64(BENCH_CPL_VA);
	memset(b->cpl, 0, sizeof(*b->cpl));
}

/* From the doorbell to the interrupt, one at a time: waking the engine and being woken. */
static void bench_round_trip(struct bench *b)
{
	double sample[1001];
	unsigned int r;
	u64 start;

	for (r = 0; r < 1001; r++) {
		ask_for_record(b, next_desc(b));
		start = now_ns();
		bench_doorbell(b);
		wait_record(b);
		sample[r] = now_ns() - start;
	}
	printf("%-34s %9.1f ns\n", "no-op, doorbell to interrupt", median(sample, 1001));
}

/* @count copies through the device, in ring-sized submissions. Return: seconds. */
static double device_copies(struct bench *b, u64 va, u64 size, unsigned int count)
{
	u64 start = now_ns();
	struct svk_desc *d;
	unsigned int n;

	while (count) {
		for (n = 0; n < BENCH_RING && count; n++, count--) {
			d = next_desc(b);
			d->ctrl = cpu_to_le32(SVK_OP_COPY);
			d->src = cpu_to_le64(va);
			d->dst = cpu_to_le64(va + BENCH_PAGES / 2 * PAGE);
			d->size = cpu_to_le64(size);
		}
		ask_for_record(b, d);
		bench_doorbell(b);
		wait_record(b);
	}
	return (now_ns() - start) / 1e9;
}

static double cpu_copies(u8 *buffers, u64 size, unsigned int count)
{
	u64 start = now_ns();

	while (count--) {
		memcpy(buffers + BENCH_PAGES / 2 * PAGE, buffers, size);
		/* Or the compiler drops all but the last. */
		__asm__ volatile("" ::: "memory");
	}
	return (now_ns() - start) / 1e9;
}

/*
 * Interleaved, and the same pages for both, so that what disturbs one
 * disturbs the other.
 */
static void bench_copy(struct bench *b, bool scattered, u64 size)
{
	u64 va = scattered ? BENCH_SCATTERED_VA : BENCH_VA;
	u8 *buffers = scattered ? b->scattered : b->buffers;
	unsigned int count = COPY_BYTES / size;
	double cpu[ROUNDS], device[ROUNDS];
	double cpu_rate, device_rate;
	unsigned int r;

	device_copies(b, va, size, 1);
	for (r = 0; r < ROUNDS; r++) {
		cpu_copies(buffers, size, 1);
		cpu[r] = count * size / cpu_copies(buffers, size, count) / 1e9;
		device_copies(b, va, size, 1);
		device[r] = count * size / device_copies(b, va, size, count) / 1e9;
	}
	cpu_rate = median(cpu, ROUNDS);
	device_rate = median(device, ROUNDS);
	printf("copy %6llu KiB, %-16s %9.2f GB/s  at least %6.2f GB/s (80 %% of memcpy)  %5.2f\n",
	       (unsigned long long)size >> 10, scattered ? "scattered pages" : "contiguous pages",
	       device_rate, 0.8 * cpu_rate, device_rate / (0.8 * cpu_rate));
}

static void pin(void)
{
	cpu_set_t one;
	int cpu = sched_getcpu();

	CPU_ZERO(&one);
	CPU_SET(cpu < 0 ? 0 : cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		bench_die("staying on one processor");
}

int main(void)
{
	static const u64 sizes[] = {64 << 10, 1 << 20, 16 << 20};
	static struct bench b;
	unsigned int i;

	pin();
	bench_init(&b);
	puts("figure, median, what is wanted, how far it is reached (1.00: just so)");
	machine_lock(&b.machine);
	bench_iotlb_hit(&b);
	bench_walk(&b, "4-level walk", BENCH_FIRST, 250);
	bench_walk(&b, "nested 4-level walk", BENCH_NESTED, 1500);
	bench_fill(&b, "page filled and flushed", BENCH_FIRST, false);
	bench_fill(&b, "  with the oracle", BENCH_FIRST, true);
	bench_fill(&b, "nested page filled and flushed", BENCH_NESTED, false);
	bench_fill(&b, "  with the oracle", BENCH_NESTED, true);
	bench_audit(&b);
	machine_unlock(&b.machine);
	bench_atc_hit();
	bench_round_trip(&b);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		bench_copy(&b, false, sizes[i]);
		bench_copy(&b, true, sizes[i]);
	}
	bench_cleanup(&b);
	return 0;
}
