// SPDX-License-Identifier: GPL-2.0
/*
 * The unit takes the first invalidation descriptor of a munmap() for invalid
 * (IQE, VT-d 6.5.2.10). Nothing may hang, and whatever the kernel does about
 * the descriptor, the device must not reach the pages once munmap() has
 * returned.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault.h"
#include "harness.h"
#include "memory.h"
#include "oracle.h"

#define PATTERN 0x4747474747474747ULL
/* One page, one flush. */
#define SIZE 4096
#define RESERVED_FIELD 6 /* IQEI, 11.4.9.9 */
#define LATE_US 20000

/* The same pages twice, so that they are never freed: what is written by mistake hits nobody. */
static u8 *map_twice(u8 **target)
{
	int fd = memfd_create("target", MFD_CLOEXEC);
	u8 *pages;

	REQUIRE(fd >= 0 && !ftruncate(fd, SIZE), "memfd of %d bytes", SIZE);
	pages = memory_map_fd(fd, SIZE);
	*target = memory_map_fd(fd, SIZE);
	close(fd);
	return pages;
}

/*
 * The kernel frees the slots of its submission while the waits in them are still to be
 * executed. One that writes its status between two steps of that stops the queue for good,
 * 256 descriptors later, in the test of somebody else (docs/findings.md). Late ones hit a
 * slot that nobody has.
 */
static void let_waits_be_late(struct fault_scene *s)
{
	struct inject_rule late = fault_rule(SVK_INJECT_WAIT_LATE, LATE_US);

	/* The copy, which takes the place of what was refused, and the wait itself. */
	late.count = 2;
	fault_arm_any(s, late);
}

FIXTURE(queue_error)
{
	struct fault_scene s;
};

FIXTURE_SETUP(queue_error)
{
	harness_begin(_metadata);
	ktap_expect_device_faults("a descriptor is taken for invalid");
	fault_begin(&self->s);
}

FIXTURE_TEARDOWN(queue_error)
{
	fault_end(&self->s);
	harness_end(_metadata);
}

TEST_F(queue_error, leaves_nothing_stale)
{
	u8 *pages, *target;
	bool wrote;
	u64 stale;

	oracle_pause();
	pages = map_twice(&target);
	harness_step("munmap_returns");
	CHECK_STATUS(svk_queue_run(&self->s.q, svk_desc_fill(target, PATTERN, SIZE)), SVK_CPL_OK);
	memset(pages, 0, SIZE);
	let_waits_be_late(&self->s);
	fault_arm(&self->s, fault_rule(SVK_INJECT_IQE, RESERVED_FIELD));
	memory_unmap(target, SIZE);
	CHECK_EQ(fault_struck(&self->s), 1);

	harness_step("device_has_forgotten_the_pages");
	stale = fault_stale();
	wrote = svk_queue_run(&self->s.q, svk_desc_fill(target, PATTERN, SIZE)).status ==
		SVK_CPL_OK;
	if (wrote) {
		CHECK(stale || !fault_has_oracle(),
		      "the device wrote, and the oracle has seen nothing");
		/* docs/findings.md */
		harness_xfail(_metadata,
			      "Linux drops the descriptor and goes on as if it had been executed");
	}
	CHECK_EQ(memory_diff_byte(pages, SIZE, 0), wrote ? 0 : SIZE);
	fault_note(&self->s, "%s, %llu entries stale after munmap",
		   wrote ? "dropped the descriptor" : "invalidated all the same",
		   (unsigned long long)stale);

	/* The PASID keeps what is stale until its entry is taken away. */
	svk_queue_close(&self->s.q);
	CHECK_EQ(fault_stale(), 0);
	oracle_resume();
	memory_unmap(pages, SIZE);
}

HARNESS_MAIN(fault_require)
