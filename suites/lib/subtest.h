/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What of the kernel's test harness the library knows: the test that runs now,
 * so that an assertion anywhere in it finds its result. Programs include
 * harness.h; this is for the library.
 */
#ifndef SUITES_LIB_SUBTEST_H
#define SUITES_LIB_SUBTEST_H

#include <stdbool.h>

/**
 * struct subtest - A test of the harness.
 * @exit_code: its result, KTAP_x; shared with the processes that it forks
 * @bail: undo what its setup has done
 * @metadata: passed to @bail
 */
struct subtest {
	int *exit_code;
	void (*bail)(void *metadata);
	void *metadata;
};

/**
 * subtest_begin() - From now on assertions belong to this test.
 *
 * Settles the oracle, so that no finding of what was before is taken for this test's.
 */
void subtest_begin(struct subtest test);

/** subtest_end() - It ends: settles the oracle. */
void subtest_end(void);

/** subtest_step() - Settles the oracle; until the next one, failures name @name (not copied). */
void subtest_step(const char *name);

/**
 * subtest_prefix() - How a diagnostic begins.
 *
 * Return: "step: ", or "" outside of a step; good until the next call.
 */
const char *subtest_prefix(void);

/**
 * subtest_fail() - An assertion does not hold.
 * @fatal: the test cannot go on; does not return then, if there is a test
 *
 * Return: whether there is a test that runs now.
 */
bool subtest_fail(bool fatal);

/**
 * subtest_main() - What main() does before the harness.
 * @require: what ends the program, as skipped, if something is missing; not called for who asks
 *	which tests there are
 *
 * The program's own arguments are those that are not options of the harness.
 */
void subtest_main(int argc, char **argv, void (*require)(void));

/** subtest_over() - At the end of the program: notes what the unit has executed meanwhile. */
void subtest_over(void);

/** subtest_arg() - Return: own argument @index of the program, from 0 on; or NULL. */
const char *subtest_arg(unsigned int index);

#endif /* SUITES_LIB_SUBTEST_H */
