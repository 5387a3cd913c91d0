// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own tools/dma/dma_map_benchmark on the accelerator: the device
 * is given to the dma_map_benchmark driver for the time of the run, then back
 * to the driver that had it. It prints averages, no samples: each is a record
 * with one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accel_device.h"
#include "bench.h"
#include "ktap.h"
#include "options.h"
#include "pf.h"
#include "section.h"

/* Beside this program. */
#define TOOL "dma_map_benchmark"
#define DRIVER "dma_map_benchmark"

static void exec_tool(int out)
{
	char path[512];
	const char *seconds = options_quick() ? "1" : "5";
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - sizeof(TOOL));

	path[len < 0 ? 0 : len] = '\0';
	strcpy(strrchr(path, '/') ? strrchr(path, '/') + 1 : path, TOOL);
	dup2(out, STDOUT_FILENO);
	execl(path, TOOL, "-t", "1", "-g", "1", "-s", seconds, NULL);
	_exit(errno == ENOENT ? KTAP_SKIP : KTAP_FAIL);
}

static void emit(const char *metric, double us)
{
	const struct param params[] = {
		PARAM_VALUE("threads", 1),
		PARAM_VALUE("pages", 1),
		PARAM_END,
	};
	u64 ns = (u64)(us * 1000);

	record_emit(&(struct record){
		.metric = metric,
		.kind = RECORD_TIME,
		.params = params,
		.value = &ns,
		.count = 1,
		/* The tool measures, with the kernel's clock. */
		.rough = true,
	});
}

/* Return: exit status of the tool, or that of a failure. */
static int run_tool(void)
{
	int ends[2], status;
	char line[256];
	double us;
	FILE *out;
	pid_t pid;

	REQUIRE_EQ(pipe(ends), 0);
	fflush(stdout);
	pid = fork();
	REQUIRE(pid >= 0, "fork: %s", strerror(errno));
	if (!pid)
		exec_tool(ends[1]);
	close(ends[1]);
	out = fdopen(ends[0], "r");
	while (fgets(line, sizeof(line), out)) {
		if (sscanf(line, "average map latency(us):%lf", &us) == 1)
			emit("dma_map.map_mean", us);
		else if (sscanf(line, "average unmap latency(us):%lf", &us) == 1)
			emit("dma_map.unmap_mean", us);
	}
	fclose(out);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return KTAP_FAIL;
	return WEXITSTATUS(status);
}

void bench_dma_map(void)
{
	const char *bdf;
	int status;

	if (!bench_needs_device())
		return;
	if (access("/sys/bus/pci/drivers/" DRIVER, F_OK)) {
		bench_skip("the kernel lacks CONFIG_DMA_MAP_BENCHMARK=y");
		return;
	}
	bdf = svk_pci_address();
	REQUIRE_ERRNO(__pf_move(bdf, DRIVER), 0);
	status = run_tool();
	REQUIRE_ERRNO(__pf_move(bdf, "\n"), 0);
	if (status == KTAP_SKIP)
		bench_skip("no program " TOOL " beside this one");
	else
		CHECK_EQ(status, 0);
}
