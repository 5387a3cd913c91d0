// SPDX-License-Identifier: GPL-2.0
#include "ktap.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"
#include "subtest.h"

static struct {
	bool failed; /* an assertion of this process */
	bool child;
} ktap;

static void print_diag(const char *prefix, const char *fmt, va_list args)
{
	printf("# %s", prefix);
	vprintf(fmt, args);
	putchar('\n');
}

void ktap_skip_all(const char *fmt, ...)
{
	va_list args;

	printf("TAP version 13\n1..0 # SKIP ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	exit(KTAP_SKIP);
}

void ktap_diag(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_diag("", fmt, args);
	va_end(args);
}

void ktap_note(const char *key, const char *fmt, ...)
{
	va_list args;

	printf("# note %s ", key);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

void ktap_child(void)
{
	ktap.child = true;
	ktap.failed = false;
}

int ktap_child_status(void)
{
	return ktap.failed ? KTAP_FAIL : KTAP_PASS;
}

static void fail(struct ktap_site site)
{
	ktap.failed = true;
	if (subtest_fail(site.fatal) || !site.fatal)
		return;
	/* The end of the process would hide it. */
	oracle_settle();
	if (!ktap.child)
		printf("Bail out! failed before the first test\n");
	exit(KTAP_FAIL);
}

bool ktap_check_eq(struct ktap_site site, const char *what, long long got, long long want)
{
	if (got == want)
		return true;
	ktap_diag("%s:%d: %s%s: got %lld (0x%llx), want %lld (0x%llx)", site.file, site.line,
		  subtest_prefix(), what, got, got, want, want);
	fail(site);
	return false;
}

static const char *errno_name(int err)
{
	const char *name = err ? strerrorname_np(-err) : "success";

	return name ? name : "no errno";
}

bool ktap_check_errno(struct ktap_site site, const char *what, int got, int want)
{
	if (got == want)
		return true;
	ktap_diag("%s:%d: %s%s: got %s (%d), want %s (%d)", site.file, site.line, subtest_prefix(),
		  what, errno_name(got), got, errno_name(want), want);
	fail(site);
	return false;
}

bool ktap_check_true(struct ktap_site site, bool ok, const char *fmt, ...)
{
	char where[256];
	va_list args;

	if (ok)
		return true;
	snprintf(where, sizeof(where), "%s:%d: %s", site.file, site.line, subtest_prefix());
	va_start(args, fmt);
	print_diag(where, fmt, args);
	va_end(args);
	fail(site);
	return false;
}

void ktap_expect_device_faults(const char *why)
{
	ktap_diag("expect device_faults: %s", why);
}

void ktap_expect_invalidation_errors(const char *why)
{
	ktap_diag("expect invalidation_errors: %s", why);
}

void ktap_expect_kernel_warning(const char *text)
{
	ktap_diag("expect kernel_warning %s", text);
}
