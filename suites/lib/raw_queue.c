// SPDX-License-Identifier: GPL-2.0
#include "raw_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "clock.h"
#include "ktap.h"

#define ENTRIES 2
#define WAIT_MS 10000

/* One for each BAR: mapped and unmapped together. */
struct raw {
	volatile u8 *regs;
	volatile u8 *portal;
	u32 base; /* of the queue's registers */
};

static volatile u8 *map_bar(const char *bar, size_t size, off_t off)
{
	const char *path = svk_pci_path(bar);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *mem;

	REQUIRE(fd >= 0, "open of %s: %s", path, strerror(errno));
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, off);
	REQUIRE(mem != MAP_FAILED, "mmap of %s: %s", path, strerror(errno));
	close(fd);
	return mem;
}

static volatile u32 *reg(const struct raw *r, u32 off)
{
	return (volatile u32 *)(r->regs + r->base + off);
}

static u32 state(const struct raw *r)
{
	return svk_get(SVK_QCFG_STATUS_STATE, *reg(r, SVK_QCFG_STATUS));
}

/* From the last one on: the driver gives the first free one. */
static void take_queue(struct raw *r)
{
	u32 queue;

	r->regs = map_bar("resource0", SVK_ACCEL_CTRL_SIZE, 0);
	queue = (u32)svk_get(SVK_GLB_CAP_QUEUES, *(volatile u64 *)(r->regs + SVK_GLB_CAP));
	while (queue--) {
		r->base = SVK_QCFG_BASE + queue * SVK_QCFG_STRIDE;
		if (state(r) == SVK_QSTATE_DISABLED) {
			r->portal =
				map_bar("resource2", SVK_ACCEL_PAGE, (off_t)queue * SVK_ACCEL_PAGE);
			return;
		}
	}
	REQUIRE(false, "every queue of the accelerator is in use");
}

static void give_queue(struct raw *r)
{
	struct clock_wait wait = clock_wait_for(WAIT_MS);

	*reg(r, SVK_QCFG_CTRL) = 0;
	while (state(r) != SVK_QSTATE_DISABLED && clock_wait_again(&wait))
		;
	CHECK_EQ(state(r), SVK_QSTATE_DISABLED);
	munmap((void *)(uintptr_t)r->regs, SVK_ACCEL_CTRL_SIZE);
	munmap((void *)(uintptr_t)r->portal, SVK_ACCEL_PAGE);
}

/* Returns when one descriptor has ended, or the queue has halted. */
static void start(struct raw *r, u64 ring, u32 pasid)
{
	struct clock_wait wait = clock_wait_for(WAIT_MS);

	*(volatile u64 *)reg(r, SVK_QCFG_RING) = ring;
	*reg(r, SVK_QCFG_SIZE) = ENTRIES;
	*reg(r, SVK_QCFG_PASID) = pasid;
	*reg(r, SVK_QCFG_VECTOR) = 0;
	*reg(r, SVK_QCFG_CTRL) = (u32)SVK_QCFG_CTRL_ENABLE;
	if (state(r) == SVK_QSTATE_ENABLED)
		*(volatile u32 *)(r->portal + SVK_PORTAL_TAIL) = 1;
	while (state(r) == SVK_QSTATE_ENABLED && !*reg(r, SVK_QCFG_HEAD) && clock_wait_again(&wait))
		;
	CHECK(*reg(r, SVK_QCFG_HEAD) || state(r) == SVK_QSTATE_HALTED,
	      "the device neither works nor halts: STATUS %#x", *reg(r, SVK_QCFG_STATUS));
}

enum svk_queue_err svk_raw_fetch(u32 pasid, const void *ring)
{
	enum svk_queue_err err;
	struct raw r = {};

	take_queue(&r);
	start(&r, (uintptr_t)ring, pasid | (u32)SVK_QCFG_PASID_VALID);
	err = (enum svk_queue_err)svk_get(SVK_QCFG_STATUS_ERR, *reg(&r, SVK_QCFG_STATUS));
	give_queue(&r);
	return err;
}

u32 svk_raw_run(const struct svk_raw_memory *m, struct svk_desc desc)
{
	struct svk_cpl *cpl = (struct svk_cpl *)(m->mem + SVK_RAW_MEMORY / 2);
	struct raw r = {};
	u32 status;

	desc.ctrl |= cpu_to_le32(SVK_DESC_CPL_RECORD);
	desc.cpl = cpu_to_le64(m->iova + SVK_RAW_MEMORY / 2);
	memset(cpl, 0, sizeof(*cpl));
	memcpy(m->mem, &desc, sizeof(desc));
	take_queue(&r);
	start(&r, m->iova, 0);
	status = le32_to_cpu(*(volatile u32 *)&cpl->status);
	give_queue(&r);
	return status;
}
