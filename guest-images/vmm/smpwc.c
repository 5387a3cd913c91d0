// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU's vIOMMU walks guest tables coherently but does not advertise
 * ECAP.SMPWC, and Linux refuses SVA without it (drivers/iommu/intel/svm.c,
 * intel_svm_check()). Until a QEMU does, the bit is set in the paused VMM:
 * CAP and ECAP are read through the monitor, exactly as the guest would read
 * them, and every place where the VMM holds these two 64-bit values side by
 * side is changed (its state structure and its register file). Reading the
 * register again must then show the bit.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qmp.h"

#define ECAP_SMPWC (1ULL << 48)
/* Q35_HOST_BRIDGE_IOMMU_ADDR of QEMU, CAP at offset 8. */
#define READ_CAPS                                               \
	"{\"execute\":\"human-monitor-command\",\"arguments\":" \
	"{\"command-line\":\"xp /2gx 0xfed90008\"}}"
/* The guest's RAM is not searched; the VMM's own regions are far smaller. */
#define MAX_REGION (64UL << 20)
#define MAX_PLACES 8

static int read_caps(int qmp, uint64_t *cap, uint64_t *ecap)
{
	char reply[512];
	const char *colon;
	int rc = qmp_command(qmp, READ_CAPS, -1, reply, sizeof(reply));

	if (rc)
		return rc;
	/* {"return": "00000000fed90008: 0x... 0x...\r\n"} */
	colon = strstr(reply, "fed90008:");
	if (!colon || sscanf(colon, "fed90008: %" SCNx64 " %" SCNx64, cap, ecap) != 2)
		return -EPROTO;
	return *cap && *ecap && *cap != UINT64_MAX ? 0 : -ENODEV;
}

static int patch_region(int mem, uint64_t start, size_t len, const uint64_t want[2])
{
	uint64_t *words = malloc(len);
	uint64_t value = want[1] | ECAP_SMPWC;
	int places = 0;
	ssize_t n;

	if (!words)
		return 0;
	n = pread(mem, words, len, (off_t)start);
	for (ssize_t i = 0; i + 1 < n / 8; i++) {
		if (words[i] != want[0] || words[i + 1] != want[1])
			continue;
		if (pwrite(mem, &value, 8, (off_t)(start + 8 * ((uint64_t)i + 1))) == 8)
			places++;
	}
	free(words);
	return places;
}

static int patch_process(pid_t pid, const uint64_t want[2])
{
	char path[64], line[512];
	uint64_t lo, hi;
	int places = 0;
	FILE *maps;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	mem = open(path, O_RDWR | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	while (mem >= 0 && maps && fgets(line, sizeof(line), maps)) {
		char perm[5];

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &lo, &hi, perm) != 3 ||
		    strncmp(perm, "rw", 2) || hi - lo > MAX_REGION)
			continue;
		places += patch_region(mem, lo, hi - lo, want);
		/* Both are members of one structure, so of one region. */
		if (places)
			break;
	}
	if (maps)
		fclose(maps);
	if (mem >= 0)
		close(mem);
	return places;
}

int smpwc_apply(int qmp, pid_t vmm, char *note, size_t len)
{
	uint64_t want[2], cap, ecap;
	int rc = read_caps(qmp, &want[0], &want[1]);
	int places;

	if (rc) {
		snprintf(note, len, "failed: the vIOMMU's registers cannot be read (%s)",
			 strerror(-rc));
		return rc;
	}
	if (want[1] & ECAP_SMPWC) {
		snprintf(note, len, "present");
		return 0;
	}
	places = patch_process(vmm, want);
	rc = places && places <= MAX_PLACES ? read_caps(qmp, &cap, &ecap) : -ENOENT;
	if (rc || cap != want[0] || ecap != (want[1] | ECAP_SMPWC)) {
		snprintf(note, len, "failed: %d places hold CAP %#" PRIx64 " ECAP %#" PRIx64,
			 places, want[0], want[1]);
		return rc ? rc : -EIO;
	}
	snprintf(note, len, "set (ECAP %#" PRIx64 ", %d places)", ecap, places);
	return 0;
}
