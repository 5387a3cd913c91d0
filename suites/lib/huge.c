// SPDX-License-Identifier: GPL-2.0
#include "huge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "clock.h"
#include "ktap.h"
#include "oracle.h"

#define SPLIT "/sys/kernel/debug/split_huge_pages"
#define THP "/sys/kernel/mm/transparent_hugepage/"
#define KHUGEPAGED THP "khugepaged/"
#define KHUGEPAGED_MS 60000
/* Linux 6.1; glibc knows it later. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
/* /proc/pid/pagemap */
#define PAGEMAP_PRESENT SVK_BIT(63)
#define PAGEMAP_PFN SVK_MASK(54, 0)

void huge_require(void)
{
	if (access(SPLIT, W_OK))
		ktap_skip_all("no %s: CONFIG_TRANSPARENT_HUGEPAGE=y, CONFIG_DEBUG_FS=y", SPLIT);
}

void huge_frames(const void *block, u64 frame[HUGE_PAGES])
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	ssize_t len = pread(fd, frame, HUGE_PAGES * sizeof(*frame),
			    (off_t)((uintptr_t)block / memory_page() * sizeof(*frame)));
	unsigned int i;

	REQUIRE(len == (ssize_t)(HUGE_PAGES * sizeof(*frame)), "pagemap: %s", strerror(errno));
	close(fd);
	for (i = 0; i < HUGE_PAGES; i++)
		frame[i] = frame[i] & PAGEMAP_PRESENT ? svk_get(PAGEMAP_PFN, frame[i]) : 0;
}

unsigned int huge_moved(const void *block, const u64 before[HUGE_PAGES])
{
	u64 now[HUGE_PAGES];
	unsigned int i, n = 0;

	huge_frames(block, now);
	for (i = 0; i < HUGE_PAGES; i++)
		n += now[i] != before[i];
	return n;
}

void huge_split(void *block)
{
	char range[64];

	snprintf(range, sizeof(range), "%d,0x%lx,0x%lx", getpid(), (uintptr_t)block,
		 (uintptr_t)block + MEMORY_HUGE);
	REQUIRE_ERRNO(__svk_write_file(SPLIT, range), 0);
}

int __huge_collapse(void *block)
{
	int ret = madvise(block, MEMORY_HUGE, MADV_HUGEPAGE);

	if (!ret)
		ret = madvise(block, MEMORY_HUGE, MADV_COLLAPSE);
	ret = ret ? -errno : 0;
	oracle_settle();
	return ret;
}

bool huge_is_one(const void *block)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	unsigned long from = 0, to, kib;
	bool here = false, found = false;
	char line[256];

	REQUIRE(f, "open /proc/self/smaps: %s", strerror(errno));
	while (!found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = from <= (uintptr_t)block && (uintptr_t)block < to;
		else if (here && sscanf(line, "AnonHugePages: %lu kB", &kib) == 1)
			found = kib * 1024 >= MEMORY_HUGE;
	}
	fclose(f);
	return found;
}

void khugepaged_begin(struct khugepaged *k)
{
	knob_set(&k->enabled, THP "enabled", "madvise");
	knob_set(&k->defrag, KHUGEPAGED "defrag", "1");
	knob_set(&k->sleep, KHUGEPAGED "scan_sleep_millisecs", "10");
	knob_set(&k->pages, KHUGEPAGED "pages_to_scan", "4096");
}

void khugepaged_end(struct khugepaged *k)
{
	knob_restore(&k->sleep);
	knob_restore(&k->pages);
	knob_restore(&k->defrag);
	knob_restore(&k->enabled);
}

void khugepaged_wait(void *const *blocks, unsigned int count)
{
	struct clock_wait wait = clock_wait_for(KHUGEPAGED_MS);
	unsigned int i;

	for (i = 0; i < count; i++)
		while (!huge_is_one(blocks[i]))
			REQUIRE(clock_wait_again(&wait),
				"khugepaged has made no huge page at %p within %d ms", blocks[i],
				KHUGEPAGED_MS);
}
