/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The accelerator shared among guests as VFIO mediated devices: what its files
 * share.
 *
 *	parent.c	the PCI function: probe, types, hardware queues, interrupts
 *	mdev.c		one mediated device as VFIO sees it: life, regions, mmap
 *	irqs.c		its interrupts, as eventfds
 *	config.c	its configuration space
 *	regs.c		its control registers, trapped
 *	inject.c	... those that make the model fail
 *	queue.c		its queues: translate the PASID, enable, stop
 *	map.c		its tables: guest PASID -> host PASID, attach, replace, detach
 *	vm.c		what all devices of one VM share: PASID set and quota
 *	pasid.c		where host PASIDs come from
 *	vcs.c		... from the platform's virtual command registers
 *	found.c		findings of the oracle, under guest PASIDs
 *	view.c		debugfs
 *
 * What a guest driver may do freely is mapped into the guest: the portals.
 * What names memory or a PASID is trapped: a queue's PASID register takes a
 * guest PASID here and a host PASID in hardware, and nothing else of the host
 * ever reaches the guest. All other registers of a queue are those of the
 * hardware queue behind it, so that the trapped page and the portal agree.
 *
 * Locks, outermost first:
 *
 *	dev_set->lock	VFIO's, around bind, attach, detach, open and close
 *	svk_mdevs_lock	the list of all mediated devices, for debugfs
 *	m->lock		registers, configuration space and map of one device
 *	p->lock		hardware queues, owner and allocator of one parent
 *	vms_lock	the list of VMs (vm.c)
 *	p->err_lock	collecting errors from hardware, hard interrupt
 *	hwq->lock	ties a hardware queue to its device, hard interrupt
 *	m->irq_lock	eventfds, hard interrupt; innermost
 */
#ifndef MODULES_SVAKIT_MDEV_SVAKIT_MDEV_H
#define MODULES_SVAKIT_MDEV_SVAKIT_MDEV_H

#include <linux/mdev.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/vfio.h>
#include <linux/xarray.h>
#include <svakit/accel_regs.h>

struct eventfd_ctx;
struct iommufd_ctx;
struct iommufd_device;
struct svk_mdev;
struct svk_parent;

/* The largest type; each type has half the queues of the next. */
#define SVK_MDEV_MAX_QUEUES 8
#define SVK_MDEV_TYPES 4
#define SVK_MDEV_MAX_VECTORS (SVK_MDEV_MAX_QUEUES + 1)
/* Bindings remembered when they have gone. */
#define SVK_MDEV_PAST 64

/* Regions as vfio-pci has them: the index stands above bit 40 of the offset. */
#define SVK_REGION_SHIFT 40
#define SVK_REGION_OFFSET(index) ((u64)(index) << SVK_REGION_SHIFT)

/* Stands for "requests without PASID" where a guest PASID is expected; never a PASID. */
#define SVK_GPASID_NONE U32_MAX
#define SVK_GPASID_MAX ((u32)SVK_QCFG_PASID_MASK)

/**
 * struct svk_hw_queue - A hardware queue of the parent.
 * @parent: where it belongs
 * @index: 0 to parent->nr_queues - 1; also its bit in SVK_GLB_ERR
 * @lock: guards @owner and @slot against interrupts
 * @owner: device that has it, NULL when free
 * @slot: the device's number for it
 */
struct svk_hw_queue {
	struct svk_parent *parent;
	u32 index;
	/* See @lock above. */
	spinlock_t lock;
	struct svk_mdev *owner;
	u32 slot;
};

/**
 * struct svk_pasid_allocator - A source of host PASIDs.
 * @name: what the parent's attribute pasid_allocator calls it
 * @usable: 0, or -EOPNOTSUPP where the platform lacks it
 * @alloc: 0 and a PASID that nobody else uses on this parent; -ENOSPC, -EIO
 * @free: takes one back that is not attached any more
 * @link: in the list of registered ones
 *
 * Called under the parent's lock.
 */
struct svk_pasid_allocator {
	const char *name;
	int (*usable)(struct svk_parent *p);
	int (*alloc)(struct svk_parent *p, u32 *pasid);
	void (*free)(struct svk_parent *p, u32 pasid);
	struct list_head link;
};

/**
 * struct svk_vm - What the devices of one VM share: one iommufd context is one VM.
 * @link: in the list of all
 * @ictx: compared, never followed; each bound device holds a reference on it
 * @id: for people, counts from 1
 * @pid: process that bound the first device
 * @users: bound devices
 * @quota: most host PASIDs at a time; constant and below INT_MAX
 * @used: host PASIDs now
 *
 * Under vms_lock, but for @used.
 */
struct svk_vm {
	struct list_head link;
	struct iommufd_ctx *ictx;
	u32 id;
	pid_t pid;
	unsigned int users;
	int quota;
	atomic_t used;
};

