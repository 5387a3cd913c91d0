// SPDX-License-Identifier: GPL-2.0
/*
 * The accelerator as a driver of libvfio, the library of the kernel's own
 * vfio selftests (tools/testing/selftests/vfio/lib): one queue that sends
 * requests without a PASID, so that what the tests map for the function is
 * what it reaches. Written as the drivers that stand there are.
 */
#include <linux/io.h>
#include <linux/pci_regs.h>
#include <linux/sizes.h>
#include <stdint.h>
#include <unistd.h>

#include <libvfio.h>

#include <svakit/accel_regs.h>

#include "wrap.h"

#define QUEUE 0
/* Vector 0 is for errors. */
#define MSIX_VECTOR 1
#define RING_ENTRIES 256
/* Far below what the device can: the tests touch four times as much by CPU, for each of them. */
#define MAX_COPY SZ_2M

/**
 * struct svakit_state - In the region that the tests map for the driver.
 * @ring: of the queue
 * @cpl: a record for each descriptor
 * @tail: descriptors produced
 * @started: of the last memcpy_start()
 */
struct svakit_state {
	struct svk_desc ring[RING_ENTRIES];
	struct svk_cpl cpl[RING_ENTRIES];
	u32 tail;
	u32 started;
};

static inline struct svakit_state *to_state(struct vfio_pci_device *device)
{
	return device->driver.region.vaddr;
}

static inline void *ctrl_reg(struct vfio_pci_device *device, u32 offset)
{
	return device->bars[SVK_ACCEL_BAR_CTRL].vaddr + offset;
}

static inline void *queue_reg(struct vfio_pci_device *device, u32 offset)
{
	return ctrl_reg(device, SVK_QCFG_BASE + QUEUE * SVK_QCFG_STRIDE + offset);
}

static inline void *portal_reg(struct vfio_pci_device *device, u32 offset)
{
	return device->bars[SVK_ACCEL_BAR_PORTAL].vaddr + QUEUE * SVK_ACCEL_PAGE + offset;
}

static u32 queue_status(struct vfio_pci_device *device)
{
	return readl(queue_reg(device, SVK_QCFG_STATUS));
}

static int svakit_probe(struct vfio_pci_device *device)
{
	if (!vfio_pci_device_match(device, SVK_PCI_VENDOR, SVK_PCI_DEVICE_ACCEL))
		return -EINVAL;
	return readl(ctrl_reg(device, SVK_GLB_VERSION)) == SVK_ACCEL_ABI_VERSION ? 0 : -EINVAL;
}

static void svakit_reset(struct vfio_pci_device *device)
{
	writel(SVK_GLB_CTRL_RESET, ctrl_reg(device, SVK_GLB_CTRL));
	while (readl(ctrl_reg(device, SVK_GLB_STATUS)) & SVK_GLB_STATUS_BUSY)
		usleep(100);
}

