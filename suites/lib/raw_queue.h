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

#endif /* SUITES_LIB_RAW_QUEUE_H */
