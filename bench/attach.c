// SPDX-License-Identifier: GPL-2.0
/*
 * What it costs a VMM to give a PASID a table, another table, and none: on the
 * accelerator under vfio-pci, where the PASID is the hardware's own, and on a
 * mediated device, where a host PASID is allocated for it. The table is a
 * guest's on top of the VM's second stage, or the VM's alone.
 */
#include <string.h>

#include "bench.h"
#include "device.h"
#include "guest.h"
#include "iommufd.h"
#include "ktap.h"
#include "options.h"
#include "section.h"
#include "vfio.h"

#define RAM (1ULL << 20)
#define PASID 1
#define PASID_LIVE 2 /* and those behind it */
#define TABLES 2

/**
 * struct attach - A configuration.
 * @via: the device
 * @nested: the tables are a guest's
 * @pasids: that have a table meanwhile
 * @attach: section
 * @replace: section
 * @detach: section
 */
struct attach {
	const char *via;
	bool nested;
	u64 pasids;
	struct section *attach;
	struct section *replace;
	struct section *detach;
};

static u32 make_table(struct guest *g, const struct vfio *v, u32 parent, bool nested)
{
	struct guest_space space;

	if (!nested)
		return iommufd_hwpt_alloc(g->iommufd, v->dev, g->ioas, IOMMUFD_HWPT_PASID);
	guest_space_init(&space, g);
	return guest_space_nest(&space, v->dev, parent);
}

static void do_round(const struct attach *a, const struct vfio *v, const u32 hwpt[TABLES])
{
	u32 first = hwpt[0], second = hwpt[1];
	int ret[3];

	section_begin(a->attach);
	ret[0] = __vfio_attach_pasid(v, PASID, &first);
	section_end(a->attach);
	section_begin(a->replace);
	ret[1] = __vfio_attach_pasid(v, PASID, &second);
	section_end(a->replace);
	section_begin(a->detach);
	ret[2] = __vfio_detach_pasid(v, PASID);
	section_end(a->detach);
	REQUIRE_ERRNO(ret[0], 0);
	REQUIRE_ERRNO(ret[1], 0);
	REQUIRE_ERRNO(ret[2], 0);
}

static void child(struct process *parent, void *arg)
{
	const struct attach *a = arg;
	u32 hwpt[TABLES], stage;
	struct guest g;
	struct vfio v;
	u64 i;

	(void)parent;
	guest_init(&g, RAM);
	guest_start(&g);
	vfio_init(&v, device_open(a->via), g.iommufd);
	stage = guest_parent(&g, v.dev);
	for (i = 0; i < TABLES; i++)
		hwpt[i] = make_table(&g, &v, stage, a->nested);
	for (i = 0; i < a->pasids; i++)
		vfio_attach_pasid(&v, PASID_LIVE + (u32)i, hwpt[0]);
	while (round_next())
		do_round(a, &v, hwpt);
	vfio_cleanup(&v);
	guest_cleanup(&g);
}

static void measure(const char *via, const char *table, u64 pasids)
{
	const struct param params[] = {
		PARAM_WORD("via", via),
		PARAM_WORD("table", table),
		PARAM_VALUE("pasids", pasids),
		PARAM_END,
	};
	struct attach a = {.via = via, .nested = !strcmp(table, "nested"), .pasids = pasids};

	if (!options_word("via", via) || !options_word("table", table))
		return;
	a.attach = section_new("attach.attach", 1);
	a.replace = section_new("attach.replace", 1);
	a.detach = section_new("attach.detach", 1);
	device_run(via, child, &a);
	section_report(a.attach, params);
	section_report(a.replace, params);
	section_report(a.detach, params);
}

void bench_attach(void)
{
	u64 pasids = options_first("pasids");

	if (!device_find())
		return;
	do {
		measure("pf", "nested", pasids);
		measure("pf", "host", pasids);
		measure("mdev", "nested", pasids);
		measure("mdev", "host", pasids);
	} while (options_next("pasids", &pasids));
}
