// SPDX-License-Identifier: GPL-2.0
/*
 * 256 guest PASIDs over four mediated devices of one VM, all with a page of
 * their own at the same address: each device reaches, through each PASID, that
 * page and no other, and everything goes back.
 */
#include "harness.h"
#include "mdev.h"
#include "memory.h"
#include "vm.h"

#define DEVICES 4
#define PASIDS 64 /* of each device */
#define ALL (DEVICES * PASIDS)
#define VA 0x600000100000ULL /* near the rings: fewer tables */
#define RAM (32ULL << 20)

/** struct member - One guest PASID. */
struct member {
	struct guest_space s;
	u32 hwpt;
	u64 gpa;
};

static struct guest g;
static struct vaccel devices[DEVICES];
static struct vaccel_queue queues[DEVICES];
static struct member members[ALL];

static u64 pattern_of(u32 i)
{
	return 0x0101010101010101ULL * (i + 1) ^ 0x5a5a000000000000ULL;
}

static void attach_all(void)
{
	u32 i, parent = guest_parent(&g, devices[0].v.dev);

	harness_step("attach_all");
	for (i = 0; i < ALL; i++) {
		struct member *m = &members[i];
		const struct vaccel *a = &devices[i / PASIDS];
		const struct vaccel_queue *q = &queues[i / PASIDS];

		guest_space_init(&m->s, &g);
		guest_space_map(&m->s, q->va, q->gpa, VACCEL_RING_SIZE);
		m->gpa = guest_space_alloc(&m->s, VA, GUEST_PAGE);
		m->hwpt = guest_space_nest(&m->s, a->v.dev, parent);
		/* The same guest PASIDs on each device: the map is the device's. */
		vfio_attach_pasid(&a->v, i % PASIDS + 1, m->hwpt);
	}
}

static void host_pasids_are_all_different(void)
{
	static struct mdev_map_row rows[ALL];
	size_t i, j, nr = mdev_map_read(rows, ALL);
	struct mdev_vm_row vm[2];

	harness_step("host_pasids_are_all_different");
	CHECK_EQ(nr, ALL);
	for (i = 0; i < nr; i++) {
		CHECK(rows[i].host_pasid != rows[i].guest_pasid,
		      "guest PASID %u of %s has the same host PASID", rows[i].guest_pasid,
		      rows[i].uuid);
		for (j = 0; j < i; j++)
			CHECK(rows[i].host_pasid != rows[j].host_pasid,
			      "host PASID %u stands for two", rows[i].host_pasid);
	}
	REQUIRE_EQ(mdev_vms_read(vm, ARRAY_SIZE(vm)), 1);
	CHECK_EQ(vm[0].used, ALL);
}

static void write_through(u32 i)
{
	struct svk_desc fill = svk_desc_fill(vaccel_va(VA), pattern_of(i), GUEST_PAGE);
	struct vaccel_queue *q = &queues[i / PASIDS];

	vaccel_queue_enable(q, (i % PASIDS + 1) | (u32)SVK_QCFG_PASID_VALID);
	CHECK_STATUS(vaccel_queue_run(q, fill), SVK_CPL_OK);
	vaccel_queue_disable(q);
}

/* Return: pages that are not what the writes through members below @written made them. */
static u32 wrong_pages(u32 written)
{
	u32 i, wrong = 0;
	size_t word;

	for (i = 0; i < ALL; i++) {
		const u64 *page = guest_at(&g, members[i].gpa);
		u64 want = i < written ? pattern_of(i) : 0;

		for (word = 0; word < GUEST_PAGE / sizeof(*page) && page[word] == want; word++)
			;
		wrong += word < GUEST_PAGE / sizeof(*page);
	}
	return wrong;
}

static void each_reaches_its_own_page(void)
{
	u32 i;

	harness_step("each_reaches_its_own_page");
	for (i = 0; i < ALL; i++) {
		write_through(i);
		if (!CHECK_EQ(wrong_pages(i + 1), 0))
			break;
	}
}

FIXTURE(many)
{
	unsigned int before; /* queues that were free */
};

FIXTURE_SETUP(many)
{
	char uuid[MDEV_UUID_SIZE];
	u32 i;

	harness_begin(_metadata);
	self->before = mdev_available(1);
	guest_init(&g, RAM);
	guest_start(&g);
	for (i = 0; i < DEVICES; i++) {
		mdev_uuid(i, uuid);
		mdev_create(1, uuid);
		vaccel_open(&devices[i], &g, __vfio_open_mdev(uuid));
		vaccel_enable(&devices[i]);
		vaccel_queue_init(&queues[i], &devices[i], 0, VACCEL_RING_VA(0));
	}
}

/* All is returned. */
FIXTURE_TEARDOWN(many)
{
	char uuid[MDEV_UUID_SIZE];
	u32 i;

	for (i = 0; i < DEVICES; i++) {
		vaccel_close(&devices[i]);
		mdev_uuid(i, uuid);
		mdev_remove(uuid);
	}
	guest_cleanup(&g);
	mdev_expect_idle();
	CHECK_EQ(mdev_available(1), self->before);
	harness_end(_metadata);
}

TEST_F_TIMEOUT(many, pasids_reach_their_own_page, 60)
{
	attach_all();
	host_pasids_are_all_different();
	each_reaches_its_own_page();
}

HARNESS_MAIN(mdev_lend)
