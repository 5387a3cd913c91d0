// SPDX-License-Identifier: GPL-2.0
#include "l2_agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "clock.h"
#include "ktap.h"
#include "l2.h"
#include "memory.h"
#include "process.h"
#include "qmp.h"
#include "raw_queue.h"

#define PORT "/dev/virtio-ports/" L2_AGENT_PORT
#define SIZE (64 * 1024)
/* Written for longer than two slots take. */
#define BUSY_SIZE (8 * 1024 * 1024)
#define LINE 1024
/* A slot waits five seconds before it powers off, in case the button is pressed again. */
#define HOTPLUG_WAIT_MS 30000

/* Processes at work, the last one of each device. */
static struct process busy[L2_DEVICES];

u64 l2_agent_hear(const struct process *parent)
{
	struct pollfd in = {.fd = parent->in, .events = POLLIN};

	REQUIRE(poll(&in, 1, -1) == 1, "poll: %s", strerror(errno));
	return process_hear(parent);
}

void l2_answer(struct l2_call *call, u64 value)
{
	REQUIRE(call->replies < L2_AGENT_REPLY, "more than %d numbers", L2_AGENT_REPLY);
	call->reply[call->replies++] = value;
}

void l2_agent_select(u64 device)
{
	/* The VM's only device is the first, whatever it is. */
	bool second = device == L2_MDEV && getenv("SVAKIT_DEVICE_2");

	svk_device_select(second ? SVK_DEVICE_SECOND : SVK_DEVICE_FIRST);
}

u64 l2_agent_physical(const void *addr)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	u64 entry = 0;

	REQUIRE(pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)addr / memory_page() * 8)) == 8,
		"reading pagemap: %s", strerror(errno));
	close(fd);
	REQUIRE(entry >> 63, "%p is not present", addr);
	return (entry & ((1ULL << 55) - 1)) * memory_page();
}

/* The device is gone: so is the queue, and nothing is written. */
static void expect_lost(struct svk_queue *q, const struct svk_cpl *cpl, const u8 *target)
{
	u8 *seen = memory_map(BUSY_SIZE);
	struct svk_accel_info info;

	memcpy(seen, target, BUSY_SIZE);
	CHECK_ERRNO(__svk_queue_info(q->fd, &info), -ENXIO);
	CHECK_EQ(le32_to_cpu(cpl->status), SVK_CPL_PENDING);
	svk_queue_close(q);
	CHECK_EQ(memory_diff(seen, target, BUSY_SIZE), BUSY_SIZE);
}

/* What a process at work is told at last. */
enum busy_end {
	BUSY_CLOSE = 1,
	BUSY_LOST
};

static void busy_main(struct process *parent, void *arg)
{
	u64 *device = arg;
	struct svk_cpl *cpl = memory_map(sizeof(*cpl));
	u8 *target = memory_map(BUSY_SIZE);
	struct svk_queue q;

	memory_map_at((void *)(uintptr_t)L2_ZERO_VA, memory_page());
	l2_agent_select(*device);
	svk_queue_open(&q);
	svk_queue_submit_long(&q, target, BUSY_SIZE, cpl);
	process_tell(parent, svk_queue_info(&q).pasid);
	for (unsigned int i = 0; i < L2_BUSY_PAGES; i++)
		process_tell(parent, l2_agent_physical(target + i * (BUSY_SIZE / L2_BUSY_PAGES)));
	if (l2_agent_hear(parent) == BUSY_LOST)
		expect_lost(&q, cpl, target);
	svk_queue_close(&q);
}

static void busy_end(u64 device, enum busy_end how)
{
	struct process *p = &busy[device];

	process_tell(p, how);
	process_end(p);
	p->pid = 0;
}

/* busy DEVICE: PASID, addresses of pages of the target */
static void serve_busy(struct l2_call *call)
{
	struct process *p = &busy[call->arg[0]];

	process_start(p, busy_main, &call->arg[0]);
	for (unsigned int i = 0; i < 1 + L2_BUSY_PAGES; i++)
		l2_answer(call, process_hear(p));
}

/* lost DEVICE: its process has lost its device, and ends */
static void serve_lost(struct l2_call *call)
{
	busy_end(call->arg[0], BUSY_LOST);
}

