// SPDX-License-Identifier: GPL-2.0
#include "vaccel.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <linux/pci_regs.h>

#include "clock.h"
#include "ktap.h"
#include "memory.h"

int __vaccel_open(struct vaccel *a, struct guest *g, int fd)
{
	void *portals;
	u64 size;
	int ret;

	*a = (struct vaccel){.g = g};
	ret = __vfio_init(&a->v, fd, g->iommufd);
	if (ret)
		return ret;
	size = a->v.region[SVK_ACCEL_BAR_PORTAL].size;
	ret = __vfio_map(&a->v, SVK_ACCEL_BAR_PORTAL, 0, size, &portals);
	if (ret) {
		vfio_cleanup(&a->v);
		return ret;
	}
	a->portals = portals;
	/* As firmware does: the registers of a PCI function answer only with memory decoding on. */
	vfio_write16(&a->v, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, PCI_COMMAND_MEMORY);
	a->queues = (u32)svk_get(SVK_GLB_CAP_QUEUES, vaccel_read64(a, SVK_GLB_CAP));
	return 0;
}

void vaccel_open(struct vaccel *a, struct guest *g, int fd)
{
	REQUIRE_ERRNO(__vaccel_open(a, g, fd), 0);
	REQUIRE_EQ(vaccel_read32(a, SVK_GLB_ID), SVK_GLB_ID_MAGIC);
}

void vaccel_close(struct vaccel *a)
{
	/* The mapping holds the file, too. */
	if (a->portals)
		memory_unmap(a->portals, a->v.region[SVK_ACCEL_BAR_PORTAL].size);
	a->portals = NULL;
	vfio_cleanup(&a->v);
}

