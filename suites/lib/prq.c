// SPDX-License-Identifier: GPL-2.0
#include "prq.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accel_device.h"
#include "clock.h"
#include "device_regs.h"
#include "ktap.h"

#define SENT_WAIT_US 10000000ULL

/* An instance of our own: its ring, its events, and nobody else's. */
#define TRACE "/sys/kernel/tracing/instances/svakit_prq"

#define WORK_CPUS "/sys/devices/virtual/workqueue/cpumask"
#define FAIR_SERVER "/sys/kernel/debug/sched/fair_server/cpu%d/runtime"

/*
 * Interrupt threads have real-time priority 50, workers none
 * (kernel/irq/manage.c, kernel/workqueue.c).
 */
#define PRIORITY_OVER_THREADS 60
#define PRIORITY_OVER_WORKERS 40

/*
 * What ordinary tasks have of each second in spite of real-time ones, in nanoseconds; kernels
 * before 6.12 cannot be told. Workers are ordinary tasks, interrupt threads are not, and much of
 * the kernel does not get on without workers.
 */
#define FAIR_MOST "900000000"
#define FAIR_NOTHING "0"

struct prq_count prq_count(const void *regs)
{
	return (struct prq_count){
		.sent = svk_reg64(regs, SVK_LAB_COUNTER(SVK_LAB_PRQ)),
		.answered = svk_reg64(regs, SVK_LAB_COUNTER(SVK_LAB_PGRP_RESP)),
		.stray = svk_reg64(regs, SVK_LAB_COUNTER(SVK_LAB_PGRP_STRAY)),
		.overflow = svk_reg64(regs, SVK_LAB_COUNTER(SVK_LAB_PRQ_OVERFLOW)),
	};
}

struct prq_count prq_count_since(const void *regs, const struct prq_count *before)
{
	struct prq_count now = prq_count(regs);

	return (struct prq_count){
		.sent = now.sent - before->sent,
		.answered = now.answered - before->answered,
		.stray = now.stray - before->stray,
		.overflow = now.overflow - before->overflow,
	};
}

void prq_wait_sent(const void *regs, const struct prq_count *before, u64 want)
{
	u64 deadline = clock_us() + SENT_WAIT_US;
	u64 sent;

	while ((sent = prq_count_since(regs, before).sent) < want)
		REQUIRE(clock_us() < deadline, "%llu page requests were sent, want %llu",
			(unsigned long long)sent, (unsigned long long)want);
	REQUIRE_EQ(sent, want);
}

void prq_wait_answered(const void *regs, const struct prq_count *before, u64 want)
{
	struct clock_wait wait = clock_wait_for(SENT_WAIT_US / 1000);
	u64 answered;

	while ((answered = prq_count_since(regs, before).answered) < want)
		REQUIRE(clock_wait_again(&wait), "%llu responses were sent, want %llu",
			(unsigned long long)answered, (unsigned long long)want);
	REQUIRE_EQ(answered, want);
}

bool prq_trace_start(void)
{
	/* Of a program that has failed. */
	prq_trace_stop();
	if (mkdir(TRACE, 0700))
		return false;
	if (!__svk_write_file(TRACE "/events/intel_iommu/prq_report/enable", "1"))
		return true;
	prq_trace_stop();
	return false;
}

u64 prq_trace_count(const char *what)
{
	FILE *f = fopen(TRACE "/trace", "re");
	char line[512];
	u64 count = 0;

	REQUIRE(f, "open of %s: %s", TRACE "/trace", strerror(errno));
	while (fgets(line, sizeof(line), f))
		count += strstr(line, "prq_report: ") && strstr(line, what);
	fclose(f);
	return count;
}

void prq_wait_traced(u64 want)
{
	u64 deadline = clock_us() + SENT_WAIT_US;
	u64 count;

	while ((count = prq_trace_count("")) < want)
		REQUIRE(clock_us() < deadline, "%llu page requests were traced, want %llu",
			(unsigned long long)count, (unsigned long long)want);
	REQUIRE_EQ(count, want);
}

void prq_trace_stop(void)
{
	rmdir(TRACE);
}

