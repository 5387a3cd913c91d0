// SPDX-License-Identifier: GPL-2.0
/*
 * IOMMU_HWPT_INVALIDATE, which a VMM calls for the descriptors of its guest: a
 * nested table is attached to a PASID, and ranges of it are invalidated, by how
 * many pages each has, and how many there are in a call.
 */
#include <stdint.h>
#include <string.h>

#include "bench.h"
#include "device.h"
#include "guest.h"
#include "iommufd.h"
#include "ktap.h"
#include "memory.h"
#include "options.h"
#include "section.h"
#include "vfio.h"

#define RAM (1ULL << 20)
#define PASID 1
#define FIRST_VA 0x400000000000ULL

/**
 * struct invalidate - A configuration.
 * @via: the device
 * @pages: of an entry
 * @entries: of a call
 * @s: section
 */
struct invalidate {
	const char *via;
	u64 pages;
	u64 entries;
	struct section *s;
};

static void call(const struct invalidate *inv, int iommufd, u32 hwpt,
		 const struct iommufd_vtd_invalidate *range)
{
	struct iommufd_invalidate_arg arg = {
		.size = sizeof(arg),
		.hwpt_id = hwpt,
		.data_uptr = (uintptr_t)range,
		.entry_len = sizeof(*range),
		.entry_num = (u32)inv->entries,
	};
	int ret;

	section_begin(inv->s);
	ret = __iommufd_call(iommufd, IOMMUFD_IOC_HWPT_INVALIDATE, &arg);
	section_end(inv->s);
	REQUIRE_ERRNO(ret, 0);
	REQUIRE_EQ(arg.entry_num, inv->entries);
}

static void child(struct process *parent, void *arg)
{
	const struct invalidate *inv = arg;
	size_t size = inv->entries * sizeof(struct iommufd_vtd_invalidate);
	struct iommufd_vtd_invalidate *range = memory_map(size);
	struct guest_space space;
	struct guest g;
	struct vfio v;
	u32 hwpt;
	u64 i;

	(void)parent;
	for (i = 0; i < inv->entries; i++) {
		range[i].addr = FIRST_VA + i * inv->pages * GUEST_PAGE;
		range[i].npages = inv->pages;
	}
	guest_init(&g, RAM);
	guest_start(&g);
	vfio_init(&v, device_open(inv->via), g.iommufd);
	guest_space_init(&space, &g);
	hwpt = guest_space_nest(&space, v.dev, guest_parent(&g, v.dev));
	vfio_attach_pasid(&v, PASID, hwpt);
	while (round_next())
		call(inv, g.iommufd, hwpt, range);
	vfio_cleanup(&v);
	guest_cleanup(&g);
}

static void measure(const char *via, u64 pages, u64 entries)
{
	const struct param params[] = {
		PARAM_WORD("via", via),
		PARAM_VALUE("pages", pages),
		PARAM_VALUE("entries", entries),
		PARAM_END,
	};
	struct invalidate inv = {.via = via, .pages = pages, .entries = entries};

	if (!options_word("via", via))
		return;
	inv.s = section_new("invalidate", 1);
	device_run(via, child, &inv);
	section_report(inv.s, params);
}

void bench_invalidate(void)
{
	u64 pages, entries;

	if (!device_find())
		return;
	pages = options_first("pages");
	do {
		entries = options_first("entries");
		do {
			measure("pf", pages, entries);
			measure("mdev", pages, entries);
		} while (options_next("entries", &entries));
	} while (options_next("pages", &pages));
}
