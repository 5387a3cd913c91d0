// SPDX-License-Identifier: GPL-2.0
#include "fake_device.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096UL

static volatile u32 *portal(const struct fake_device *d, unsigned int at)
{
	return (volatile u32 *)((u8 *)d->svk.portal + at);
}

void fake_device_init(struct fake_device *d)
{
	memset(d, 0, sizeof(*d));
	d->svk.fd = -1;
	d->svk.ring = aligned_alloc(PAGE, SVK_QUEUE_ENTRIES * sizeof(struct svk_desc));
	d->svk.portal = aligned_alloc(PAGE, PAGE);
	if (!d->svk.ring || !d->svk.portal)
		abort();
	memset(d->svk.portal, 0, PAGE);
	*portal(d, SVK_PORTAL_STATUS) = (u32)svk_put(SVK_QCFG_STATUS_STATE, SVK_QSTATE_ENABLED);
}

void fake_device_cleanup(struct fake_device *d)
{
	free(d->svk.ring);
	free(d->svk.portal);
}

u32 fake_device_tail(const struct fake_device *d)
{
	return *portal(d, SVK_PORTAL_TAIL);
}

void fake_device_halt(struct fake_device *d)
{
	*portal(d, SVK_PORTAL_STATUS) = (u32)svk_put(SVK_QCFG_STATUS_STATE, SVK_QSTATE_HALTED);
}

static void complete(const struct svk_desc *desc, u32 status, u64 done, u64 result, void *fault)
{
	struct svk_cpl *cpl = (void *)(uintptr_t)le64_to_cpu(desc->cpl);

	cpl->tag = desc->tag;
	cpl->done = cpu_to_le64(done);
	cpl->result = cpu_to_le64(result);
	cpl->fault_addr = cpu_to_le64((uintptr_t)fault);
	__atomic_store_n(&cpl->status, cpu_to_le32(status), __ATOMIC_RELEASE);
}

static bool is_there(const u8 *page)
{
	unsigned char present;

	return !mincore((void *)page, PAGE, &present) && (present & 1);
}

/* Return: bytes in front of the page that is missing, or @size. */
static u64 reach(const struct fake_device *d, const u8 *at, u64 size)
{
	if (!d->missing || d->missing < at || d->missing >= at + size || is_there(d->missing))
		return size;
	return (u64)(d->missing - at);
}

/* Return: status. */
static u32 execute(struct fake_device *d, const struct svk_desc *desc)
{
	u8 *src = (u8 *)(uintptr_t)le64_to_cpu(desc->src);
	u8 *dst = (u8 *)(uintptr_t)le64_to_cpu(desc->dst);
	u64 size = le64_to_cpu(desc->size), done = size;
	u32 op = (u32)svk_get(SVK_DESC_OP, le32_to_cpu(desc->ctrl)), status = d->status;

	if (status) {
		d->status = 0;
		complete(desc, status, 0, 0, NULL);
		return status;
	}
	if (op == SVK_OP_COPY || op == SVK_OP_FILL)
		done = reach(d, dst, size);
	if (op == SVK_OP_COPY)
		memcpy(dst, src, done);
	if (op == SVK_OP_FILL)
		memset(dst, (u8)le64_to_cpu(desc->operand), done);
	status = done == size ? SVK_CPL_OK : SVK_CPL_FAULT_WRITE;
	complete(desc, status, done, 0, done == size ? NULL : dst + done);
	return status;
}

static void execute_batch(struct fake_device *d, const struct svk_desc *batch)
{
	const struct svk_desc *member = (void *)(uintptr_t)le64_to_cpu(batch->src);
	u64 i, count = le64_to_cpu(batch->size);

	for (i = 0; i < count; i++) {
		if (execute(d, &member[i]) != SVK_CPL_OK) {
			complete(batch, SVK_CPL_ABORTED_BATCH, i, i, NULL);
			return;
		}
	}
	complete(batch, SVK_CPL_OK, count, 0, NULL);
}

unsigned int fake_device_run(struct fake_device *d, unsigned int count)
{
	unsigned int done;

	for (done = 0; done < count && d->head != fake_device_tail(d); done++) {
		const struct svk_desc *desc = &d->svk.ring[d->head++ % SVK_QUEUE_ENTRIES];

		if (svk_get(SVK_DESC_OP, le32_to_cpu(desc->ctrl)) == SVK_OP_BATCH)
			execute_batch(d, desc);
		else
			execute(d, desc);
	}
	return done;
}
