/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A unit that the oracle watches, and a device with a real device-TLB behind
 * it. Helpers assert what they need, a failure ends the test.
 */
#ifndef HW_TESTS_ORACLE_FIXTURE_H
#define HW_TESTS_ORACLE_FIXTURE_H

#include <stdio.h>

#include "accel/atc.h"
#include "oracle/oracle.h"
#include "tests/vtd_fixture.h"

#define OC_SID VT_SID2
#define OC_PASID 5
#define OC_VA 0x7f0000000000ULL
#define OC_PAGE 0x200000ULL
/* Quadword 1 of a PASID-based device-TLB invalidation: every address. */
#define OC_EVERYTHING (SVK_MASK(62, 12) | VTD_PDEVTLB_S)

struct oc {
	struct vt *vt;
	struct oracle *o;
	struct atc atc;
	FILE *out;
	char *text;
	size_t len;
};

/* cmocka set-up and tear-down; *@state is the struct oc. */
int oc_setup(void **state);
int oc_teardown(void **state);

/** oc_rebuild() - Another unit, with changed capabilities as vt_rebuild() has it, and oracle. */
void oc_rebuild(struct oc *oc, const char *cap, const char *ecap);

/** oc_use() - An access of the device that its device-TLB does not serve. Return: the reason. */
int oc_use(struct oc *oc, u32 pasid, u64 addr, bool write);
/** oc_use_ats() - The device asks for a translation and keeps it. */
void oc_use_ats(struct oc *oc, u32 pasid, u64 addr);

/** oc_leaf() - Address of the 4 KiB leaf of the first stage, of a space from vt_simple_*(). */
u64 oc_leaf(struct oc *oc, u32 pasid, u64 addr);
/** oc_unmap() - Clear that leaf; no invalidation. */
void oc_unmap(struct oc *oc, u32 pasid, u64 addr);

/* Invalidations: the descriptors alone, no wait. */
void oc_flush_pasid_cache(struct oc *oc, u16 did, u32 pasid);
void oc_flush_iotlb(struct oc *oc, u16 did, u32 pasid);
/** oc_flush_page() - 2^@am pages of the IOTLB. */
void oc_flush_page(struct oc *oc, u16 did, u32 pasid, u64 addr, unsigned int am);
/** oc_flush_devtlb() - @range as in quadword 1. */
void oc_flush_devtlb(struct oc *oc, u16 sid, u32 pasid, u64 range);

/** oc_confirm() - A confirmed audit must bring so many new findings. */
void oc_confirm(struct oc *oc, u64 findings);
/** oc_told() - Return: all that has been reported, as JSON lines. */
const char *oc_told(struct oc *oc);
/** oc_expect() - The last line of it holds this text; its findings are as many as its lines. */
void oc_expect(struct oc *oc, const char *text);

#endif /* HW_TESTS_ORACLE_FIXTURE_H */
