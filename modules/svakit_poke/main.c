// SPDX-License-Identifier: GPL-2.0
/*
 * What a kernel would not do to its remapping unit, for tests of who emulates
 * the unit: see include/svakit/poke_uapi.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/stop_machine.h>
#include <linux/uaccess.h>
#include <svakit/vtd_regs.h>

#include "svakit_poke.h"

/* Looks at the unit before it is given up; a look takes a microsecond at least. */
#define SVK_LOOKS 10000000
#define SVK_WAIT_DONE 1U

static ulong base;
module_param(base, ulong, 0444);
MODULE_PARM_DESC(base, "physical address of the unit's registers");

static u8 __iomem *svk_unit;
static u32 *svk_wait_status; /* a page that waits write to */
static DEFINE_MUTEX(svk_lock);

struct svk_file {
	struct svk_dma dma;
	struct mutex lock; /* dma */
};

static u64 svk_access_read(const struct svk_poke_access *a)
{
	switch (a->width) {
	case 1:
		return readb(svk_unit + a->off);
	case 2:
		return readw(svk_unit + a->off);
	case 4:
		return readl(svk_unit + a->off);
	default:
		return readq(svk_unit + a->off);
	}
}

static void svk_access_write(const struct svk_poke_access *a, u64 val)
{
	switch (a->width) {
	case 1:
		writeb(val, svk_unit + a->off);
		break;
	case 2:
		writew(val, svk_unit + a->off);
		break;
	case 4:
		writel(val, svk_unit + a->off);
		break;
	default:
		writeq(val, svk_unit + a->off);
	}
}

struct svk_job {
	struct svk_poke_access *access;
	u32 count;
};

static int svk_access_all(void *arg)
{
	const struct svk_job *job = arg;

	for (u32 i = 0; i < job->count; i++) {
		struct svk_poke_access *a = &job->access[i];

		if (a->op == SVK_POKE_READ)
			a->value = svk_access_read(a);
		else if (a->op == SVK_POKE_WRITE)
			svk_access_write(a, a->value);
		else
			svk_access_write(a, job->access[a->value].value);
	}
	return 0;
}

static bool svk_access_ok(const struct svk_poke_access *a, u32 index)
{
	if (a->width != 1 && a->width != 2 && a->width != 4 && a->width != 8)
		return false;
	if (a->reserved || a->off + a->width > SVK_POKE_SPACE || a->op > SVK_POKE_WRITE_BACK)
		return false;
	return a->op != SVK_POKE_WRITE_BACK || a->value < index;
}

static long svk_ioctl_access(void __user *uarg)
{
	struct svk_poke_accesses arg;
	struct svk_job job;
	size_t size;
	long ret = 0;

	guard(mutex)(&svk_lock);

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	if (!arg.count || arg.count > SVK_POKE_ACCESSES || arg.reserved)
		return -EINVAL;
	size = arg.count * sizeof(*job.access);
	job.count = arg.count;
	job.access = memdup_user(u64_to_user_ptr(arg.accesses), size);
	if (IS_ERR(job.access))
		return PTR_ERR(job.access);
	for (u32 i = 0; i < arg.count && !ret; i++) {
		if (!svk_access_ok(&job.access[i], i))
			ret = -EINVAL;
	}
	if (!ret)
		ret = stop_machine(svk_access_all, &job, NULL);
	if (!ret && copy_to_user(u64_to_user_ptr(arg.accesses), job.access, size))
		ret = -EFAULT;
	kfree(job.access);
	return ret;
}

/**
 * struct svk_lap - The kernel's queue, once around.
 * @q: what is put into it
 * @ring: memory of the queue
 * @shift: 2^shift bytes are a descriptor
 * @entries: descriptors in the queue
 * @start: where the kernel has ended, a descriptor
 */
struct svk_lap {
	struct svk_poke_queue *q;
	u8 *ring;
	u32 shift;
	u32 entries;
	u32 start;
};

static void svk_lap_put(const struct svk_lap *lap, u32 pos, const u64 *qw)
{
	u32 slot = (lap->start + pos) % lap->entries;

	memcpy(lap->ring + (slot << lap->shift), qw, 1U << lap->shift);
}

static void svk_lap_put_wait(const struct svk_lap *lap, u32 pos)
{
	const u64 wait[4] = {
		svk_put(VTD_DESC_TYPE_LO, VTD_DESC_WAIT) | VTD_WAIT_SW |
			svk_put(VTD_WAIT_STDATA, SVK_WAIT_DONE),
		virt_to_phys(svk_wait_status),
	};

	svk_lap_put(lap, pos, wait);
}

static void svk_lap_tail(const struct svk_lap *lap, u32 pos)
{
	writel((lap->start + pos) % lap->entries << lap->shift, svk_unit + VTD_IQT);
}

/* The unit has stopped at a descriptor: note which, and let it go on behind it. */
static int svk_lap_refused(const struct svk_lap *lap, u32 end)
{
	u32 head = readl(svk_unit + VTD_IQH) >> lap->shift;
	u32 pos = (head + lap->entries - lap->start) % lap->entries;

	if (pos >= lap->q->count)
		return -EIO;
	lap->q->refused |= SVK_BIT(pos);
	lap->q->errors = svk_get(VTD_IQERCD_IQEI, readq(svk_unit + VTD_IQERCD));
	svk_lap_put_wait(lap, pos);
	writel(VTD_FSTS_IQE, svk_unit + VTD_FSTS);
	/* An emulated unit may look only when it is told to. */
	svk_lap_tail(lap, end);
	return 0;
}

