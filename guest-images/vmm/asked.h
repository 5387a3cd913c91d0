/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What L2's VMM has asked L1's kernel to invalidate: a ring in a file, which
 * asked.c writes in the VMM's process and PID 1 of L1 reads.
 */
#ifndef GUEST_IMAGES_VMM_ASKED_H
#define GUEST_IMAGES_VMM_ASKED_H

#include <svakit/types.h>

/* Environment of the VMM: the file; and calls to be swallowed, "SKIP,COUNT". */
#define ASKED_FILE "SVAKIT_ASKED"
#define ASKED_FORGET "SVAKIT_FORGET"

#define ASKED_RECORDS 8192
#define ASKED_NO_PASID 0xffffffffu
#define ASKED_NO_DEVICE 0xffffffffu

enum asked_what {
	ASKED_INVALIDATE, /* IOMMU_HWPT_INVALIDATE */
	ASKED_ATTACH, /* VFIO_DEVICE_ATTACH_IOMMUFD_PT */
	ASKED_DETACH, /* VFIO_DEVICE_DETACH_IOMMUFD_PT */
};

/**
 * struct asked_record - One request.
 * @seq: its number, from 1 on; written last, so that a record with another number is not complete
 * @at: ns of CLOCK_MONOTONIC, before the call
 * @addr: INVALIDATE: first byte
 * @npages: INVALIDATE: of 4 KiB; ~0: everything
 * @what: enum asked_what
 * @dev: n of /dev/vfio/devices/vfio<n>, ASKED_NO_DEVICE if that is not known
 * @pasid: as the VMM has it, ASKED_NO_PASID for requests without one
 * @error: errno of the call, 0 if it succeeded
 */
struct asked_record {
	u64 seq;
	u64 at;
	u64 addr;
	u64 npages;
	u32 what;
	u32 dev;
	u32 pasid;
	u32 error;
};

/** struct asked_log - The file; @next: records written so far. */
struct asked_log {
	u64 next;
	struct asked_record record[ASKED_RECORDS];
};

#endif /* GUEST_IMAGES_VMM_ASKED_H */
