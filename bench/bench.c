// SPDX-License-Identifier: GPL-2.0
/* svakit-bench: microbenchmarks of shared virtual addressing, one a subcommand. */
#include "bench.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel_device.h"
#include "ktap.h"
#include "mdev.h"
#include "options.h"
#include "oracle.h"
#include "process.h"
#include "record.h"
#include "section.h"
#include "storm.h"
#include "workloads.h"

/* Far beyond what a configuration takes. */
#define ISOLATED_MS 600000

/* clang-format off */
static const struct bench benches[] = {
	{"bind", "open the device, which binds the process, and close it", bench_bind, NULL, {
		{"state", "What the process has: never a PASID, one no more, one",
		 "cold,again,warm", "cold,again,warm", "cold,warm"},
		{"threads", "Threads that do it at once", NULL, "1,4,2,MUL", "1"},
		{"pasids", "PASIDs of other processes", NULL, "0,12,4,ADD", "0,8,8,ADD"},
	}, 200},
	{"attach", "attach, replace and detach a table of a PASID through VFIO", bench_attach,
	 mdev_lend, {
		{"via", "The function itself, a mediated device of another", "pf,mdev", "pf,mdev",
		 "pf,mdev"},
		{"table", "The guest's on top of the host's, the host's", "nested,host",
		 "nested,host", "nested,host"},
		{"pasids", "PASIDs that have a table already", NULL, "0,1024,32,MUL",
		 "0,256,256,ADD"},
	}, 200},
	{"flush", "munmap, mprotect, madvise, mremap of pages that a device may use", bench_flush,
	 NULL, {
		{"op", "System calls", "munmap,mprotect,madvise,mremap",
		 "munmap,mprotect,madvise,mremap", "munmap,mprotect"},
		{"page", "Size of the pages", "4K,2M", "4K,2M", "4K,2M"},
		{"size", "Bytes", NULL, "4K,1G,8,MUL", "4K,2M,512,MUL"},
		{"pasids", "PASIDs: none, the process's own, and so on those of others", NULL,
		 "0,12,12,MUL", "0,1,1,ADD"},
	}, 200},
	{"invalidate", "IOMMU_HWPT_INVALIDATE of a nested table", bench_invalidate, mdev_lend, {
		{"via", "The function itself, a mediated device of another", "pf,mdev", "pf,mdev",
		 "pf"},
		{"pages", "Pages of 4 KiB in each entry", NULL, "1,256K,8,MUL", "1,512,512,MUL"},
		{"entries", "Entries of a call", NULL, "1,256,4,MUL", "1,16,16,MUL"},
	}, 200},
	{"passdown", "a flush in a guest, and the descriptors of each level", bench_passdown,
	 NULL, {
		{"pages", "Pages of 4 KiB, unmapped at once", NULL, "1,4K,8,MUL", "1,512,512,MUL"},
	}, 200},
	{"dma", "copies by the device, and memcpy of the same buffers", bench_dma, NULL, {
		{"size", "Bytes of a copy", NULL, "64,4M,16,MUL", "4K,1M,256,MUL"},
		{"batch", "Copies of a descriptor", NULL, "1,16,16,MUL", "1"},
		{"depth", "Descriptors at once", NULL, "1,16,16,MUL", "1,8,8,MUL"},
		{"tlb", "Translations that the device has: none, all", "cold,warm", "cold,warm",
		 "cold,warm"},
		{"page", "Size of the pages", "4K,2M", "4K,2M", "4K,2M"},
	}, 100},
	{"iopf", "page request to resume: the device writes to pages that are not there",
	 bench_iopf, NULL, {
		{"state", "Are the pages there?", "absent,present", "absent,present",
		 "absent,present"},
		{"pages", "Pages of a descriptor", NULL, "1,64,4,MUL", "1,16,16,MUL"},
	}, 200},
	{"exit", "the end of processes that have queues", bench_exit, NULL, {
		{"processes", "That end at once, each with a PASID", NULL, "1,8,2,MUL",
		 "1,4,4,MUL"},
		{"queues", "Queues of each", NULL, "0,4,4,MUL", "0,1,1,ADD"},
	}, 100},
	{"doorbell", "a doorbell, through the portal", bench_doorbell, NULL, {{0}}, 1000},
	{"dma_map", "the kernel's own dma_map_benchmark on the device", bench_dma_map, NULL, {{0}},
	 1},
};

