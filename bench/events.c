// SPDX-License-Identifier: GPL-2.0
#include "events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench.h"
#include "options.h"
#include "perf_event.h"

#define NAME 64
#define WHY 96
#define UNIT_LIST 256

/**
 * struct event - An event that is wanted.
 * @fd: -1 if it cannot be counted
 * @exact: see events_exact()
 * @last: at events_start()
 */
struct event {
	char name[NAME];
	char why[WHY];
	int fd;
	bool exact;
	struct perf_count last;
};

static struct event events[EVENTS_MAX];
static unsigned int wanted;
static bool opened;
static char unit_list[UNIT_LIST];

void events_unit(const char *list)
{
	char pmu[PERF_EVENT_PMU], name[NAME];
	size_t len = 0;

	/* Of the whole machine, so root alone may. */
	if (geteuid() || !perf_event_unit(pmu))
		return;
	while (events_next(&list, name, sizeof(name)) && len < sizeof(unit_list))
		len += (size_t)snprintf(unit_list + len, sizeof(unit_list) - len, "%s%s/%s/",
					len ? "," : "", pmu, name);
}

static int paranoid(void)
{
	FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
	int level = 0;

	if (file && fscanf(file, "%d", &level) != 1)
		level = 0;
	if (file)
		fclose(file);
	return level;
}

/* What happens again if the same is done again, whatever else the machine does. */
static bool repeats(const struct perf_event_attr *attr)
{
	if (attr->type == PERF_TYPE_SOFTWARE)
		return attr->config == PERF_COUNT_SW_PAGE_FAULTS ||
		       attr->config == PERF_COUNT_SW_PAGE_FAULTS_MIN ||
		       attr->config == PERF_COUNT_SW_PAGE_FAULTS_MAJ;
	return false;
}

/* By libpfm4. Return: whether it knows the name. */
static bool encode(struct event *e, struct perf_event_attr *attr)
{
	struct event_code code;

	if (!events_encode(e->name, &code, e->why, sizeof(e->why)))
		return false;
	attr->type = code.type;
	attr->config = code.config;
	attr->config1 = code.config1;
	attr->config2 = code.config2;
	return true;
}

static bool describe(struct event *e, struct perf_event_attr *attr, int *cpu)
{
	int ret;

	if (!strchr(e->name, '/'))
		return encode(e, attr);
	ret = __perf_event_sysfs(e->name, attr, cpu);
	/* A device's counter knows nothing of what else goes on. */
	e->exact = *cpu >= 0;
	if (ret == -ENODEV)
		events_reason(-ret, 0, e->why, sizeof(e->why));
	else if (ret == -ENOENT)
		snprintf(e->why, sizeof(e->why), "unknown name");
	else if (ret)
		snprintf(e->why, sizeof(e->why), "%s", strerror(-ret));
	return !ret;
}

static void open_one(struct event *e)
{
	struct perf_event_attr attr = {0};
	int cpu = -1;

	e->fd = -1;
	if (!describe(e, &attr, &cpu))
		return;
	e->exact |= repeats(&attr);
	e->fd = __perf_event_open(&attr, cpu);
	if (e->fd >= 0)
		return;
	events_reason(-e->fd, paranoid(), e->why, sizeof(e->why));
	e->fd = -1;
}

void events_open(void)
{
	const char *list = options_events() ? options_events() : unit_list;

	if (opened || !*list)
		return;
	opened = true;
	while (wanted < EVENTS_MAX &&
	       events_next(&list, events[wanted].name, sizeof(events[wanted].name)))
		open_one(&events[wanted++]);
}

unsigned int events_count(void)
{
	return wanted;
}

bool events_any(void)
{
	unsigned int i;

	for (i = 0; i < wanted; i++) {
		if (events[i].fd >= 0)
			return true;
	}
	return false;
}

const char *events_name(unsigned int i)
{
	return events[i].name;
}

const char *events_why_not(unsigned int i)
{
	return events[i].fd < 0 ? events[i].why : NULL;
}

bool events_exact(unsigned int i)
{
	return events[i].exact;
}

void events_start(void)
{
	unsigned int i;

	for (i = 0; i < wanted; i++) {
		if (events[i].fd >= 0)
			events[i].last = perf_event_read(events[i].fd);
	}
	for (i = 0; i < wanted; i++) {
		if (events[i].fd >= 0)
			perf_event_start(events[i].fd);
	}
}

void events_stop(struct event_value *value)
{
	unsigned int i;

	memset(value, 0, EVENTS_MAX * sizeof(*value));
	for (i = wanted; i-- > 0;) {
		if (events[i].fd >= 0)
			perf_event_stop(events[i].fd);
	}
	for (i = 0; i < wanted; i++) {
		const struct perf_count *last = &events[i].last;
		struct perf_count now;

		if (events[i].fd < 0)
			continue;
		now = perf_event_read(events[i].fd);
		value[i].value = now.value - last->value;
		value[i].whole = now.running - last->running == now.enabled - last->enabled;
	}
}