/* Return: the number of the process called irq/N-dmarM-prq, 0 if there is none. */
static int find_thread(void)
{
	char path[300], name[64];
	const struct dirent *entry;
	DIR *dir = opendir("/proc");
	int found = 0, irq, unit, end;

	while (dir && !found && (entry = readdir(dir))) {
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		f = atoi(entry->d_name) ? fopen(path, "re") : NULL;
		if (!f)
			continue;
		end = 0;
		if (fgets(name, sizeof(name), f) &&
		    sscanf(name, "irq/%d-dmar%d-prq%n", &irq, &unit, &end) == 2 && end)
			found = atoi(entry->d_name);
		fclose(f);
	}
	if (dir)
		closedir(dir);
	return found;
}

static void set_priority(int priority)
{
	const struct sched_param param = {.sched_priority = priority};
	int policy = priority ? SCHED_FIFO | SCHED_RESET_ON_FORK : SCHED_OTHER;

	REQUIRE(!sched_setscheduler(0, policy, &param), "priority %d: %s", priority,
		strerror(errno));
}

/* Linux keeps the thread where the interrupt arrives, and nobody else may move it. */
static int cpu_of_thread(int thread)
{
	cpu_set_t cpus;
	int cpu = 0;

	REQUIRE(!sched_getaffinity(thread, sizeof(cpus), &cpus), "CPUs of process %d: %s", thread,
		strerror(errno));
	REQUIRE_EQ(CPU_COUNT(&cpus), 1);
	while (!CPU_ISSET(cpu, &cpus))
		cpu++;
	return cpu;
}

static void set_cpus(const cpu_set_t *cpus)
{
	REQUIRE(!sched_setaffinity(0, sizeof(*cpus), cpus), "sched_setaffinity: %s",
		strerror(errno));
}

static bool read_line(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "re");
	bool read = f && fgets(text, (int)size, f);

	if (f)
		fclose(f);
	return read;
}

static const char *fair_path(int cpu)
{
	static char path[96];

	snprintf(path, sizeof(path), FAIR_SERVER, cpu);
	return path;
}

static void set_fair_server(struct prq_hold *h, const char *runtime)
{
	if (read_line(fair_path(h->cpu), h->fair, sizeof(h->fair)))
		REQUIRE_ERRNO(__svk_write_file(fair_path(h->cpu), runtime), 0);
}

static void hold_workers(struct prq_hold *h)
{
	char mask[16];

	REQUIRE(read_line(WORK_CPUS, h->work_cpus, sizeof(h->work_cpus)), "reading %s: %s",
		WORK_CPUS, strerror(errno));
	snprintf(mask, sizeof(mask), "%x", 1u << h->cpu);
	REQUIRE_ERRNO(__svk_write_file(WORK_CPUS, mask), 0);
}

/* What a program that fails meanwhile has to undo. */
static struct prq_hold *held;
static pid_t holder;

static void end_at_exit(void)
{
	/* Children have inherited this, and hold nothing. */
	if (held && holder == getpid())
		prq_hold_end(held);
}

void prq_hold_begin(struct prq_hold *h, enum prq_stage stage)
{
	int thread = find_thread();
	cpu_set_t one;

	REQUIRE(thread, "no process is called irq/N-dmarM-prq");
	if (!holder)
		REQUIRE_EQ(atexit(end_at_exit), 0);
	holder = getpid();
	*h = (struct prq_hold){.cpu = cpu_of_thread(thread)};
	REQUIRE(!sched_getaffinity(0, sizeof(h->cpus), &h->cpus), "sched_getaffinity: %s",
		strerror(errno));
	CPU_ZERO(&one);
	CPU_SET(h->cpu, &one);
	set_cpus(&one);
	held = h;
	if (stage == PRQ_IN_WORK)
		hold_workers(h);
	set_fair_server(h, stage == PRQ_IN_WORK ? FAIR_NOTHING : FAIR_MOST);
	set_priority(stage == PRQ_IN_WORK ? PRIORITY_OVER_WORKERS : PRIORITY_OVER_THREADS);
}

void prq_hold_end(struct prq_hold *h)
{
	held = NULL;
	set_priority(0);
	if (h->fair[0])
		REQUIRE_ERRNO(__svk_write_file(fair_path(h->cpu), h->fair), 0);
	if (h->work_cpus[0])
		REQUIRE_ERRNO(__svk_write_file(WORK_CPUS, h->work_cpus), 0);
	set_cpus(&h->cpus);
}
