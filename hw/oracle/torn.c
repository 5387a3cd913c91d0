// SPDX-License-Identifier: GPL-2.0
/* An entry that was changed under a fetch: which pieces of it are of before, and which of after. */
#include <inttypes.h>
#include <stdio.h>

#include "oracle/oracle_internal.h"

#define PIECES(t) ((t)->quadwords / 2)

static int list(char *text, size_t size, const struct vtd_torn *t, unsigned int pieces)
{
	int len = 0;

	for (unsigned int i = 0; i < PIECES(t); i++) {
		if (pieces >> i & 1)
			len += snprintf(text + len, size - (size_t)len, " %u", i);
	}
	return len;
}

void oracle_torn(struct oracle *o, const struct vtd_torn *t)
{
	unsigned int first = 2 * (unsigned int)__builtin_ctz(t->after);
	struct oracle_breach b = {.id = RULE_TORN_CONTEXT};
	char text[ORACLE_DETAIL];
	size_t size = sizeof(text);
	int len;

	len = snprintf(text, size, "%02x:%02x.%x", t->sid >> 8, t->sid >> 3 & 0x1f, t->sid & 7);
	if (t->table == SVK_TABLE_PASID) {
		b.id = RULE_TORN_PASID;
		len += snprintf(text + len, size - (size_t)len, " PASID %u", t->pasid);
	}
	len += snprintf(text + len, size - (size_t)len,
			" at 0x%" PRIx64 ", pieces of before:", (uint64_t)t->at);
	len += list(text + len, size - (size_t)len, t, ~t->after);
	len += snprintf(text + len, size - (size_t)len, ", of after:");
	len += list(text + len, size - (size_t)len, t, t->after);
	len += snprintf(text + len, size - (size_t)len,
			" (quadwords %u and %u: 0x%" PRIx64 " 0x%" PRIx64 ", before 0x%" PRIx64
			" 0x%" PRIx64 ")",
			first, first + 1, (uint64_t)t->fetched[first],
			(uint64_t)t->fetched[first + 1], (uint64_t)t->before[first],
			(uint64_t)t->before[first + 1]);
	snprintf(text + len, size - (size_t)len, "; P is %s now", t->now[0] & 1 ? "set" : "clear");
	b.detail = text;
	oracle_report_rule(o, &b);
}
