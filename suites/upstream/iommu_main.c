// SPDX-License-Identifier: GPL-2.0
/*
 * Around main() of an iommu selftest of the kernel's own: a kernel that lacks
 * what the test is about, iommufd's mock devices, is a skip with that reason.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of the kernel's source, by the makefile, if that has the call below. */
#ifdef IOMMUFD_TEST_H
#include IOMMUFD_TEST_H
#endif

#include "environment.h"
#include "known.h"
#include "ktap.h"
#include "wrap.h"

static int count;
static char **words;

static int test(void)
{
	return __real_main(count, words);
}

#ifdef IOMMUFD_TEST_H
/*
 * The call makes a file and has to return its descriptor. Standard input has
 * number 0, so that cannot be it. In a process of its own: the file is open
 * under a number that nobody knows.
 */
static int dmabuf_main(void)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_DMABUF_GET,
		.dmabuf_get = {.length = 4096, .open_flags = O_CLOEXEC},
	};
	int iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);

	return fcntl(STDIN_FILENO, F_GETFD) >= 0 && iommufd >= 0 &&
	       !ioctl(iommufd, IOMMU_TEST_CMD, &cmd);
}
#else
static int dmabuf_main(void)
{
	return 0;
}
#endif

static int dmabuf_is_lost(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(dmabuf_main());
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status);
}

static void require(void)
{
	if (access("/sys/bus/iommufd_mock", F_OK))
		ktap_skip_all("no mock devices in iommufd: CONFIG_IOMMUFD_TEST=y");
	if (geteuid() || access("/dev/iommu", R_OK | W_OK))
		ktap_skip_all("/dev/iommu cannot be opened: CONFIG_IOMMUFD=y, and root");
	if (strstr(program_invocation_short_name, "fail_nth") &&
	    access("/sys/kernel/debug/failslab", F_OK))
		ktap_skip_all("no failslab in debugfs: CONFIG_FAILSLAB=y and "
			      "CONFIG_FAULT_INJECTION_DEBUG_FS=y (DEBUG=1 has them)");
}

int __wrap_main(int argc, char **argv)
{
	struct known known[] = {{0}, {0}};

	count = argc;
	words = argv;
	require();
	environment_prepare();
	if (dmabuf_is_lost())
		known[0] = (struct known){
			.tests = "*.dmabuf_*",
			.reason = "the kernel's test call loses the descriptor of its dma-buf, "
				  "docs/findings.md",
		};
	return known_run(test, known);
}
