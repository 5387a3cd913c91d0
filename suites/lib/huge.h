/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Huge pages, made and split on demand, and where pages are. A block is what
 * memory_block() gives. Root only; these assert.
 */
#ifndef SUITES_LIB_HUGE_H
#define SUITES_LIB_HUGE_H

#include "knob.h"
#include "memory.h"

#define HUGE_PAGES (MEMORY_HUGE / 4096)

/** huge_require() - Skip the whole program unless huge pages can be split on demand. */
void huge_require(void);

/** huge_frames() - Read the frame number of each page of a block; 0 for one that is not present. */
void huge_frames(const void *block, u64 frame[HUGE_PAGES]);

/** huge_moved() - Return: pages of a block that are in another frame than @before. */
unsigned int huge_moved(const void *block, const u64 before[HUGE_PAGES]);

/** huge_split() - Split what huge pages there are in a block. */
void huge_split(void *block);

/** __huge_collapse() - Make a huge page of a block now. Return: 0, or -EAGAIN: it is in use. */
int __huge_collapse(void *block);

/** huge_is_one() - Return: the block is one huge page, mapped as such. */
bool huge_is_one(const void *block);

/**
 * struct khugepaged - The kernel's thread that makes huge pages by itself.
 * @enabled: huge pages for those who ask for them: Linux has them off below 512 MiB
 * @defrag: it may move others to make room
 * @sleep: its knob, between two scans
 * @pages: its knob, of one scan
 */
struct khugepaged {
	struct knob enabled;
	struct knob defrag;
	struct knob sleep;
	struct knob pages;
};

/** khugepaged_begin() - Let it hurry. */
void khugepaged_begin(struct khugepaged *k);

/** khugepaged_end() - Undo. */
void khugepaged_end(struct khugepaged *k);

/** khugepaged_wait() - Wait, with a deadline, until it has made a huge page of each of @blocks. */
void khugepaged_wait(void *const *blocks, unsigned int count);

#endif /* SUITES_LIB_HUGE_H */
