// SPDX-License-Identifier: GPL-2.0
#include "kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ktap.h"

int kmsg_mark(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	REQUIRE(fd >= 0, "open /dev/kmsg: %s", strerror(errno));
	REQUIRE(lseek(fd, 0, SEEK_END) >= 0, "seek in /dev/kmsg: %s", strerror(errno));
	return fd;
}

bool kmsg_take(int fd, const char *one, const char *two)
{
	char record[8192];
	ssize_t len;

	for (;;) {
		len = read(fd, record, sizeof(record) - 1);
		/* Overwritten before it was read: the next one is at hand. */
		if (len < 0 && errno == EPIPE)
			continue;
		if (len < 0)
			return false;
		record[len] = '\0';
		if (strstr(record, one) && strstr(record, two))
			return true;
	}
}

void kmsg_say(const char *text)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	char line[256];
	int len = snprintf(line, sizeof(line), "<6>svakit: %s\n", text);

	REQUIRE(fd >= 0 && write(fd, line, (size_t)len) == len, "write to /dev/kmsg: %s",
		strerror(errno));
	close(fd);
}

unsigned int kmsg_count(const char *after, const char *text)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	unsigned int count = 0;
	char record[8192];
	ssize_t len;

	REQUIRE(fd >= 0, "open /dev/kmsg: %s", strerror(errno));
	while ((len = read(fd, record, sizeof(record) - 1)) >= 0 || errno == EPIPE) {
		record[len < 0 ? 0 : len] = '\0';
		if (strstr(record, after))
			count = 0;
		else if (strstr(record, text))
			count++;
	}
	close(fd);
	return count;
}
