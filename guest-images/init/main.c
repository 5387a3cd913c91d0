// SPDX-License-Identifier: GPL-2.0
/* PID 1: mount, load, run the job, check, give the verdict, power off. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init.h"

/** struct tally - What the verdict is made of. */
struct tally {
	unsigned int passed;
	unsigned int failed;
	unsigned int skipped;
};

static int read_level(void)
{
	char text[4096];
	const char *level;

	if (file_read("/proc/cmdline", text, sizeof(text)) < 0)
		return 1;
	level = strstr(text, "svakit.level=");
	return level && level[13] == '2' ? 2 : 1;
}

#define FINDINGS "# expect oracle_findings "
#define WARNING "# expect kernel_warning "

/* Set by the running test: findings of the oracle that it brings about. */
static unsigned int test_findings;

/* Set by the running test: it makes the device fault in a way that the kernel logs. */
static enum klog_flags test_flags;

static void test_line(const char *line)
{
	event("line %s", line);
	if (!strncmp(line, "# note ", 7))
		event("note %s", line + 7);
	if (!strncmp(line, "# expect device_faults", 22))
		test_flags |= KLOG_FAULTS_EXPECTED;
	if (!strncmp(line, "# expect invalidation_errors", 28))
		test_flags |= KLOG_ERRORS_EXPECTED;
	if (!strncmp(line, WARNING, sizeof(WARNING) - 1))
		klog_excuse(line + sizeof(WARNING) - 1);
	if (!strncmp(line, FINDINGS, sizeof(FINDINGS) - 1))
		test_findings = (unsigned int)strtoul(line + sizeof(FINDINGS) - 1, NULL, 10);
}

/* @skip: of the line before that says what is to be lost, or NULL. */
static void run_test(const struct job_line *l, const char *skip, struct tally *t)
{
	double start = uptime_s();
	const struct command cmd = {.argv = l->argv, .env = l->env};
	struct child c;
	unsigned int defects;
	int rc, status;

	test_flags = KLOG_DEFECTS;
	test_findings = 0;
	oracle_start();
	injected_start();
	klog_mark(l->name);
	event("start %s", l->name);
	if (skip)
		oracle_lose(skip);
	rc = child_start(&c, &cmd);
	if (rc)
		die("start %s: %s", l->argv[0], strerror(-rc));
	status = child_wait(&c, l->limit_s, test_line);
	injected_end();
	defects = klog_check(l->name, test_flags) + oracle_check(l->name, test_findings);
	if (skip)
		oracle_lose_end(l->name);
	if (defects || (status && status != 4 && status != 2))
		t->failed++;
	else if (status == 4)
		t->skipped++;
	else
		t->passed++;
	event("end %s %d %.3f", l->name, status, uptime_s() - start);
}

/* A shell on the console, with job control; it ends with exit or Ctrl-D. */
static void run_shell(void)
{
	char *const argv[] = {"/bin/busybox", "sh", "-l", NULL};
	char *const env[] = {"PATH=/bin", "HOME=/", "TERM=linux", "PS1=svakit# ", NULL};
	pid_t pid;

	event_stage("shell");
	pid = fork();
	if (!pid) {
		int tty;

		setsid();
		tty = open("/dev/console", O_RDWR);
		ioctl(tty, TIOCSCTTY, 1);
		dup2(tty, STDIN_FILENO);
		dup2(tty, STDOUT_FILENO);
		dup2(tty, STDERR_FILENO);
		execve(argv[0], argv, env);
		_exit(127);
	}
	while (pid > 0 && waitpid(-1, NULL, 0) != pid)
		continue;
}

/*
 * The next guest. While it owns the device, L1 logs what the device does wrong for
 * tests of that guest, which alone know what they expect: counted, not failed.
 */
static unsigned int run_guest(const struct job *job, unsigned int limit_s)
{
	unsigned int failed;

	injected_start();
	failed = vmm_run(job, limit_s) ? 1 : 0;
	injected_end();
	failed += klog_check("-", KLOG_FAULTS_EXPECTED);
	/* That guest has answered for what was found until now. */
	oracle_start();
	return failed + oracle_check("-", 0);
}

static void run_job(const struct job *job, struct tally *t)
{
	const char *skip = NULL;

	for (size_t i = 0; i < job->lines; i++) {
		const struct job_line *l = &job->line[i];

		if (l->verb == JOB_RUN)
			run_test(l, skip, t);
		else if (l->verb == JOB_SHELL)
			run_shell();
		else if (l->verb == JOB_GUEST)
			t->failed += run_guest(job, l->limit_s);
		/* For the line that follows. */
		skip = l->verb == JOB_LOSE ? l->name : NULL;
	}
}

static const char *verdict(const struct tally *t)
{
	if (t->failed)
		return "fail";
	if (t->passed)
		return "pass";
	return t->skipped ? "skip" : "none";
}

int main(void)
{
	struct tally t = {0, 0, 0};
	struct job job = {NULL, 0};
	struct utsname u;
	int level;

	mounts_init();
	level = read_level();
	events_init(level);
	uname(&u);
	event("hello %s", u.release);
	event_stage("boot");
	klog_init();
	job_read(&job, level);
	if (!job_find(&job, JOB_QUIET))
		qi_count_start();
	devices_init(&job, level);
	layers_start(level);
	forget_start(&job);
	vmms_init(&job);
	if (klog_check("-", KLOG_DEFECTS))
		t.failed++;
	event("plan %zu", job_tests(&job));
	event_stage("ready");
	run_job(&job, &t);
	event_stage("tests");
	qi_count_note();
	if (klog_check("-", KLOG_LEAKS))
		t.failed++;
	event("verdict %s", verdict(&t));
	power_off();
}
