// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel that forgets invalidations, without a change to the kernel: proof
 * that svakit names the layer that a missing one is missing from.
 *
 * A probe on qi_submit_sync() (drivers/iommu/intel/dmar.c), through which the
 * Intel IOMMU driver queues all descriptors, turns those that are chosen into
 * an invalidation of a domain and a PASID that nobody has. The driver, its
 * tracepoint and the hardware see the changed one: nothing was sent.
 *
 * Only descriptors that name a PASID other than 0 are chosen: without their
 * invalidations the machine's own devices, whose DMA has PASID 0 or none,
 * would corrupt the test itself.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <svakit/vtd_regs.h>

/* What it becomes. */
#define SVK_NOBODY_DID 0xffff
#define SVK_NOBODY_PASID 0xfffff
#define SVK_FOREVER UINT_MAX

/* struct qi_desc of drivers/iommu/intel/iommu.h, as the specification has it (6.5.2). */
struct svk_desc {
	u64 qw[4];
};

static uint types = 1 << VTD_DESC_PIOTLB;
module_param(types, uint, 0444);
MODULE_PARM_DESC(types, "bit n: descriptors of type n; of those without a PASID nothing happens");

static uint skip;
module_param(skip, uint, 0644);
MODULE_PARM_DESC(skip, "let so many of them pass first");

static uint count = SVK_FOREVER;
module_param(count, uint, 0644);
MODULE_PARM_DESC(count, "then forget so many");

static uint pasid;
module_param(pasid, uint, 0444);
MODULE_PARM_DESC(pasid, "only of this PASID; 0: of any but 0");

static uint forgotten;
module_param(forgotten, uint, 0444);
MODULE_PARM_DESC(forgotten, "how many have been forgotten");

/* Counting; the probe runs wherever the driver flushes, with interrupts off too. */
static DEFINE_RAW_SPINLOCK(count_lock);

static unsigned int svk_desc_type(const struct svk_desc *d)
{
	return svk_get(VTD_DESC_TYPE_LO, d->qw[0]) | svk_get(VTD_DESC_TYPE_HI, d->qw[0]) << 4;
}

static bool svk_desc_chosen(const struct svk_desc *d)
{
	u32 of;

	switch (svk_desc_type(d)) {
	case VTD_DESC_PIOTLB:
	case VTD_DESC_PDEVTLB:
	case VTD_DESC_PC:
		break;
	default:
		return false;
	}
	of = svk_get(VTD_DESC_PASID, d->qw[0]);
	return (types >> svk_desc_type(d) & 1) && of && (!pasid || of == pasid);
}

static bool svk_turn(void)
{
	guard(raw_spinlock_irqsave)(&count_lock);

	if (skip) {
		skip--;
		return false;
	}
	if (!count)
		return false;
	if (count != SVK_FOREVER)
		count--;
	forgotten++;
	return true;
}

static void svk_forget(struct svk_desc *d)
{
	/* Once is enough for a reader of the log; the tests count in @forgotten. */
	pr_info_once("forgetting, on purpose, %016llx %016llx\n", d->qw[0], d->qw[1]);
	*d = (struct svk_desc){};
	d->qw[0] = svk_put(VTD_DESC_TYPE_LO, VTD_DESC_PIOTLB) |
		   svk_put(VTD_DESC_G, VTD_PIOTLB_G_PASID) | svk_put(VTD_DESC_DID, SVK_NOBODY_DID) |
		   svk_put(VTD_DESC_PASID, SVK_NOBODY_PASID);
}

/* int qi_submit_sync(struct intel_iommu *, struct qi_desc *desc, unsigned int count, ...) */
static int svk_submit(struct kprobe *probe, struct pt_regs *regs)
{
	struct svk_desc *desc = (struct svk_desc *)regs_get_kernel_argument(regs, 1);
	unsigned int n = (unsigned int)regs_get_kernel_argument(regs, 2);

	for (unsigned int i = 0; i < n; i++) {
		if (svk_desc_chosen(&desc[i]) && svk_turn())
			svk_forget(&desc[i]);
	}
	return 0;
}

static struct kprobe svk_probe = {
	.symbol_name = "qi_submit_sync",
	.pre_handler = svk_submit,
};

static int __init svk_forget_init(void)
{
	int ret = register_kprobe(&svk_probe);

	if (ret)
		pr_err("no probe on %s: %d\n", svk_probe.symbol_name, ret);
	return ret;
}

static void __exit svk_forget_exit(void)
{
	unregister_kprobe(&svk_probe);
}

module_init(svk_forget_init);
module_exit(svk_forget_exit);

MODULE_DESCRIPTION("svakit: a kernel that forgets invalidations, for tests of tests");
MODULE_LICENSE("GPL");