static void svakit_init(struct vfio_pci_device *device)
{
	struct svakit_state *s = to_state(device);

	VFIO_ASSERT_GE(device->driver.region.size, sizeof(*s));
	vfio_pci_config_writew(device, PCI_COMMAND,
			       PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	svakit_reset(device);
	s->tail = 0;
	s->started = 0;

	writel(SVK_GLB_CTRL_ENABLE, ctrl_reg(device, SVK_GLB_CTRL));
	writeq(to_iova(device, s->ring), queue_reg(device, SVK_QCFG_RING));
	writel(RING_ENTRIES, queue_reg(device, SVK_QCFG_SIZE));
	writel(0, queue_reg(device, SVK_QCFG_PASID));
	writel(MSIX_VECTOR, queue_reg(device, SVK_QCFG_VECTOR));
	writel(SVK_QCFG_CTRL_ENABLE, queue_reg(device, SVK_QCFG_CTRL));
	VFIO_ASSERT_EQ(svk_get(SVK_QCFG_STATUS_STATE, queue_status(device)),
		       (u64)SVK_QSTATE_ENABLED, "queue status 0x%x\n", queue_status(device));

	vfio_pci_msix_enable(device, MSIX_VECTOR, 1);

	device->driver.max_memcpy_size = MAX_COPY;
	device->driver.max_memcpy_count = RING_ENTRIES;
	device->driver.msi = MSIX_VECTOR;
}

static void svakit_remove(struct vfio_pci_device *device)
{
	svakit_reset(device);
	vfio_pci_msix_disable(device);
}

/* Write a descriptor with the next record to the ring; ring_doorbell() shows it to the device. */
static void queue_descriptor(struct vfio_pci_device *device, struct svk_desc desc, u64 flags)
{
	struct svakit_state *s = to_state(device);
	u32 slot = s->tail++ % RING_ENTRIES;

	s->cpl[slot].status = cpu_to_le32(SVK_CPL_PENDING);
	desc.ctrl |= cpu_to_le32(flags | SVK_DESC_CPL_RECORD);
	desc.cpl = cpu_to_le64(to_iova(device, &s->cpl[slot]));
	s->ring[slot] = desc;
	s->started++;
}

static void ring_doorbell(struct vfio_pci_device *device)
{
	writel(to_state(device)->tail, portal_reg(device, SVK_PORTAL_TAIL));
}

static void svakit_memcpy_start(struct vfio_pci_device *device, iova_t src, iova_t dst, u64 size,
				u64 count)
{
	const struct svk_desc copy = {
		.ctrl = cpu_to_le32(SVK_OP_COPY),
		.src = cpu_to_le64(src),
		.dst = cpu_to_le64(dst),
		.size = cpu_to_le64(size),
	};
	u64 i;

	to_state(device)->started = 0;
	for (i = 0; i < count; i++)
		queue_descriptor(device, copy, 0);
	ring_doorbell(device);
}

static u32 wait_for_record(struct vfio_pci_device *device, const struct svk_cpl *cpl)
{
	u32 status;

	for (;;) {
		/* The device writes the status last. */
		status = le32_to_cpu(__atomic_load_n(&cpl->status, __ATOMIC_ACQUIRE));
		if (status != SVK_CPL_PENDING)
			return status;
		VFIO_ASSERT_EQ(svk_get(SVK_QCFG_STATUS_STATE, queue_status(device)),
			       (u64)SVK_QSTATE_ENABLED, "queue status 0x%x\n",
			       queue_status(device));
		usleep(100);
	}
}

/* Wait for all that was started, in order. */
static int svakit_memcpy_wait(struct vfio_pci_device *device)
{
	struct svakit_state *s = to_state(device);
	u32 status, slot;
	int ret = 0;

	for (; s->started; s->started--) {
		slot = (s->tail - s->started) % RING_ENTRIES;
		status = wait_for_record(device, &s->cpl[slot]);
		if (status == SVK_CPL_OK || ret)
			continue;
		dev_err(device, "copy ended with status %u at 0x%lx\n", status,
			(unsigned long)le64_to_cpu(s->cpl[slot].fault_addr));
		ret = -1;
	}
	return ret;
}

static void svakit_send_msi(struct vfio_pci_device *device)
{
	const struct svk_desc nop = {.ctrl = cpu_to_le32(SVK_OP_NOP)};

	to_state(device)->started = 0;
	queue_descriptor(device, nop, SVK_DESC_CPL_IRQ);
	ring_doorbell(device);
	VFIO_ASSERT_EQ(svakit_memcpy_wait(device), 0);
}

static const struct vfio_pci_driver_ops svakit_ops = {
	.name = "svakit",
	.probe = svakit_probe,
	.init = svakit_init,
	.remove = svakit_remove,
	.memcpy_start = svakit_memcpy_start,
	.memcpy_wait = svakit_memcpy_wait,
	.send_msi = svakit_send_msi,
};

/*
 * The linker puts it (--wrap) in place of the function that goes through the
 * table of drivers: ours is beside theirs, and no file of theirs is changed.
 */
void __wrap_vfio_pci_driver_probe(struct vfio_pci_device *device)
{
	__real_vfio_pci_driver_probe(device);
	if (!device->driver.ops && !svakit_probe(device))
		device->driver.ops = &svakit_ops;
}
