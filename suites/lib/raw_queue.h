/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A queue that no process has, driven past the driver by root: what the device could still reach
 * through a PASID that is bound no more, or is somebody else's.
 */
#ifndef SUITES_LIB_RAW_QUEUE_H
#define SUITES_LIB_RAW_QUEUE_H

#include <svakit/accel_regs.h>

/**
 * svk_raw_fetch() - Let the selected accelerator fetch a descriptor, one that does nothing.
 * @pasid: of the request
 * @ring: a page; of which process is the PASID's matter
 *
 * Asserts that there is a queue that nobody has, and that the device comes to an end. A refusal is
 * logged by the kernel: ktap_expect_device_faults() first.
 *
 * Return: SVK_QERR_NONE if it could, SVK_QERR_RING_FAULT if it was refused, or SVK_QERR_CONFIG
 * where a mediated device has no such PASID.
 */
enum svk_queue_err svk_raw_fetch(u32 pasid, const void *ring);

/**
 * struct svk_raw_memory - Memory that the device is to reach without a PASID.
 * @mem: two pages, ring and record
 * @iova: where the device finds it
 */
struct svk_raw_memory {
	u8 *mem;
	u64 iova;
};

#define SVK_RAW_MEMORY 0x2000 /* bytes of it */

/**
 * svk_raw_run() - Let the selected accelerator execute a descriptor, without a PASID.
 * @m: ring and record; nobody else uses them
 * @desc: its addresses are those of the device
 *
 * Return: enum svk_status, or 0 if it could not reach ring or record.
 */
u32 svk_raw_run(const struct svk_raw_memory *m, struct svk_desc desc);

#endif /* SUITES_LIB_RAW_QUEUE_H */
