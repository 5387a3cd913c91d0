// SPDX-License-Identifier: GPL-2.0
/*
 * A bound device walks the kernel's half of the page tables, too, and may have
 * cached where its tables are: when the kernel frees one of them, every PASID
 * has to forget it first. The test makes the kernel free some: it maps
 * kernel memory in small pages, frees it, and maps huge pages there instead.
 *
 * Would have caught what 72f98ef9a4be ("iommu: disable SVA when CONFIG_X86 is
 * set") was a stopgap for: the table was freed while the hardware still knew it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "clock.h"
#include "counts.h"
#include "fault_unit.h"
#include "harness.h"
#include "kmsg.h"
#include "oracle.h"
#include "process.h"
#include "qi_trace.h"

/* As large as the table of that many file descriptors. */
#define BUFFER (8UL << 20)
#define DESCRIPTORS (1UL << 20)
/* Kernel addresses are used again only when enough are free: 32 MiB, twice that, ... by CPUs. */
#define BUFFERS 40
#define WAIT_MS 5000
/* Where the kernel has its vmalloc area, with 4 levels. */
#define KERNEL_VA ((void *)0xffffc90000000000UL)
#define VMALLOC_SIZE (32UL << 40)

FIXTURE(kernel_tables)
{
	struct svk_queue q;
	u32 pasid;
	struct qi_desc desc[QI_TRACE_MAX];
};

FIXTURE_SETUP(kernel_tables)
{
	harness_begin(_metadata);
	svk_queue_open(&self->q);
	self->pasid = svk_queue_info(&self->q).pasid;
	REQUIRE_STATUS(svk_queue_run(&self->q, svk_desc_nop()), SVK_CPL_OK);
}

FIXTURE_TEARDOWN(kernel_tables)
{
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

/* finit_module() reads a file into kernel memory of small pages, then sees what it is not. */
static void use_small_pages(void)
{
	int fd = memfd_create("no_module", MFD_CLOEXEC), file;
	unsigned int i;
	char path[64];

	REQUIRE(fd >= 0 && !ftruncate(fd, BUFFER), "memfd of %lu bytes: %s", BUFFER,
		strerror(errno));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	file = open(path, O_RDONLY | O_CLOEXEC);
	REQUIRE(file >= 0, "open %s: %s", path, strerror(errno));
	close(fd); /* nobody may have it open for writing */
	for (i = 0; i < BUFFERS; i++)
		REQUIRE(syscall(SYS_finit_module, file, "", 0) && errno == ENOEXEC,
			"finit_module: %s", strerror(errno));
	close(file);
}

/* A table of so many file descriptors is kernel memory of huge pages. */
static void use_huge_pages(struct process *parent, void *arg)
{
	struct rlimit limit = {DESCRIPTORS, DESCRIPTORS};

	(void)parent;
	(void)arg;
	REQUIRE(!setrlimit(RLIMIT_NOFILE, &limit), "RLIMIT_NOFILE: %s", strerror(errno));
	REQUIRE(dup2(0, DESCRIPTORS - 1) >= 0, "dup2: %s", strerror(errno));
}

/* Return: whether @first, then @second, have been queued for the kernel's addresses. */
static bool told(FIXTURE_DATA(kernel_tables) *t, unsigned int first, unsigned int second)
{
	unsigned int i, n = qi_trace_read(t->desc), wanted = first;

	for (i = 0; i < n; i++) {
		if (!qi_is(&t->desc[i], wanted, t->pasid) ||
		    !qi_covers(&t->desc[i], KERNEL_VA, VMALLOC_SIZE))
			continue;
		if (wanted == second)
			return true;
		wanted = second;
	}
	return false;
}

TEST_F_TIMEOUT(kernel_tables, are_forgotten_before_they_are_freed, 40)
{
	struct clock_wait wait = clock_wait_for(WAIT_MS);
	int log = kmsg_mark();
	struct process child;
	u64 executed;

	executed = counts_read(SVK_LAB_QI_PIOTLB);
	qi_trace_begin();
	use_small_pages();
	process_start(&child, use_huge_pages, NULL);
	process_end(&child);
	/* A worker of the kernel does it. */
	while (!told(self, VTD_DESC_PIOTLB, VTD_DESC_PDEVTLB))
		REQUIRE(clock_wait_again(&wait),
			"no invalidation of the kernel's addresses for PASID %u", self->pasid);
	qi_trace_end(self->desc);
	if (!fault_unit_here() && kmsg_take(log, "Invalidation Queue Error", "")) {
		ktap_expect_invalidation_errors("the unit refuses an address mask");
		harness_xfail(_metadata, "the VMM's unit refuses the invalidation (IQE), "
					 "docs/findings.md");
		return;
	}
	CHECK(counts_read(SVK_LAB_QI_PIOTLB) > executed, "the hardware has seen none");
}

static void require(void)
{
	oracle_require();
	qi_trace_require();
}

HARNESS_MAIN(require)