/**
 * struct svk_parent - The accelerator function that is shared.
 * @pdev: PCI function
 * @ctrl: BAR 0
 * @portals: BAR 2, one page a queue
 * @portal_base: physical address of @portals
 * @cap: register SVK_GLB_CAP
 * @opcap: register SVK_GLB_OPCAP
 * @nr_queues: elements of @queues
 * @mdev: the mdev core's part
 * @types: by increasing number of queues
 * @type_ptrs: to @types
 * @lock: see above
 * @nr_free: queues without an owner
 * @ictx: context that owns the function's IOMMU group, NULL without bound devices
 * @nr_bound: devices bound to @ictx
 * @allocator: of host PASIDs; changed only while @nr_pasids is 0
 * @nr_pasids: host PASIDs allocated
 * @err_lock: keeps two readers of SVK_GLB_ERR from clearing each other's bits
 * @queues: the hardware queues
 */
struct svk_parent {
	struct pci_dev *pdev;
	void __iomem *ctrl;
	void __iomem *portals;
	phys_addr_t portal_base;
	u64 cap;
	u64 opcap;
	u32 nr_queues;
	struct mdev_parent mdev;
	struct mdev_type types[SVK_MDEV_TYPES];
	struct mdev_type *type_ptrs[SVK_MDEV_TYPES];

	/* See @lock above. */
	struct mutex lock;
	unsigned int nr_free;
	struct iommufd_ctx *ictx;
	unsigned int nr_bound;
	struct svk_pasid_allocator *allocator;
	unsigned int nr_pasids;

	/* See @err_lock above. */
	spinlock_t err_lock;
	struct svk_hw_queue queues[] __counted_by(nr_queues);
};

/**
 * struct svk_binding - A table attached at a host PASID for a guest PASID.
 * @gpasid: guest PASID, or SVK_GPASID_NONE for requests without one
 * @hpasid: host PASID, never equal to @gpasid
 * @hwpt: iommufd object id that is attached now
 */
struct svk_binding {
	u32 gpasid;
	u32 hpasid;
	u32 hwpt;
};

/**
 * struct svk_vqueue - A queue of a mediated device.
 * @hw: the hardware queue behind it, for the life of the device
 * @pasid: register SVK_QCFG_PASID as the guest wrote it
 * @vector: register SVK_QCFG_VECTOR as the guest wrote it
 * @binding: what it was last enabled with, until the binding goes; NULL if nothing
 */
struct svk_vqueue {
	struct svk_hw_queue *hw;
	u32 pasid;
	u32 vector;
	struct svk_binding *binding;
};

/** struct svk_inject_regs - The registers of the lab page that a rule is made of. */
struct svk_inject_regs {
	u32 pasid;
	u32 chance;
	u64 addr;
	u64 arg;
	u64 seed;
};

/**
 * struct svk_mdev - One mediated device.
 * @vdev: VFIO's part; first, as vfio_alloc_device() wants it
 * @parent: the function whose queues it has
 * @link: in svk_mdevs
 * @nr_queues: elements of @queues in use
 * @queues: its queues
 * @lock: see above
 * @config: configuration space as the guest reads it
 * @glb_ctrl: register SVK_GLB_CTRL
 * @inject: as the guest wrote them
 * @bindings: by guest PASID
 * @default_binding: for requests without PASID, NULL if no table is attached
 * @past: the last bindings that went, see svk_past_get()
 * @nr_past: how many ever went
 * @idev: the parent in the VM's iommufd context, NULL while not bound
 * @vm: NULL while not bound
 * @trapped: register SVK_LAB_TRAPPED
 * @irq_lock: guards what follows
 * @triggers: eventfds by vector, NULL where there is none
 * @request: eventfd that asks the VMM to let go of the device, or NULL
 * @err: register SVK_GLB_ERR
 */
struct svk_mdev {
	struct vfio_device vdev;
	struct svk_parent *parent;
	struct list_head link;
	u32 nr_queues;
	struct svk_vqueue queues[SVK_MDEV_MAX_QUEUES];

	/* See @lock above. */
	struct mutex lock;
	u8 config[PCI_CFG_SPACE_EXP_SIZE];
	u32 glb_ctrl;
	struct svk_inject_regs inject;
	struct xarray bindings;
	struct svk_binding *default_binding;
	struct svk_binding past[SVK_MDEV_PAST];
	u32 nr_past;
	struct iommufd_device *idev;
	struct svk_vm *vm;

	atomic64_t trapped;

	/* See @irq_lock above. */
	spinlock_t irq_lock;
	struct eventfd_ctx *triggers[SVK_MDEV_MAX_VECTORS];
	struct eventfd_ctx *request;
	u64 err;
};

static inline struct svk_mdev *svk_mdev_of(struct vfio_device *vdev)
{
	return container_of(vdev, struct svk_mdev, vdev);
}

/* For messages: named after the uuid. */
static inline struct device *svk_mdev_dev(struct svk_mdev *m)
{
	return m->vdev.dev;
}

