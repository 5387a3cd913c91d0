// SPDX-License-Identifier: GPL-2.0
#include "subtest.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ktap.h"
#include "lab.h"
#include "oracle.h"

/* Those of test_harness_run(), tools/testing/selftests/kselftest_harness.h. */
#define HARNESS_OPTIONS "dhlF:f:V:v:t:T:r:"

static struct {
	struct subtest test;
	pid_t pid; /* the process that runs it; its children only assert */
	struct svk_lab lab; /* before the first test */
	const char *step;
	int argc;
	char **argv;
} now;

void subtest_begin(struct subtest test)
{
	now.test = test;
	now.pid = getpid();
	now.step = NULL;
	oracle_settle();
}

void subtest_end(void)
{
	now.step = NULL;
	oracle_settle();
}

void subtest_step(const char *name)
{
	oracle_settle();
	ktap_diag("step %s", name);
	now.step = name;
}

const char *subtest_prefix(void)
{
	static char prefix[128];

	if (!now.step)
		return "";
	snprintf(prefix, sizeof(prefix), "%s: ", now.step);
	return prefix;
}

bool subtest_fail(bool fatal)
{
	if (!now.test.exit_code)
		return false;
	*now.test.exit_code = KTAP_FAIL;
	if (!fatal)
		return true;
	/* What is stale now would be flushed with the end of the process, and not be seen. */
	oracle_settle();
	if (getpid() == now.pid)
		now.test.bail(now.test.metadata);
	fflush(stdout);
	_exit(KTAP_FAIL);
}

static bool asks_only(int argc, char **argv)
{
	bool asks = false;
	int opt;

	opterr = 0;
	while ((opt = getopt(argc, argv, HARNESS_OPTIONS)) != -1)
		asks |= opt == 'h' || opt == 'l' || opt == '?';
	now.argc = argc - optind;
	now.argv = argv + optind;
	opterr = 1;
	optind = 1;
	return asks;
}

void subtest_main(int argc, char **argv, void (*require)(void))
{
	/* A line at a time, so that children and a killed program lose nothing. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (asks_only(argc, argv))
		return;
	require();
	/* Here, so that not each test has to look for the lab page. */
	oracle_settle();
	now.lab = svk_lab_read();
}

void subtest_over(void)
{
	svk_lab_note(&now.lab);
}

const char *subtest_arg(unsigned int index)
{
	return (int)index < now.argc ? now.argv[index] : NULL;
}
