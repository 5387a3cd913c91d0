/* SPDX-License-Identifier: GPL-2.0 */
/* The merging of pages that are alike (KSM), hurried for a test. Root only; these assert. */
#ifndef SUITES_LIB_KSM_H
#define SUITES_LIB_KSM_H

#include "knob.h"

/**
 * struct ksm - What has been set, to be put back.
 * @run: whether it works
 * @pages: pages of one scan
 * @sleep: milliseconds between two scans
 * @smart: pages that could not be merged are left out for a while
 */
struct ksm {
	struct knob run;
	struct knob pages;
	struct knob sleep;
	struct knob smart;
};

/** ksm_require() - Skip the whole program unless the kernel merges pages. */
void ksm_require(void);

/** ksm_begin() - Let it work without a pause to speak of. */
void ksm_begin(struct ksm *k);

/** ksm_end() - Undo. */
void ksm_end(struct ksm *k);

/** ksm_scan() - Wait, with a deadline, until all memory has been scanned @scans times more. */
void ksm_scan(unsigned int scans);

/** ksm_merged() - Return: pages that are spared at the moment. */
u64 ksm_merged(void);

#endif /* SUITES_LIB_KSM_H */
