/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A load that never pauses: threads, each with a queue of its own, let the
 * device copy blocks in one block of memory, while the test does to that
 * memory, and to the process, what it likes. Each block is checked by CRC-32C,
 * of the device and of the CPU, when it has been written and once more a lap
 * later: a byte that was lost, and one that does not belong there, ends the load.
 *
 *	load_start(&l, (struct load_options){.queues = 2});
 *	... disturb load_memory(&l, 0), in rounds ...
 *	load_pass(&l, 10);	in each round: it goes on
 *	load_stop(&l);
 *
 * One page in four is not used by the load, LOAD_SPARE bytes at the end.
 */
#ifndef SUITES_LIB_LOAD_H
#define SUITES_LIB_LOAD_H

#include <pthread.h>

#include "accel_queue.h"
#include "knob.h"
#include "memory.h"

#define LOAD_QUEUES 4 /* at most */
#define LOAD_SLOTS 48 /* blocks of the source, and as many of the target */
#define LOAD_BLOCK 16384UL
#define LOAD_USED (2 * LOAD_SLOTS * LOAD_BLOCK)
#define LOAD_SPARE (MEMORY_HUGE - LOAD_USED)
#define LOAD_WINDOW 8 /* blocks under way */

/**
 * struct load_options - What kind of load.
 * @queues: threads, 1 to LOAD_QUEUES
 * @alike: pages are alike, to be merged; else no two are, and none is like one of an earlier lap
 */
struct load_options {
	unsigned int queues;
	bool alike;
};

/** enum load_stage - What the device does for a block, in this order. */
enum load_stage {
	LOAD_OLD, /* the CRC of what was written a lap ago */
	LOAD_COPY,
	LOAD_NEW, /* the CRC of what has been written now */
};

/**
 * struct load_job - A block under way.
 * @stage: what the device does now
 * @slot: which block
 * @cpl: its record: those of the queue come round while a block is still under way
 * @tag: of the descriptor
 * @done: bytes that have been copied, by descriptors that a missing page has ended
 * @tries: descriptors of this stage
 */
struct load_job {
	enum load_stage stage;
	unsigned int slot;
	struct svk_cpl *cpl;
	u32 tag;
	u64 done;
	unsigned int tries;
};

/**
 * struct load_worker - A thread, its queue and its memory.
 * @thread: while it runs
 * @running: it has been started, and not been joined
 * @q: its queue
 * @index: 0 is the first
 * @asks: its descriptors ask for missing pages; else the CPU touches them
 * @alike: as in struct load_options
 * @block: MEMORY_HUGE bytes: sources, targets, spare
 * @want: what a block should have been, for the message
 * @lap: of each slot, when it was written last
 * @crc: of each slot
 * @job: the window
 * @next: slot that is to be written next, free running
 * @blocks: finished
 * @faults: of the device, at pages that were missing
 * @tries: most descriptors that a stage has taken
 * @stop: it is to end
 * @failed: it has ended, and @error says why
 * @error: message
 */
struct load_worker {
	pthread_t thread;
	bool running;
	struct svk_queue q;
	unsigned int index;
	bool asks;
	bool alike;
	u8 *block;
	u8 *want;
	u32 lap[LOAD_SLOTS];
	u32 crc[LOAD_SLOTS];
	struct load_job job[LOAD_WINDOW];
	unsigned int next;
	u64 blocks;
	u64 faults;
	unsigned int tries;
	bool stop;
	bool failed;
	char error[256];
};

/**
 * struct load - All threads.
 * @workers: so many
 * @worker: each of them
 * @asks: page requests are served here
 * @unevictable: knob that keeps compaction away from the rings
 */
struct load {
	unsigned int workers;
	struct load_worker worker[LOAD_QUEUES];
	bool asks;
	struct knob unevictable;
};

/**
 * load_start() - Open the queues, and start.
 *
 * Where page requests are served, every other queue uses them. The other queues, and all where they
 * are not, do what a program has to do on such a device: when a descriptor ends at a page that is
 * missing, the CPU touches the page, and the rest is submitted again. The kernel may take a page
 * away at any time, so this is no error; that it takes one and the same away again and again, while
 * nothing else has been done, is one.
 */
void load_start(struct load *l, struct load_options options);

/** load_memory() - Return: the MEMORY_HUGE bytes of a worker, aligned to that. */
u8 *load_memory(const struct load *l, unsigned int worker);

/** load_pass() - Wait, with a deadline, until each worker has finished @blocks more. */
void load_pass(const struct load *l, u64 blocks);

/** load_blocks() - Return: how many all workers have finished. */
u64 load_blocks(const struct load *l);

/** load_faults() - Return: how often a page was missing, and the CPU touched it. */
u64 load_faults(const struct load *l);

/** load_rounds() - Return: @full if FULL=1 asks for the long way, else @quick. */
unsigned int load_rounds(unsigned int quick, unsigned int full);

/**
 * load_stop() - Let all threads check all of their memory, and end; close the queues.
 *
 * Notes what was done. One that has been stopped, or never started, is left alone.
 */
void load_stop(struct load *l);

#endif /* SUITES_LIB_LOAD_H */
