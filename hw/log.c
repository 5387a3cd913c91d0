// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <svakit/types.h>

#include "log.h"

#define LOG_LINE_MAX 1024
#define LOG_SITE_LIMIT 20

static const char *const level_names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARN] = "warn",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

#define LOG_LEVELS (ARRAY_SIZE(level_names))

static unsigned int log_level = LOG_INFO;
static int log_fd = STDERR_FILENO;

void log_set_level(enum log_level level)
{
	__atomic_store_n(&log_level, level, __ATOMIC_RELAXED);
}

int log_parse_level(const char *name)
{
	for (size_t i = 0; i < LOG_LEVELS; i++)
		if (!strcmp(name, level_names[i]))
			return i;
	return -EINVAL;
}

int log_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);

	if (fd < 0)
		return -errno;
	log_close();
	log_fd = fd;
	return 0;
}

void log_close(void)
{
	if (log_fd != STDERR_FILENO)
		close(log_fd);
	log_fd = STDERR_FILENO;
}

void log_print(enum log_level level, const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	size_t len;
	va_list ap;
	int n;

	if (level > __atomic_load_n(&log_level, __ATOMIC_RELAXED))
		return;

	len = snprintf(line, sizeof(line), "svahw: %s: ", level_names[level]);
	va_start(ap, fmt);
	n = vsnprintf(line + len, sizeof(line) - len - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	len += n;
	if (len > sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';

	/* One write a line keeps the lines of two threads apart; a full disk must not stop us. */
	while (write(log_fd, line, len) < 0 && errno == EINTR)
		;
}

int log_ratelimit(unsigned int *state)
{
	unsigned int seen = __atomic_load_n(state, __ATOMIC_RELAXED);

	/* Saturates, so that a counter that wraps does not let the flood through again. */
	if (seen > LOG_SITE_LIMIT)
		return 0;
	seen = __atomic_fetch_add(state, 1, __ATOMIC_RELAXED);
	if (seen < LOG_SITE_LIMIT)
		return 1;
	if (seen == LOG_SITE_LIMIT)
		log_warn("further messages like the last one are suppressed");
	return 0;
}
