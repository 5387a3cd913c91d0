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
	assert_null(o.control);
	assert_null(o.log_file);
	assert_null(o.stats_file);
	assert_null(o.trace_file);
	assert_int_equal(o.log_level, LOG_INFO);
	assert_int_equal(o.ready_fd, -1);
	assert_false(o.once);
	assert_false(o.list_caps);
	assert_int_equal(o.accels, 1);
	assert_int_equal(o.accel_sid[0], accel.sid);
	assert_int_equal(o.vtd.vcs_first, 0);
	assert_int_equal(o.vtd.vcs_last, 0);
	assert_int_equal(o.accel.queues, accel.queues);
	for (unsigned int i = 0; i < SVAHW_MAX_ACCELS; i++)
		assert_int_equal(o.pasid_width[i], accel.pasid_width);
	assert_int_equal(o.accel.ats, accel.ats);
	assert_int_equal(o.accel.pri, accel.pri);
}

static void faults(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&o, "--queues=1"), 0);
	assert_int_equal(o.rules, 0);
	assert_int_equal(o.seed, 0);
	assert_int_equal(PARSE(&o, "--inject=dma-abort,skip=3", "--seed", "77", "--inject",
			       "wait-late,delay=10"),
			 0);
	assert_int_equal(o.seed, 77);
	assert_int_equal(o.rules, 2);
	assert_int_equal(o.rule[0].kind, SVK_INJECT_DMA_ABORT);
	assert_int_equal(o.rule[0].skip, 3);
	assert_int_equal(o.rule[1].kind, SVK_INJECT_WAIT_LATE);
	assert_int_equal(o.rule[1].arg, 10);
	assert_int_equal(PARSE(&o, "--inject=ite", "--inject=ite,skip=1"), -EINVAL);
	assert_int_equal(PARSE(&o, "--inject=nothing"), -EINVAL);
	assert_int_equal(PARSE(&o, "--seed=-1"), -EINVAL);
}

static void every_option(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&o, "--socket-dir", "/run/x", "--once", "--ready-fd=7",
			       "--log-level=debug", "--log-file=l", "--stats=s", "--trace=t",
			       "--trace-events=99", "--control=c"),
			 0);
	assert_string_equal(o.socket_dir, "/run/x");
	assert_true(o.once);
	assert_int_equal(o.ready_fd, 7);
	assert_int_equal(o.log_level, LOG_DEBUG);
	assert_string_equal(o.log_file, "l");
	assert_string_equal(o.stats_file, "s");
	assert_string_equal(o.trace_file, "t");
	assert_int_equal(o.trace_events, 99);
	assert_string_equal(o.control, "c");

	assert_int_equal(PARSE(&o, "--queues=64", "--pasid-width", "0", "--accel-bdf=01:1f.7",
			       "--no-ats", "--no-pri", "--list-caps", "--synchronous"),
			 0);
	assert_int_equal(o.accel.queues, 64);
	assert_int_equal(o.pasid_width[0], 0);
	assert_int_equal(o.pasid_width[SVAHW_MAX_ACCELS - 1], 0);
	assert_int_equal(o.accels, 1);
	assert_int_equal(o.accel_sid[0], 0x1ff);
	assert_false(o.accel.ats);
	assert_false(o.accel.pri);
	assert_true(o.list_caps);
	assert_true(o.accel.stepped);
}

static void several_accelerators(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&o, "--accel-id=1b36:5fd1,8086:B25"), 0);
	assert_int_equal(o.accel_id[1].vendor, 0x8086);
	assert_int_equal(o.accel_id[1].device, 0xb25);
	assert_int_equal(o.accel_id[2].vendor, SVK_PCI_VENDOR);
	assert_int_equal(o.accel_id[2].device, SVK_PCI_DEVICE_ACCEL);
	assert_int_equal(PARSE(&o, "--pasid-width=20,7"), 0);
	assert_int_equal(o.pasid_width[0], 20);
	assert_int_equal(o.pasid_width[1], 7);
	assert_int_equal(o.pasid_width[SVAHW_MAX_ACCELS - 1], 7);
	assert_int_equal(PARSE(&o, "--accel-bdf=00:0a.0", "--accel-bdf=00:06.0",
			       "--accel-bdf=ff:1f.7", "--accel-bdf=00:00.0"),
			 0);
	/* In the order given: the first one is accel.sock. */
	assert_int_equal(o.accels, 4);
	assert_int_equal(o.accel_sid[0], 0x50);
	assert_int_equal(o.accel_sid[1], 0x30);
	assert_int_equal(o.accel_sid[2], 0xffff);
	assert_int_equal(o.accel_sid[3], 0);
	/* Two in one place, however they are spelt; one too many. */
	assert_int_equal(PARSE(&o, "--accel-bdf=00:06.0", "--accel-bdf=0:6.0"), -EINVAL);
	assert_int_equal(PARSE(&o, "--accel-bdf=00:06.0", "--accel-bdf=00:07.0",
			       "--accel-bdf=00:06.0"),
			 -EINVAL);
	assert_int_equal(PARSE(&o, "--accel-bdf=00:01.0", "--accel-bdf=00:02.0",
			       "--accel-bdf=00:03.0", "--accel-bdf=00:04.0", "--accel-bdf=00:05.0"),
			 -EINVAL);
}

