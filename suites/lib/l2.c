// SPDX-License-Identifier: GPL-2.0
#include "l2.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <svakit/accel_regs.h>

#include "clock.h"
#include "ktap.h"
#include "l2_agent.h"
#include "l2_machine.h"
#include "memory.h"
#include "oracle.h"
#include "qmp.h"

/* The longest request is that of a slot. */
#define ASK_MS 60000
#define END_MS 30000
#define LINE 1024
/* Work that goes on has written all of its target many times by then. */
#define LOOK_MS 50
/* Lines of each log that a failure shows. */
#define TAIL_LINES 12

void qmp_say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("# ");
	vprintf(fmt, args);
	putchar('\n');
	va_end(args);
}

int l2_patience(int ms)
{
	const char *factor = getenv("SVAKIT_TIME_FACTOR");

	return ms * (factor ? atoi(factor) : 1);
}

static void show_tail(const struct l2 *vm, const char *kind)
{
	char *line[TAIL_LINES] = {NULL}, *text = NULL;
	FILE *file = fopen(l2_path(vm->config.name, kind), "re");
	unsigned int count = 0;
	size_t size = 0;

	while (file && getline(&text, &size, file) > 0) {
		text[strcspn(text, "\r\n")] = '\0';
		free(line[count % TAIL_LINES]);
		line[count++ % TAIL_LINES] = strdup(text);
	}
	ktap_diag("VM %s, the end of its %s, %u lines:", vm->config.name, kind, count);
	for (unsigned int i = count > TAIL_LINES ? count - TAIL_LINES : 0; i < count; i++)
		ktap_diag("  %s", line[i % TAIL_LINES]);
	for (unsigned int i = 0; i < TAIL_LINES; i++)
		free(line[i]);
	free(text);
	if (file)
		fclose(file);
}

/* What it said last; before an assertion that fails. */
static void show(const struct l2 *vm)
{
	show_tail(vm, "console");
	show_tail(vm, "events");
	show_tail(vm, "vmm");
}

/* Return: whether its VMM is gone, or goes within @ms; its status then. */
static bool reap(struct l2 *vm, int ms, int *status)
{
	struct pollfd exited = {.fd = (int)syscall(SYS_pidfd_open, vm->pid, 0), .events = POLLIN};
	bool gone = poll(&exited, 1, ms) == 1 && waitpid(vm->pid, status, 0) == vm->pid;

	close(exited.fd);
	if (gone)
		vm->pid = 0;
	return gone;
}

static void socket_pair(int ends[2])
{
	int ret = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);

	REQUIRE(!ret, "socketpair: %s", strerror(errno));
}

static void make_memory(struct l2 *vm)
{
	vm->size = l2_machine_ram();
	vm->fd = memfd_create(vm->config.name, MFD_CLOEXEC);
	REQUIRE(vm->fd >= 0 && !ftruncate(vm->fd, (off_t)vm->size), "memory of VM %s: %s",
		vm->config.name, strerror(errno));
	vm->ram = mmap(NULL, vm->size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->fd, 0);
	REQUIRE(vm->ram != MAP_FAILED, "mapping %llu bytes: %s", (unsigned long long)vm->size,
		strerror(errno));
	/* A fork of this process has no use for it. */
	madvise(vm->ram, vm->size, MADV_DONTFORK);
}

