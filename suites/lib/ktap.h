/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Results in the dialect of KTAP that kselftest prints, and assertions.
 *
 *	ktap_start(2);
 *	ktap_case("copy_arrives");
 *	CHECK_EQ(done, size);
 *	ktap_case("copy_is_exact");
 *	...
 *	return ktap_finish();
 *
 * A case ends where the next one begins. CHECK_x() fails the test and goes on,
 * REQUIRE_x() fails it and ends the program: use it where going on makes no
 * sense. Names of cases are of [a-z0-9_] and never vary.
 */
#ifndef SUITES_LIB_KTAP_H
#define SUITES_LIB_KTAP_H

#include <stdbool.h>

/* Exit statuses, as kselftest has them. */
#define KTAP_PASS 0
#define KTAP_FAIL 1
#define KTAP_XFAIL 2
#define KTAP_SKIP 4

/**
 * ktap_start() - Print the header and the plan.
 * @cases: how many times ktap_case() will be called; a deviation is a failure
 */
void ktap_start(unsigned int cases);

/** ktap_case() - End the case before, begin case @name; @name is not copied. */
void ktap_case(const char *name);

/**
 * ktap_skip_case() - The current case cannot be tried here; one that failed before stays failed.
 * @reason: what is missing; not copied
 */
void ktap_skip_case(const char *reason);

/**
 * ktap_xfail_case() - The current case fails, for a reason that is known.
 * @reason: the reason, and where it is documented; not copied
 *
 * For a fact that the test has just seen, never for a version or a name: where
 * the reason is gone, the case passes or fails as any other, without a change
 * of the test. One that failed before stays failed.
 */
void ktap_xfail_case(const char *reason);

/**
 * ktap_finish() - End the last case, print the totals.
 *
 * Return: exit status: failed if any case did, else failed as expected if any
 * did so, else skipped if all were, else passed.
 */
int ktap_finish(void);

/** ktap_skip_all() - Before ktap_start(): end the program as skipped. */
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

/** ktap_note() - Print a fact for the report: "# note @key value". */
void ktap_note(const char *key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * ktap_child() - Called first thing in a forked child.
 *
 * The child prints diagnostics, but no results: its failed assertions become
 * its exit status, which the parent asserts.
 */
void ktap_child(void);

/** ktap_child_status() - Return: exit status that tells of the child's assertions. */
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