/* Vectors of a device: errors, and one for each queue. */
static inline u32 svk_mdev_vectors(const struct svk_mdev *m)
{
	return m->nr_queues + 1;
}

/* A function that has gone (surprise removal, link down) reads as all ones. */
static inline bool svk_reg_gone(u32 val)
{
	return val == U32_MAX;
}

/* parent.c */
struct svk_parent *svk_parent_of_type(struct mdev_type *type);
u32 svk_type_queues(struct svk_parent *p, struct mdev_type *type);
int svk_parent_take_queues(struct svk_parent *p, struct svk_mdev *m);
void svk_parent_give_queues(struct svk_parent *p, struct svk_mdev *m);
void svk_parent_collect_errors(struct svk_parent *p);
void svk_parent_recover(struct svk_parent *p);

/* mdev.c */
extern struct mutex svk_mdevs_lock;
extern struct list_head svk_mdevs;
extern struct mdev_driver svk_mdev_driver;

void svk_mdev_reset(struct svk_mdev *m);

/* irqs.c */
void svk_irqs_signal(struct svk_mdev *m, u32 vector);
void svk_irqs_raise_error(struct svk_mdev *m, u32 slot);
void svk_irqs_request(struct svk_mdev *m, unsigned int count);
int svk_irqs_set(struct svk_mdev *m, const struct vfio_irq_set *hdr, void *data);
u32 svk_irqs_count(const struct svk_mdev *m, u32 index);
void svk_irqs_release(struct svk_mdev *m);

/* config.c */
void svk_config_init(struct svk_mdev *m);
u64 svk_config_bar_size(const struct svk_mdev *m, u32 index);
bool svk_config_bus_master(const struct svk_mdev *m);
void svk_config_write(struct svk_mdev *m, u32 at, const u8 *bytes, size_t len);

/* regs.c */
u64 svk_regs_read(struct svk_mdev *m, u32 off, unsigned int len);
void svk_regs_write(struct svk_mdev *m, u32 off, u64 val, unsigned int len);
u64 svk_portal_read(struct svk_mdev *m, u32 off, unsigned int len);
void svk_portal_write(struct svk_mdev *m, u32 off, u64 val, unsigned int len);

/* inject.c */
unsigned int svk_inject_width(u32 off);
void svk_inject_reset(struct svk_mdev *m);
u64 svk_inject_read(struct svk_mdev *m, u32 off, unsigned int len);
void svk_inject_write(struct svk_mdev *m, u32 off, u64 val, unsigned int len);

/* queue.c */
void __iomem *svk_hwq_reg(const struct svk_hw_queue *hwq, u32 reg);
enum svk_queue_state svk_hwq_state(const struct svk_hw_queue *hwq);
void svk_hwq_stop(struct svk_hw_queue *hwq, u32 ctrl);
void svk_vqueue_control(struct svk_mdev *m, struct svk_vqueue *q, u32 val);
void svk_vqueues_drop_binding(struct svk_mdev *m, struct svk_binding *b);
void svk_vqueues_stop(struct svk_mdev *m);
void svk_vqueues_reset(struct svk_mdev *m);

/* map.c */
int svk_map_bind(struct vfio_device *vdev, struct iommufd_ctx *ictx, u32 *id);
void svk_map_unbind(struct vfio_device *vdev);
int svk_map_attach(struct vfio_device *vdev, u32 *pt_id);
void svk_map_detach(struct vfio_device *vdev);
int svk_map_attach_pasid(struct vfio_device *vdev, u32 pasid, u32 *pt_id);
void svk_map_detach_pasid(struct vfio_device *vdev, u32 pasid);
struct svk_binding *svk_map_lookup(struct svk_mdev *m, u32 pasid_reg);

/* vm.c */
struct svk_vm *svk_vm_get(struct iommufd_ctx *ictx);
void svk_vm_put(struct svk_vm *vm);
int svk_vm_charge(struct svk_vm *vm);
void svk_vm_uncharge(struct svk_vm *vm);
void svk_vms_show(struct seq_file *s);

/* pasid.c */
void svk_pasid_allocator_register(struct svk_pasid_allocator *a);
struct svk_pasid_allocator *svk_pasid_allocator_find(struct svk_parent *p, const char *name);
void svk_pasid_init(void);
int svk_pasid_alloc(struct svk_parent *p, u32 gpasid, u32 *hpasid);
void svk_pasid_free(struct svk_parent *p, u32 hpasid);

/* vcs.c */
void svk_vcs_init(void);
void svk_vcs_exit(void);

/* found.c */
void svk_past_add(struct svk_mdev *m, const struct svk_binding *b);
const struct svk_binding *svk_past_get(const struct svk_mdev *m, u32 back);
u64 svk_found_read(struct svk_mdev *m, u32 off);

/* view.c */
void svk_view_init(void);
void svk_view_exit(void);

#endif /* MODULES_SVAKIT_MDEV_SVAKIT_MDEV_H */
