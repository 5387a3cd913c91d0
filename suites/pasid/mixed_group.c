// SPDX-License-Identifier: GPL-2.0
/*
 * A function with PASIDs and one without, in one IOMMU group: a process is bound to the first as if
 * it were alone, and the other one, which can send no PASID, gets no entry and keeps nobody from
 * anything.
 *
 * Would have caught the lack of b3f6fcd8404f ("iommu: Skip PASID validation for devices without
 * PASID capability"), without which binding is -EINVAL.
 *
 * Only where there is such a group: HW=--accel-bdf=00:06.0 --accel-bdf=00:06.1 --pasid-width=20,0.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"
#include "pci_config.h"
#include "pf.h"
#include "process.h"
#include "unit_tables.h"

#define DRIVER "svakit_accel"
#define PATTERN 0x4141414141414141ULL

FIXTURE(mixed_group)
{
	char mate[32]; /* the function without PASIDs */
	unsigned int entries; /* of the mate, before anything */
};

FIXTURE_SETUP(mixed_group)
{
	harness_begin(_metadata);
	snprintf(self->mate, sizeof(self->mate), "%s", pf_mate(svk_pci_address()));
	self->entries = unit_tables_count(self->mate);
}

FIXTURE_TEARDOWN(mixed_group)
{
	CHECK_EQ(unit_tables_count(self->mate), self->entries);
	harness_end(_metadata);
}

/* It works, and what is unmapped is out of reach. */
static void expect_works(struct svk_queue *q)
{
	u8 *mem = memory_map(memory_page());

	CHECK_STATUS(svk_queue_run(q, svk_desc_fill(mem, PATTERN, memory_page())), SVK_CPL_OK);
	CHECK_EQ(memory_diff_byte(mem, memory_page(), (u8)PATTERN), memory_page());
	memory_unmap(mem, memory_page());
	CHECK_STATUS(svk_queue_run(q, svk_desc_fill(mem, PATTERN, memory_page())),
		     SVK_CPL_FAULT_WRITE);
}

TEST_F(mixed_group, a_process_is_bound)
{
	struct unit_entry e;
	struct svk_queue q;
	u32 pasid;

	svk_queue_open(&q);
	pasid = svk_queue_info(&q).pasid;
	CHECK(unit_tables_find(pasid, &e), "PASID %u has no entry", pasid);
	CHECK_EQ(unit_tables_count(self->mate), self->entries);
	expect_works(&q);
	svk_queue_close(&q);
	CHECK(!unit_tables_find(pasid, &e), "PASID %u is bound to nobody, and has an entry", pasid);
}

static void other_main(struct process *parent, void *arg)
{
	struct svk_queue q;

	(void)arg;
	svk_queue_open(&q);
	process_tell(parent, svk_queue_info(&q).pasid);
	expect_works(&q);
	process_hear(parent);
	expect_works(&q);
	svk_queue_close(&q);
}

TEST_F(mixed_group, two_processes_are_bound)
{
	struct process child;
	struct svk_queue q;

	svk_queue_open(&q);
	process_start(&child, other_main, NULL);
	CHECK(process_hear(&child) != svk_queue_info(&q).pasid, "two processes have one PASID");
	expect_works(&q);
	svk_queue_close(&q);
	/* Detaching one is nothing to the other. */
	process_tell(&child, 1);
	process_end(&child);
}

static int bind_driver(const char *bdf)
{
	return __svk_write_file("/sys/bus/pci/drivers/" DRIVER "/bind", bdf);
}

/*
 * While somebody is bound to one function, the core gives no other one of the group to a driver
 * (iommu_device_use_default_domain()); at any other time the driver refuses it, which can have no
 * process. Neither is anything to those who are bound.
 */
TEST_F(mixed_group, the_other_one_is_refused)
{
	char driver[PF_DRIVER_SIZE];
	struct svk_queue q;

	svk_queue_open(&q);
	pf_driver(self->mate, driver);
	/* Scanning for a driver has one errno for all that goes wrong. */
	CHECK_ERRNO(__pf_move(self->mate, DRIVER), -EINVAL);
	CHECK_ERRNO(bind_driver(self->mate), -EBUSY);
	expect_works(&q);
	svk_queue_close(&q);
	CHECK_ERRNO(bind_driver(self->mate), -EOPNOTSUPP);
	CHECK_ERRNO(__pf_move(self->mate, driver), 0);
}

static void require(void)
{
	const char *bdf = getenv("SVAKIT_DEVICE"), *mate = bdf ? pf_mate(bdf) : NULL;

	if (!mate || !pci_config_ext_cap(bdf, PCI_CONFIG_PASID) ||
	    pci_config_ext_cap(mate, PCI_CONFIG_PASID))
		ktap_skip_all("no function without PASID in the group: HW='--accel-bdf=00:06.0 "
			      "--accel-bdf=00:06.1 --pasid-width=20,0'");
	unit_tables_require();
}

HARNESS_MAIN(require)
