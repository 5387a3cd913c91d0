// SPDX-License-Identifier: GPL-2.0
#include "process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ktap.h"
#include "oracle.h"

static void make_pipe(int ends[2])
{
	int ret = pipe(ends);

	REQUIRE(!ret, "pipe: %s", strerror(errno));
}

void process_start(struct process *p, void (*main)(struct process *parent, void *arg), void *arg)
{
	int down[2], up[2];

	make_pipe(down);
	make_pipe(up);
	fflush(stdout);
	p->pid = fork();
	REQUIRE(p->pid >= 0, "fork: %s", strerror(errno));
	if (!p->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(down[1]);
		close(up[0]);
		p->in = down[0];
		p->out = up[1];
		ktap_child();
		main(p, arg);
		oracle_settle();
		exit(ktap_child_status());
	}
	close(down[0]);
	close(up[1]);
	p->in = up[0];
	p->out = down[1];
	/* What was writable has been write-protected, to be copied when it is written to. */
	oracle_settle();
}

void process_tell(const struct process *p, u64 value)
{
	ssize_t ret = write(p->out, &value, sizeof(value));

	REQUIRE(ret == sizeof(value), "write to %s: %s", p->pid ? "child" : "parent",
		strerror(errno));
}

u64 process_hear(const struct process *p)
{
	struct pollfd in = {.fd = p->in, .events = POLLIN};
	u64 value;
	int ret;

	/* A child has no limit: its parent has, and takes it along. */
	ret = poll(&in, 1, p->pid ? PROCESS_WAIT_MS : -1);
	REQUIRE(ret == 1, "the child said nothing within %d ms", PROCESS_WAIT_MS);
	REQUIRE(read(p->in, &value, sizeof(value)) == sizeof(value), "the %s ended without a word",
		p->pid ? "child" : "parent");
	/* What it has done until then is done. */
	oracle_settle();
	return value;
}

int __process_wait(struct process *p, int timeout_ms, int *status)
{
	struct pollfd exited = {.fd = (int)syscall(SYS_pidfd_open, p->pid, 0), .events = POLLIN};
	int ret = 0;

	REQUIRE(exited.fd >= 0, "pidfd_open: %s", strerror(errno));
	if (poll(&exited, 1, timeout_ms) != 1) {
		kill(p->pid, SIGKILL);
		ret = -ETIMEDOUT;
	}
	REQUIRE_EQ(waitpid(p->pid, status, 0), p->pid);
	oracle_settle();
	close(exited.fd);
	close(p->in);
	close(p->out);
	return ret;
}

int process_wait(struct process *p)
{
	int status;
	int ret = __process_wait(p, PROCESS_WAIT_MS, &status);

	REQUIRE(!ret, "child %d did not end within %d ms", p->pid, PROCESS_WAIT_MS);
	return status;
}

void process_end(struct process *p)
{
	int status = process_wait(p);

	CHECK(!WIFSIGNALED(status), "child %d died of signal %d", p->pid, WTERMSIG(status));
	if (WIFEXITED(status))
		CHECK_EQ(WEXITSTATUS(status), KTAP_PASS);
}

void process_kill(struct process *p)
{
	int status;

	oracle_settle();
	REQUIRE_EQ(kill(p->pid, SIGKILL), 0);
	status = process_wait(p);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
	      "child %d ended with status 0x%x before it was killed", p->pid, status);
}
