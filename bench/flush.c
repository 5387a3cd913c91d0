// SPDX-License-Identifier: GPL-2.0
/*
 * What a system call costs that takes pages, or rights, from the process: with a
 * PASID bound, the mmu notifier has the unit and the device forget them, and
 * waits until they have. The same without a PASID is the baseline; what the
 * PASIDs of other processes make of it should be nothing.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "bench.h"
#include "ktap.h"
#include "options.h"
#include "others.h"
#include "pages.h"
#include "section.h"

/**
 * struct flush - A configuration.
 * @op: system call
 * @pages: kind of memory
 * @bound: the process has a PASID
 * @s: section
 */
struct flush {
	const char *op;
	struct pages pages;
	bool bound;
	struct section *s;
};

static void do_munmap(struct flush *f)
{
	void *mem = pages_map(&f->pages);
	int ret;

	section_begin(f->s);
	ret = munmap(mem, f->pages.size);
	section_end(f->s);
	REQUIRE_EQ(ret, 0);
	f->pages.mem = NULL;
	pages_unmap(&f->pages);
}

static void do_mprotect(struct flush *f)
{
	void *mem = pages_map(&f->pages);
	int ret;

	section_begin(f->s);
	ret = mprotect(mem, f->pages.size, PROT_READ);
	section_end(f->s);
	REQUIRE_EQ(ret, 0);
	pages_unmap(&f->pages);
}

static void do_madvise(struct flush *f)
{
	void *mem = pages_map(&f->pages);
	int ret;

	section_begin(f->s);
	ret = madvise(mem, f->pages.size, MADV_DONTNEED);
	section_end(f->s);
	REQUIRE_EQ(ret, 0);
	pages_unmap(&f->pages);
}

static void do_mremap(struct flush *f)
{
	struct pages other = f->pages;
	void *mem = pages_map(&f->pages);
	void *to = pages_reserve(&other);
	void *got;

	section_begin(f->s);
	got = mremap(mem, f->pages.size, f->pages.size, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	section_end(f->s);
	REQUIRE(got == to, "mremap to %p: %s", to, strerror(errno));
	f->pages.mem = NULL;
	pages_unmap(&f->pages);
	pages_unmap(&other);
}

static const struct {
	const char *name;
	void (*round)(struct flush *f);
} ops[] = {
	{"munmap", do_munmap},
	{"mprotect", do_mprotect},
	{"madvise", do_madvise},
	{"mremap", do_mremap},
};

static void child(struct process *parent, void *arg)
{
	struct flush *f = arg;
	unsigned int i = 0;
	int fd = -1;

	(void)parent;
	while (strcmp(ops[i].name, f->op))
		i++;
	if (f->bound) {
		fd = __svk_device_open();
		REQUIRE(fd >= 0, "open %s: errno %d", svk_device_node(), -fd);
	}
	while (round_next())
		ops[i].round(f);
	if (f->bound)
		close(fd);
}

static void measure(const char *op, const char *page, u64 size, u64 pasids)
{
	const struct param params[] = {
		PARAM_WORD("op", op),
		PARAM_WORD("page", page),
		PARAM_VALUE("size", size),
		PARAM_VALUE("pasids", pasids),
		PARAM_END,
	};
	struct flush f = {.op = op, .bound = pasids};
	struct others o;

	if (!others_fit(pasids - f.bound, f.bound))
		return;
	f.s = section_new("flush", 1);
	pages_init(&f.pages, size, !strcmp(page, "2M"));
	others_start(&o, pasids - f.bound);
	bench_isolated(child, &f);
	others_stop(&o);
	section_report(f.s, params);
}

/* All sizes of one system call and one kind of page. */
static void measure_sizes(const char *op, const char *page)
{
	u64 size = options_first("size"), pasids;

	do {
		if (!pages_fit(size, !strcmp(page, "2M")))
			continue;
		pasids = options_first("pasids");
		do {
			measure(op, page, size, pasids);
		} while (options_next("pasids", &pasids));
	} while (options_next("size", &size));
}

void bench_flush(void)
{
	unsigned int i;

	if (!bench_needs_device())
		return;
	section_counters(false);
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		if (!options_word("op", ops[i].name))
			continue;
		if (options_word("page", "4K"))
			measure_sizes(ops[i].name, "4K");
		if (options_word("page", "2M"))
			measure_sizes(ops[i].name, "2M");
	}
}
