// SPDX-License-Identifier: GPL-2.0
/*
 * A function is removed while a process is bound to it: its context entry goes, and with it the
 * whole of its PASID table, however many queues are open. Scanned again it has a new one, in which
 * there is nobody but who binds then.
 *
 * Would have caught 81e921fd3216 ("iommu/vt-d: Fix NULL domain on device release"), with which the
 * context entry of a removed function stays present.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"

#define TABLES "/sys/kernel/debug/iommu/intel/dmar_translation_struct"
#define TEXT_SIZE (1024 * 1024)
#define SIZE 4096

FIXTURE(release_live)
{
	struct svk_queue q;
	char name[16]; /* of the function, as the tables have it: without a domain */
	char *text;
	u8 *src;
	u8 *dst;
};

FIXTURE_SETUP(release_live)
{
	harness_begin(_metadata);
	snprintf(self->name, sizeof(self->name), "%s", strchr(svk_pci_address(), ':') + 1);
	self->text = memory_map(TEXT_SIZE);
	self->src = memory_map(SIZE);
	self->dst = memory_map(SIZE);
	memory_pattern(self->src, SIZE, 1);
	svk_queue_open(&self->q);
}

FIXTURE_TEARDOWN(release_live)
{
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

/* Return: how many lines of the kernel's tables are the function's, one for each PASID. */
static unsigned int entries(FIXTURE_DATA(release_live) *t)
{
	int fd = open(TABLES, O_RDONLY | O_CLOEXEC);
	unsigned int nr = 0;
	size_t len = 0;
	const char *at;
	ssize_t ret;

	REQUIRE(fd >= 0, "open %s: %s", TABLES, strerror(errno));
	while ((ret = read(fd, t->text + len, TEXT_SIZE - 1 - len)) > 0)
		len += (size_t)ret;
	REQUIRE(!ret, "read %s: %s", TABLES, strerror(errno));
	close(fd);
	t->text[len] = '\0';
	for (at = t->text; (at = strstr(at, t->name)); at++)
		nr++;
	return nr;
}

static void expect_dma(FIXTURE_DATA(release_live) *t)
{
	memset(t->dst, 0, SIZE);
	CHECK_STATUS(svk_queue_run(&t->q, svk_desc_copy(t->dst, t->src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(t->src, t->dst, SIZE), SIZE);
}

TEST_F(release_live, its_entries_are_gone)
{
	unsigned int bound = entries(self), unbound;

	expect_dma(self);
	svk_queue_close(&self->q);
	unbound = entries(self);
	/* that of the process comes and goes; those of the function itself stay */
	CHECK_EQ(bound, unbound + 1);
	CHECK(unbound, "no context entry of %s in %s", self->name, TABLES);

	svk_queue_open(&self->q);
	expect_dma(self);
	REQUIRE_ERRNO(__svk_write_file(svk_pci_path("remove"), "1"), 0);
	CHECK_EQ(entries(self), 0);

	REQUIRE_ERRNO(__svk_write_file("/sys/bus/pci/rescan", "1"), 0);
	REQUIRE_ERRNO(__svk_device_find(), 0);
	CHECK_EQ(entries(self), unbound);
	svk_queue_close(&self->q);
	svk_queue_open(&self->q);
	CHECK_EQ(entries(self), bound);
	expect_dma(self);
}

static void require(void)
{
	svk_require_root();
	if (access(TABLES, R_OK))
		ktap_skip_all("no %s: CONFIG_INTEL_IOMMU_DEBUGFS", TABLES);
}

HARNESS_MAIN(require)