/* clang-format on */

static unsigned int skipped;
static char skip_reason[256];

void bench_skip(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(skip_reason, sizeof(skip_reason), fmt, args);
	va_end(args);
	skipped++;
	printf("# not measured: %s\n", skip_reason);
	fflush(stdout);
}

bool bench_needs_device(void)
{
	int ret = __svk_device_find();

	if (!ret)
		return true;
	bench_skip("no svakit accelerator: %s", strerror(-ret));
	return false;
}

void bench_isolated(void (*main)(struct process *parent, void *arg), void *arg)
{
	struct process child;
	int ret, status;

	process_start(&child, main, arg);
	ret = __process_wait(&child, ISOLATED_MS, &status);
	REQUIRE_ERRNO(ret, 0);
	REQUIRE_EQ(status, 0);
}

static void list(FILE *out)
{
	const struct bench *b;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(benches); i++)
		fprintf(out, "  %-15s %s\n", benches[i].name, benches[i].summary);
	for (b = workloads; b->name; b++)
		fprintf(out, "  %-15s %s\n", b->name, b->summary);
}

/* Return: the benchmark, or the workload, or NULL. */
static const struct bench *find(const char *name)
{
	const struct bench *b;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(benches); i++) {
		if (!strcmp(name, benches[i].name))
			return &benches[i];
	}
	for (b = workloads; b->name; b++) {
		if (!strcmp(name, b->name))
			return b;
	}
	return NULL;
}

static int usage(FILE *out)
{
	fprintf(out, "Usage: svakit-bench BENCHMARK [OPTION...]\n"
		     "       svakit-bench show FILE     records as a table\n"
		     "       svakit-bench list\n\n");
	list(out);
	fprintf(out, "\nsvakit-bench BENCHMARK --help has the options of each.\n");
	return out == stdout ? 0 : 2;
}

static int show(const char *path)
{
	FILE *file = fopen(path, "re");
	int line;

	if (!file) {
		perror(path);
		return 1;
	}
	line = record_table(stdout, file);
	fclose(file);
	if (line)
		fprintf(stderr, "%s:%d: not a record\n", path, line);
	return line ? 1 : 0;
}

/* One point of KTAP, as a suite's test prints it: the runner takes no result on trust. */
static int run(const struct bench *b)
{
	bool ktap = options_format() == FORMAT_RUNNER;
	const char *result = "ok";
	int status = KTAP_PASS;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (ktap)
		printf("TAP version 13\n1..1\n");
	/* Nobody looks while time is measured. */
	oracle_settle();
	oracle_pause();
	b->run();
	record_flush();
	if (ktap_child_status() != KTAP_PASS) {
		result = "not ok";
		status = KTAP_FAIL;
	} else if (!record_emitted()) {
		status = skipped ? KTAP_SKIP : KTAP_FAIL;
		result = skipped ? "ok" : "not ok";
	}
	if (ktap)
		printf("%s 1 %s%s%s\n", result, b->name, status == KTAP_SKIP ? " # SKIP " : "",
		       status == KTAP_SKIP ? skip_reason : "");
	oracle_resume();
	return status;
}

/* "svakit-bench flush", for messages and --help. */
static char *full_name(const char *name)
{
	char *text;

	return asprintf(&text, "svakit-bench %s", name) < 0 ? NULL : text;
}

static int run_named(const char *name, int argc, char **argv)
{
	const struct bench *b = find(name);

	if (!b) {
		fprintf(stderr, "svakit-bench: there is no benchmark %s\n", name);
		return usage(stderr);
	}
	argv[0] = full_name(name);
	options_parse(argc, argv, b);
	section_start();
	if (b->around)
		b->around();
	return run(b);
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');

	if (storm_other(argc, argv))
		return 0;
	name = name ? name + 1 : argv[0];
	/* Installed as /suites/bench/flush it is that benchmark, as a test of a suite would be. */
	if (strcmp(name, "svakit-bench"))
		return run_named(name, argc, argv);
	if (argc < 2)
		return usage(stderr);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return usage(stdout);
	if (!strcmp(argv[1], "list")) {
		list(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "show") && argc == 3)
		return show(argv[2]);
	return run_named(argv[1], argc - 1, argv + 1);
}
