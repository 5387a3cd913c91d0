// SPDX-License-Identifier: GPL-2.0
/* The descriptors of the recent past. */
#include "clock.h"
#include "oracle/oracle_internal.h"

struct oracle_desc *oracle_history_add(struct oracle *o, const u64 *d, bool lost)
{
	struct oracle_desc *e = &o->history[o->descs++ % ORACLE_HISTORY];

	*e = (struct oracle_desc){
		.q = {vtd_as_executed(o->unit, d[0]), d[1]}, .at = clock_ns(), .lost = lost};
	return e;
}
