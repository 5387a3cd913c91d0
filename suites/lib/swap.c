// SPDX-License-Identifier: GPL-2.0
#include "swap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

#include "accel_device.h"
#include "ktap.h"
#include "memory.h"
#include "oracle.h"

#define DISK "/dev/zram0"
#define SYSFS "/sys/block/zram0/"
/* union swap_header, include/linux/swap.h */
#define HEADER_AT 1024
#define SIGNATURE "SWAPSPACE2"
#define SIGNATURE_SIZE 10

struct swap_header {
	u32 version;
	u32 last_page;
	u32 nr_badpages;
};

static bool on;

void swap_require(void)
{
	if (access(DISK, W_OK))
		ktap_skip_all("no %s: CONFIG_ZRAM=y, CONFIG_SWAP=y; modprobe zram", DISK);
}

/* What mkswap(8) writes. */
static void make_swap(size_t size)
{
	struct swap_header head = {
		.version = 1,
		.last_page = (u32)(size / memory_page() - 1),
	};
	u8 *page = memory_map(memory_page());
	int fd = open(DISK, O_WRONLY | O_CLOEXEC);

	memcpy(page + HEADER_AT, &head, sizeof(head));
	memcpy(page + memory_page() - SIGNATURE_SIZE, SIGNATURE, SIGNATURE_SIZE);
	REQUIRE(fd >= 0 && write(fd, page, memory_page()) == (ssize_t)memory_page() && !fsync(fd),
		"write to %s: %s", DISK, strerror(errno));
	close(fd);
	memory_unmap(page, memory_page());
}

/* Also of a program that was killed. Swap space that there is none is EINVAL. */
static void take_away(void)
{
	int ret = swapoff(DISK);

	CHECK(!ret || errno == EINVAL, "swapoff %s: %s", DISK, strerror(errno));
	oracle_settle();
	CHECK_ERRNO(__svk_write_file(SYSFS "reset", "1"), 0);
}

void swap_on(size_t size)
{
	char text[32];
	int ret;

	take_away();
	snprintf(text, sizeof(text), "%zu", size);
	REQUIRE_ERRNO(__svk_write_file(SYSFS "disksize", text), 0);
	make_swap(size);
	ret = swapon(DISK, 0);
	REQUIRE(!ret, "swapon %s: %s", DISK, strerror(errno));
	on = true;
}

void swap_off(void)
{
	if (on)
		take_away();
	on = false;
}

void swap_out(void *addr, size_t size)
{
	int ret = madvise(addr, size, MADV_PAGEOUT);

	REQUIRE(!ret, "MADV_PAGEOUT of %zu bytes at %p: %s", size, addr, strerror(errno));
	oracle_settle();
}
