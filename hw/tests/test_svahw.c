// SPDX-License-Identifier: GPL-2.0
/*
 * The program as a whole, as the runner starts it: ready byte, its clients,
 * ends, reports, exit statuses. It runs the svahw of its own build.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <libgen.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <svakit/accel_regs.h>
#include <svakit/vtd_regs.h>

#include "tests/vfio_user_fixture.h"

#define CONFIG_REGION 7
#define MAX_ARGS 12
#define RUN_DEADLINE_S 30

static char program[PATH_MAX];

struct run {
	char dir[64];
	struct toy vtd, accel, second; /* only their paths are used */
	char log[96], stats[96], trace[96];
	pid_t pid;
};

static int setup(void **state)
{
	struct run *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	strcpy(r->dir, "/tmp/svahw-test-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	snprintf(r->vtd.path, sizeof(r->vtd.path), "%s/vtd.sock", r->dir);
	snprintf(r->accel.path, sizeof(r->accel.path), "%s/accel.sock", r->dir);
	snprintf(r->second.path, sizeof(r->second.path), "%s/accel-2.sock", r->dir);
	snprintf(r->log, sizeof(r->log), "%s/log", r->dir);
	snprintf(r->stats, sizeof(r->stats), "%s/stats", r->dir);
	snprintf(r->trace, sizeof(r->trace), "%s/trace", r->dir);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct run *r = *state;

	unlink(r->log);
	unlink(r->stats);
	unlink(r->trace);
	/* The sockets are gone, or this fails. */
	assert_int_equal(rmdir(r->dir), 0);
	free(r);
	return 0;
}

static void start(struct run *r, const char *const *args, int out_fd, int err_fd)
{
	char *argv[MAX_ARGS + 4] = {program, "--socket-dir", r->dir};
	int argc = 3;

	while (*args && argc < MAX_ARGS + 3)
		argv[argc++] = (char *)*args++;
	r->pid = fork();
	assert_true(r->pid >= 0);
	if (r->pid)
		return;
	/* One that should have ended and serves instead is a failure, not a hang. */
	alarm(RUN_DEADLINE_S);
	dup2(out_fd, STDOUT_FILENO);
	dup2(err_fd, STDERR_FILENO);
	execv(program, argv);
	_exit(127);
}

/* Start and wait for the byte that says that the sockets are there. */
static void start_ready(struct run *r, const char *const *extra)
{
	const char *args[MAX_ARGS] = {"--ready-fd", "1"};
	int argc = 2;
	int pipefd[2];
	char byte;

	while (*extra && argc < MAX_ARGS - 1)
		args[argc++] = *extra++;
	assert_int_equal(pipe2(pipefd, O_CLOEXEC), 0);
	start(r, args, pipefd[1], STDERR_FILENO);
	close(pipefd[1]);
	assert_int_equal(read(pipefd[0], &byte, 1), 1);
	/* One byte, then the end. */
	assert_int_equal(read(pipefd[0], &byte, 1), 0);
	close(pipefd[0]);
}

#define START_READY(r, ...) start_ready(r, (const char *const[]){__VA_ARGS__, NULL})

static int finish(struct run *r)
{
	int status;

	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The exit status of a start that is to fail, or to be over at once. */
static int try(struct run *r, const char *const *args)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	start(r, args, null, null);
	close(null);
	return finish(r);
}

#define TRY(r, ...) try(r, (const char *const[]){__VA_ARGS__, NULL})

static char *contents(const char *path)
{
	FILE *in = fopen(path, "re");
	char *text = calloc(1, 65536);

	assert_non_null(in);
	assert_non_null(text);
	assert_true(fread(text, 1, 65535, in) < 65535);
	fclose(in);
	return text;
}

static u64 number(struct json_object *obj, const char *key)
{
	struct json_object *val;

	assert_true(json_object_object_get_ex(obj, key, &val));
	return json_object_get_uint64(val);
}

static void serves_and_reports(void **state)
{
	struct run *r = *state;
	struct json_object *obj, *val;
	int vtd, accel;
	char *text;

	START_READY(r, "--once", "--log-file", r->log, "--stats", r->stats, "--trace", r->trace);
	vtd = client_open(&r->vtd);
	accel = client_open(&r->accel);
	assert_int_equal(client_read_region(vtd, CONFIG_REGION, 0, 4),
			 SVK_PCI_DEVICE_VTD << 16 | SVK_PCI_VENDOR);
	assert_int_equal(client_read_region(accel, CONFIG_REGION, 0, 4),
			 SVK_PCI_DEVICE_ACCEL << 16 | SVK_PCI_VENDOR);
	client_write_region(vtd, CONFIG_REGION, PCI_BASE_ADDRESS_0, 4, 0xfe000000);
	client_write_region(vtd, CONFIG_REGION, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_true(client_read_region(vtd, 0, VTD_ECAP, 8) & VTD_ECAP_SMPWCS);
	assert_int_equal(client_read_region(accel, 0, SVK_GLB_ID, 4), SVK_GLB_ID_MAGIC);
	/* A width that the registers do not have is counted. */
	assert_int_equal(client_read_region(accel, 0, SVK_GLB_ID, 1), 0xff);
	close(accel);
	close(vtd);
	assert_int_equal(finish(r), 0);

	text = contents(r->stats);
	obj = json_tokener_parse(text);
	assert_non_null(obj);
	assert_int_equal(number(obj, "bad_access"), 1);
	assert_int_equal(number(obj, "fault"), 0);
	assert_true(json_object_object_get_ex(obj, "vtd_bar", &val));
	assert_string_equal(json_object_get_string(val), "0xfe000000");
	json_object_put(obj);
	free(text);

	text = contents(r->trace);
	assert_non_null(strstr(text, " reg function=0 bar=0 offset=0x10 read 0x"));
	free(text);
	text = contents(r->log);
	assert_non_null(strstr(text, "svahw: info: vtd: BAR 0 at 0xfe000000\n"));
	assert_non_null(strstr(text, "svahw: info: accel: client disconnected\n"));
	free(text);
}

static void signals_end_it(void **state)
{
	static const int signals[] = {SIGTERM, SIGINT};
	struct run *r = *state;

	for (int i = 0; i < 2; i++) {
		int fd;

		START_READY(r, "--log-file", r->log, "--stats", r->stats);
		fd = client_open(&r->accel);
		assert_int_equal(kill(r->pid, signals[i]), 0);
		assert_int_equal(finish(r), 0);
		close(fd);
		assert_int_equal(access(r->stats, R_OK), 0);
		unlink(r->stats);
	}
}

static void options_reach_the_model(void **state)
{
	struct run *r = *state;
	int vtd, accel;

	START_READY(r, "--log-file", r->log, "--ecap=-smpwc", "--queues=3", "--no-pri");
	vtd = client_open(&r->vtd);
	accel = client_open(&r->accel);
	assert_false(client_read_region(vtd, 0, VTD_ECAP, 8) & VTD_ECAP_SMPWCS);
	assert_int_equal(svk_get(SVK_GLB_CAP_QUEUES, client_read_region(accel, 0, SVK_GLB_CAP, 8)),
			 3);
	close(vtd);
	close(accel);
	kill(r->pid, SIGTERM);
	assert_int_equal(finish(r), 0);
}

/* Guest memory of one function: what it is told to do, its record, what it writes. */
struct job {
	struct svk_desc ring[2];
	struct svk_cpl cpl;
	u64 data;
};

#define JOB_ADDR 0x100000ULL
#define JOB_SIZE 0x1000

/* A function of its own: memory, registers, queue. Translation is off, so addresses are RAM's. */
static struct job *start_job(int fd, u64 pattern)
{
	int memfd = memfd_make(JOB_SIZE, true);
	struct job *job;

	job = mmap(NULL, JOB_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	assert_ptr_not_equal(job, MAP_FAILED);
	assert_int_equal(client_map(fd, JOB_ADDR, JOB_SIZE, 3, memfd), 0);
	close(memfd);
	job->ring[0] = (struct svk_desc){
		.ctrl = cpu_to_le32(SVK_OP_FILL | SVK_DESC_CPL_RECORD),
		.dst = cpu_to_le64(JOB_ADDR + offsetof(struct job, data)),
		.size = cpu_to_le64(sizeof(job->data)),
		.operand = cpu_to_le64(pattern),
		.cpl = cpu_to_le64(JOB_ADDR + offsetof(struct job, cpl)),
	};
	client_write_region(fd, CONFIG_REGION, PCI_COMMAND, 2,
			    PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	client_write_region(fd, 0, SVK_GLB_CTRL, 4, SVK_GLB_CTRL_ENABLE);
	client_write_region(fd, 0, SVK_QCFG_BASE + SVK_QCFG_RING, 8, JOB_ADDR);
	client_write_region(fd, 0, SVK_QCFG_BASE + SVK_QCFG_SIZE, 4, 2);
	client_write_region(fd, 0, SVK_QCFG_BASE + SVK_QCFG_CTRL, 4, SVK_QCFG_CTRL_ENABLE);
	client_write_region(fd, 2, SVK_PORTAL_TAIL, 4, 1);
	return job;
}

static void finish_job(int fd, struct job *job, u64 pattern)
{
	time_t deadline = time(NULL) + RUN_DEADLINE_S;

	while (client_read_region(fd, 2, SVK_PORTAL_HEAD, 4) != 1)
		assert_true(time(NULL) < deadline);
	assert_int_equal(le32_to_cpu(job->cpl.status), SVK_CPL_OK);
	assert_true(le64_to_cpu(job->data) == pattern);
	munmap(job, JOB_SIZE);
}

static void serves_several_accelerators(void **state)
{
	struct run *r = *state;
	struct job *job[2];
	int vtd, fd[2];
	char *text;

	START_READY(r, "--once", "--log-file", r->log, "--trace", r->trace, "--accel-bdf=00:06.0",
		    "--accel-bdf=00:0a.0", "--queues=2");
	vtd = client_open(&r->vtd);
	fd[0] = client_open(&r->accel);
	fd[1] = client_open(&r->second);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(client_read_region(fd[i], CONFIG_REGION, 0, 4),
				 SVK_PCI_DEVICE_ACCEL << 16 | SVK_PCI_VENDOR);
		/* The other options are for both. */
		assert_int_equal(client_read_region(fd[i], 0, SVK_GLB_CAP, 4) & 0xff, 2);
	}
	/* The same addresses, and yet memory of their own. */
	job[0] = start_job(fd[0], 0x1111111111111111ULL);
	job[1] = start_job(fd[1], 0x2222222222222222ULL);
	finish_job(fd[0], job[0], 0x1111111111111111ULL);
	finish_job(fd[1], job[1], 0x2222222222222222ULL);

	close(vtd);
	close(fd[0]);
	/* One client is left, so it goes on; a closed function can have another. */
	fd[0] = client_open(&r->accel);
	close(fd[0]);
	assert_int_equal(client_read_region(fd[1], 0, SVK_GLB_ID, 4), SVK_GLB_ID_MAGIC);
	close(fd[1]);
	assert_int_equal(finish(r), 0);

	text = contents(r->trace);
	assert_non_null(strstr(text, " dma sid=00:06.0 queue=0 op=fill bytes=8 status=1\n"));
	assert_non_null(strstr(text, " dma sid=00:0a.0 queue=0 op=fill bytes=8 status=1\n"));
	assert_non_null(strstr(text, " reg function=2 bar=2 offset=0 write 0x1\n"));
	free(text);
	text = contents(r->log);
	assert_non_null(strstr(text, "svahw: info: accel: client disconnected\n"));
	assert_non_null(strstr(text, "svahw: info: accel-2: client disconnected\n"));
	free(text);
}

static void serves_two_units(void **state)
{
	struct toy more = {0};
	struct run *r = *state;
	int fd[4];
	char *text;

	snprintf(more.path, sizeof(more.path), "%s/vtd-2.sock", r->dir);
	START_READY(r, "--once", "--stats", r->stats, "--log-file", r->log, "--units=2",
		    "--accel-bdf=00:06.0", "--accel-bdf=00:0a.0");
	fd[0] = client_open(&r->vtd);
	fd[1] = client_open(&more);
	fd[2] = client_open(&r->accel);
	fd[3] = client_open(&r->second);
	for (int i = 0; i < 2; i++)
		assert_int_equal(client_read_region(fd[i], CONFIG_REGION, 0, 4),
				 SVK_PCI_DEVICE_VTD << 16 | SVK_PCI_VENDOR);
	for (int i = 0; i < 4; i++)
		close(fd[i]);
	assert_int_equal(finish(r), 0);
	text = contents(r->log);
	assert_non_null(strstr(text, "svahw: info: vtd-2: client connected\n"));
	free(text);
	text = contents(r->stats);
	assert_non_null(strstr(text, "\"units\":"));
	free(text);
}

/* Without threads: when a client has its answer, the work that it asked for is done. */
static void synchronous(void **state)
{
	const u64 pattern = 0x3333333333333333ULL;
	struct run *r = *state;
	struct job *job;
	int fd;

	START_READY(r, "--log-file", r->log, "--synchronous");
	fd = client_open(&r->accel);
	job = start_job(fd, pattern);
	assert_int_equal(le32_to_cpu(job->cpl.status), SVK_CPL_OK);
	assert_true(le64_to_cpu(job->data) == pattern);
	finish_job(fd, job, pattern);
	close(fd);
	kill(r->pid, SIGTERM);
	assert_int_equal(finish(r), 0);
}

/* Each socket counts: with a function that nobody came for, it is not over. */
static void once_waits_for_every_function(void **state)
{
	struct run *r = *state;

	START_READY(r, "--once", "--log-file", r->log, "--accel-bdf=00:06.0",
		    "--accel-bdf=00:0a.0");
	close(client_open(&r->vtd));
	close(client_open(&r->accel));
	close(client_open(&r->vtd));
	close(client_open(&r->second));
	assert_int_equal(finish(r), 0);
}

static void virtual_commands(void **state)
{
	struct run *r = *state;
	int vtd;

	START_READY(r, "--log-file", r->log, "--vcs-pasids=0x300-0x301");
	vtd = client_open(&r->vtd);
	client_write_region(vtd, 0, VTD_VCMD, 8, VTD_VCMD_ALLOC);
	assert_int_equal(client_read_region(vtd, 0, VTD_VCRSP, 8), 0x300ULL << 16);
	client_write_region(vtd, 0, VTD_VCMD, 8, VTD_VCMD_ALLOC);
	assert_int_equal(client_read_region(vtd, 0, VTD_VCRSP, 8), 0x301ULL << 16);
	client_write_region(vtd, 0, VTD_VCMD, 8, VTD_VCMD_ALLOC);
	assert_int_equal(client_read_region(vtd, 0, VTD_VCRSP, 8), 16 << 1);
	close(vtd);
	/* What a client took is free again for the next one. */
	vtd = client_open(&r->vtd);
	client_write_region(vtd, 0, VTD_VCMD, 8, VTD_VCMD_ALLOC);
	assert_int_equal(client_read_region(vtd, 0, VTD_VCRSP, 8), 0x300ULL << 16);
	close(vtd);
	kill(r->pid, SIGTERM);
	assert_int_equal(finish(r), 0);
}

/* It is there when the byte comes, answers beside a client, and goes with svahw. */
static void control_socket(void **state)
{
	static const char line[] = "{\"cmd\":\"state\"}\n";
	static const char start[] = "{\"ok\":true,\"time\":";
	struct run *r = *state;
	struct toy control; /* only its path is used */
	char reply[64];
	int accel, fd;

	snprintf(control.path, sizeof(control.path), "%s/control.sock", r->dir);
	START_READY(r, "--log-file", r->log, "--control", control.path);
	accel = client_open(&r->accel);
	fd = client_connect(&control);
	assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
	assert_int_equal(recv(fd, reply, sizeof(reply), MSG_WAITALL), sizeof(reply));
	assert_memory_equal(reply, start, strlen(start));
	assert_int_equal(client_read_region(accel, 0, SVK_GLB_ID, 4), SVK_GLB_ID_MAGIC);
	kill(r->pid, SIGTERM);
	assert_int_equal(finish(r), 0);
	close(fd);
	close(accel);
}

/* Over the sockets: one function goes in the middle of its work, another has it come back. */
static void faults_on_demand(void **state)
{
	struct run *r = *state;
	time_t deadline = time(NULL) + RUN_DEADLINE_S;
	struct job *job;
	int vtd, fd[2];
	char *text;

	START_READY(r, "--log-file", r->log, "--accel-bdf=00:06.0", "--accel-bdf=00:0a.0",
		    "--inject=remove,sid=00:0a.0", "--seed=7");
	vtd = client_open(&r->vtd);
	fd[0] = client_open(&r->accel);
	fd[1] = client_open(&r->second);
	job = start_job(fd[0], 0x1111111111111111ULL);
	finish_job(fd[0], job, 0x1111111111111111ULL);
	job = start_job(fd[1], 0x2222222222222222ULL);
	while (client_read_region(fd[1], CONFIG_REGION, 0, 4) != 0xffffffff)
		assert_true(time(NULL) < deadline);
	assert_true(client_read_region(fd[1], 0, SVK_GLB_ID, 4) == 0xffffffff);
	assert_int_equal(client_read_region(fd[0], 0, SVK_LAB_INJECTED(SVK_INJECT_REMOVE), 8), 1);
	assert_int_equal(job->cpl.status, 0);
	munmap(job, JOB_SIZE);
	client_write_region(fd[0], 0, SVK_LAB_INJECT, 8, SVK_INJECT_REMOVE);
	assert_int_equal(client_read_region(fd[1], 0, SVK_GLB_ID, 4), SVK_GLB_ID_MAGIC);
	close(vtd);
	close(fd[0]);
	close(fd[1]);
	kill(r->pid, SIGTERM);
	assert_int_equal(finish(r), 0);
	text = contents(r->log);
	assert_non_null(strstr(text, "svahw: info: inject: remove at "));
	free(text);
}

static void only_tells(void **state)
{
	struct run *r = *state;

	assert_int_equal(TRY(r, "--help"), 0);
	assert_int_equal(TRY(r, "--version"), 0);
	assert_int_equal(TRY(r, "--usage"), 0);
	assert_int_equal(TRY(r, "--list-caps"), 0);
}

static void failures_have_a_status(void **state)
{
	struct run *r = *state;
	struct run second = *r;

	assert_int_equal(TRY(r, "--log-file", r->log, "--socket-dir", "/dev/null"), 1);
	assert_int_equal(TRY(r, "--log-file", "/dev/null/log"), 1);
	assert_int_equal(TRY(r, "--log-file", r->log, "--stats", "/dev/null/stats"), 1);
	assert_int_equal(TRY(r, "--log-file", r->log, "--trace", "/dev/null/trace"), 1);
	assert_int_equal(TRY(r, "--log-file", r->log, "--ready-fd", "99"), 1);
	assert_int_equal(TRY(r, "--log-file", r->log, "--control", "/dev/null"), 1);
	assert_int_equal(TRY(r, "--log-file", r->log, "--queues", "65"), 64);
	assert_int_equal(TRY(r, "--accel-bdf=00:06.0", "--accel-bdf=00:06.0"), 64);
	assert_int_equal(TRY(r, "--vcs-pasids=1-0x100000"), 64);
	assert_int_equal(TRY(r, "--inject=nothing"), 64);
	assert_int_equal(TRY(r, "--vcs-pasids=1-1024", "--ecap=pss=9"), 64);

	/* Two servers, one place. */
	START_READY(r, "--log-file", r->log);
	assert_int_equal(TRY(&second, "--log-file", r->log), 1);
	kill(r->pid, SIGTERM);
	assert_int_equal(finish(r), 0);
}

static void full_disk_is_a_failure(void **state)
{
	struct run *r = *state;

	START_READY(r, "--log-file", r->log, "--stats", "/dev/full");
	kill(r->pid, SIGTERM);
	assert_int_equal(finish(r), 1);
	START_READY(r, "--log-file", r->log, "--trace", "/dev/full");
	kill(r->pid, SIGTERM);
	assert_int_equal(finish(r), 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(serves_and_reports, setup, teardown),
		cmocka_unit_test_setup_teardown(signals_end_it, setup, teardown),
		cmocka_unit_test_setup_teardown(options_reach_the_model, setup, teardown),
		cmocka_unit_test_setup_teardown(serves_several_accelerators, setup, teardown),
		cmocka_unit_test_setup_teardown(serves_two_units, setup, teardown),
		cmocka_unit_test_setup_teardown(synchronous, setup, teardown),
		cmocka_unit_test_setup_teardown(once_waits_for_every_function, setup, teardown),
		cmocka_unit_test_setup_teardown(virtual_commands, setup, teardown),
		cmocka_unit_test_setup_teardown(control_socket, setup, teardown),
		cmocka_unit_test_setup_teardown(faults_on_demand, setup, teardown),
		cmocka_unit_test_setup_teardown(only_tells, setup, teardown),
		cmocka_unit_test_setup_teardown(failures_have_a_status, setup, teardown),
		cmocka_unit_test_setup_teardown(full_disk_is_a_failure, setup, teardown),
	};

	(void)argc;
	snprintf(program, sizeof(program), "%s/../svahw", dirname(argv[0]));
	return cmocka_run_group_tests_name("svahw", tests, NULL, NULL);
}
