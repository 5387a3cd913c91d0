// SPDX-License-Identifier: GPL-2.0
/*
 * The accelerator copies a file between two mappings of this process, by their
 * virtual addresses, and what arrives is the file.
 *
 * usage: copy_file FILE
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "clock.h"
#include "crc32c.h"
#include "harness.h"
#include "memory.h"

static const char *path;

FIXTURE(copy_file)
{
	struct svk_queue q;
	const void *file;
	size_t size;
	u8 *target;
};

static void map_file(FIXTURE_DATA(copy_file) *self)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *mem;

	REQUIRE(fd >= 0 && !fstat(fd, &st), "%s: %s", path, strerror(errno));
	self->size = (size_t)st.st_size;
	mem = mmap(NULL, self->size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	REQUIRE(mem != MAP_FAILED, "mmap of %s: %s", path, strerror(errno));
	close(fd);
	self->file = mem;
}

FIXTURE_SETUP(copy_file)
{
	harness_begin(_metadata);
	map_file(self);
	self->target = memory_map(self->size);
	svk_queue_open(&self->q);
	ktap_note("bytes", "%zu", self->size);
	ktap_note("pasid", "%u", svk_queue_info(&self->q).pasid);
}

FIXTURE_TEARDOWN(copy_file)
{
	svk_queue_close(&self->q);
	harness_end(_metadata);
}

TEST_F(copy_file, arrives_whole)
{
	struct svk_result copy, crc;
	u64 start = clock_us();

	copy = svk_queue_run(&self->q, svk_desc_copy(self->target, self->file, self->size));
	ktap_note("copy_us", "%llu", (unsigned long long)(clock_us() - start));
	REQUIRE_STATUS(copy, SVK_CPL_OK);
	CHECK_EQ(copy.done, self->size);

	harness_step("bytes_are_those_of_the_file");
	CHECK_EQ(memory_diff(self->file, self->target, self->size), self->size);

	harness_step("crc_by_device_is_crc_by_cpu");
	crc = svk_queue_run(&self->q, svk_desc_crc32c(self->target, 0, self->size));
	REQUIRE_STATUS(crc, SVK_CPL_OK);
	CHECK_EQ(crc.result, crc32c(0, self->file, self->size));
}

static void require(void)
{
	struct stat st;

	svk_require();
	path = harness_arg(0);
	if (!path)
		ktap_skip_all("no file was named: copy_file FILE");
	if (access(path, R_OK) || stat(path, &st) || !st.st_size)
		ktap_skip_all("%s cannot be read, or is empty: name another file", path);
}

HARNESS_MAIN(require)
