// SPDX-License-Identifier: GPL-2.0
#include "known.h"

#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ktap.h"

#define NOT_OK "not ok "
#define TOTALS "# Totals: "

static struct {
	unsigned int failed;
	unsigned int expected;
} seen;

/* @line: behind NOT_OK, "12 fixture.test". Return: why that test was to fail, or NULL. */
static const char *reason_of(const char *line, const struct known *known)
{
	const char *name = strchr(line, ' ');

	for (; name && known->tests; known++) {
		if (!fnmatch(known->tests, name + 1, 0))
			return known->reason;
	}
	return NULL;
}

static void print_line(char *line, const struct known *known)
{
	unsigned int pass, fail, xfail;
	const char *reason;
	int rest = 0;

	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, NOT_OK, strlen(NOT_OK))) {
		reason = reason_of(line + strlen(NOT_OK), known);
		seen.failed += !reason;
		seen.expected += !!reason;
		if (reason)
			printf("ok %s # XFAIL %s\n", line + strlen(NOT_OK), reason);
		else
			puts(line);
	} else if (sscanf(line, TOTALS "pass:%u fail:%u xfail:%u%n", &pass, &fail, &xfail, &rest) ==
			   3 &&
		   rest) {
		printf(TOTALS "pass:%u fail:%u xfail:%u%s\n", pass, fail - seen.expected,
		       xfail + seen.expected, line + rest);
	} else {
		puts(line);
	}
}

static void child_main(int (*test)(void), const int *pipefd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(pipefd[1], STDOUT_FILENO);
	close(pipefd[0]);
	close(pipefd[1]);
	exit(test());
}

int known_run(int (*test)(void), const struct known *known)
{
	int pipefd[2], status;
	char *line = NULL;
	size_t size = 0;
	FILE *from;
	pid_t pid;

	if (pipe(pipefd))
		return KTAP_FAIL;
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return KTAP_FAIL;
	if (!pid)
		child_main(test, pipefd);
	close(pipefd[1]);
	from = fdopen(pipefd[0], "r");
	while (from && getline(&line, &size, from) > 0)
		print_line(line, known);
	free(line);
	if (!from || waitpid(pid, &status, 0) != pid)
		return KTAP_FAIL;
	if (WIFSIGNALED(status)) {
		ktap_diag("the test died of signal %d", WTERMSIG(status));
		return KTAP_FAIL;
	}
	if (WEXITSTATUS(status) == KTAP_FAIL && seen.expected && !seen.failed)
		return KTAP_XFAIL;
	return WEXITSTATUS(status);
}
