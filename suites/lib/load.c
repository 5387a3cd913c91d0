// SPDX-License-Identifier: GPL-2.0
/*
 * The threads assert nothing: a failed assertion would tear down the fixture in
 * the thread, which waits for the thread. They leave a message, and end.
 */
#include "load.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "clock.h"
#include "crc32c.h"
#include "ktap.h"
#include "oracle.h"

/*
 * So often a page that the CPU has just touched may be gone again before the device comes to it. A
 * page that stays out of the device's reach exceeds this within some milliseconds.
 */
#define TRIES 100
#define LOAD_PAGE 4096UL
#define LOAD_PAGES (LOAD_BLOCK / LOAD_PAGE)
#define PASS_MS 60000
#define UNEVICTABLE "/proc/sys/vm/compact_unevictable_allowed"

static u8 *source(const struct load_worker *w, unsigned int slot)
{
	return w->block + slot * LOAD_BLOCK;
}

static u8 *target(const struct load_worker *w, unsigned int slot)
{
	return w->block + (LOAD_SLOTS + slot) * LOAD_BLOCK;
}

static void make_pattern(const struct load_worker *w, unsigned int slot, u32 lap, u8 *mem)
{
	size_t at;

	if (!w->alike) {
		memory_pattern(mem, LOAD_BLOCK, ((u64)w->index * LOAD_SLOTS + slot) << 32 | lap);
		return;
	}
	/* Like those of other blocks, not of its own, which would all be right or all be wrong. */
	for (at = 0; at < LOAD_BLOCK; at += LOAD_PAGE)
		memory_pattern(mem + at, LOAD_PAGE, (u64)lap * LOAD_BLOCK + at);
}

