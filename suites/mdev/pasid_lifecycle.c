// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a guest PASID on a mediated device: attached, its table replaced
 * idle and in flight, detached in flight, attached again. Each step shows in
 * the map, and none leaves the device with what it should not reach.
 */
#include <errno.h>
#include <string.h>

#include "harness.h"
#include "mdev.h"
#include "memory.h"
#include "vm.h"

#define PASID 21
#define OTHER_PASID 22
#define TARGET_VA 0x400000000000ULL
#define TARGET_SIZE (1ULL << 20)
#define PASID_REG (PASID | (u32)SVK_QCFG_PASID_VALID)

/**
 * struct rig - Two address spaces that have a queue's ring in common, each its own target.
 * @vm: VM
 * @uuid: device
 * @p: the spaces, @p[0] is attached first
 * @target: GPA of TARGET_VA in each
 * @q: queue
 */
struct rig {
	struct vm *vm;
	const char *uuid;
	struct vm_process p[2];
	u64 target[2];
	struct vaccel_queue q;
};

static void rig_init(struct rig *r)
{
	u64 batch_va;
	int i;

	vaccel_queue_init(&r->q, &r->vm->a, 1, VACCEL_RING_VA(1));
	/* In both spaces, so that the queue finds it whichever table it has. */
	batch_va = VACCEL_BATCH_VA(1);
	r->q.batch = guest_alloc(&r->vm->g, VACCEL_BATCH_SIZE);
	for (i = 0; i < 2; i++) {
		vm_process_init(&r->p[i], r->vm);
		guest_space_map(&r->p[i].s, r->q.va, r->q.gpa, VACCEL_RING_SIZE);
		guest_space_map(&r->p[i].s, batch_va, r->q.batch, VACCEL_BATCH_SIZE);
		r->target[i] = guest_space_alloc(&r->p[i].s, TARGET_VA, TARGET_SIZE);
	}
}

static void expect_row(const struct rig *r, const struct vm_process *p, u64 queues)
{
	struct mdev_map_row row;

	REQUIRE(mdev_map_find(r->uuid, PASID, &row), "no row of guest PASID %u", PASID);
	CHECK_EQ(row.hwpt, p->hwpt);
	CHECK_EQ(row.queues, queues);
	CHECK(!strcmp(row.parent, mdev_parent()), "parent %s", row.parent);
	CHECK(row.host_pasid && row.host_pasid != PASID, "host PASID %u", row.host_pasid);
}

static u32 pasids_used(void)
{
	struct mdev_vm_row row[2];

	REQUIRE_EQ(mdev_vms_read(row, ARRAY_SIZE(row)), 1);
	return row[0].used;
}

static void fill_reaches(struct rig *r, int to, u64 pattern)
{
	int other = !to;
	u8 *here = guest_at(&r->vm->g, r->target[to]);
	u8 *there = guest_at(&r->vm->g, r->target[other]);

	memset(here, 0, TARGET_SIZE);
	memset(there, 0, TARGET_SIZE);
	CHECK_STATUS(vaccel_queue_run(&r->q,
				      svk_desc_fill(vaccel_va(TARGET_VA), pattern, TARGET_SIZE)),
		     SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(here, TARGET_SIZE, (u8)pattern), TARGET_SIZE);
	CHECK_EQ(memory_diff_byte(there, TARGET_SIZE, 0), TARGET_SIZE);
}

static void attach_shows_in_the_map(struct rig *r)
{
	struct mdev_map_row row;

	harness_step("attach_shows_in_the_map");
	CHECK_EQ(pasids_used(), 0);
	CHECK(!mdev_map_find(r->uuid, PASID, &row), "a row before anything is attached");
	vm_process_attach(&r->p[0], r->vm, PASID);
	CHECK_EQ(pasids_used(), 1);
	expect_row(r, &r->p[0], 0);
	vaccel_queue_enable(&r->q, PASID_REG);
	expect_row(r, &r->p[0], SVK_BIT(1));
	fill_reaches(r, 0, 0x0101010101010101);
}

/* Under a queue that is enabled and has nothing to do: it notices nothing. */
static void replace_under_an_idle_queue(struct rig *r)
{
	u32 sent = vaccel_read32(&r->vm->a, (u32)SVK_LAB_PASID(1));

	harness_step("replace_under_an_idle_queue");
	vm_process_attach(&r->p[1], r->vm, PASID);
	CHECK_EQ(vaccel_queue_state(&r->q), SVK_QSTATE_ENABLED);
	CHECK_EQ(vaccel_read32(&r->vm->a, (u32)SVK_LAB_PASID(1)), sent);
	CHECK_EQ(pasids_used(), 1);
	expect_row(r, &r->p[1], SVK_BIT(1));
	fill_reaches(r, 1, 0x0202020202020202);
	vm_process_attach(&r->p[0], r->vm, PASID);
	fill_reaches(r, 0, 0x0303030303030303);
}

/*
 * Linux takes the old table out of the PASID entry before it puts the new one
 * in. Work in flight may hit the time between, and faults like any other that
 * has no table; never does it reach the old table after the call.
 */
