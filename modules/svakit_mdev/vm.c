// SPDX-License-Identifier: GPL-2.0
/*
 * What the devices of one VM share: a set of host PASIDs with a quota, so that
 * one VM cannot use up what all VMs draw on.
 *
 * A VM is an iommufd context. It may have several mediated devices, of several
 * parents, behind several vIOMMUs: all of them count into its one set.
 */
#include <linux/errno.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "svakit_mdev.h"

static unsigned int pasid_quota = 1024;
module_param(pasid_quota, uint, 0644);
MODULE_PARM_DESC(pasid_quota, "Host PASIDs of one VM at most, read when its first device is bound");

static DEFINE_MUTEX(vms_lock);
static LIST_HEAD(vms);
static u32 vms_last_id;

static struct svk_vm *svk_vm_find(struct iommufd_ctx *ictx)
{
	struct svk_vm *vm;

	list_for_each_entry(vm, &vms, link) {
		if (vm->ictx == ictx)
			return vm;
	}
	return NULL;
}

/**
 * svk_vm_get() - The VM of a context, made on first use.
 * @ictx: a reference on it is held until svk_vm_put()
 *
 * Return: the VM, or NULL without memory.
 */
struct svk_vm *svk_vm_get(struct iommufd_ctx *ictx)
{
	struct svk_vm *vm;

	guard(mutex)(&vms_lock);

	vm = svk_vm_find(ictx);
	if (!vm) {
		vm = kzalloc(sizeof(*vm), GFP_KERNEL);
		if (!vm)
			return NULL;
		vm->ictx = ictx;
		vm->id = ++vms_last_id;
		vm->pid = task_tgid_nr(current);
		vm->quota = min_t(unsigned int, READ_ONCE(pasid_quota), INT_MAX - 1);
		list_add_tail(&vm->link, &vms);
	}
	vm->users++;
	return vm;
}

/**
 * svk_vm_put() - Undo svk_vm_get(). The last one finds the set empty.
 * @vm: from svk_vm_get()
 */
void svk_vm_put(struct svk_vm *vm)
{
	guard(mutex)(&vms_lock);

	if (--vm->users)
		return;
	WARN_ON(atomic_read(&vm->used));
	list_del(&vm->link);
	kfree(vm);
}

/**
 * svk_vm_charge() - Count one more host PASID.
 * @vm: VM
 *
 * Return: 0 or -EDQUOT.
 */
int svk_vm_charge(struct svk_vm *vm)
{
	return atomic_add_unless(&vm->used, 1, vm->quota) ? 0 : -EDQUOT;
}

/**
 * svk_vm_uncharge() - Undo svk_vm_charge().
 * @vm: VM
 */
void svk_vm_uncharge(struct svk_vm *vm)
{
	atomic_dec(&vm->used);
}

/**
 * svk_vms_show() - Rows "vm pid quota used".
 * @s: file "vms" in debugfs
 */
void svk_vms_show(struct seq_file *s)
{
	struct svk_vm *vm;

	guard(mutex)(&vms_lock);

	list_for_each_entry(vm, &vms, link)
		seq_printf(s, "%u %d %d %d\n", vm->id, vm->pid, vm->quota, atomic_read(&vm->used));
}