/* In a process of its own: its PASID is one that no one had in this moment. */
static void copy_main(struct process *parent, void *arg)
{
	u8 *src = memory_map(SIZE), *dst = memory_map(SIZE);
	u64 *device = arg;
	struct svk_queue q;

	l2_agent_select(*device);
	svk_queue_open(&q);
	memory_pattern(src, SIZE, *device + 1);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_copy(dst, src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(src, dst, SIZE), SIZE);
	process_tell(parent, svk_queue_info(&q).pasid);
	svk_queue_close(&q);
}

/* copy DEVICE: PASID */
static void serve_copy(struct l2_call *call)
{
	struct process p;

	process_start(&p, copy_main, &call->arg[0]);
	l2_answer(call, process_hear(&p));
	process_end(&p);
}

/* fetch DEVICE PASID ADDRESS: the queue's error; whose memory that is does not matter */
static void serve_fetch(struct l2_call *call)
{
	l2_agent_select(call->arg[0]);
	ktap_expect_device_faults("PASIDs that nobody has");
	l2_answer(call, svk_raw_fetch((u32)call->arg[1], (void *)(uintptr_t)call->arg[2]));
}

/* wait DEVICE THERE: until it has a driver, or none any more */
static void serve_wait(struct l2_call *call)
{
	struct clock_wait wait = clock_wait_for(HOTPLUG_WAIT_MS);
	int ret, want = call->arg[1] ? 0 : -ENODEV;

	l2_agent_select(call->arg[0]);
	while ((ret = __svk_device_find()) != want)
		REQUIRE(clock_wait_again(&wait), "looking for the device: %d, want %d", ret, want);
}

/* reboot: without an answer */
static void serve_reboot(struct l2_call *call)
{
	(void)call;
	reboot(RB_AUTOBOOT);
	REQUIRE(false, "reboot: %s", strerror(errno));
}

/* quit: all close their queues in order; ends the agent */
static void serve_quit(struct l2_call *call)
{
	(void)call;
	for (unsigned int i = 0; i < L2_DEVICES; i++) {
		if (busy[i].pid)
			busy_end(i, BUSY_CLOSE);
	}
}

static const struct l2_request common[] = {
	{"busy", serve_busy},	  {"lost", serve_lost}, {"copy", serve_copy},
	{"fetch", serve_fetch},	  {"wait", serve_wait}, {"quit", serve_quit},
	{"reboot", serve_reboot}, {NULL, NULL},
};

static const struct l2_request *find(const struct l2_request *table, const char *name)
{
	while (table && table->name && strcmp(table->name, name))
		table++;
	return table && table->name ? table : NULL;
}

static void answer(int port, const struct l2_call *call)
{
	char line[LINE] = "failed";
	int len = 2;

	if (ktap_child_status() == KTAP_PASS)
		strcpy(line, "ok");
	for (unsigned int i = 0; i < call->replies && line[0] == 'o'; i++)
		len += snprintf(line + len, sizeof(line) - (size_t)len, " %llu",
				(unsigned long long)call->reply[i]);
	dprintf(port, "%s\n", line);
}

static void serve(int port, char *line, const struct l2_request *own)
{
	struct l2_call call = {};
	char *save = NULL, *word = strtok_r(line, " ", &save);
	const struct l2_request *r = word ? find(common, word) : NULL;

	if (word && !r)
		r = find(own, word);
	REQUIRE(r, "an unknown request: %s", word);
	for (int i = 0; i < L2_AGENT_ARGS && (word = strtok_r(NULL, " ", &save)); i++)
		call.arg[i] = strtoull(word, NULL, 0);
	r->serve(&call);
	answer(port, &call);
	if (!strcmp(r->name, "quit"))
		exit(ktap_child_status());
}

void l2_agent(int argc, char **argv, const struct l2_request *requests)
{
	char line[LINE];
	int port;

	if (argc != 2 || strcmp(argv[1], L2_AGENT_WORD))
		return;
	setvbuf(stdout, NULL, _IOLBF, 0);
	ktap_child();
	svk_require_root();
	if (getenv("SVAKIT_DEVICE_2"))
		svk_require_two();
	port = open(PORT, O_RDWR | O_CLOEXEC);
	REQUIRE(port >= 0, "open " PORT ": %s", strerror(errno));
	/* PID 1 wants a plan, and a result: that of the whole is told where the VM was started. */
	printf("1..1\nok 1 agent\n");
	dprintf(port, "hello\n");
	while (!read_line(port, line, sizeof(line), -1))
		serve(port, line, requests);
	REQUIRE(false, "nobody asks for anything any more");
	exit(KTAP_FAIL);
}