static void replace_in_flight(struct rig *r)
{
	u32 status, state, err;

	harness_step("replace_in_flight");
	vaccel_queue_submit_long(&r->q, &r->p[0].s, TARGET_VA, r->target[0], TARGET_SIZE);
	vm_process_attach(&r->p[1], r->vm, PASID);
	vm_expect_unwritten(&r->vm->g, r->target[0], TARGET_SIZE);
	status = vaccel_queue_status(&r->q);
	state = (u32)svk_get(SVK_QCFG_STATUS_STATE, status);
	err = (u32)svk_get(SVK_QCFG_STATUS_ERR, status);
	ktap_note("queue_after_replace", "state %u error %u", state, err);
	if (state == SVK_QSTATE_ENABLED)
		vm_expect_written(&r->vm->g, r->target[1]);
	else
		CHECK(err == SVK_QERR_RING_FAULT || err == SVK_QERR_CPL_FAULT, "queue status 0x%x",
		      status);
	vaccel_queue_disable(&r->q);
	vaccel_write64(&r->vm->a, SVK_GLB_ERR, ~0ull);
	vaccel_queue_enable(&r->q, PASID_REG);
	fill_reaches(r, 1, 0x0404040404040404);
}

static void detach_in_flight(struct rig *r)
{
	struct mdev_map_row row;

	harness_step("detach_in_flight");
	vaccel_queue_submit_long(&r->q, &r->p[1].s, TARGET_VA, r->target[1], TARGET_SIZE);
	vfio_detach_pasid(&r->vm->a.v, PASID);
	vm_expect_unwritten(&r->vm->g, r->target[1], TARGET_SIZE);
	CHECK_EQ(vaccel_queue_wait_halt(&r->q), SVK_QERR_CONFIG);
	CHECK_EQ(vaccel_read64(&r->vm->a, SVK_GLB_ERR), SVK_BIT(1));
	vaccel_write64(&r->vm->a, SVK_GLB_ERR, SVK_BIT(1));
	CHECK_EQ(pasids_used(), 0);
	CHECK(!mdev_map_find(r->uuid, PASID, &row), "the row is still there");
	/* Rung or enabled, it stays where it is. */
	vaccel_queue_doorbell(&r->q, 1);
	vaccel_queue_disable(&r->q);
	__vaccel_queue_enable(&r->q, PASID_REG);
	CHECK_EQ(vaccel_queue_wait_halt(&r->q), SVK_QERR_CONFIG);
	vaccel_queue_disable(&r->q);
}

static void attach_again(struct rig *r)
{
	harness_step("attach_again");
	vm_process_attach(&r->p[0], r->vm, PASID);
	expect_row(r, &r->p[0], 0);
	vaccel_queue_enable(&r->q, PASID_REG);
	fill_reaches(r, 0, 0x0505050505050505);
}

/* VFIO's call says nothing of a PASID that has no table. */
static void detach_of_an_unknown_one(struct rig *r)
{
	harness_step("detach_of_an_unknown_one");
	CHECK_ERRNO(__vfio_detach_pasid(&r->vm->a.v, OTHER_PASID), 0);
	CHECK_ERRNO(__vfio_detach_pasid(&r->vm->a.v, 0), 0);
	CHECK_ERRNO(__vfio_detach_pasid(&r->vm->a.v, ~0u), 0);
	CHECK_ERRNO(__vfio_detach(&r->vm->a.v), 0);
	CHECK_EQ(pasids_used(), 1);
	fill_reaches(r, 0, 0x0606060606060606);
}

static void guest_pasids_have_20_bits(struct rig *r)
{
	static const u32 bad[] = {0, 1u << 20, 1u << 31, ~0u};
	const u32 last = (1u << 20) - 1;
	struct mdev_map_row row;
	size_t i;
	u32 pt;

	harness_step("guest_pasids_have_20_bits");
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		pt = r->p[1].hwpt;
		CHECK_ERRNO(__vfio_attach_pasid(&r->vm->a.v, bad[i], &pt), -EINVAL);
	}
	CHECK_EQ(pasids_used(), 1);
	vm_process_attach(&r->p[1], r->vm, last);
	CHECK(mdev_map_find(r->uuid, last, &row), "no row of guest PASID %u", last);
	vaccel_queue_disable(&r->q);
	vaccel_queue_enable(&r->q, last | (u32)SVK_QCFG_PASID_VALID);
	fill_reaches(r, 1, 0x0707070707070707);
}

FIXTURE(pasid)
{
	char uuid[MDEV_UUID_SIZE];
	struct vm vm;
	struct rig r;
};

FIXTURE_SETUP(pasid)
{
	harness_begin(_metadata);
	ktap_expect_device_faults("a table is replaced while the device works with it");
	mdev_uuid(1, self->uuid);
	mdev_create(2, self->uuid);
	vm_init(&self->vm, VM_RAM, __vfio_open_mdev(self->uuid));
	self->r.uuid = self->uuid;
	self->r.vm = &self->vm;
	rig_init(&self->r);
}

FIXTURE_TEARDOWN(pasid)
{
	vm_cleanup(&self->vm);
	/* Closing has returned everything. */
	mdev_expect_idle();
	mdev_remove(self->uuid);
	harness_end(_metadata);
}

TEST_F_TIMEOUT(pasid, is_attached_replaced_and_detached, 60)
{
	attach_shows_in_the_map(&self->r);
	replace_under_an_idle_queue(&self->r);
	replace_in_flight(&self->r);
	detach_in_flight(&self->r);
	attach_again(&self->r);
}

TEST_F(pasid, that_is_unknown_can_be_detached)
{
	attach_shows_in_the_map(&self->r);
	detach_of_an_unknown_one(&self->r);
}

TEST_F(pasid, has_20_bits)
{
	attach_shows_in_the_map(&self->r);
	guest_pasids_have_20_bits(&self->r);
}

HARNESS_MAIN(mdev_lend)
