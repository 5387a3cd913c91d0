// SPDX-License-Identifier: GPL-2.0
/* Events: one line, one write, so that lines of both guests never mix. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

#include "init.h"

#define EVENT_PORT "/dev/virtio-ports/svakit.events"

static int event_fd = -1;
static int event_level;

double uptime_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void events_init(int level)
{
	event_level = level;
	event_fd = open(EVENT_PORT, O_WRONLY | O_CLOEXEC);
	if (event_fd < 0)
		dprintf(STDERR_FILENO, "init: open %s: %s; events go to the console\n", EVENT_PORT,
			strerror(errno));
}

static void event_write(const char *line, size_t len)
{
	int fd = event_fd >= 0 ? event_fd : STDOUT_FILENO;

	while (len) {
		ssize_t n = write(fd, line, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		line += n;
		len -= (size_t)n;
	}
}

static void event_va(const char *fmt, va_list ap)
{
	char line[INIT_LINE];
	int head = snprintf(line, sizeof(line), "%d ", event_level);
	int n = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, fmt, ap);

	if (n < 0)
		return;
	n += head;
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	line[n] = '\n';
	event_write(line, (size_t)n + 1);
}

void event(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	event_va(fmt, ap);
	va_end(ap);
}

void event_stage(const char *name)
{
	event("stage %s %.3f", name, uptime_s());
}

void power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	/* Only if the machine cannot power off: a return from PID 1 is a panic, which is seen. */
	_exit(1);
}

void die(const char *fmt, ...)
{
	char text[INIT_LINE / 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	dprintf(STDERR_FILENO, "init: %s\n", text);
	event("line init: %s", text);
	event("verdict fail");
	power_off();
}
