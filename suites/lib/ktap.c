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
	unsigned int planned;
	unsigned int begun;
	unsigned int passed;
	unsigned int failed;
	unsigned int skipped;
	unsigned int xfailed;
	const char *name; /* of the current case, NULL between cases */
	bool failed_now;
	const char *skip_now; /* why the current case is skipped, or NULL */
	const char *xfail_now; /* why the current case fails as expected, or NULL */
	bool child;
} ktap;

static void print_diag(const char *prefix, const char *fmt, va_list args)
{
	printf("# %s", prefix);
	vprintf(fmt, args);
	putchar('\n');
}

static void end_case(void)
{
	if (!ktap.name)
		return;
	if (ktap.failed_now) {
		ktap.failed++;
		printf("not ok %u %s\n", ktap.begun, ktap.name);
	} else if (ktap.xfail_now) {
		ktap.xfailed++;
		printf("ok %u %s # XFAIL %s\n", ktap.begun, ktap.name, ktap.xfail_now);
	} else if (ktap.skip_now) {
		ktap.skipped++;
		printf("ok %u %s # SKIP %s\n", ktap.begun, ktap.name, ktap.skip_now);
	} else {
		ktap.passed++;
		printf("ok %u %s\n", ktap.begun, ktap.name);
	}
	ktap.name = NULL;
}

static void print_totals(void)
{
	printf("# Totals: pass:%u fail:%u xfail:%u xpass:0 skip:%u error:0\n", ktap.passed,
	       ktap.failed, ktap.xfailed, ktap.skipped);
}

void ktap_start(unsigned int cases)
{
	/* A line at a time, so that children and a killed program lose nothing. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	ktap.planned = cases;
	oracle_settle();
	printf("TAP version 13\n1..%u\n", cases);
}

void ktap_case(const char *name)
{
	end_case();
	oracle_settle();
	ktap.name = name;
	ktap.failed_now = false;
	ktap.skip_now = NULL;
	ktap.xfail_now = NULL;
	ktap.begun++;
}

int ktap_finish(void)
{
	bool planned;

	end_case();
	/* What is stale now will be flushed when the process ends. */
	oracle_settle();
	planned = ktap.begun == ktap.planned;
	if (!planned)
		ktap_diag("planned %u cases, ran %u", ktap.planned, ktap.begun);
	print_totals();
	if (ktap.failed || !planned || !ktap.begun)
		return KTAP_FAIL;
	if (ktap.xfailed)
		return KTAP_XFAIL;
	return ktap.passed ? KTAP_PASS : KTAP_SKIP;
}

void ktap_skip_case(const char *reason)
{
	ktap.skip_now = reason;
}

void ktap_xfail_case(const char *reason)
{
	ktap.xfail_now = reason;
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
	ktap.failed_now = false;
}

int ktap_child_status(void)
{
	return ktap.failed_now ? KTAP_FAIL : KTAP_PASS;
}

static void fail(struct ktap_site site)
{
	ktap.failed_now = true;
	if (subtest_fail(site.fatal) || !site.fatal)
		return;
	/* The end of the process would hide it. */
	oracle_settle();
	if (ktap.child)
		exit(KTAP_FAIL);
	if (!ktap.name) {
		printf("Bail out! failed before the first case\n");
		exit(KTAP_FAIL);
	}
	end_case();
	print_totals();
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