void vaccel_enable(const struct vaccel *a)
{
	vfio_write16(&a->v, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND,
		     PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	vaccel_write32(a, SVK_GLB_CTRL, SVK_GLB_CTRL_ENABLE);
	REQUIRE_EQ(vaccel_read32(a, SVK_GLB_STATUS) & SVK_GLB_STATUS_ENABLED,
		   SVK_GLB_STATUS_ENABLED);
}

u32 vaccel_read32(const struct vaccel *a, u32 reg)
{
	return vfio_read32(&a->v, SVK_ACCEL_BAR_CTRL, reg);
}

u64 vaccel_read64(const struct vaccel *a, u32 reg)
{
	return vfio_read64(&a->v, SVK_ACCEL_BAR_CTRL, reg);
}

void vaccel_write32(const struct vaccel *a, u32 reg, u32 val)
{
	vfio_write32(&a->v, SVK_ACCEL_BAR_CTRL, reg, val);
}

void vaccel_write64(const struct vaccel *a, u32 reg, u64 val)
{
	vfio_write64(&a->v, SVK_ACCEL_BAR_CTRL, reg, val);
}

u64 vaccel_counter(const struct vaccel *a, enum svk_lab_counter counter)
{
	return vaccel_read64(a, (u32)SVK_LAB_COUNTER(counter));
}

void vaccel_queue_init(struct vaccel_queue *q, struct vaccel *a, u32 index, u64 va)
{
	REQUIRE(index < a->queues, "queue %u of %u", index, a->queues);
	*q = (struct vaccel_queue){.a = a, .index = index, .vector = index + 1};
	q->gpa = guest_alloc(a->g, VACCEL_RING_SIZE);
	q->va = va ? va : q->gpa;
	q->ring = guest_at(a->g, q->gpa);
	q->cpl = guest_at(a->g, q->gpa + GUEST_PAGE);
}

u32 vaccel_queue_reg(const struct vaccel_queue *q, u32 reg)
{
	return SVK_QCFG_BASE + q->index * SVK_QCFG_STRIDE + reg;
}

u32 __vaccel_queue_enable(struct vaccel_queue *q, u32 pasid)
{
	q->tail = 0;
	vaccel_write64(q->a, vaccel_queue_reg(q, SVK_QCFG_RING), q->va);
	vaccel_write32(q->a, vaccel_queue_reg(q, SVK_QCFG_SIZE), SVK_QUEUE_ENTRIES);
	vaccel_write32(q->a, vaccel_queue_reg(q, SVK_QCFG_PASID), pasid);
	vaccel_write32(q->a, vaccel_queue_reg(q, SVK_QCFG_VECTOR), q->vector);
	vaccel_write32(q->a, vaccel_queue_reg(q, SVK_QCFG_CTRL), SVK_QCFG_CTRL_ENABLE);
	return vaccel_queue_status(q);
}

void vaccel_queue_enable(struct vaccel_queue *q, u32 pasid)
{
	REQUIRE_EQ(__vaccel_queue_enable(q, pasid),
		   svk_put(SVK_QCFG_STATUS_STATE, SVK_QSTATE_ENABLED));
}

void vaccel_queue_open(struct vaccel_queue *q, struct vaccel *a, u32 index,
		       const struct guest_space *s, u32 pasid)
{
	vaccel_queue_init(q, a, index, VACCEL_RING_VA(index));
	guest_space_map(s, q->va, q->gpa, VACCEL_RING_SIZE);
	vaccel_queue_enable(q, pasid | (u32)SVK_QCFG_PASID_VALID);
}

static u32 wait_state(const struct vaccel_queue *q, enum svk_queue_state state)
{
	struct clock_wait wait = clock_wait_for(SVK_QUEUE_WAIT_MS);
	u32 status;

	for (;;) {
		status = vaccel_queue_status(q);
		if (svk_get(SVK_QCFG_STATUS_STATE, status) == state)
			return status;
		REQUIRE(clock_wait_again(&wait),
			"queue %u: status 0x%x, want state %d within %d ms", q->index, status,
			state, SVK_QUEUE_WAIT_MS);
	}
}

void vaccel_queue_disable(const struct vaccel_queue *q)
{
	vaccel_write32(q->a, vaccel_queue_reg(q, SVK_QCFG_CTRL), 0);
	wait_state(q, SVK_QSTATE_DISABLED);
}

u32 vaccel_queue_status(const struct vaccel_queue *q)
{
	return vaccel_read32(q->a, vaccel_queue_reg(q, SVK_QCFG_STATUS));
}

enum svk_queue_state vaccel_queue_state(const struct vaccel_queue *q)
{
	return (enum svk_queue_state)svk_get(SVK_QCFG_STATUS_STATE, vaccel_queue_status(q));
}

enum svk_queue_err vaccel_queue_wait_halt(const struct vaccel_queue *q)
{
	return (enum svk_queue_err)svk_get(SVK_QCFG_STATUS_ERR, wait_state(q, SVK_QSTATE_HALTED));
}

volatile u32 *vaccel_queue_portal(const struct vaccel_queue *q, u32 reg)
{
	return (volatile u32 *)(q->a->portals + (size_t)q->index * SVK_ACCEL_PAGE + reg);
}

void *vaccel_va(u64 va)
{
	return (void *)(uintptr_t)va;
}

void vaccel_queue_doorbell(const struct vaccel_queue *q, u32 tail)
{
	/* Descriptors before the doorbell: the device reads them once it rings. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*vaccel_queue_portal(q, SVK_PORTAL_TAIL) = tail;
}

u32 vaccel_queue_submit(struct vaccel_queue *q, struct svk_desc desc)
{
	u32 slot = q->tail % SVK_QUEUE_ENTRIES;

	memset(&q->cpl[slot], 0, sizeof(q->cpl[slot]));
	desc.ctrl |= cpu_to_le32(SVK_DESC_CPL_RECORD);
	desc.cpl = cpu_to_le64(q->va + GUEST_PAGE + slot * sizeof(q->cpl[slot]));
	desc.tag = cpu_to_le32(q->tail);
	q->ring[slot] = desc;
	vaccel_queue_doorbell(q, q->tail + 1);
	return q->tail++;
}

struct svk_result vaccel_queue_wait(const struct vaccel_queue *q, u32 ticket)
{
	const struct svk_cpl *cpl = &q->cpl[ticket % SVK_QUEUE_ENTRIES];
	struct svk_result result;
	int ret;

	ret = __svk_cpl_wait(cpl, SVK_QUEUE_WAIT_MS, &result);
	REQUIRE(!ret, "queue %u: descriptor %u did not complete within %d ms, status 0x%x",
		q->index, ticket, SVK_QUEUE_WAIT_MS, vaccel_queue_status(q));
	REQUIRE_EQ(result.tag, ticket);
	return result;
}

struct svk_result vaccel_queue_run(struct vaccel_queue *q, struct svk_desc desc)
{
	return vaccel_queue_wait(q, vaccel_queue_submit(q, desc));
}

void vaccel_queue_submit_long(struct vaccel_queue *q, const struct guest_space *s, u64 va, u64 gpa,
			      u64 size)
{
	u32 i, count = (u32)svk_get(SVK_GLB_CAP_BATCH, vaccel_read64(q->a, SVK_GLB_CAP));
	const volatile u64 *first = guest_at(q->a->g, gpa);
	u64 batch_va = VACCEL_BATCH_VA(q->index);
	u64 before = *first;
	struct svk_desc *fills;

	if (!q->batch)
		q->batch = guest_space_alloc(s, batch_va, VACCEL_BATCH_SIZE);
	REQUIRE(count * sizeof(*fills) <= VACCEL_BATCH_SIZE, "a batch of %u", count);
	fills = guest_at(q->a->g, q->batch);
	/* No fill leaves what is there now, nor what the one before it left. */
	for (i = 0; i < count; i++)
		fills[i] = svk_desc_fill(vaccel_va(va), before + 1 + i, size);
	for (i = 0; i < SVK_QUEUE_ENTRIES; i++)
		vaccel_queue_submit(q, svk_desc_batch(vaccel_va(batch_va), count));
	memory_wait_change(first, before);
	REQUIRE_EQ(vaccel_queue_state(q), SVK_QSTATE_ENABLED);
}
