// SPDX-License-Identifier: GPL-2.0
/* libpfm4 has a header of its own where the kernel has one; here is its side. */
#include <perfmon/pfmlib_perf_event.h>
#include <stdio.h>

#include "events.h"

bool events_encode(const char *name, struct event_code *code, char *why, size_t room)
{
	struct perf_event_attr attr = {.size = sizeof(attr)};
	pfm_perf_encode_arg_t arg = {.attr = &attr, .size = sizeof(arg)};
	int ret = pfm_initialize();

	if (ret == PFM_SUCCESS)
		ret = pfm_get_os_event_encoding(name, PFM_PLM0 | PFM_PLM3, PFM_OS_PERF_EVENT, &arg);
	if (ret == PFM_ERR_NOTFOUND)
		snprintf(why, room, "unknown name");
	else if (ret != PFM_SUCCESS)
		snprintf(why, room, "libpfm4: %s", pfm_strerror(ret));
	code->type = attr.type;
	code->config = attr.config;
	code->config1 = attr.config1;
	code->config2 = attr.config2;
	return ret == PFM_SUCCESS;
}
