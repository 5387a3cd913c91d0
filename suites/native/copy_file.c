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
#include "ktap.h"
#include "lab.h"
#include "memory.h"

static const void *map_file(const char *path, size_t *size)
{
	void *mem = MAP_FAILED;
	struct stat st;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) || !st.st_size)
		ktap_skip_all("%s cannot be read, or is empty: name another file", path);
	mem = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	REQUIRE(mem != MAP_FAILED, "mmap of %s: %s", path, strerror(errno));
	close(fd);
	*size = (size_t)st.st_size;
	return mem;
}

int main(int argc, char **argv)
{
	struct svk_result copy, crc;
	struct svk_queue q;
	struct svk_lab lab;
	const void *file;
	void *target;
	size_t size;
	u64 start;

	svk_require();
	if (argc != 2)
		ktap_skip_all("no file was named: copy_file FILE");
	file = map_file(argv[1], &size);

	ktap_start(3);
	lab = svk_lab_read();
	target = memory_map(size);
	svk_queue_open(&q);

	ktap_case("copy_completes");
	start = clock_us();
	copy = svk_queue_run(&q, svk_desc_copy(target, file, size));
	ktap_note("copy_us", "%llu", (unsigned long long)(clock_us() - start));
	ktap_note("bytes", "%zu", size);
	ktap_note("pasid", "%u", svk_queue_info(&q).pasid);
	REQUIRE_STATUS(copy, SVK_CPL_OK);
	CHECK_EQ(copy.done, size);

	ktap_case("bytes_are_those_of_the_file");
	CHECK_EQ(memory_diff(file, target, size), size);

	ktap_case("crc_by_device_is_crc_by_cpu");
	crc = svk_queue_run(&q, svk_desc_crc32c(target, 0, size));
	REQUIRE_STATUS(crc, SVK_CPL_OK);
	CHECK_EQ(crc.result, crc32c(0, file, size));

	svk_queue_close(&q);
	svk_lab_note(&lab);
	return ktap_finish();
}
