/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SUITES_UPSTREAM_KNOWN_H
#define SUITES_UPSTREAM_KNOWN_H

/**
 * struct known - Tests that fail for a reason that is known.
 * @tests: their names, a pattern as for the shell
 * @reason: the reason, and where it is documented
 */
struct known {
	const char *tests;
	const char *reason;
};

/**
 * known_run() - Run a test program, and turn its failures that are known into XFAIL.
 * @test: the program, in a process of its own; its standard output is KTAP
 * @known: for facts that were seen just now, never for a version; ends with an empty one
 *
 * Return: exit status: that of the program, or expected failure if nothing else has failed.
 */
int known_run(int (*test)(void), const struct known *known);

#endif /* SUITES_UPSTREAM_KNOWN_H */
