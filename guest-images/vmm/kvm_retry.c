// SPDX-License-Identifier: GPL-2.0
/*
 * A library that is loaded before L2's VMM: runs a vCPU again after an exit
 * that is a mistake of KVM's.
 *
 * KVM's svm_check_emulate_instruction() takes EXITINTINFO for an event in
 * flight when its type is set, whether or not its valid bit is. TCG's SVM
 * leaves the type of the last exception that the guest took by itself, so an
 * MMIO access soon after a page fault can end in KVM_INTERNAL_ERROR_DELIVERY_EV,
 * and the VMM stops the guest for good (docs/findings.md). Nothing has been
 * done for the access then: running the vCPU again makes it again, without an
 * exception before it.
 *
 * An error that comes again and again is real, and is passed on.
 */
#include <dlfcn.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_IN_A_ROW 16
/* Of include/uapi/linux/kvm.h, in case that the C library's copy is older. */
#define DELIVERY_EV 3

/* The page that a vCPU shares with its thread; each thread runs one. */
static __thread struct {
	int fd;
	struct kvm_run *run;
} vcpu = {.fd = -1};

static struct kvm_run *shared_page(int fd)
{
	void *page;

	if (vcpu.fd == fd)
		return vcpu.run;
	page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, fd, 0);
	vcpu.fd = fd;
	vcpu.run = page == MAP_FAILED ? NULL : page;
	return vcpu.run;
}

static int failed_by_mistake(int fd)
{
	const struct kvm_run *run = shared_page(fd);

	return run && run->exit_reason == KVM_EXIT_INTERNAL_ERROR &&
	       run->internal.suberror == DELIVERY_EV;
}

/* Once, so that whoever reads the VMM's output knows. */
static void tell(void)
{
	static int told;

	if (!__atomic_exchange_n(&told, 1, __ATOMIC_RELAXED))
		fputs("svakit: KVM took an access for one during an event: made again\n", stderr);
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int fd, unsigned long request, void *arg);
	int in_a_row, ret;
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "ioctl");
	ret = next(fd, request, arg);
	if (request != KVM_RUN)
		return ret;
	for (in_a_row = 0; !ret && failed_by_mistake(fd) && in_a_row < MAX_IN_A_ROW; in_a_row++) {
		tell();
		ret = next(fd, request, arg);
	}
	return ret;
}
