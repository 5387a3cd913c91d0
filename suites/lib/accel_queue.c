// SPDX-License-Identifier: GPL-2.0
#include "accel_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <misc/uacce/uacce.h>

#include "accel_device.h"
#include "clock.h"
#include "ktap.h"
#include "memory.h"
#include "oracle.h"

#define RING_BYTES (SVK_QUEUE_ENTRIES * sizeof(struct svk_desc))
#define CPL_BYTES (SVK_QUEUE_ENTRIES * sizeof(struct svk_cpl))

int __svk_device_open(void)
{
	int fd = open(svk_device_node(), O_RDWR);

	return fd < 0 ? -errno : fd;
}

int __svk_queue_set_ring(int fd, const void *ring, u32 entries)
{
	struct svk_accel_ring arg = {
		.argsz = sizeof(arg),
		.base = (uintptr_t)ring,
		.entries = entries,
	};

	return ioctl(fd, SVK_ACCEL_SET_RING, &arg) ? -errno : 0;
}

int __svk_queue_start(int fd)
{
	return ioctl(fd, UACCE_CMD_START_Q) ? -errno : 0;
}

int __svk_queue_info(int fd, struct svk_accel_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	return ioctl(fd, SVK_ACCEL_GET_INFO, info) ? -errno : 0;
}

int __svk_queue_map_portal(int fd, void **portal)
{
	void *page = mmap(NULL, SVK_ACCEL_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			  UACCE_QFRT_MMIO * SVK_ACCEL_PAGE);

	if (page == MAP_FAILED)
		return -errno;
	*portal = page;
	return 0;
}

int __svk_queue_open(struct svk_queue *q)
{
	int ret;

	memset(q, 0, sizeof(*q));
	q->fd = __svk_device_open();
	if (q->fd < 0)
		return q->fd;

	/*
	 * Not inherited: after a fork() these pages would be write protected for
	 * copy-on-write, and the completion records out of the device's reach.
	 */
	q->ring = memory_map(RING_BYTES + CPL_BYTES);
	q->cpl = (struct svk_cpl *)(q->ring + SVK_QUEUE_ENTRIES);
	REQUIRE_EQ(madvise(q->ring, RING_BYTES + CPL_BYTES, MADV_DONTFORK), 0);

	ret = __svk_queue_set_ring(q->fd, q->ring, SVK_QUEUE_ENTRIES);
	if (!ret)
		ret = __svk_queue_start(q->fd);
	if (!ret)
		ret = __svk_queue_map_portal(q->fd, &q->portal);
	if (ret)
		svk_queue_close(q);
	return ret;
}

void svk_queue_open(struct svk_queue *q)
{
	REQUIRE_ERRNO(__svk_queue_open(q), 0);
}

void svk_queue_close(struct svk_queue *q)
{
	if (q->fd < 0)
		return;
	/* The mapping holds the file, too. */
	if (q->portal)
		memory_unmap(q->portal, SVK_ACCEL_PAGE);
	REQUIRE_EQ(close(q->fd), 0);
	oracle_settle();
	if (q->ring)
		memory_unmap(q->ring, RING_BYTES + CPL_BYTES);
	q->fd = -1;
}

struct svk_accel_info svk_queue_info(const struct svk_queue *q)
{
	struct svk_accel_info info;

	REQUIRE_ERRNO(__svk_queue_info(q->fd, &info), 0);
	return info;
}

static struct svk_desc make_desc(enum svk_op op, const void *src, const void *dst, u64 size,
				 u64 operand)
{
	return (struct svk_desc){
		.ctrl = cpu_to_le32((u32)svk_put(SVK_DESC_OP, op)),
		.src = cpu_to_le64((uintptr_t)src),
		.dst = cpu_to_le64((uintptr_t)dst),
		.size = cpu_to_le64(size),
		.operand = cpu_to_le64(operand),
	};
}

struct svk_desc svk_desc_nop(void)
{
	return make_desc(SVK_OP_NOP, NULL, NULL, 0, 0);
}

struct svk_desc svk_desc_drain(void)
{
	return make_desc(SVK_OP_DRAIN, NULL, NULL, 0, 0);
}

struct svk_desc svk_desc_copy(void *dst, const void *src, u64 size)
{
	return make_desc(SVK_OP_COPY, src, dst, size, 0);
}

struct svk_desc svk_desc_fill(void *dst, u64 pattern, u64 size)
{
	return make_desc(SVK_OP_FILL, NULL, dst, size, pattern);
}

struct svk_desc svk_desc_compare(const void *a, const void *b, u64 size)
{
	return make_desc(SVK_OP_COMPARE, a, b, size, 0);
}

struct svk_desc svk_desc_crc32c(const void *src, u32 seed, u64 size)
{
	return make_desc(SVK_OP_CRC32C, src, NULL, size, seed);
}

struct svk_desc svk_desc_batch(const struct svk_desc *members, u64 count)
{
	return make_desc(SVK_OP_BATCH, members, NULL, count, 0);
}

