// SPDX-License-Identifier: GPL-2.0
#include "perf_event.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ktap.h"

#define SYSFS "/sys/bus/event_source/devices"
#define TEXT 256

/* First line of a file of the PMU. Return: 0 or -errno. */
static int read_line(const char *pmu, const char *folder, const char *file, char *text)
{
	char path[2 * TEXT];
	FILE *in;
	int ret = 0;

	snprintf(path, sizeof(path), SYSFS "/%s/%s%s", pmu, folder, file);
	in = fopen(path, "re");
	if (!in)
		return -errno;
	if (!fgets(text, TEXT, in))
		ret = -EIO;
	else
		text[strcspn(text, "\n")] = 0;
	fclose(in);
	return ret;
}

/* A field is "config1:16-31", or "config1:3"; some have several ranges, none of those here. */
static int set_field(const char *pmu, const char *name, u64 value, struct perf_event_attr *attr)
{
	__u64 *const words[] = {(__u64 *)&attr->config, (__u64 *)&attr->config1,
				(__u64 *)&attr->config2};
	char text[TEXT];
	unsigned long low, high;
	unsigned int word;
	char *at;

	if (read_line(pmu, "format/", name, text))
		return -ENOENT;
	if (strncmp(text, "config", 6) || strchr(text, ','))
		return -EINVAL;
	at = text + 6;
	word = *at == ':' ? 0 : (unsigned int)(*at++ - '0');
	if (word >= ARRAY_SIZE(words))
		return -EINVAL;
	if (*at != ':')
		return -EINVAL;
	low = strtoul(at + 1, &at, 10);
	high = *at == '-' ? strtoul(at + 1, &at, 10) : low;
	if (high < low || high > 63 || (high - low < 63 && value >> (high - low + 1)))
		return -ERANGE;
	*words[word] &= ~SVK_MASK(high, low);
	*words[word] |= value << low;
	return 0;
}

static int set_terms(const char *pmu, char *terms, bool from_event, struct perf_event_attr *attr);

static int set_term(const char *pmu, char *term, bool from_event, struct perf_event_attr *attr)
{
	char *value = strchr(term, '=');
	char event[TEXT];
	char *end;
	u64 number;

	if (strchr(term, '/'))
		return -EINVAL;
	if (!value && !from_event) {
		int ret = read_line(pmu, "events/", term, event);

		return ret ? -ENOENT : set_terms(pmu, event, true, attr);
	}
	if (!value)
		return set_field(pmu, term, 1, attr);
	*value++ = 0;
	errno = 0;
	number = strtoull(value, &end, 0);
	if (errno || end == value || *end)
		return -EINVAL;
	return set_field(pmu, term, number, attr);
}

/* An event of sysfs is itself a list of fields; it has no event in it. */
static int set_terms(const char *pmu, char *terms, bool from_event, struct perf_event_attr *attr)
{
	char *term;
	int ret = 0;

	while (!ret && (term = strsep(&terms, ",")))
		ret = *term ? set_term(pmu, term, from_event, attr) : -EINVAL;
	return ret;
}

int __perf_event_sysfs(const char *name, struct perf_event_attr *attr, int *cpu)
{
	const char *slash = strchr(name, '/');
	size_t len = strlen(name);
	char pmu[PERF_EVENT_PMU], terms[TEXT], text[TEXT];

	if (!slash || slash == name || (size_t)(slash - name) >= sizeof(pmu) ||
	    len - (size_t)(slash - name) >= sizeof(terms) || slash == name + len - 1 ||
	    name[len - 1] != '/')
		return -EINVAL;
	snprintf(pmu, sizeof(pmu), "%.*s", (int)(slash - name), name);
	snprintf(terms, sizeof(terms), "%.*s", (int)(name + len - 1 - slash - 1), slash + 1);
	if (read_line(pmu, "", "type", text))
		return -ENODEV;
	memset(attr, 0, sizeof(*attr));
	attr->type = (__u32)strtoul(text, NULL, 10);
	/* The first of "0" or "0-3". */
	*cpu = read_line(pmu, "", "cpumask", text) ? -1 : atoi(text);
	return set_terms(pmu, terms, false, attr);
}

int __perf_event_open(const struct perf_event_attr *attr, int cpu)
{
	struct perf_event_attr a = *attr;
	long fd;

	a.size = sizeof(a);
	a.disabled = 1;
	a.inherit = cpu < 0;
	a.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
	fd = syscall(SYS_perf_event_open, &a, cpu < 0 ? 0 : -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : (int)fd;
}

int perf_event_open_sysfs(const char *name)
{
	struct perf_event_attr attr;
	int cpu, fd;

	REQUIRE_ERRNO(__perf_event_sysfs(name, &attr, &cpu), 0);
	fd = __perf_event_open(&attr, cpu);
	REQUIRE(fd >= 0, "%s: %s", name, strerror(-fd));
	return fd;
}

void perf_event_start(int fd)
{
	REQUIRE_EQ(ioctl(fd, PERF_EVENT_IOC_ENABLE, 0), 0);
}

void perf_event_stop(int fd)
{
	REQUIRE_EQ(ioctl(fd, PERF_EVENT_IOC_DISABLE, 0), 0);
}

struct perf_count perf_event_read(int fd)
{
	struct perf_count count;

	REQUIRE_EQ(read(fd, &count, sizeof(count)), (ssize_t)sizeof(count));
	return count;
}

bool perf_event_unit(char pmu[PERF_EVENT_PMU])
{
	DIR *dir = opendir(SYSFS);
	const struct dirent *e;
	bool found = false;

	while (dir && !found && (e = readdir(dir))) {
		if (strncmp(e->d_name, "dmar", 4) || strlen(e->d_name) >= PERF_EVENT_PMU)
			continue;
		snprintf(pmu, PERF_EVENT_PMU, "%.*s", PERF_EVENT_PMU - 1, e->d_name);
		found = true;
	}
	if (dir)
		closedir(dir);
	return found;
}
