// SPDX-License-Identifier: GPL-2.0
/*
 * Any accelerator will do: the oracle is of the whole unit, also if the one
 * under test has been given to a VM or taken away.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accel_device.h"
#include "clock.h"
#include "ktap.h"
#include "memory.h"
#include "oracle.h"

#define PCI_DEVICES "/sys/bus/pci/devices"
/* An invalidation that is under way ends in far less, or never. */
#define SETTLE_MS 2000
/*
 * Where the lab page is mapped, if possible: far from all else. In a hole that a test has just
 * made the device could reach it; and to unmap it invalidates its range, rounded up.
 */
#define LAB_VA 0x100000000000ULL
/* Decoding is off, or the function sleeps. */
#define NO_ANSWER (~0ULL)

/**
 * struct lab_page - The lab page in use.
 * @path: its file
 * @inode: that file's: a function that has been removed comes back as another one
 * @bar: mapping, kept for the next time, or NULL
 * @none: there is no oracle behind the accelerators of this machine
 * @paused: see oracle_pause()
 * @changed: see oracle_changed()
 * @confirmed: stale entries that have been confirmed, by any process of the program
 */
static struct lab_page {
	char path[PATH_MAX];
	ino_t inode;
	volatile u8 *bar;
	bool none;
	bool paused;
	bool changed;
	u64 *confirmed;
} lab;

static u32 read_hex(const char *bdf, const char *attribute)
{
	char path[PATH_MAX], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", bdf, attribute);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return (u32)strtoul(text, NULL, 16);
}

static bool lab_map(const char *bdf)
{
	struct stat st;
	void *bar;
	int fd;

	snprintf(lab.path, sizeof(lab.path), PCI_DEVICES "/%s/resource0", bdf);
	fd = open(lab.path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return false;
	bar = mmap((void *)(uintptr_t)LAB_VA, SVK_ACCEL_CTRL_SIZE, PROT_READ | PROT_WRITE,
		   MAP_SHARED, fd, 0);
	close(fd);
	if (bar == MAP_FAILED)
		return false;
	lab.bar = bar;
	lab.inode = st.st_ino;
	return true;
}

static void lab_unmap(void)
{
	if (lab.bar)
		munmap((void *)lab.bar, SVK_ACCEL_CTRL_SIZE);
	lab.bar = NULL;
}

/* All ones: decoding is off, or the function sleeps. */
static bool lab_answers(void)
{
	u32 status = *(volatile u32 *)(lab.bar + SVK_LAB_AUDIT);

	if (status == ~0u)
		return false;
	lab.none = !(status & SVK_LAB_AUDIT_PRESENT);
	return !lab.none;
}

/* Map that of the first accelerator that answers. */
static bool lab_find(void)
{
	const struct dirent *entry;
	DIR *dir;

	lab_unmap();
	dir = opendir(PCI_DEVICES);
	while (dir && !lab.bar && !lab.none && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' ||
		    read_hex(entry->d_name, "vendor") != SVK_PCI_VENDOR ||
		    read_hex(entry->d_name, "device") != SVK_PCI_DEVICE_ACCEL ||
		    !lab_map(entry->d_name))
			continue;
		if (!lab_answers())
			lab_unmap();
	}
	if (dir)
		closedir(dir);
	return lab.bar;
}

/* The mapping of a function that is gone would raise SIGBUS. */
static bool lab_is_there(void)
{
	struct stat st;

	return lab.bar && !stat(lab.path, &st) && st.st_ino == lab.inode;
}

/* Some lab page is at hand. */
static bool lab_ready(void)
{
	return !lab.none && ((lab_is_there() && lab_answers()) || lab_find());
}

static void lab_audit(u32 how)
{
	*(volatile u32 *)(lab.bar + SVK_LAB_AUDIT) = how;
}

static u64 lab_stale(void)
{
	return *(volatile u64 *)(lab.bar + SVK_LAB_LOOK);
}

/* As lab_stale(), by any lab page, in one access if the one in use answers; or NO_ANSWER. */
static u64 lab_look(void)
{
	u64 stale = lab_is_there() ? lab_stale() : NO_ANSWER;

	if (stale == NO_ANSWER && !lab.none && lab_find())
		stale = lab_stale();
	return stale;
}

void oracle_settle(void)
{
	struct clock_wait wait;
	u64 stale;

	if (lab.paused || lab.changed || geteuid())
		return;
	stale = lab_look();
	if (stale == NO_ANSWER)
		return;
	if (!lab.confirmed)
		lab.confirmed = memory_map_shared(sizeof(*lab.confirmed));
	wait = clock_wait_for(SETTLE_MS);
	while (stale > *lab.confirmed && clock_wait_again(&wait))
		stale = lab_stale();
	if (stale > *lab.confirmed)
		lab_audit(SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_CONFIRM);
	/* What has been confirmed is not waited for again. */
	*lab.confirmed = stale;
}

void oracle_changed(void)
{
	lab.changed = true;
}