static void functions_of_one_device(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&o, "--accel-bdf=00:06.0", "--accel-bdf=00:0a.0",
			       "--accel-bdf=00:06.7", "--accel-bdf=01:0a.0"),
			 0);
	assert_true(options_shares_slot(&o, 0));
	assert_false(options_shares_slot(&o, 1));
	assert_true(options_shares_slot(&o, 2));
	assert_false(options_shares_slot(&o, 3));
}

static void several_units(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&o, "--queues=1"), 0);
	assert_int_equal(o.units, 1);
	for (unsigned int i = 0; i < SVAHW_MAX_ACCELS; i++)
		assert_int_equal(options_unit(&o, i), 0);
	assert_int_equal(PARSE(&o, "--units=2"), 0);
	assert_int_equal(o.units, 2);
	assert_int_equal(options_unit(&o, 0), 0);
	for (unsigned int i = 1; i < SVAHW_MAX_ACCELS; i++)
		assert_int_equal(options_unit(&o, i), 1);
	assert_int_equal(PARSE(&o, "--units=0"), -EINVAL);
	assert_int_equal(PARSE(&o, "--units=3"), -EINVAL);
}

static void pool_of_virtual_commands(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(PARSE(&o, "--vcs-pasids=1-0xfffff"), 0);
	assert_int_equal(o.vtd.vcs_first, 1);
	assert_int_equal(o.vtd.vcs_last, 0xfffff);
	assert_int_equal(PARSE(&o, "--vcs-pasids", "512-512"), 0);
	assert_int_equal(o.vtd.vcs_first, 512);
	assert_int_equal(o.vtd.vcs_last, 512);
	/* ECAP.PSS is the limit, whichever option comes first. */
	assert_int_equal(PARSE(&o, "--vcs-pasids=1-1023", "--ecap=pss=9"), 0);
	assert_int_equal(PARSE(&o, "--vcs-pasids=1-1024", "--ecap=pss=9"), -EINVAL);
	assert_int_equal(PARSE(&o, "--ecap=pss=9", "--vcs-pasids=1-1024"), -EINVAL);
	/* Where nothing was said of a pool, nothing is wrong with it. */
	assert_int_equal(PARSE(&o, "--ecap=pss=9"), 0);
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
		"--pasid-width=20,",
		"--pasid-width=20,21",
		"--pasid-width=20,-1",
		"--pasid-width=20;7",
		"--pasid-width=1,2,3,4,5",
		"--accel-id=1b36",
		"--accel-id=1b36:",
		"--accel-id=:5fd1",
		"--accel-id=1b36:5fd1,",
		"--accel-id=1b36:15fd1",
		"--accel-id=1b36:-1",
		"--accel-id=1:1,1:1,1:1,1:1,1:1",
		"--accel-bdf=6",
		"--accel-bdf=0:0",
		"--accel-bdf=00:20.0",
		"--accel-bdf=00:06.8",
		"--accel-bdf=00:06.0x",
		"--vcs-pasids=",
		"--vcs-pasids=8",
		"--vcs-pasids=-8",
		"--vcs-pasids=8-",
		"--vcs-pasids=0-8",
		"--vcs-pasids=9-8",
		"--vcs-pasids=8-0x100000",
		"--vcs-pasids=8-9-10",
		"--vcs-pasids=x-9",
		"--vcs-pasids=000000000000000000000001-9",
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
		cmocka_unit_test(faults),
		cmocka_unit_test(every_option),
		cmocka_unit_test(several_accelerators),
		cmocka_unit_test(functions_of_one_device),
		cmocka_unit_test(several_units),
		cmocka_unit_test(pool_of_virtual_commands),
		cmocka_unit_test(capability_fields),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests_name("options", tests, silence, silence);
}
