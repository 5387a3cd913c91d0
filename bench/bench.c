// SPDX-License-Identifier: GPL-2.0
/* svakit-bench: microbenchmarks that run inside a guest, one a subcommand. */
#include <stdio.h>
#include <string.h>

#include "bench.h"

/** struct bench - One subcommand. */
struct bench {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

static const struct bench benches[] = {
	{"flush", "munmap of one page, without and with a PASID bound", bench_flush},
	{"dma_map", "the kernel's dma_map_benchmark on the accelerator", bench_dma_map},
};

static int usage(const char *program)
{
	size_t i;

	fprintf(stderr, "usage: %s <benchmark> [arguments]\n", program);
	for (i = 0; i < ARRAY_SIZE(benches); i++)
		fprintf(stderr, "  %-10s %s\n", benches[i].name, benches[i].summary);
	return 2;
}

/* One point of KTAP, as a suite's test prints it: the runner takes no result on trust. */
static int run(const struct bench *b, int argc, char **argv)
{
	int rc;

	printf("TAP version 13\n1..1\n");
	rc = b->run(argc, argv);
	printf("%s 1 %s%s\n", rc == BENCH_FAIL ? "not ok" : "ok", b->name,
	       rc == BENCH_SKIP ? " # SKIP see above" : "");
	return rc;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	bool by_name;
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	name = name ? name + 1 : argv[0];
	/* Installed as bench_flush it is that benchmark, as a suite's test would be. */
	by_name = !strncmp(name, "bench_", 6);
	if (!by_name && argc < 2)
		return usage(argv[0]);
	name = by_name ? name + 6 : argv[1];
	for (i = 0; i < ARRAY_SIZE(benches); i++) {
		if (!strcmp(name, benches[i].name))
			return run(&benches[i], argc - !by_name, argv + !by_name);
	}
	return usage(argv[0]);
}