static int svk_lap_run(const struct svk_lap *lap, u32 end)
{
	u32 head = (lap->start + end) % lap->entries << lap->shift;
	int ret;

	svk_lap_tail(lap, end);
	for (u32 i = 0; i < SVK_LOOKS; i++) {
		if (readl(svk_unit + VTD_FSTS) & VTD_FSTS_IQE) {
			ret = svk_lap_refused(lap, end);
			if (ret)
				return ret;
		} else if (readl(svk_unit + VTD_IQH) == head) {
			return 0;
		}
	}
	return -EIO;
}

/* In two halves: a tail that comes to the head would say that the queue is empty. */
static int svk_lap_all(void *arg)
{
	struct svk_lap *lap = arg;
	u32 tail = readl(svk_unit + VTD_IQT);
	int ret;

	if (tail != readl(svk_unit + VTD_IQH) || readl(svk_unit + VTD_FSTS) & VTD_FSTS_IQE)
		return -EBUSY;
	lap->start = tail >> lap->shift;
	for (u32 i = 0; i < lap->entries; i++) {
		if (i < lap->q->count)
			svk_lap_put(lap, i, lap->q->desc[i]);
		else
			svk_lap_put_wait(lap, i);
	}
	*svk_wait_status = 0;
	ret = svk_lap_run(lap, lap->entries / 2);
	if (!ret)
		ret = svk_lap_run(lap, lap->entries);
	return ret ?: READ_ONCE(*svk_wait_status) == SVK_WAIT_DONE ? 0 : -EIO;
}

static long svk_ioctl_queue(void __user *uarg)
{
	u64 iqa = readq(svk_unit + VTD_IQA);
	size_t size = PAGE_SIZE << svk_get(VTD_IQA_QS, iqa);
	struct svk_lap lap = {.shift = iqa & VTD_IQA_DW ? 5 : 4};
	long ret;

	guard(mutex)(&svk_lock);

	lap.entries = size >> lap.shift;
	lap.q = memdup_user(uarg, sizeof(*lap.q));
	if (IS_ERR(lap.q))
		return PTR_ERR(lap.q);
	ret = -EINVAL;
	if (!lap.q->count || lap.q->count > min(SVK_POKE_DESCS, lap.entries / 2))
		goto free;
	lap.q->refused = 0;
	lap.q->errors = 0;
	ret = -ENXIO;
	lap.ring = memremap(iqa & VTD_IQA_IQA, size, MEMREMAP_WB);
	if (!lap.ring)
		goto free;
	ret = stop_machine(svk_lap_all, &lap, NULL);
	memunmap(lap.ring);
	if (!ret && copy_to_user(uarg, lap.q, sizeof(*lap.q)))
		ret = -EFAULT;
free:
	kfree(lap.q);
	return ret;
}

static long svk_ioctl_dma(struct svk_file *f, void __user *uarg)
{
	struct svk_poke_dma arg;
	int ret;

	guard(mutex)(&f->lock);

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	ret = svk_dma_begin(&f->dma, &arg);
	if (ret)
		return ret;
	if (!copy_to_user(uarg, &arg, sizeof(arg)))
		return 0;
	svk_dma_free(&f->dma);
	return -EFAULT;
}

static long svk_ioctl_dma_end(struct svk_file *f)
{
	guard(mutex)(&f->lock);

	return svk_dma_end(&f->dma);
}

static long svk_poke_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct svk_file *f = file->private_data;

	switch (cmd) {
	case SVK_POKE_ACCESS:
		return svk_ioctl_access((void __user *)arg);
	case SVK_POKE_QUEUE:
		return svk_ioctl_queue((void __user *)arg);
	case SVK_POKE_DMA:
		return svk_ioctl_dma(f, (void __user *)arg);
	case SVK_POKE_DMA_END:
		return svk_ioctl_dma_end(f);
	}
	return -ENOTTY;
}

static int svk_poke_open(struct inode *inode, struct file *file)
{
	struct svk_file *f = kzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	mutex_init(&f->lock);
	file->private_data = f;
	return 0;
}

static int svk_poke_release(struct inode *inode, struct file *file)
{
	struct svk_file *f = file->private_data;

	svk_dma_free(&f->dma);
	kfree(f);
	return 0;
}

static int svk_poke_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct svk_file *f = file->private_data;

	guard(mutex)(&f->lock);

	return svk_dma_mmap(&f->dma, vma);
}

static const struct file_operations svk_poke_fops = {
	.owner = THIS_MODULE,
	.open = svk_poke_open,
	.release = svk_poke_release,
	.unlocked_ioctl = svk_poke_ioctl,
	.mmap = svk_poke_mmap,
};

static struct miscdevice svk_poke_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "svakit_poke",
	.fops = &svk_poke_fops,
	.mode = 0600,
};

static int __init svk_poke_init(void)
{
	int ret = -ENOMEM;

	if (!base || !PAGE_ALIGNED(base)) {
		pr_err("base=%#lx is no unit: want the address from /sys/class/iommu\n", base);
		return -EINVAL;
	}
	svk_wait_status = (u32 *)get_zeroed_page(GFP_KERNEL);
	if (!svk_wait_status)
		return -ENOMEM;
	svk_unit = ioremap(base, SVK_POKE_SPACE);
	if (!svk_unit)
		goto free;
	ret = misc_register(&svk_poke_misc);
	if (!ret)
		return 0;
	iounmap(svk_unit);
free:
	free_page((unsigned long)svk_wait_status);
	return ret;
}

static void __exit svk_poke_exit(void)
{
	misc_deregister(&svk_poke_misc);
	iounmap(svk_unit);
	free_page((unsigned long)svk_wait_status);
}

module_init(svk_poke_init);
module_exit(svk_poke_exit);

MODULE_DESCRIPTION("svakit: a guest that misbehaves towards its remapping unit, for tests");
MODULE_LICENSE("GPL");
