// SPDX-License-Identifier: GPL-2.0
/* What a guest can know about the page requests of its devices. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <svakit/vtd_regs.h>

#include "ktap.h"
#include "prq.h"

#define UNITS "/sys/class/iommu/dmar*/intel-iommu/"

/* Return: the bits that a register, "cap" or "ecap", has set in any unit. */
static u64 unit_bits(const char *name)
{
	char pattern[64], text[32];
	u64 bits = 0;
	glob_t found;
	size_t i;

	snprintf(pattern, sizeof(pattern), UNITS "%s", name);
	if (glob(pattern, 0, NULL, &found))
		return 0;
	for (i = 0; i < found.gl_pathc; i++) {
		FILE *f = fopen(found.gl_pathv[i], "re");

		if (f && fgets(text, sizeof(text), f))
			bits |= strtoull(text, NULL, 16);
		if (f)
			fclose(f);
	}
	globfree(&found);
	return bits;
}

/* "25:  0  12  DMAR-MSI 2-edge  dmar0-prq": a count for each CPU. */
static u64 line_interrupts(const char *line)
{
	char *rest = strchr(line, ':');
	u64 sum = 0;
	char *end;

	for (rest = rest ? rest + 1 : NULL; rest; rest = end) {
		u64 count = strtoull(rest, &end, 10);

		if (end == rest)
			break;
		sum += count;
	}
	return sum;
}

u64 prq_interrupts(void)
{
	FILE *f = fopen("/proc/interrupts", "re");
	char line[1024];
	u64 sum = 0;

	REQUIRE(f, "/proc/interrupts cannot be read");
	while (fgets(line, sizeof(line), f)) {
		if (strstr(line, " dmar") && strstr(line, "-prq"))
			sum += line_interrupts(line);
	}
	fclose(f);
	return sum;
}

const char *prq_not_forwarded(const void *regs, const struct prq_count *before, u64 interrupts)
{
	struct prq_count since = prq_count_since(regs, before);

	ktap_diag("CAP.CM %d, ECAP.PRS %d, sent %llu, answered %llu, interrupts %llu",
		  !!(unit_bits("cap") & VTD_CAP_CM), !!(unit_bits("ecap") & VTD_ECAP_PRS),
		  (unsigned long long)since.sent, (unsigned long long)since.answered,
		  (unsigned long long)(prq_interrupts() - interrupts));
	if (!(unit_bits("cap") & VTD_CAP_CM))
		return NULL;
	if (!(unit_bits("ecap") & VTD_ECAP_PRS))
		return "the VMM's IOMMU offers its guest no page requests";
	if (since.sent && since.answered == since.sent && prq_interrupts() == interrupts)
		return "the VMM does not forward page requests to its guest";
	return NULL;
}