void oracle_invalidated(void)
{
	lab.changed = false;
	oracle_settle();
}

void oracle_pause(void)
{
	lab.paused = true;
}

void oracle_resume(void)
{
	lab.paused = false;
	oracle_settle();
}

/* Losses on purpose: what was there before the present one, and what all have led to. */
static struct {
	u64 findings;
	u64 lost;
	unsigned int *found; /* of all tests of the program */
} loss;

void oracle_require(void)
{
	svk_require_root();
	if (!lab_ready())
		ktap_skip_all("no oracle: real hardware, or svahw --no-oracle");
	loss.found = memory_map_shared(sizeof(*loss.found));
}

static u64 lab_read(u32 reg)
{
	return *(volatile u64 *)(lab.bar + reg);
}

static void lab_write(u32 reg, u64 value)
{
	*(volatile u64 *)(lab.bar + reg) = value;
}

static void lab_write32(u32 reg, u32 value)
{
	*(volatile u32 *)(lab.bar + reg) = value;
}

void oracle_lose_begin(unsigned int types, unsigned int granularity)
{
	u64 arg = svk_put(SVK_LOSE_TYPES, types) | SVK_LOSE_STALE;

	oracle_settle();
	oracle_pause();
	REQUIRE(lab_ready(), "no accelerator answers");
	REQUIRE_EQ(lab_stale(), 0);
	loss.findings = lab_read(SVK_LAB_FINDINGS);
	loss.lost = lab_read(SVK_LAB_INJECTED(SVK_INJECT_LOSE));
	if (granularity)
		arg |= svk_put(SVK_LOSE_GRANS, 1u << granularity);
	/* Nothing of what another test has written there. */
	lab_write32(SVK_LAB_INJECT_PASID, 0);
	lab_write32(SVK_LAB_INJECT_CHANCE, 0);
	lab_write(SVK_LAB_INJECT_ADDR, ~0ULL);
	lab_write(SVK_LAB_INJECT_ARG, arg);
	lab_write(SVK_LAB_INJECT, svk_put(SVK_LAB_INJECT_KIND, SVK_INJECT_LOSE) |
					  svk_put(SVK_LAB_INJECT_COUNT, SVK_LAB_INJECT_FOREVER));
}

static void expect_found(u64 number, enum svk_cache lost, struct oracle_stale *got)
{
	u64 what = lab_read(SVK_LAB_FOUND(number) + SVK_LAB_FOUND_WHAT);
	u64 cache = svk_get(SVK_LAB_FOUND_CACHE, what);

	CHECK(cache != lost || (what & SVK_LAB_FOUND_LOST), "finding %llu: nothing was lost",
	      (unsigned long long)number);
	if (CHECK(cache < ARRAY_SIZE(got->of), "finding %llu is of cache %llu",
		  (unsigned long long)number, (unsigned long long)cache))
		got->of[cache]++;
}

void oracle_lose_expect(enum svk_cache lost, struct oracle_stale want)
{
	struct oracle_stale got = {{0}};
	unsigned int i, count = 0, hidden;
	u64 findings, number;

	for (i = 0; i < ARRAY_SIZE(want.of); i++)
		count += want.of[i];
	REQUIRE(count <= SVK_LAB_FOUND_KEPT, "%u findings, %d are kept", count, SVK_LAB_FOUND_KEPT);
	REQUIRE(lab_ready(), "no accelerator answers");
	lab_write(SVK_LAB_INJECT, svk_put(SVK_LAB_INJECT_KIND, SVK_INJECT_LOSE));
	CHECK(lab_read(SVK_LAB_INJECTED(SVK_INJECT_LOSE)) > loss.lost, "nothing was lost");
	CHECK_EQ(lab_stale(), count);
	lab_audit(SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_CONFIRM);
	findings = lab_read(SVK_LAB_FINDINGS);
	CHECK_EQ(findings - loss.findings, count);
	for (number = loss.findings; number < findings; number++)
		expect_found(number, lost, &got);
	/* A mediated device says nothing of what its driver does not know any more. */
	hidden = got.of[SVK_CACHE_NONE];
	for (i = SVK_CACHE_CONTEXT; i < ARRAY_SIZE(want.of); i++)
		CHECK(got.of[i] <= want.of[i] && got.of[i] + hidden >= want.of[i],
		      "cache %u: %u stale entries, want %u", i, got.of[i], want.of[i]);
	/* Once is enough. */
	lab_audit(SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_CONFIRM);
	CHECK_EQ(lab_read(SVK_LAB_FINDINGS), findings);
	*loss.found += (unsigned int)(findings - loss.findings);
}

void oracle_lose_end(void)
{
	REQUIRE(lab_ready(), "no accelerator answers");
	lab_audit(SVK_LAB_AUDIT_LOOK | SVK_LAB_AUDIT_FORGET);
	/* PID 1 reads this line, and the last one counts. */
	ktap_diag("expect oracle_findings %u", *loss.found);
	oracle_resume();
}
