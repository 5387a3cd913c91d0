// SPDX-License-Identifier: GPL-2.0
#include "pci_config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ktap.h"

#define EXT_CAPS 0x100
#define CONFIG_SIZE 4096

u32 pci_config_read(const char *bdf, unsigned int off, size_t size)
{
	char path[PATH_MAX];
	u32 val = 0;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", bdf);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	REQUIRE(fd >= 0, "open of %s: %s", path, strerror(errno));
	REQUIRE(pread(fd, &val, size, off) == (ssize_t)size, "read of %s at %#x: %s", path, off,
		strerror(errno));
	close(fd);
	return val;
}

unsigned int pci_config_ext_cap(const char *bdf, u32 id)
{
	unsigned int off = EXT_CAPS;
	u32 header;

	for (int limit = CONFIG_SIZE / 8; off >= EXT_CAPS && limit; limit--) {
		header = pci_config_read(bdf, off, 4);
		if ((header & 0xffff) == id)
			return off;
		off = header >> 20;
	}
	return 0;
}
