// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own tools/dma/dma_map_benchmark on the accelerator: the device
 * is given to the dma_map_benchmark driver for the time of the run, then back
 * to the driver that had it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define DMA_MAP_TOOL "/suites/bench/dma_map_benchmark"
#define DMA_MAP_DRIVER "dma_map_benchmark"

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		rc = -errno;
	close(fd);
	if (rc)
		printf("# write \"%s\" to %s: %s\n", text, path, strerror(-rc));
	return rc;
}

/* Unbind, name the wanted driver (an empty line means: by id again), probe. */
static int device_move(const char *bdf, const char *driver)
{
	char path[PATH_MAX];
	char line[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver/unbind", bdf);
	if (!access(path, F_OK) && write_file(path, bdf))
		return -EIO;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", bdf);
	snprintf(line, sizeof(line), "%s\n", driver);
	if (write_file(path, line))
		return -EIO;
	return write_file("/sys/bus/pci/drivers_probe", bdf);
}

static int run_tool(char *const argv[])
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return BENCH_FAIL;
	if (!pid) {
		execv(argv[0], argv);
		_exit(errno == ENOENT ? BENCH_SKIP : BENCH_FAIL);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return BENCH_FAIL;
	return WEXITSTATUS(status);
}

int bench_dma_map(int argc, char **argv)
{
	char *tool[] = {DMA_MAP_TOOL, "-t", "1", "-g", "1", "-s", "5", NULL};
	const char *bdf;
	int rc;

	if (argc != 2) {
		fprintf(stderr, "usage: dma_map <PCI address of the accelerator>\n");
		return 2;
	}
	bdf = argv[1];
	if (access("/sys/bus/pci/drivers/" DMA_MAP_DRIVER, F_OK)) {
		printf("# skipped: the kernel lacks CONFIG_DMA_MAP_BENCHMARK=y\n");
		return BENCH_SKIP;
	}
	if (device_move(bdf, DMA_MAP_DRIVER))
		return BENCH_FAIL;
	rc = run_tool(tool);
	if (device_move(bdf, ""))
		return BENCH_FAIL;
	return rc;
}
