/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The invalidation descriptors that this kernel queues, in their order, from
 * its tracepoint intel_iommu:qi_submit. What the hardware gets of a guest's
 * descriptors is another matter: see counts.h. Everything asserts; root only.
 */
#ifndef SUITES_LIB_QI_TRACE_H
#define SUITES_LIB_QI_TRACE_H

#include <stdbool.h>

#include <svakit/types.h>

/* More than any operation of a test leads to. */
#define QI_TRACE_MAX 4096

/**
 * struct qi_desc - A descriptor (6.5.2).
 * @qw: its quadwords
 * @at: when it was queued, nanoseconds of CLOCK_MONOTONIC, whole microseconds
 */
struct qi_desc {
	u64 qw[4];
	u64 at;
};

/**
 * struct qi_range - Addresses that a descriptor names.
 * @first: first byte
 * @last: last byte
 */
struct qi_range {
	u64 first;
	u64 last;
};

/** qi_trace_require() - Skip the whole program unless the kernel has the tracepoint. */
void qi_trace_require(void);

/** qi_trace_begin() - Record descriptors from now on, and forget those from before. */
void qi_trace_begin(void);

/**
 * qi_trace_read() - What has been recorded so far.
 *
 * Without the wait descriptors, which the tracepoint leaves out: each submission ends with one.
 *
 * Return: number of descriptors, at most QI_TRACE_MAX.
 */
unsigned int qi_trace_read(struct qi_desc desc[QI_TRACE_MAX]);

/**
 * qi_trace_wait() - Wait, with a deadline, until a descriptor is queued, executed or not.
 * @type: VTD_DESC_xxx
 * @pasid: its PASID
 *
 * Takes what it has seen out of the record. Needs neither the hardware nor another CPU.
 */
void qi_trace_wait(unsigned int type, u32 pasid);

/** qi_trace_end() - Stop recording. Return: as qi_trace_read(). */
unsigned int qi_trace_end(struct qi_desc desc[QI_TRACE_MAX]);
/** qi_trace_drop() - Stop recording, after qi_trace_wait(). */
void qi_trace_drop(void);

/** qi_type() - Return: VTD_DESC_xxx. */
unsigned int qi_type(const struct qi_desc *desc);
/** qi_pasid() - Return: PASID of a PIOTLB, PDEVTLB or PASID-cache descriptor. */
u32 qi_pasid(const struct qi_desc *desc);
/** qi_domain() - Return: domain of an IOTLB, PIOTLB or PASID-cache descriptor. */
u32 qi_domain(const struct qi_desc *desc);
/** qi_is() - Return: whether it is of type @type, and of PASID @pasid. */
bool qi_is(const struct qi_desc *desc, unsigned int type, u32 pasid);
/** qi_is_whole() - Return: whether a PIOTLB or PDEVTLB descriptor is of all addresses. */
bool qi_is_whole(const struct qi_desc *desc);
/** qi_range() - Return: addresses that a PIOTLB or PDEVTLB descriptor names. */
struct qi_range qi_range(const struct qi_desc *desc);
/** qi_covers() - Return: whether these are all of @addr up to @addr + @size. */
bool qi_covers(const struct qi_desc *desc, const void *addr, size_t size);

/** qi_show() - Print a descriptor, for a test that fails over it. */
void qi_show(const struct qi_desc *desc);

#endif /* SUITES_LIB_QI_TRACE_H */
