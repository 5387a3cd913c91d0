// SPDX-License-Identifier: GPL-2.0
/*
 * The tables of a mediated device. What the VMM attaches at a guest PASID goes
 * to the parent at a host PASID of this device's own; what it attaches without
 * a PASID gets one, too, since all mediated devices of a parent share its
 * requester id.
 *
 * The map is of the device, not of the VM: two devices may have different
 * tables at one guest PASID (one vIOMMU each), and on one parent these need
 * two entries in one PASID table.
 */
#include <linux/errno.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/slab.h>

#include "svakit_mdev.h"

static void svk_bind_explain(struct svk_mdev *m, int err)
{
	switch (err) {
	case -EBUSY:
		dev_warn(svk_mdev_dev(m),
			 "bind refused: %s is in use by another iommufd context (or its driver), "
			 "and one context owns an IOMMU group\n",
			 pci_name(m->parent->pdev));
		break;
	case -EPERM:
		dev_warn(svk_mdev_dev(m),
			 "bind refused: MSIs of %s are not isolated; see "
			 "iommufd.allow_unsafe_interrupts\n",
			 pci_name(m->parent->pdev));
		break;
	default:
		dev_warn(svk_mdev_dev(m), "bind of %s failed: %pe\n", pci_name(m->parent->pdev),
			 ERR_PTR(err));
		break;
	}
}

static int svk_claim_parent(struct svk_mdev *m, struct iommufd_ctx *ictx, u32 *id)
{
	struct svk_parent *p = m->parent;
	struct iommufd_device *idev;

	guard(mutex)(&p->lock);

	if (p->ictx && p->ictx != ictx)
		return -EBUSY;
	idev = iommufd_device_bind(ictx, &p->pdev->dev, id);
	if (IS_ERR(idev))
		return PTR_ERR(idev);
	m->idev = idev;
	p->ictx = ictx;
	p->nr_bound++;
	return 0;
}

static void svk_release_parent(struct svk_mdev *m)
{
	struct svk_parent *p = m->parent;

	guard(mutex)(&p->lock);

	iommufd_device_unbind(m->idev);
	m->idev = NULL;
	if (!--p->nr_bound)
		p->ictx = NULL;
}

/**
 * svk_map_bind() - VFIO's bind_iommufd: bring the parent into the VM's context.
 * @vdev: device
 * @ictx: context of the VM
 * @id: result, the parent's object id there
 *
 * Return: 0; -EBUSY when another context owns the parent, or what
 * iommufd_device_bind() returns; each with a line in the log.
 */
int svk_map_bind(struct vfio_device *vdev, struct iommufd_ctx *ictx, u32 *id)
{
	struct svk_mdev *m = svk_mdev_of(vdev);
	struct svk_vm *vm;
	int ret;

	vm = svk_vm_get(ictx);
	if (!vm)
		return -ENOMEM;

	guard(mutex)(&m->lock);

	ret = svk_claim_parent(m, ictx, id);
	if (ret) {
		svk_bind_explain(m, ret);
		svk_vm_put(vm);
		return ret;
	}
	m->vm = vm;
	return 0;
}

static struct svk_binding *svk_binding_new(struct svk_mdev *m, u32 gpasid)
{
	struct svk_binding *b;
	int ret;

	b = kzalloc(sizeof(*b), GFP_KERNEL_ACCOUNT);
	if (!b)
		return ERR_PTR(-ENOMEM);
	b->gpasid = gpasid;

	ret = svk_vm_charge(m->vm);
	if (ret) {
		dev_warn_ratelimited(svk_mdev_dev(m),
				     "VM %u has reached its quota of %d host PASIDs\n", m->vm->id,
				     m->vm->quota);
		goto err_free;
	}
	ret = svk_pasid_alloc(m->parent, gpasid, &b->hpasid);
	if (ret) {
		dev_warn_ratelimited(svk_mdev_dev(m), "no host PASID: %pe\n", ERR_PTR(ret));
		goto err_uncharge;
	}
	return b;

err_uncharge:
	svk_vm_uncharge(m->vm);
err_free:
	kfree(b);
	return ERR_PTR(ret);
}

static void svk_binding_free(struct svk_mdev *m, struct svk_binding *b)
{
	svk_pasid_free(m->parent, b->hpasid);
	svk_vm_uncharge(m->vm);
	kfree(b);
}

static void svk_attach_explain(struct svk_mdev *m, u32 pt_id, int err)
{
	if (err == -EINVAL)
		dev_warn_ratelimited(svk_mdev_dev(m),
				     "table %u cannot be attached at a PASID: want an hwpt "
				     "allocated with IOMMU_HWPT_ALLOC_PASID\n",
				     pt_id);
	else
		dev_warn_ratelimited(svk_mdev_dev(m), "attaching table %u failed: %pe\n", pt_id,
				     ERR_PTR(err));
}

static int svk_binding_replace(struct svk_mdev *m, struct svk_binding *b, u32 *pt_id)
{
	u32 asked = *pt_id;
	int ret;

	ret = iommufd_device_replace(m->idev, b->hpasid, pt_id);
	if (ret) {
		svk_attach_explain(m, asked, ret);
		return ret;
	}
	b->hwpt = *pt_id;
	return 0;
}

/* Return: a new binding with the table attached, known to nobody yet, or ERR_PTR(). */
static struct svk_binding *svk_binding_attach(struct svk_mdev *m, u32 gpasid, u32 *pt_id)
{
	struct svk_binding *b = svk_binding_new(m, gpasid);
	u32 asked = *pt_id;
	int ret;