static __attribute__((format(printf, 2, 3))) bool set_error(struct load_worker *w, const char *fmt,
							    ...)
{
	char text[sizeof(w->error)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	snprintf(w->error, sizeof(w->error), "queue %u: %.230s", w->index, text);
	__atomic_store_n(&w->failed, true, __ATOMIC_RELEASE);
	return false;
}

/* A letter a page of @mem: = as written last, < as a lap before, 0 zeros, ? something else. */
static void judge_pages(struct load_worker *w, unsigned int slot, const u8 *mem,
			char text[LOAD_PAGES + 1])
{
	unsigned int i;

	make_pattern(w, slot, w->lap[slot], w->want);
	for (i = 0; i < LOAD_PAGES; i++)
		text[i] =
			memcmp(mem + i * LOAD_PAGE, w->want + i * LOAD_PAGE, LOAD_PAGE) ? '?' : '=';
	text[i] = '\0';
	make_pattern(w, slot, w->lap[slot] - 1, w->want);
	for (i = 0; i < LOAD_PAGES; i++) {
		if (text[i] == '=')
			continue;
		if (!memcmp(mem + i * LOAD_PAGE, w->want + i * LOAD_PAGE, LOAD_PAGE))
			text[i] = '<';
		else if (memory_diff_byte(mem + i * LOAD_PAGE, LOAD_PAGE, 0) == LOAD_PAGE)
			text[i] = '0';
	}
}

/* What has become of source and target, in the words of the message. Return: false. */
static bool wrong_crc(struct load_worker *w, unsigned int slot, const char *when, u32 device)
{
	u32 cpu = crc32c(0, target(w, slot), LOAD_BLOCK);
	char from[LOAD_PAGES + 1], to[LOAD_PAGES + 1];

	judge_pages(w, slot, source(w, slot), from);
	judge_pages(w, slot, target(w, slot), to);
	return set_error(w,
			 "block %u at %p, lap %u, %s: CRC 0x%08x (device), 0x%08x (CPU), want "
			 "0x%08x; pages: source %s, target %s (= right, < a lap old, 0 zeros)",
			 slot, target(w, slot), w->lap[slot], when, device, cpu, w->crc[slot], from,
			 to);
}

static bool check_crc(struct load_worker *w, unsigned int slot, const char *when, u64 device)
{
	if ((u32)device == w->crc[slot] && crc32c(0, target(w, slot), LOAD_BLOCK) == w->crc[slot])
		return true;
	return wrong_crc(w, slot, when, (u32)device);
}

static void submit(struct load_worker *w, struct load_job *job)
{
	struct svk_desc desc = svk_desc_crc32c(target(w, job->slot), 0, LOAD_BLOCK);

	if (job->stage == LOAD_COPY)
		desc = svk_desc_copy(target(w, job->slot) + job->done,
				     source(w, job->slot) + job->done, LOAD_BLOCK - job->done);
	if (w->asks)
		desc.ctrl |= cpu_to_le32(SVK_DESC_BLOCK);
	job->tries++;
	if (job->tries > w->tries)
		w->tries = job->tries;
	job->tag = w->q.tail;
	memset(job->cpl, 0, sizeof(*job->cpl));
	desc.ctrl |= cpu_to_le32(SVK_DESC_CPL_RECORD);
	desc.cpl = cpu_to_le64((uintptr_t)job->cpl);
	desc.tag = cpu_to_le32(job->tag);
	svk_queue_submit(&w->q, desc);
}

static void begin(struct load_worker *w, struct load_job *job, enum load_stage stage)
{
	job->stage = stage;
	job->done = 0;
	job->tries = 0;
	submit(w, job);
}

/* The device has met a page that is missing. Return: whether to go on. */
static bool bring_page(struct load_worker *w, struct load_job *job, const struct svk_result *res)
{
	bool write = res->status == SVK_CPL_FAULT_WRITE;
	u8 *page = (u8 *)(uintptr_t)(res->fault_addr & ~(u64)(memory_page() - 1));

	__atomic_add_fetch(&w->faults, 1, __ATOMIC_RELEASE);
	if (page < w->block || page >= w->block + LOAD_USED)
		return set_error(w, "%s at %p, which is not its memory",
				 svk_status_name(res->status), page);
	if (w->asks)
		return set_error(w, "%s at %p: a page request was refused",
				 svk_status_name(res->status), page);
	if (job->tries >= TRIES)
		return set_error(w, "%s at %p, again after %d descriptors",
				 svk_status_name(res->status), page, TRIES);
	if (madvise(page, memory_page(), write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ))
		return set_error(w, "touching %p: %s", page, strerror(errno));
	/* What has been written is written; a CRC begins again. */
	if (job->stage == LOAD_COPY)
		job->done += res->done;
	submit(w, job);
	return true;
}

/* Return: whether the job's descriptor has come to its end; @w->error if it cannot. */
static bool await(struct load_worker *w, struct load_job *job, struct svk_result *res)
{
	for (;;) {
		if (__svk_cpl_wait(job->cpl, SVK_QUEUE_WAIT_MS, res))
			return set_error(
				w,
				"no completion of stage %d of block %u within %d ms, queue status "
				"0x%x",
				job->stage, job->slot, SVK_QUEUE_WAIT_MS,
				*(const volatile u32 *)((u8 *)w->q.portal + SVK_PORTAL_STATUS));
		if (res->tag != job->tag)
			return set_error(w, "a record has tag %u, want %u", res->tag, job->tag);
		if (res->status == SVK_CPL_OK)
			return true;
		if (res->status != SVK_CPL_FAULT_READ && res->status != SVK_CPL_FAULT_WRITE)
			return set_error(w, "stage %d of block %u: %s", job->stage, job->slot,
					 svk_status_name(res->status));
		if (!bring_page(w, job, res))
			return false;
	}
}

/* The next stage of a block, or the next block. */
static bool advance(struct load_worker *w, struct load_job *job)
{
	struct svk_result res;

	if (!await(w, job, &res))
		return false;
	switch (job->stage) {
	case LOAD_OLD:
		if (!check_crc(w, job->slot, "a lap later", res.result))
			return false;
		w->lap[job->slot]++;
		make_pattern(w, job->slot, w->lap[job->slot], source(w, job->slot));
		w->crc[job->slot] = crc32c(0, source(w, job->slot), LOAD_BLOCK);
		begin(w, job, LOAD_COPY);
		break;
	case LOAD_COPY:
		begin(w, job, LOAD_NEW);
		break;
	case LOAD_NEW:
		if (!check_crc(w, job->slot, "just written", res.result))
			return false;
		__atomic_add_fetch(&w->blocks, 1, __ATOMIC_RELEASE);
		job->slot = w->next++ % LOAD_SLOTS;
		begin(w, job, LOAD_OLD);
		break;
	}
	return true;
}

/* All that is under way is finished, and all that was ever written is still there. */
static void finish(struct load_worker *w)
{
	struct svk_result res;
	unsigned int i;

	for (i = 0; i < LOAD_WINDOW; i++) {
		while (w->job[i].stage != LOAD_OLD)
			if (!advance(w, &w->job[i]))
				return;
		if (!await(w, &w->job[i], &res))
			return;
	}
	for (i = 0; i < LOAD_SLOTS; i++) {
		w->job[0].slot = i;
		begin(w, &w->job[0], LOAD_OLD);
		if (!await(w, &w->job[0], &res) || !check_crc(w, i, "at the end", res.result))
			return;
	}
}

static void *worker_main(void *arg)
{
	struct load_worker *w = arg;
	unsigned int i;

	for (i = 0; i < LOAD_WINDOW; i++) {
		w->job[i].slot = w->next++ % LOAD_SLOTS;
		begin(w, &w->job[i], LOAD_OLD);
	}
	for (i = 0; !__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE); i = (i + 1) % LOAD_WINDOW)
		if (!advance(w, &w->job[i]))
			return NULL;
	finish(w);
	return NULL;
}

/*
 * A ring or a record that is missing for a moment halts a queue, as it does on hardware without
 * page requests: these stay where they are, and are not shared with children.
 */
