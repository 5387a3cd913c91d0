// SPDX-License-Identifier: GPL-2.0
/*
 * Where host PASIDs come from: an allocator per parent, behind one interface.
 *
 * "global" is the kernel's own (iommu_alloc_global_pasid()): its numbers are
 * used by no process and no other device of the host. Others register
 * themselves; see vcs.c.
 */
#include <linux/errno.h>
#include <linux/iommu.h>
#include <linux/string.h>

#include "svakit_mdev.h"

/* Only grows, and only while the module is loaded: no lock. */
static LIST_HEAD(allocators);

static int global_usable(struct svk_parent *p)
{
	return 0;
}

static int global_alloc(struct svk_parent *p, u32 *pasid)
{
	ioasid_t id = iommu_alloc_global_pasid(&p->pdev->dev);

	if (id == IOMMU_PASID_INVALID)
		return -ENOSPC;
	*pasid = id;
	return 0;
}

static void global_free(struct svk_parent *p, u32 pasid)
{
	iommu_free_global_pasid(pasid);
}

static struct svk_pasid_allocator global_allocator = {
	.name = "global",
	.usable = global_usable,
	.alloc = global_alloc,
	.free = global_free,
};

/**
 * svk_pasid_allocator_register() - Offer an allocator to every parent.
 * @a: lives as long as the module; the first one registered is the default
 *
 * Context: the module's init, before any parent is probed.
 */
void svk_pasid_allocator_register(struct svk_pasid_allocator *a)
{
	list_add_tail(&a->link, &allocators);
}

/** svk_pasid_init() - Register the default allocator. */
void svk_pasid_init(void)
{
	svk_pasid_allocator_register(&global_allocator);
}

/**
 * svk_pasid_allocator_find() - Look an allocator up for a parent.
 * @p: the parent that wants to use it
 * @name: its name, or NULL for the default
 *
 * Return: the allocator; ERR_PTR(-EINVAL) for an unknown name, ERR_PTR(-EOPNOTSUPP)
 * for one that this platform lacks.
 */
struct svk_pasid_allocator *svk_pasid_allocator_find(struct svk_parent *p, const char *name)
{
	struct svk_pasid_allocator *a;
	int ret;

	list_for_each_entry(a, &allocators, link) {
		if (name && !sysfs_streq(name, a->name))
			continue;
		ret = a->usable(p);
		return ret ? ERR_PTR(ret) : a;
	}
	return ERR_PTR(-EINVAL);
}

/**
 * svk_pasid_alloc() - Allocate a host PASID.
 * @p: parent that it will be attached on
 * @gpasid: what the guest calls it, SVK_GPASID_NONE if nothing
 * @hpasid: result, never equal to @gpasid
 *
 * Guest and host both count from 1, so a device that forgot to translate
 * would mostly work by luck. It never does here: where the numbers meet, the
 * next one is taken.
 *
 * Return: 0, -ENOSPC when the allocator is empty, -EIO when it does not answer.
 */
int svk_pasid_alloc(struct svk_parent *p, u32 gpasid, u32 *hpasid)
{
	u32 same;
	int ret;

	guard(mutex)(&p->lock);

	ret = p->allocator->alloc(p, hpasid);
	if (ret)
		return ret;
	if (*hpasid == gpasid) {
		/* Held until there is another, or the same one would come again. */
		same = *hpasid;
		ret = p->allocator->alloc(p, hpasid);
		p->allocator->free(p, same);
		if (ret)
			return ret;
	}
	p->nr_pasids++;
	return 0;
}

/**
 * svk_pasid_free() - Undo svk_pasid_alloc(). It is not attached any more.
 * @p: parent
 * @hpasid: host PASID
 */
void svk_pasid_free(struct svk_parent *p, u32 hpasid)
{
	guard(mutex)(&p->lock);

	p->allocator->free(p, hpasid);
	p->nr_pasids--;
}
