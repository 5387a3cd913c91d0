// SPDX-License-Identifier: GPL-2.0
/*
 * Reserved bits in descriptors and table entries. The unit refuses both, with
 * no more than a code; here is said which bits of what.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "oracle/oracle_internal.h"

void oracle_reserved_descriptor(struct oracle *o, const u64 *d, const u64 *bits)
{
	struct oracle_desc desc = {.q = {d[0], d[1]}, .at = clock_ns()};
	struct oracle_breach b = {.id = RULE_DESC_RESERVED, .desc = &desc};
	char text[ORACLE_DETAIL];
	int len = 0;

	/* The queue stops there, and goes on from there when software has cleared the error. */
	if (!memcmp(o->refused, d, sizeof(o->refused)))
		return;
	memcpy(o->refused, d, sizeof(o->refused));
	for (unsigned int i = 0; i < 4; i++) {
		if (bits[i])
			len += snprintf(text + len, sizeof(text) - (size_t)len,
					"%sbits 0x%" PRIx64 " of quadword %u (0x%" PRIx64 ")",
					len ? ", " : "", (uint64_t)bits[i], i, (uint64_t)d[i]);
	}
	b.detail = text;
	oracle_report_rule(o, &b);
}

static bool told_of(struct oracle *o, const struct vtd_malformed *m)
{
	struct oracle_bad *bad = o->bad;

	for (unsigned int i = 0; i < ORACLE_BAD; i++) {
		if (bad[i].at == m->at && bad[i].value == m->value)
			return true;
	}
	bad[o->bads++ % ORACLE_BAD] = (struct oracle_bad){.at = m->at, .value = m->value};
	return false;
}

void oracle_reserved_entry(struct oracle *o, const struct vtd_malformed *m)
{
	static const char *const names[] = {
		[SVK_TABLE_ROOT] = "root entry",
		[SVK_TABLE_CONTEXT] = "context entry",
		[SVK_TABLE_PASID_DIR] = "PASID directory entry",
		[SVK_TABLE_PASID] = "PASID table entry",
		[SVK_TABLE_FIRST_STAGE] = "first-stage entry",
		[SVK_TABLE_SECOND_STAGE] = "second-stage entry",
	};
	struct oracle_breach b = {.id = RULE_ENTRY_RESERVED};
	char text[ORACLE_DETAIL];

	/* Each request that needs it faults. */
	if (told_of(o, m))
		return;
	snprintf(text, sizeof(text),
		 "%02x:%02x.%x PASID %u, %s: bits 0x%" PRIx64 " of quadword %u at 0x%" PRIx64
		 " (0x%" PRIx64 ")",
		 m->sid >> 8, m->sid >> 3 & 0x1f, m->sid & 7, m->pasid, names[m->table],
		 (uint64_t)m->bits, m->quadword, (uint64_t)m->at, (uint64_t)m->value);
	b.detail = text;
	oracle_report_rule(o, &b);
}