static void run_vmm(const struct l2 *vm, const struct l2_fds *fds)
{
	char *const *argv = l2_machine_argv(&vm->config, vm->size, fds);
	int out = open(l2_path(vm->config.name, "vmm"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	for (unsigned int i = 0; i < ARRAY_SIZE(fds->fd); i++) {
		if (fds->fd[i] >= 0)
			fcntl(fds->fd[i], F_SETFD, 0);
	}
	execv(argv[0], argv);
	dprintf(STDERR_FILENO, "exec %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

void l2_launch(struct l2 *vm, const struct l2_config *config)
{
	int qmp[2], agent[2];
	struct l2_fds fds;
	int ret;

	*vm = (struct l2){.config = *config, .qmp = -1, .agent = -1};
	socket_pair(qmp);
	socket_pair(agent);
	make_memory(vm);
	fds = (struct l2_fds){{qmp[1], agent[1], vm->fd, l2_machine_mdev(config)}};
	l2_machine_job(config);
	fflush(stdout);
	vm->pid = fork();
	REQUIRE(vm->pid >= 0, "fork: %s", strerror(errno));
	if (!vm->pid)
		run_vmm(vm, &fds);
	vm->qmp = qmp[0];
	vm->agent = agent[0];
	close(qmp[1]);
	close(agent[1]);
	if (fds.fd[L2_FD_MDEV] >= 0)
		close(fds.fd[L2_FD_MDEV]);
	ret = qmp_negotiate(vm->qmp);
	if (ret)
		show(vm);
	REQUIRE(!ret, "VM %s: its monitor: %s", config->name, strerror(-ret));
	l2_let_go(vm);
}

void l2_wait(struct l2 *vm)
{
	char line[LINE];
	int ret;

	/* Of a life before there may be something left. */
	do {
		ret = read_line(vm->agent, line, sizeof(line), l2_patience(L2_BOOT_MS));
	} while (!ret && strcmp(line, "hello"));
	if (ret)
		show(vm);
	REQUIRE(!ret, "VM %s %s (a VM that stands still: docs/findings.md, KVM)", vm->config.name,
		ret == -ETIMEDOUT ? "did not come up in time" : "ended while it came up");
}

void l2_start(struct l2 *vm, const struct l2_config *config)
{
	l2_launch(vm, config);
	l2_wait(vm);
}

unsigned int l2_ask(struct l2 *vm, u64 *reply, unsigned int max, const char *fmt, ...)
{
	char request[LINE], line[LINE], *save = NULL, *word;
	unsigned int count = 0;
	va_list args;
	int ret;

	va_start(args, fmt);
	vsnprintf(request, sizeof(request), fmt, args);
	va_end(args);
	dprintf(vm->agent, "%s\n", request);
	ret = read_line(vm->agent, line, sizeof(line), l2_patience(ASK_MS));
	word = ret ? NULL : strtok_r(line, " ", &save);
	if (!word || strcmp(word, "ok"))
		show(vm);
	REQUIRE(!ret, "VM %s, asked for '%s': %s (a VM that stands still: docs/findings.md, KVM)",
		vm->config.name, request, strerror(-ret));
	REQUIRE(word && !strcmp(word, "ok"), "VM %s: '%s' failed there", vm->config.name, request);
	while ((word = strtok_r(NULL, " ", &save))) {
		REQUIRE(count < max, "VM %s: '%s' is answered by more than %u numbers",
			vm->config.name, request, max);
		reply[count++] = strtoull(word, NULL, 10);
	}
	return count;
}

/* Its PID 1 gives the verdict last: kernel log, oracle, the agent's own. */
static bool verdict_is_pass(const struct l2 *vm)
{
	FILE *file = fopen(l2_path(vm->config.name, "events"), "re");
	char line[LINE];
	bool pass = false;

	while (file && fgets(line, sizeof(line), file))
		pass |= !strcmp(line, "2 verdict pass\n");
	if (file)
		fclose(file);
	return pass;
}

void l2_shut_down(struct l2 *vm)
{
	int status = 0;
	bool gone, clean;

	l2_ask(vm, NULL, 0, "quit");
	gone = reap(vm, l2_patience(END_MS), &status);
	clean = gone && !status && verdict_is_pass(vm);
	if (!clean)
		show(vm);
	CHECK(clean, "VM %s %s, status 0x%x", vm->config.name,
	      !gone ? "did not power off" : "found something wrong", status);
	l2_cleanup(vm);
	oracle_settle();
}

static void kill_vmm(struct l2 *vm)
{
	int status;

	kill(vm->pid, SIGKILL);
	/* A process that does not even die is the kernel's fault. */
	REQUIRE(reap(vm, l2_patience(END_MS), &status), "the VMM of VM %s does not die",
		vm->config.name);
}

void l2_kill(struct l2 *vm)
{
	oracle_settle();
	kill_vmm(vm);
	oracle_settle();
}

void l2_cleanup(struct l2 *vm)
{
	if (!vm->size)
		return;
	if (vm->pid)
		kill_vmm(vm);
	close(vm->qmp);
	close(vm->agent);
	munmap(vm->ram, vm->size);
	close(vm->fd);
	*vm = (struct l2){};
}

void l2_busy(struct l2 *vm, enum l2_device device, struct l2_busy *busy)
{
	u64 reply[1 + L2_BUSY_PAGES];
	unsigned int i;

	REQUIRE_EQ(l2_ask(vm, reply, ARRAY_SIZE(reply), "busy %d", device), ARRAY_SIZE(reply));
	busy->pasid = (u32)reply[0];
	for (i = 0; i < L2_BUSY_PAGES; i++) {
		busy->page[i] = reply[1 + i];
		REQUIRE(busy->page[i] < vm->size, "VM %s: a page at %#llx", vm->config.name,
			(unsigned long long)busy->page[i]);
	}
	l2_expect_written(vm, busy);
}

void l2_expect_written(const struct l2 *vm, const struct l2_busy *busy)
{
	const volatile u64 *word = (const void *)(vm->ram + busy->page[0]);

	memory_wait_change(word, *word);
	/* Once may have been under way before; twice is work that goes on. */
	memory_wait_change(word, *word);
}

static size_t difference(const struct l2 *vm, const struct l2_busy *busy, const u8 *seen)
{
	size_t page = memory_page(), off = page;
	unsigned int i;

	for (i = 0; i < L2_BUSY_PAGES && off == page; i++)
		off = memory_diff(seen + i * page, vm->ram + busy->page[i], page);
	return off == page ? L2_BUSY_PAGES * page : (i - 1) * page + off;
}

void l2_expect_unwritten(const struct l2 *vm, const struct l2_busy *busy)
{
	size_t page = memory_page(), size = L2_BUSY_PAGES * page;
	struct clock_wait wait = clock_wait_for(LOOK_MS);
	u8 *seen = memory_map(size);
	unsigned int i;

	for (i = 0; i < L2_BUSY_PAGES; i++)
		memcpy(seen + i * page, vm->ram + busy->page[i], page);
	while (CHECK_EQ(difference(vm, busy, seen), size) && clock_wait_again(&wait))
		continue;
	memory_unmap(seen, size);
}

u32 l2_expect_copy(struct l2 *vm, enum l2_device device)
{
	u64 pasid;

	REQUIRE_EQ(l2_ask(vm, &pasid, 1, "copy %d", device), 1);
	return (u32)pasid;
}

static enum svk_queue_err fetch(struct l2 *vm, enum l2_device device, u32 pasid, u64 addr)
{
	u64 err;

	REQUIRE_EQ(l2_ask(vm, &err, 1, "fetch %d %u %llu", device, pasid, (unsigned long long)addr),
		   1);
	return (enum svk_queue_err)err;
}

void l2_expect_alive(struct l2 *vm, enum l2_device device, u32 pasid, u64 addr)
{
	enum svk_queue_err err = fetch(vm, device, pasid, addr);

	CHECK(err == SVK_QERR_NONE, "VM %s: nothing at %#llx of PASID %u, the queue's error is %d",
	      vm->config.name, (unsigned long long)addr, pasid, err);
}

void l2_expect_dead(struct l2 *vm, enum l2_device device, u32 pasid, u64 addr)
{
	enum svk_queue_err err = fetch(vm, device, pasid, addr);

	CHECK(err == SVK_QERR_RING_FAULT || err == SVK_QERR_CONFIG,
	      "VM %s: PASID %u is alive at %#llx, the queue's error is %d", vm->config.name, pasid,
	      (unsigned long long)addr, err);
}
