// SPDX-License-Identifier: GPL-2.0
/*
 * A child process with a time limit. PID 1 inherits whatever a child leaves
 * behind, so when it ends everything else is ended with it: the next test
 * starts on an empty machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init.h"

#define STATUS_TIMEOUT 124

static void child_exec(const struct command *cmd, int out)
{
	int null = open("/dev/null", O_RDONLY);
	int fd = cmd->first_fd;

	setsid();
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	for (unsigned int i = 0; i < cmd->fds; i++)
		fcntl(fd++, F_SETFD, 0);
	for (char *const *word = cmd->env; word && *word; word++)
		putenv(*word);
	execv(cmd->argv[0], cmd->argv);
	dprintf(STDERR_FILENO, "exec %s: %s\n", cmd->argv[0], strerror(errno));
	_exit(127);
}

int child_start(struct child *c, const struct command *cmd)
{
	int pipefd[2];

	memset(c, 0, sizeof(*c));
	if (pipe2(pipefd, O_CLOEXEC))
		return -errno;
	c->pid = fork();
	if (c->pid < 0) {
		int rc = -errno;

		close(pipefd[0]);
		close(pipefd[1]);
		return rc;
	}
	if (!c->pid)
		child_exec(cmd, pipefd[1]);
	close(pipefd[1]);
	c->out = pipefd[0];
	fcntl(c->out, F_SETFL, O_NONBLOCK);
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	return 0;
}

static void flush_line(struct child *c, child_sink sink)
{
	c->buf[c->used] = '\0';
	if (!c->too_long)
		sink(c->buf);
	c->used = 0;
	c->too_long = false;
}

/* Return: false at the end of the output. A line beyond the buffer is cut there. */
static bool read_output(struct child *c, child_sink sink)
{
	char part[1024];
	ssize_t n = read(c->out, part, sizeof(part));

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	for (ssize_t i = 0; i < n; i++) {
		if (part[i] == '\n') {
			flush_line(c, sink);
		} else if (c->used + 1 < sizeof(c->buf) / 2) {
			c->buf[c->used++] = part[i];
		} else if (!c->too_long) {
			flush_line(c, sink);
			c->too_long = true;
		}
	}
	return true;
}

static int decode_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int child_wait(struct child *c, unsigned int limit_s, child_sink sink)
{
	double deadline = uptime_s() + limit_s;
	bool ended = false, open = true;
	int status = 0, rc;

	while (!ended) {
		struct pollfd p[2] = {{.fd = c->pidfd, .events = POLLIN},
				      {.fd = open ? c->out : -1, .events = POLLIN}};
		double left = deadline - uptime_s();

		if (left <= 0)
			break;
		if (poll(p, 2, (int)(left * 1000) + 1) < 0 && errno != EINTR)
			break;
		if (p[1].revents)
			open = read_output(c, sink);
		ended = p[0].revents && waitpid(c->pid, &status, WNOHANG) == c->pid;
	}
	/* Everybody but PID 1; then reap until none is left. */
	kill(-1, SIGKILL);
	while (waitpid(-1, ended ? NULL : &status, 0) > 0 || errno == EINTR)
		continue;
	rc = ended ? decode_status(status) : STATUS_TIMEOUT;
	while (open)
		open = read_output(c, sink);
	if (c->used)
		flush_line(c, sink);
	close(c->out);
	close(c->pidfd);
	return rc;
}
