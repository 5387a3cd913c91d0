// SPDX-License-Identifier: GPL-2.0
/*
 * The runner of the kernel's selftests, as it is in the tarball, runs tests of
 * ours: it finds them, passes on what they print, and takes their exit status
 * for what it is. The initramfs holds them as the tarball does.
 *
 * Usage: tarball COLLECTION:TEST...
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#define RUNNER "run_kselftest.sh"
#define BUSYBOX "/bin/busybox"
/* Where its commands are, on a machine that has nothing else. */
#define APPLETS "/tmp/applets"
#define MAX_TESTS 16

/* By test, as it was named: the result that the runner prints for it. */
static struct {
	const char *name;
	bool passed;
} tests[MAX_TESTS];

static int test_count;

/* Go to the folder of the runner, which is that of the collections. */
static void enter_tree(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	REQUIRE(len > 0, "/proc/self/exe: %s", strerror(errno));
	path[len] = '\0';
	if (chdir(dirname(dirname(path))) || access(RUNNER, R_OK))
		ktap_skip_all("no " RUNNER " beside the collections: make kselftest-tarball");
}

static void require_tests(void)
{
	const char *name;

	while (test_count < MAX_TESTS && (name = harness_arg((unsigned int)test_count)))
		tests[test_count++].name = name;
	if (!test_count)
		ktap_skip_all("no tests were named: tarball COLLECTION:TEST...");
	enter_tree();
}

static pid_t start(char *const *argv, int out)
{
	pid_t pid = fork();

	REQUIRE(pid >= 0, "fork: %s", strerror(errno));
	if (pid)
		return pid;
	if (out >= 0) {
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
	}
	execvp(argv[0], argv);
	_exit(127);
}

static int wait_for(pid_t pid)
{
	int status;

	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A machine with a shell has its commands as well. */
static void install_commands(void)
{
	char *install[] = {BUSYBOX, "--install", "-s", APPLETS, NULL};

	if (!access("/bin/sh", X_OK))
		return;
	REQUIRE(!mkdir(APPLETS, 0755) || errno == EEXIST, "mkdir: %s", strerror(errno));
	REQUIRE_EQ(wait_for(start(install, -1)), 0);
	setenv("PATH", APPLETS, 1);
}

/* "ok 1 selftests: COLLECTION: TEST", and nothing behind it, is a test that passed. */
static void read_line(const char *line)
{
	char collection[64], test[64], rest[2], name[130];

	ktap_diag("%s", line);
	if (sscanf(line, "ok %*u selftests: %63[^:]: %63s %1s", collection, test, rest) != 2)
		return;
	snprintf(name, sizeof(name), "%s:%s", collection, test);
	for (int i = 0; i < test_count; i++) {
		if (!strcmp(tests[i].name, name))
			tests[i].passed = true;
	}
}

/* Return: exit status of the runner. */
static int run(void)
{
	char *argv[2 * MAX_TESTS + 3] = {"sh", RUNNER}, *line = NULL;
	int pipefd[2], n = 2;
	size_t size = 0;
	FILE *from;
	pid_t pid;

	for (int i = 0; i < test_count; i++) {
		argv[n++] = "-t";
		argv[n++] = (char *)tests[i].name;
	}
	REQUIRE(!pipe(pipefd), "pipe: %s", strerror(errno));
	pid = start(argv, pipefd[1]);
	close(pipefd[1]);
	from = fdopen(pipefd[0], "r");
	REQUIRE(from, "fdopen: %s", strerror(errno));
	while (getline(&line, &size, from) > 0) {
		line[strcspn(line, "\n")] = '\0';
		read_line(line);
	}
	free(line);
	fclose(from);
	return wait_for(pid);
}

FIXTURE(runner)
{
	int status; /* exit status of the runner */
};

FIXTURE_SETUP(runner)
{
	harness_begin(_metadata);
	install_commands();
}

FIXTURE_TEARDOWN(runner)
{
	harness_end(_metadata);
}

TEST_F_TIMEOUT(runner, passes_results_on, 110)
{
	int i;

	self->status = run();
	CHECK_EQ(self->status, 0);
	for (i = 0; i < test_count; i++)
		CHECK(tests[i].passed, "%s: its line is not 'ok', or it is a skip", tests[i].name);
}

HARNESS_MAIN(require_tests)
