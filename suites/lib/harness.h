/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The harness of the kernel under test, and what every test of ours needs
 * around it. To be included by test programs only, once.
 *
 *	FIXTURE(munmap) { struct svk_queue q; };
 *	FIXTURE_SETUP(munmap)
 *	{
 *		harness_begin(_metadata);
 *		svk_queue_open(&self->q);
 *	}
 *	FIXTURE_TEARDOWN(munmap)
 *	{
 *		svk_queue_close(&self->q);
 *		harness_end(_metadata);
 *	}
 *	TEST_F(munmap, stops_the_device)
 *	{
 *		...
 *		CHECK_STATUS(res, SVK_CPL_FAULT_WRITE);
 *	}
 *	HARNESS_MAIN(svk_require)
 *
 * CHECK...() and REQUIRE...() of ktap.h work anywhere in a test, also in functions and processes
 * that know nothing of _metadata; a REQUIRE...() that fails tears the fixture down and ends the
 * test. Every test is a process of its own. One program is one line of tests.list and of
 * kselftest-list.txt: its tests have a subject in common.
 */
#ifndef SUITES_LIB_HARNESS_H
#define SUITES_LIB_HARNESS_H

#include <stdbool.h>
#include <stdlib.h>

/* Before the harness, which does not define ARRAY_SIZE() again. */
#include <svakit/types.h>

#include <kselftest_harness.h>

#include "ktap.h"
#include "memory.h"
#include "subtest.h"

static inline void harness_bail(void *metadata)
{
	struct __test_metadata *m = metadata;

	if (m->teardown_fn)
		m->teardown_fn(false, m, m->self, m->variant);
}

/** harness_begin() - First in FIXTURE_SETUP(): see subtest_begin(). */
static inline void harness_begin(struct __test_metadata *m)
{
	subtest_begin((struct subtest){
		.exit_code = &m->exit_code,
		.bail = harness_bail,
		.metadata = m,
	});
}

/** harness_end() - Last in FIXTURE_TEARDOWN(): see subtest_end(). */
static inline void harness_end(struct __test_metadata *m)
{
	(void)m;
	subtest_end();
}

/** harness_step() - Begin a step of a long test: see subtest_step(). */
static inline void harness_step(const char *name)
{
	subtest_step(name);
}

/** harness_arg() - Return: argument @index that tests.list gives the program, or NULL. */
static inline const char *harness_arg(unsigned int index)
{
	return subtest_arg(index);
}

/** harness_full() - Return: whether the test is to be as long as it can: FULL=1. */
static inline bool harness_full(void)
{
	const char *full = getenv("SVAKIT_FULL");

	return full && !strcmp(full, "1");
}

static inline void harness_outcome(struct __test_metadata *m, int code, const char *fmt,
				   va_list args)
{
	if (m->exit_code == KSFT_FAIL)
		return;
	m->exit_code = code;
	vsnprintf(m->results->reason, sizeof(m->results->reason), fmt, args);
}

/**
 * harness_skip() - This test cannot be tried here. A failure counts more.
 * @fmt: what is missing; the caller returns
 */
static inline __printf(2, 3) void harness_skip(struct __test_metadata *m, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	harness_outcome(m, KSFT_SKIP, fmt, args);
	va_end(args);
}

/**
 * harness_xfail() - This test fails for a reason that is known. A failure counts more.
 * @fmt: the reason, and where it is documented
 *
 * For a fact that the test has just seen, never for a version or a name: where the reason is gone,
 * the test passes or fails as any other, without a change.
 */
static inline __printf(2, 3) void harness_xfail(struct __test_metadata *m, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	harness_outcome(m, KSFT_XFAIL, fmt, args);
	va_end(args);
}

static pid_t harness_pid;

/*
 * At exit. The harness ends with 0 when all tests were skipped or failed as expected. Who reads the
 * exit status alone (run_kselftest.sh, a bisection) is to see the difference.
 */
static inline void harness_over(void)
{
	if (getpid() != harness_pid)
		return;
	subtest_over();
	if (ksft_get_fail_cnt() || ksft_get_xpass_cnt())
		return;
	fflush(NULL);
	if (ksft_get_xfail_cnt())
		_exit(KSFT_XFAIL);
	if (ksft_get_xskip_cnt() && !ksft_get_pass_cnt())
		_exit(KSFT_SKIP);
}

/* The limit of the program, in tests.list, is multiplied by whoever enforces it. */
static inline void harness_scale_timeouts(void)
{
	const char *factor = getenv("SVAKIT_TIME_FACTOR");
	struct __fixture_metadata *f;
	struct __test_metadata *t;

	for (f = factor ? __fixture_list : NULL; f; f = f->next) {
		for (t = f->tests; t; t = t->next)
			t->timeout *= atoi(factor);
	}
}

/** harness_run() - The whole of main(), for programs that run themselves as something else, too. */
static inline int harness_run(int argc, char **argv, void (*require)(void))
{
	/* First here, last at the end: @require may have something to undo. */
	atexit(harness_over);
	subtest_main(argc, argv, require);
	memory_settle();
	harness_pid = getpid();
	harness_scale_timeouts();
	return test_harness_run(argc, argv);
}

/**
 * HARNESS_MAIN() - main() of a test program.
 * @require: skips the whole program, with the reason, unless it can run: svk_require, ...
 */
#define HARNESS_MAIN(require)                           \
	int main(int argc, char **argv)                 \
	{                                               \
		exit(harness_run(argc, argv, require)); \
	}

#endif /* SUITES_LIB_HARNESS_H */
