/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Assertions, and what a test says beside its result. Results are printed by the kernel's test
 * harness: harness.h, which test programs include instead of this.
 *
 * CHECK_x() fails the test and goes on, REQUIRE_x() fails it and ends it: use it where going on
 * makes no sense. Both hold in functions and processes that know nothing of the test.
 */
#ifndef SUITES_LIB_KTAP_H
#define SUITES_LIB_KTAP_H

#include <stdbool.h>

/* Exit statuses, as kselftest has them. */
#define KTAP_PASS 0
#define KTAP_FAIL 1
#define KTAP_XFAIL 2
#define KTAP_SKIP 4

/** ktap_skip_all() - Before any test: end the program as skipped. */
void ktap_skip_all(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/** ktap_diag() - Print one "# ..." line. */
void ktap_diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * ktap_expect_device_faults() - This test makes the device fault in a way that the kernel logs.
 * @why: for the reader of the output
 *
 * PID 1 then counts "DMAR: ... fault" lines in a note instead of failing the test; every other
 * defect in the kernel log still fails it.
 */
void ktap_expect_device_faults(const char *why);

/**
 * ktap_expect_invalidation_errors() - This test meets a unit that refuses a descriptor (IQE).
 * @why: for the reader of the output
 *
 * As ktap_expect_device_faults(), for "Invalidation Queue Error" that nobody has injected.
 */
void ktap_expect_invalidation_errors(const char *why);

/**
 * ktap_expect_kernel_warning() - The kernel has warned, and the test says why (XFAIL).
 * @text: what is in that record, and in no other: the function that warns
 */
void ktap_expect_kernel_warning(const char *text);

/** ktap_note() - Print a fact for the report: "# note @key value". */
void ktap_note(const char *key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * ktap_child() - Called first thing in a forked child.
 *
 * The child prints diagnostics, but no results: its failed assertions become
 * its exit status, which the parent asserts.
 */
void ktap_child(void);

/** ktap_child_status() - Return: exit status that tells of the assertions of this process. */
int ktap_child_status(void);

/**
 * struct ktap_site - Where an assertion stands.
 * @file: source file
 * @line: line in it
 * @fatal: REQUIRE rather than CHECK
 */
struct ktap_site {
	const char *file;
	int line;
	bool fatal;
};

/** ktap_check_eq() - Behind xxx_EQ(). Return: whether it holds. */
bool ktap_check_eq(struct ktap_site site, const char *what, long long got, long long want);

/** ktap_check_errno() - Behind xxx_ERRNO(): values are 0 or -errno. Return: whether it holds. */
bool ktap_check_errno(struct ktap_site site, const char *what, int got, int want);

/** ktap_check_true() - Behind xxx_TRUE(). Return: @ok. */
bool ktap_check_true(struct ktap_site site, bool ok, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* clang-format off */
#define KTAP_SITE(fatal_) ((struct ktap_site){__FILE__, __LINE__, fatal_})

#define CHECK_EQ(got, want) \
	ktap_check_eq(KTAP_SITE(false), #got, (long long)(got), (long long)(want))
#define REQUIRE_EQ(got, want) \
	ktap_check_eq(KTAP_SITE(true), #got, (long long)(got), (long long)(want))
#define CHECK_ERRNO(got, want) ktap_check_errno(KTAP_SITE(false), #got, got, want)
#define REQUIRE_ERRNO(got, want) ktap_check_errno(KTAP_SITE(true), #got, got, want)
/* The condition, then a format that says what was attempted and seen. */
#define CHECK(cond, ...) ktap_check_true(KTAP_SITE(false), cond, __VA_ARGS__)
#define REQUIRE(cond, ...) ktap_check_true(KTAP_SITE(true), cond, __VA_ARGS__)
/* clang-format on */

#endif /* SUITES_LIB_KTAP_H */
