// SPDX-License-Identifier: GPL-2.0
/*
 * The command line: defaults, every option, and what is refused.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <svakit/accel_regs.h>

#include "options.h"

#define MAX_ARGS 16

static int parse(struct options *o, const char *const *args)
{
	char *argv[MAX_ARGS + 2] = {"svahw"};
	int argc = 1;

	for (; *args; args++) {
		assert_true(argc <= MAX_ARGS);
		argv[argc++] = (char *)*args;
	}
	return options_parse(o, argc, argv, ARGP_NO_EXIT);
}

#define PARSE(o, ...) parse(o, (const char *const[]){__VA_ARGS__, NULL})

static void defaults(void **state)
{
	const char *const none[] = {NULL};
	struct accel_config accel;
	struct options o;

	(void)state;
	accel_config_default(&accel);
	assert_int_equal(parse(&o, none), 0);
	assert_string_equal(o.socket_dir, ".");
	assert_null(o.log_file);
	assert_null(o.stats_file);
	assert_null(o.trace_file);
	assert_int_equal(o.log_level, LOG_INFO);
	assert_int_equal(o.ready_fd, -1);
	assert_false(o.once);
	assert_false(o.list_caps);
	assert_int_equal(o.accel.sid, accel.sid);
	assert_int_equal(o.accel.queues, accel.queues);
	assert_int_equal(o.accel.pasid_width, accel.pasid_width);
	assert_int_equal(o.accel.ats, accel.ats);
	assert_int_equal(o.accel.pri, accel.pri);
}

static void every_option(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&o, "--socket-dir", "/run/x", "--once", "--ready-fd=7",
			       "--log-level=debug", "--log-file=l", "--stats=s", "--trace=t",
			       "--trace-events=99"),
			 0);
	assert_string_equal(o.socket_dir, "/run/x");
	assert_true(o.once);
	assert_int_equal(o.ready_fd, 7);
	assert_int_equal(o.log_level, LOG_DEBUG);
	assert_string_equal(o.log_file, "l");
	assert_string_equal(o.stats_file, "s");
	assert_string_equal(o.trace_file, "t");
	assert_int_equal(o.trace_events, 99);

	assert_int_equal(PARSE(&o, "--queues=64", "--pasid-width", "0", "--accel-bdf=01:1f.7",
			       "--no-ats", "--no-pri", "--list-caps"),
			 0);
	assert_int_equal(o.accel.queues, 64);
	assert_int_equal(o.accel.pasid_width, 0);
	assert_int_equal(o.accel.sid, 0x1ff);
	assert_false(o.accel.ats);
	assert_false(o.accel.pri);
	assert_true(o.list_caps);
}

static void capability_fields(void **state)
{
	struct options o;
	struct vtd_config cfg;
	const char *bad;

	(void)state;
	vtd_config_default(&cfg);
	assert_int_equal(vtd_config_set(&cfg, "ecap", "-smpwc,pss=15", &bad), 0);
	assert_int_equal(vtd_config_set(&cfg, "cap", "-fs1gp", &bad), 0);
	assert_int_equal(PARSE(&o, "--ecap", "-smpwc,pss=15", "--cap=-fs1gp"), 0);
	assert_true(o.vtd.ecap == cfg.ecap);
	assert_true(o.vtd.cap == cfg.cap);
	assert_int_equal(PARSE(&o, "--ecap=-nonsense"), -EINVAL);
	assert_int_equal(PARSE(&o, "--cap=pss=99"), -EINVAL);
}

static void refused(void **state)
{
	static const char *const bad[] = {
		"--queues=0",
		"--queues=65",
		"--queues=x",
		"--queues=4x",
		"--queues=",
		"--queues=-1",
		"--pasid-width=21",
		"--pasid-width=",
		"--accel-bdf=6",
		"--accel-bdf=0:0",
		"--accel-bdf=00:20.0",
		"--accel-bdf=00:06.8",
		"--accel-bdf=00:06.0x",
		"--log-level=loud",
		"--ready-fd=-2",
		"--trace-events=0",
		"--trace-events=99999999999999999999",
		"surplus",
	};
	struct options o;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (PARSE(&o, bad[i]) != -EINVAL)
			fail_msg("%s was accepted", bad[i]);
}

/* getopt and argp speak on standard error; that is not what is tested here. */
static int silence(void **state)
{
	static int saved = -1;
	int null;

	(void)state;
	fflush(stderr);
	if (saved >= 0) {
		dup2(saved, STDERR_FILENO);
		close(saved);
		return 0;
	}
	saved = dup(STDERR_FILENO);
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dup2(null, STDERR_FILENO);
	close(null);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_option),
		cmocka_unit_test(capability_fields),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests_name("options", tests, silence, silence);
}
