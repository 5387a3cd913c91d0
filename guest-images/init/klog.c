// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's log and taint as part of a verdict. The list is that of
 * blktests' dmesg check and what intel-iommu, lockdep, KASAN and the hang
 * detectors print. With ATS a refused access to a page is answered to the device
 * and not logged; what is logged, a DMAR fault line, is a defect unless the
 * test says that it makes the device fault.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <svakit/accel_regs.h>
#include <svakit/types.h>

#include "init.h"

static const char *const defects[] = {
	"BUG:",
	"WARNING:",
	"Oops",
	"Kernel panic",
	"Call Trace:",
	"general protection fault",
	"Unable to handle kernel",
	"NULL pointer dereference",
	"blocked for more than",
	"soft lockup",
	"hard LOCKUP",
	"rcu: INFO:",
	"KASAN",
	"KCSAN",
	"UBSAN",
	"refcount_t:",
	"list_add corruption",
	"list_del corruption",
	"page allocation failure",
	"possible circular locking",
	"possible recursive locking",
	"inconsistent lock state",
	"suspicious RCU usage",
	"sleeping function called from invalid context",
	"Page request in Privilege Mode",
	"kmemleak:",
};

static const char *const device_faults[] = {
	"DMAR: DRHD: handling fault",
	"DMAR: [DMA",
};

/* Errors of the hardware: a defect, too, unless the model has been told to bring them about. */
static const struct hardware_error {
	const char *text;
	enum svk_inject kind;
} hardware_errors[] = {
	{"Invalidation Queue Error", SVK_INJECT_IQE},
	{"Invalidation Time-out", SVK_INJECT_ITE},
	/* What is gone does not answer either. */
	{"Invalidation Time-out", SVK_INJECT_REMOVE},
};

/* What a kernel says of kmemleak without there being a leak. */
static const char *const harmless[] = {
	"kmemleak: Kernel memory leak detector initialized",
	"kmemleak: Automatic memory scanning thread",
	/* It does without; suites/uapi/fail_nth.c lets that one fail, too. */
	"kmemleak: Cannot allocate a scan area",
};

/* Machine check, bad page, died, warned, lock-up: admin-guide/tainted-kernels.rst. */
#define TAINT_DEFECT ((1UL << 4) | (1UL << 5) | (1UL << 7) | (1UL << 9) | (1UL << 14))

#define TAINT_WARNED (1UL << 9)

#define KMEMLEAK "/sys/kernel/debug/kmemleak"

static int kmsg = -1;
static unsigned long taint_seen;
/* Of klog_excuse(), and whether there was one of them: then its call trace is no defect either. */
static char excused_text[8][64];
static unsigned int excused_nr;
static bool excused_seen;

static unsigned long read_taint(void)
{
	char text[32];

	if (file_read("/proc/sys/kernel/tainted", text, sizeof(text)) < 0)
		return 0;
	return strtoul(text, NULL, 10);
}

static bool contains_any(const char *text, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strstr(text, list[i]))
			return true;
	}
	return false;
}

/* Whether a record tells of one; @excused: of one that has been injected. */
static bool is_hardware_error(const char *text, bool *excused)
{
	bool is = false;

	*excused = false;
	for (size_t i = 0; i < ARRAY_SIZE(hardware_errors); i++) {
		if (!strstr(text, hardware_errors[i].text))
			continue;
		is = true;
		*excused |= injected(hardware_errors[i].kind);
	}
	return is;
}

static bool is_excused(const char *text)
{
	bool warns = strstr(text, "WARNING:");

	for (unsigned int i = 0; warns && i < excused_nr; i++) {
		if (!strstr(text, excused_text[i]))
			continue;
		excused_seen = true;
		return true;
	}
	return excused_seen && strstr(text, "Call Trace:");
}

static bool is_defect(const char *text)
{
	return contains_any(text, defects, ARRAY_SIZE(defects)) &&
	       !contains_any(text, harmless, ARRAY_SIZE(harmless)) && !is_excused(text);
}

/* Return: the next record, or NULL at the end. One that was overwritten is passed over. */
static const char *next_record(char *buf, size_t len)
{
	for (;;) {
		ssize_t n = read(kmsg, buf, len - 1);
		char *text;

		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n <= 0)
			return NULL;
		buf[n] = '\0';
		text = strchr(buf, ';');
		if (!text)
			continue;
		text[strcspn(text, "\n")] = '\0';
		return text + 1;
	}
}

static bool is_device_fault(const char *text)
{
	return contains_any(text, device_faults, ARRAY_SIZE(device_faults));
}

/* Whether the kernel, or the device, did what it should not; counts errors of the hardware. */
static bool is_to_blame(const char *text, enum klog_flags flags, unsigned int *errors)
{
	bool excused;

	if (is_device_fault(text))
		return !(flags & KLOG_FAULTS_EXPECTED);
	if (!is_hardware_error(text, &excused))
		return is_defect(text);
	*errors += 1;
	return !excused && !(flags & KLOG_ERRORS_EXPECTED);
}

void klog_init(void)
{
	/* From the beginning: what boot logged is checked with the first marker. */
	kmsg = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0)
		die("open /dev/kmsg: %s (CONFIG_PRINTK=y is needed)", strerror(errno));
	taint_seen = 0;
}

void klog_mark(const char *name)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "<6>svakit: begin %s\n", name);

	if (write(kmsg, line, (size_t)n) != n)
		die("write to /dev/kmsg: %s", strerror(errno));
}

void klog_excuse(const char *text)
{
	if (excused_nr < ARRAY_SIZE(excused_text))
		snprintf(excused_text[excused_nr++], sizeof(excused_text[0]), "%s", text);
}

static unsigned int check_leaks(const char *name)
{
	static char text[16384];
	unsigned int found = 0;
	char *rest = text;
	char *line;

	/* An object is reported from its second scan on. */
	if (file_write(KMEMLEAK, "scan") || file_write(KMEMLEAK, "scan") ||
	    file_read(KMEMLEAK, text, sizeof(text)) <= 0)
		return 0;
	while ((line = strsep(&rest, "\n"))) {
		found += !strncmp(line, "unreferenced object", 19);
		event("dmesg %s kmemleak: %s", name, line);
	}
	return found;
}

unsigned int klog_check(const char *name, enum klog_flags flags)
{
	unsigned long taint = read_taint() & TAINT_DEFECT;
	unsigned int found = 0, faults = 0, errors = 0;
	char buf[8192];
	const char *text;

	while ((text = next_record(buf, sizeof(buf)))) {
		faults += is_device_fault(text);
		if (!is_to_blame(text, flags, &errors))
			continue;
		event("dmesg %s %s", name, text);
		found++;
	}
	if (excused_seen)
		taint_seen |= TAINT_WARNED;
	if (taint & ~taint_seen) {
		event("dmesg %s kernel tainted: %#lx", name, taint & ~taint_seen);
		found++;
	}
	taint_seen |= taint;
	excused_nr = 0;
	excused_seen = false;
	if (faults)
		event("note dmar_fault_lines %u", faults);
	if (errors)
		event("note invalidation_errors %u", errors);
	if (flags & KLOG_LEAKS)
		found += check_leaks(name);
	return found;
}
