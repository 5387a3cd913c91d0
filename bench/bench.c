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

int main(int argc, char **argv)
{
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; argc > 1 && i < ARRAY_SIZE(benches); i++) {
		if (!strcmp(argv[1], benches[i].name))
			return benches[i].run(argc - 1, argv + 1);
	}
	return usage(argv[0]);
}
