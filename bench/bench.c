// SPDX-License-Identifier: GPL-2.0
/* svakit-bench: microbenchmarks that run inside a guest, one a subcommand. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "ktap.h"
#include "oracle.h"
#include "mdev.h"

/**
 * struct bench - One subcommand.
 * @name: as on the command line
 * @summary: what it measures
 * @run: measures
 * @around: makes its setting, or NULL; mdev_lend(), say
 */
struct bench {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
	void (*around)(void);
};

static const struct bench benches[] = {
	{"flush", "munmap of one page, without and with a PASID bound", bench_flush, NULL},
	{"dma_map", "the kernel's dma_map_benchmark on the accelerator", bench_dma_map, NULL},
	{"attach", "attaching a table to a PASID, on the function and on an mdev", bench_attach,
	 mdev_lend},
	{"doorbell", "a doorbell through the portal", bench_doorbell, NULL},
};

static int usage(const char *program)
{
	size_t i;

	fprintf(stderr, "usage: %s <benchmark> [arguments]\n", program);
	for (i = 0; i < ARRAY_SIZE(benches); i++)
		fprintf(stderr, "  %-10s %s\n", benches[i].name, benches[i].summary);
	return 2;
}

/* What main() has chosen; run() may be called in a child. */
static const struct bench *chosen;
static int chosen_argc;
static char **chosen_argv;

/* One point of KTAP, as a suite's test prints it: the runner takes no result on trust. */
static int run(void)
{
	bool failed;
	int rc;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..1\n");
	/* Nobody looks while time is measured. */
	oracle_settle();
	oracle_pause();
	rc = chosen->run(chosen_argc, chosen_argv);
	failed = ktap_child_status() != KTAP_PASS || (rc != BENCH_PASS && rc != BENCH_SKIP);
	printf("%s 1 %s%s\n", failed ? "not ok" : "ok", chosen->name,
	       !failed && rc == BENCH_SKIP ? " # SKIP see above" : "");
	oracle_resume();
	if (failed)
		return KTAP_FAIL;
	return rc == BENCH_SKIP ? KTAP_SKIP : KTAP_PASS;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	bool by_name;
	size_t i;

	name = name ? name + 1 : argv[0];
	/* Installed as /suites/bench/flush it is that benchmark, as a test of a suite would be. */
	by_name = !!strcmp(name, "svakit-bench");
	if (!by_name && argc < 2)
		return usage(argv[0]);
	name = by_name ? name : argv[1];
	for (i = 0; i < ARRAY_SIZE(benches); i++) {
		if (strcmp(name, benches[i].name))
			continue;
		chosen = &benches[i];
		chosen_argc = argc - !by_name;
		chosen_argv = argv + !by_name;
		if (chosen->around)
			chosen->around();
		return run();
	}
	return usage(argv[0]);
}