static void keep(void *mem, size_t size)
{
	REQUIRE(!mlock(mem, size) && !madvise(mem, size, MADV_DONTFORK), "rings that stay: %s",
		strerror(errno));
}

static void worker_init(struct load_worker *w, const struct load_options *options)
{
	struct svk_cpl *cpl;
	unsigned int i;

	w->alike = options->alike;
	w->block = memory_block();
	w->want = memory_map(LOAD_BLOCK);
	svk_queue_open(&w->q);
	keep(w->q.ring, SVK_QUEUE_ENTRIES * (sizeof(*w->q.ring) + sizeof(*w->q.cpl)));
	cpl = memory_map(memory_page());
	keep(cpl, memory_page());
	for (i = 0; i < LOAD_WINDOW; i++)
		w->job[i].cpl = &cpl[i];
	for (i = 0; i < LOAD_SLOTS; i++) {
		make_pattern(w, i, w->lap[i], target(w, i));
		w->crc[i] = crc32c(0, target(w, i), LOAD_BLOCK);
	}
}

/*
 * Return: a descriptor that asks for a page gets it. The page is a spare one, and stays:
 * nothing that the device has used is invalidated before the test begins.
 */
static bool served(struct load_worker *w)
{
	u8 *page = w->block + MEMORY_HUGE - memory_page();
	struct svk_desc desc = svk_desc_fill(page, 0, memory_page());

	REQUIRE(!madvise(page, memory_page(), MADV_DONTNEED), "MADV_DONTNEED: %s", strerror(errno));
	desc.ctrl |= cpu_to_le32(SVK_DESC_BLOCK);
	return svk_queue_run(&w->q, desc).status == SVK_CPL_OK;
}

void load_start(struct load *l, struct load_options options)
{
	unsigned int i;

	memset(l, 0, sizeof(*l));
	for (i = 0; i < LOAD_QUEUES; i++)
		l->worker[i].q.fd = -1;
	/* What is locked in memory may be moved in it otherwise. */
	knob_set(&l->unevictable, UNEVICTABLE, "0");
	for (l->workers = 0; l->workers < options.queues; l->workers++) {
		l->worker[l->workers].index = l->workers;
		worker_init(&l->worker[l->workers], &options);
	}
	l->asks = served(&l->worker[0]);
	for (i = 0; i < l->workers; i++) {
		struct load_worker *w = &l->worker[i];

		w->asks = l->asks && i % 2 == 0;
		w->running = !pthread_create(&w->thread, NULL, worker_main, w);
		REQUIRE(w->running, "pthread_create");
	}
}

u8 *load_memory(const struct load *l, unsigned int worker)
{
	return l->worker[worker].block;
}

static u64 finished(const struct load_worker *w)
{
	return __atomic_load_n(&w->blocks, __ATOMIC_ACQUIRE);
}

void load_pass(const struct load *l, u64 blocks)
{
	struct clock_wait wait = clock_wait_for(PASS_MS);
	u64 want[LOAD_QUEUES];
	unsigned int i;

	for (i = 0; i < l->workers; i++)
		want[i] = finished(&l->worker[i]) + blocks;
	for (i = 0; i < l->workers; i++) {
		const struct load_worker *w = &l->worker[i];

		while (finished(w) < want[i]) {
			REQUIRE(!__atomic_load_n(&w->failed, __ATOMIC_ACQUIRE), "%s", w->error);
			REQUIRE(clock_wait_again(&wait),
				"queue %u: %llu blocks are finished, want %llu", i,
				(unsigned long long)finished(w), (unsigned long long)want[i]);
		}
	}
}

u64 load_blocks(const struct load *l)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i < l->workers; i++)
		sum += finished(&l->worker[i]);
	return sum;
}

u64 load_faults(const struct load *l)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i < l->workers; i++)
		sum += __atomic_load_n(&l->worker[i].faults, __ATOMIC_ACQUIRE);
	return sum;
}

unsigned int load_rounds(unsigned int quick, unsigned int full)
{
	const char *text = getenv("SVAKIT_FULL");

	return text && *text == '1' ? full : quick;
}

void load_stop(struct load *l)
{
	unsigned int i;

	for (i = 0; i < l->workers; i++)
		__atomic_store_n(&l->worker[i].stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < l->workers; i++) {
		struct load_worker *w = &l->worker[i];

		if (w->running)
			pthread_join(w->thread, NULL);
		w->running = false;
		CHECK(!w->failed, "%s", w->error);
		ktap_note("load",
			  "queue %u: %llu blocks, pages by %s, %llu faults, at most %u descriptors",
			  i, (unsigned long long)w->blocks, w->asks ? "request" : "touch",
			  (unsigned long long)w->faults, w->tries);
	}
	/* Before anything else is invalidated. */
	oracle_settle();
	for (i = 0; i < LOAD_QUEUES && l->workers; i++)
		svk_queue_close(&l->worker[i].q);
	l->workers = 0;
	knob_restore(&l->unevictable);
}