	if (IS_ERR(b))
		return b;
	ret = iommufd_device_attach(m->idev, b->hpasid, pt_id);
	if (ret) {
		svk_attach_explain(m, asked, ret);
		svk_binding_free(m, b);
		return ERR_PTR(ret);
	}
	b->hwpt = *pt_id;
	return b;
}

/*
 * Only when no queue of this device can send the host PASID any more is it
 * detached, and only then may it go to somebody else.
 */
static void svk_binding_detach(struct svk_mdev *m, struct svk_binding *b)
{
	svk_vqueues_drop_binding(m, b);
	iommufd_device_detach(m->idev, b->hpasid);
	svk_past_add(m, b);
	svk_binding_free(m, b);
}

/**
 * svk_map_attach() - VFIO's attach_ioas: the table of requests without PASID.
 * @vdev: bound device
 * @pt_id: object id of an hwpt that allows PASIDs; replaces what was attached
 *
 * Return: 0; -EDQUOT, -ENOSPC, -EINVAL (not PASID-compatible), or what iommufd
 * returns; each with a line in the log. What was attached then stays.
 */
int svk_map_attach(struct vfio_device *vdev, u32 *pt_id)
{
	struct svk_mdev *m = svk_mdev_of(vdev);
	struct svk_binding *b;

	guard(mutex)(&m->lock);

	if (m->default_binding)
		return svk_binding_replace(m, m->default_binding, pt_id);
	b = svk_binding_attach(m, SVK_GPASID_NONE, pt_id);
	if (IS_ERR(b))
		return PTR_ERR(b);
	m->default_binding = b;
	return 0;
}

/**
 * svk_map_detach() - VFIO's detach_ioas; without a table nothing happens.
 * @vdev: bound device
 */
void svk_map_detach(struct vfio_device *vdev)
{
	struct svk_mdev *m = svk_mdev_of(vdev);

	guard(mutex)(&m->lock);

	if (!m->default_binding)
		return;
	svk_binding_detach(m, m->default_binding);
	m->default_binding = NULL;
}

/**
 * svk_map_attach_pasid() - VFIO's pasid_attach_ioas.
 * @vdev: bound device
 * @pasid: guest PASID, 1 to SVK_GPASID_MAX
 * @pt_id: as for svk_map_attach()
 *
 * Return: as svk_map_attach(); -EINVAL for a guest PASID out of range.
 */
int svk_map_attach_pasid(struct vfio_device *vdev, u32 pasid, u32 *pt_id)
{
	struct svk_mdev *m = svk_mdev_of(vdev);
	struct svk_binding *b;
	int ret;

	if (!pasid || pasid > SVK_GPASID_MAX) {
		dev_warn_ratelimited(svk_mdev_dev(m), "guest PASID %u is out of range\n", pasid);
		return -EINVAL;
	}

	guard(mutex)(&m->lock);

	b = xa_load(&m->bindings, pasid);
	if (b)
		return svk_binding_replace(m, b, pt_id);

	b = svk_binding_attach(m, pasid, pt_id);
	if (IS_ERR(b))
		return PTR_ERR(b);
	ret = xa_err(xa_store(&m->bindings, pasid, b, GFP_KERNEL_ACCOUNT));
	if (ret)
		svk_binding_detach(m, b);
	return ret;
}

/**
 * svk_map_detach_pasid() - VFIO's pasid_detach_ioas; of an unknown one nothing happens.
 * @vdev: bound device
 * @pasid: guest PASID
 *
 * Queues that use it are stopped first; see svk_vqueues_drop_binding().
 */
void svk_map_detach_pasid(struct vfio_device *vdev, u32 pasid)
{
	struct svk_mdev *m = svk_mdev_of(vdev);
	struct svk_binding *b;

	guard(mutex)(&m->lock);

	b = xa_erase(&m->bindings, pasid);
	if (b)
		svk_binding_detach(m, b);
}

/**
 * svk_map_unbind() - VFIO's unbind_iommufd: whatever the VMM left behind goes.
 * @vdev: bound device, closed; also when its process was killed
 */
void svk_map_unbind(struct vfio_device *vdev)
{
	struct svk_mdev *m = svk_mdev_of(vdev);
	struct svk_binding *b;
	unsigned long gpasid;

	guard(mutex)(&m->lock);

	xa_for_each(&m->bindings, gpasid, b) {
		xa_erase(&m->bindings, gpasid);
		svk_binding_detach(m, b);
	}
	if (m->default_binding)
		svk_binding_detach(m, m->default_binding);
	m->default_binding = NULL;
	svk_release_parent(m);
	svk_vm_put(m->vm);
	m->vm = NULL;
}

/**
 * svk_map_lookup() - Which binding a queue is to use.
 * @m: device, its lock held
 * @pasid_reg: SVK_QCFG_PASID as the guest wrote it
 *
 * Return: the binding, or NULL if there is none or the register is malformed.
 */
struct svk_binding *svk_map_lookup(struct svk_mdev *m, u32 pasid_reg)
{
	lockdep_assert_held(&m->lock);

	if (pasid_reg & ~(u32)(SVK_QCFG_PASID_MASK | SVK_QCFG_PASID_VALID))
		return NULL;
	if (pasid_reg & SVK_QCFG_PASID_VALID)
		return xa_load(&m->bindings, pasid_reg & SVK_QCFG_PASID_MASK);
	return pasid_reg ? NULL : m->default_binding;
}
