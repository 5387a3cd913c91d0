// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "machine.h"

static const char *const counter_names[SVK_LAB_COUNTERS] = {
	[SVK_LAB_QI_TOTAL] = "qi_total",
	[SVK_LAB_QI_CONTEXT] = "qi_context",
	[SVK_LAB_QI_IOTLB] = "qi_iotlb",
	[SVK_LAB_QI_DEVTLB] = "qi_devtlb",
	[SVK_LAB_QI_WAIT] = "qi_wait",
	[SVK_LAB_QI_PIOTLB] = "qi_piotlb",
	[SVK_LAB_QI_PASID] = "qi_pasid",
	[SVK_LAB_QI_PDEVTLB] = "qi_pdevtlb",
	[SVK_LAB_QI_OTHER] = "qi_other",
	[SVK_LAB_XLATE_REQ] = "xlate_req",
	[SVK_LAB_IOTLB_HIT] = "iotlb_hit",
	[SVK_LAB_IOTLB_MISS] = "iotlb_miss",
	[SVK_LAB_PASID_HIT] = "pasid_hit",
	[SVK_LAB_PASID_MISS] = "pasid_miss",
	[SVK_LAB_CONTEXT_HIT] = "context_hit",
	[SVK_LAB_CONTEXT_MISS] = "context_miss",
	[SVK_LAB_WALK_FS] = "walk_fs",
	[SVK_LAB_WALK_SS] = "walk_ss",
	[SVK_LAB_WALK_NESTED] = "walk_nested",
	[SVK_LAB_FAULT] = "fault",
	[SVK_LAB_ATC_HIT] = "atc_hit",
	[SVK_LAB_ATC_MISS] = "atc_miss",
	[SVK_LAB_ATC_DROPPED] = "atc_dropped",
	[SVK_LAB_IOTLB_DROPPED] = "iotlb_dropped",
	[SVK_LAB_DESC] = "desc",
	[SVK_LAB_BYTES] = "bytes",
	[SVK_LAB_IRQ] = "irq",
	[SVK_LAB_DOORBELL] = "doorbell",
	[SVK_LAB_BAD_ACCESS] = "bad_access",
};

void machine_init(struct machine *m, struct trace *trace)
{
	pthread_mutexattr_t attr;

	memset(m, 0, sizeof(*m));
	m->trace = trace;
	/* Held for microseconds at most: a short spin is cheaper than two futex calls. */
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP);
	pthread_mutex_init(&m->lock, &attr);
	pthread_mutexattr_destroy(&attr);
}

void machine_cleanup(struct machine *m)
{
	pthread_mutex_destroy(&m->lock);
}

const char *machine_counter_name(enum svk_lab_counter c)
{
	return counter_names[c];
}
