// SPDX-License-Identifier: GPL-2.0
/*
 * What it costs a VMM to attach a guest's table to a PASID, and to detach it: the
 * same calls on the accelerator under vfio-pci, where the PASID is the
 * hardware's own, and on a mediated device, where a host PASID is allocated for
 * it. Both belong to one VM, and take turns.
 */
#include <stdio.h>

#include "bench.h"
#include "iommufd.h"
#include "ktap.h"
#include "mdev.h"
#include "pf.h"
#include "vm.h"

#define ATTACH_ROUNDS 200
#define ATTACH_WARMUP 20
#define ATTACH_PASID 300
#define ATTACH_RAM (1ULL << 20)

/**
 * struct side - One of the two.
 * @v: device
 * @hwpt: nested table made for it
 * @attach: durations of attaching
 * @detach: durations of detaching
 */
struct side {
	struct vfio v;
	u32 hwpt;
	struct samples attach;
	struct samples detach;
};

static void side_init(struct side *s, struct guest *g, int fd)
{
	struct guest_space space;

	vfio_init(&s->v, fd, g->iommufd);
	guest_space_init(&space, g);
	s->hwpt = guest_space_nest(&space, s->v.dev, guest_parent(g, s->v.dev));
	REQUIRE_ERRNO(samples_init(&s->attach, ATTACH_ROUNDS), 0);
	REQUIRE_ERRNO(samples_init(&s->detach, ATTACH_ROUNDS), 0);
}

static void side_cleanup(struct side *s)
{
	vfio_cleanup(&s->v);
	samples_cleanup(&s->attach);
	samples_cleanup(&s->detach);
}

static void side_measure(struct side *s, bool counts)
{
	u64 start = now_ns(), middle, end;

	vfio_attach_pasid(&s->v, ATTACH_PASID, s->hwpt);
	middle = now_ns();
	vfio_detach_pasid(&s->v, ATTACH_PASID);
	end = now_ns();
	if (!counts)
		return;
	samples_add(&s->attach, middle - start);
	samples_add(&s->detach, end - middle);
}

static void report(struct samples *pf, struct samples *mdev, const char *what)
{
	char name[32];

	snprintf(name, sizeof(name), "%s_pf", what);
	samples_print(pf, name);
	snprintf(name, sizeof(name), "%s_mdev", what);
	samples_print(mdev, name);
	snprintf(name, sizeof(name), "%s_ratio", what);
	ktap_note(name, "%.3f",
		  (double)samples_percentile(mdev, 500) / (double)samples_percentile(pf, 500));
}

static void measure(struct process *parent, void *arg)
{
	char uuid[MDEV_UUID_SIZE];
	struct side pf, mdev;
	struct guest g;
	int i;

	(void)parent;
	mdev_uuid(1, uuid);
	guest_init(&g, ATTACH_RAM);
	guest_start(&g);
	side_init(&pf, &g, __vfio_open_pci(arg));
	side_init(&mdev, &g, __vfio_open_mdev(uuid));
	for (i = 0; i < ATTACH_WARMUP + ATTACH_ROUNDS; i++) {
		/* Who comes first may pay for what the other finds warm: they take turns. */
		side_measure(i % 2 ? &pf : &mdev, i >= ATTACH_WARMUP);
		side_measure(i % 2 ? &mdev : &pf, i >= ATTACH_WARMUP);
	}
	report(&pf.attach, &mdev.attach, "attach");
	report(&pf.detach, &mdev.detach, "detach");
	side_cleanup(&pf);
	side_cleanup(&mdev);
	guest_cleanup(&g);
}

int bench_attach(int argc, char **argv)
{
	const char *bdf = pf_find();
	char uuid[MDEV_UUID_SIZE];

	(void)argc;
	(void)argv;
	if (!bdf) {
		printf("# skipped: no accelerator is bound to svakit_accel\n");
		return BENCH_SKIP;
	}
	mdev_uuid(1, uuid);
	mdev_create(1, uuid);
	pf_run(bdf, measure, (void *)bdf);
	mdev_remove(uuid);
	return BENCH_PASS;
}
