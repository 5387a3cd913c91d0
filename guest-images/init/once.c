// SPDX-License-Identifier: GPL-2.0
/*
 * The next guest takes each interrupt once.
 *
 * TCG's VMRUN leaves the vector of an interrupt that it has injected where an
 * exception waits, and delivers it a second time if the vCPU has to leave its
 * loop before the next exit or exception; whether the guest has interrupts
 * off or not (docs/findings.md). An interrupt for the host which is pending at
 * that VMRUN closes the gap: it ends the guest's run before its first
 * instruction, and an exit forgets the vector.
 *
 * So a perf event on the tracepoint kvm:kvm_entry, where interrupts are off,
 * counts the entries that inject an event. Its overflow, at each, raises an
 * interrupt on the same CPU (irq_work), because somebody could want a signal.
 * perf throttles only what overflows more than once at a time.
 */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init.h"

#define KVM_ENTRY "/sys/kernel/tracing/events/kvm/kvm_entry/"
/* SVM_EVTINJ_VALID; exceptions come out right anyway, and lose nothing but time. */
#define INJECTS "intr_info & 0x80000000"

/* Leaf 0x40000000 names who emulates or runs this machine. */
static bool on_tcg(void)
{
	unsigned int eax, text[4] = {0};

	__cpuid(0x40000000, eax, text[0], text[1], text[2]);
	return eax >= 0x40000000 && !strcmp((const char *)text, "TCGTCGTCGTCG");
}

static int open_on(int cpu, unsigned long long id)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = id,
		.sample_period = 1,
		.disabled = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return -errno;
	/* Nobody owns the signal: it is the interrupt that is wanted. */
	if (ioctl(fd, PERF_EVENT_IOC_SET_FILTER, INJECTS) || fcntl(fd, F_SETFL, O_ASYNC) ||
	    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0)) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return 0;
}

void once_start(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	char id[32];
	int rc = 0;

	if (!on_tcg())
		return;
	if (file_read(KVM_ENTRY "id", id, sizeof(id)) < 0)
		rc = -ENOENT;
	for (int cpu = 0; !rc && cpu < cpus; cpu++)
		rc = open_on(cpu, strtoull(id, NULL, 10));
	if (rc)
		event("line init: the next guest may take an interrupt twice (docs/findings.md): "
		      "%s",
		      strerror(-rc));
}
