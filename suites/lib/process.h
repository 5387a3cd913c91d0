/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Children, in step with their parent: by numbers over pipes, never by sleep.
 * A parent waits for its child no longer than PROCESS_WAIT_MS; a child waits for
 * its parent, and is killed when that dies.
 */
#ifndef SUITES_LIB_PROCESS_H
#define SUITES_LIB_PROCESS_H

#include <sys/types.h>

#include <svakit/types.h>

#define PROCESS_WAIT_MS 20000

/**
 * struct process - The other side, for the parent and for the child.
 * @pid: the child; 0 in the child itself
 * @in: what the other side says
 * @out: what this side says
 */
struct process {
	pid_t pid;
	int in;
	int out;
};

/**
 * process_start() - Fork a child that calls @main and exits.
 * @p: filled
 * @main: the child's part; it may use REQUIRE_x(), see ktap_child()
 * @arg: passed to @main
 *
 * The child is killed when its parent dies.
 */
void process_start(struct process *p, void (*main)(struct process *parent, void *arg), void *arg);

/** process_tell() - Send a number to the other side. */
void process_tell(const struct process *p, u64 value);

/** process_hear() - Receive a number; that the other side ends instead is a failure. */
u64 process_hear(const struct process *p);

/**
 * __process_wait() - Reap the child, which is killed if it does not end.
 * @p: child
 * @timeout_ms: when it is killed
 * @status: result, as by waitpid()
 *
 * Return: 0 or -ETIMEDOUT.
 */
int __process_wait(struct process *p, int timeout_ms, int *status);

/** process_wait() - Reap the child. Return: its status as by waitpid(). */
int process_wait(struct process *p);

/** process_end() - process_wait(), and assert that the child found nothing wrong. */
void process_end(struct process *p);

/** process_kill() - SIGKILL the child and reap it. */
void process_kill(struct process *p);

#endif /* SUITES_LIB_PROCESS_H */