void svk_queue_doorbell(const struct svk_queue *q, u32 tail)
{
	/* Descriptors before the doorbell: the device reads them once it rings. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*(volatile u32 *)((u8 *)q->portal + SVK_PORTAL_TAIL) = tail;
}

void svk_queue_submit_as_is(struct svk_queue *q, struct svk_desc desc)
{
	q->ring[q->tail % SVK_QUEUE_ENTRIES] = desc;
	svk_queue_doorbell(q, ++q->tail);
}

u32 svk_queue_submit(struct svk_queue *q, struct svk_desc desc)
{
	struct svk_cpl *cpl = &q->cpl[q->tail % SVK_QUEUE_ENTRIES];
	u32 ticket = q->tail;

	if (!(le32_to_cpu(desc.ctrl) & SVK_DESC_CPL_RECORD)) {
		memset(cpl, 0, sizeof(*cpl));
		desc.ctrl |= cpu_to_le32(SVK_DESC_CPL_RECORD);
		desc.cpl = cpu_to_le64((uintptr_t)cpl);
		desc.tag = cpu_to_le32(ticket);
	}
	svk_queue_submit_as_is(q, desc);
	return ticket;
}

int __svk_cpl_wait(const struct svk_cpl *cpl, int timeout_ms, struct svk_result *result)
{
	struct clock_wait wait = clock_wait_for(timeout_ms);
	u32 status;

	/* Pairs with the device's release: the rest of the record is read after. */
	while (!(status = le32_to_cpu(__atomic_load_n(&cpl->status, __ATOMIC_ACQUIRE)))) {
		if (!clock_wait_again(&wait))
			return -ETIMEDOUT;
	}
	*result = (struct svk_result){
		.status = status,
		.tag = le32_to_cpu(cpl->tag),
		.done = le64_to_cpu(cpl->done),
		.result = le64_to_cpu(cpl->result),
		.fault_addr = le64_to_cpu(cpl->fault_addr),
	};
	return 0;
}

struct svk_result svk_queue_wait(const struct svk_queue *q, u32 ticket)
{
	const volatile u32 *status = (void *)((u8 *)q->portal + SVK_PORTAL_STATUS);
	struct svk_result result;
	int ret;

	ret = __svk_cpl_wait(&q->cpl[ticket % SVK_QUEUE_ENTRIES], SVK_QUEUE_WAIT_MS, &result);
	REQUIRE(!ret, "descriptor %u did not complete within %d ms, queue status 0x%x", ticket,
		SVK_QUEUE_WAIT_MS, *status);
	REQUIRE_EQ(result.tag, ticket);
	return result;
}

struct svk_result svk_queue_run(struct svk_queue *q, struct svk_desc desc)
{
	return svk_queue_wait(q, svk_queue_submit(q, desc));
}

static void *page_of(const void *addr)
{
	return (void *)((uintptr_t)addr & ~(uintptr_t)(memory_page() - 1));
}

void svk_queue_submit_long(struct svk_queue *q, void *target, u64 size, struct svk_cpl *cpl)
{
	u32 i, count = (u32)svk_get(SVK_GLB_CAP_BATCH, svk_queue_info(q).cap);
	struct svk_desc *fills = memory_map(count * sizeof(*fills));
	const volatile u64 *first = target;
	struct svk_desc batch = svk_desc_batch(fills, count);
	u64 before;

	memory_populate(target, size);
	memory_populate(page_of(cpl), memory_page());
	before = *first;
	/* No fill leaves what is there now, nor what the one before it left. */
	for (i = 0; i < count; i++)
		fills[i] = svk_desc_fill(target, before + 1 + i, size);
	for (i = 0; i < SVK_QUEUE_ENTRIES - 1; i++)
		svk_queue_submit(q, batch);
	batch.ctrl |= cpu_to_le32(SVK_DESC_CPL_RECORD);
	batch.cpl = cpu_to_le64((uintptr_t)cpl);
	svk_queue_submit(q, batch);
	memory_wait_change(first, before);
	/* With all of the memory at hand it cannot have halted. */
	REQUIRE_EQ(svk_get(SVK_QCFG_STATUS_STATE, svk_queue_info(q).state), SVK_QSTATE_ENABLED);
}

u32 svk_queue_wait_state(const struct svk_queue *q, enum svk_queue_state state)
{
	struct clock_wait wait = clock_wait_for(SVK_QUEUE_WAIT_MS);
	struct svk_accel_info info;

	for (;;) {
		info = svk_queue_info(q);
		if (svk_get(SVK_QCFG_STATUS_STATE, info.state) == state)
			return info.state;
		REQUIRE(clock_wait_again(&wait), "queue status 0x%x, want state %d within %d ms",
			info.state, state, SVK_QUEUE_WAIT_MS);
	}
}

const char *svk_status_name(u32 status)
{
	/* clang-format off */
	static const char *const names[] = {
		[SVK_CPL_PENDING] = "PENDING",
		[SVK_CPL_OK] = "OK",
		[SVK_CPL_MISMATCH] = "MISMATCH",
		[SVK_CPL_FAULT_READ] = "FAULT_READ",
		[SVK_CPL_FAULT_WRITE] = "FAULT_WRITE",
		[SVK_CPL_BAD_OPCODE] = "BAD_OPCODE",
		[SVK_CPL_BAD_FLAGS] = "BAD_FLAGS",
		[SVK_CPL_BAD_SIZE] = "BAD_SIZE",
		[SVK_CPL_BAD_ADDR] = "BAD_ADDR",
		[SVK_CPL_ABORTED_BATCH] = "ABORTED_BATCH",
		[SVK_CPL_BUS_ERROR] = "BUS_ERROR",
	};
	/* clang-format on */

	return status < ARRAY_SIZE(names) ? names[status] : "an unknown status";
}

bool svk_check_status(struct ktap_site site, const char *what, struct svk_result res, u32 want)
{
	return ktap_check_true(site, res.status == want,
			       "%s: got %s, want %s (done %llu, fault address 0x%llx)", what,
			       svk_status_name(res.status), svk_status_name(want),
			       (unsigned long long)res.done, (unsigned long long)res.fault_addr);
}
