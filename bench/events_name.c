// SPDX-License-Identifier: GPL-2.0
/* What of events needs no kernel. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "events.h"

bool events_next(const char **list, char *name, size_t room)
{
	const char *from = *list;
	bool inside = false;
	size_t len;

	if (!from)
		return false;
	for (len = 0; from[len] && (inside || from[len] != ','); len++)
		inside ^= from[len] == '/';
	*list = from[len] ? from + len + 1 : NULL;
	if (!len || len >= room)
		return false;
	memcpy(name, from, len);
	name[len] = 0;
	return true;
}

void events_reason(int error, int paranoid, char *text, size_t room)
{
	switch (error) {
	case ENOENT:
	case EOPNOTSUPP:
	case ENXIO:
		snprintf(text, room, "no PMU in this machine");
		break;
	case ENODEV:
		snprintf(text, room, "no such PMU in this machine");
		break;
	case EACCES:
	case EPERM:
		snprintf(text, room, "not permitted, kernel.perf_event_paranoid is %d", paranoid);
		break;
	default:
		snprintf(text, room, "perf_event_open: %s", strerror(error));
		break;
	}
}
