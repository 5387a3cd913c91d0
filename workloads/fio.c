// SPDX-License-Identifier: GPL-2.0
/*
 * fio with the engine `sva`, by the job files of fio/jobs: a process, whose JSON is read. Each run
 * makes its files, which are memory, and checks them; a round is a run.
 *
 * Found beside this program, in the folder fio, or where SVAKIT_FIO says.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fio_report.h"
#include "ktap.h"
#include "options.h"
#include "process.h"
#include "record.h"
#include "section.h"
#include "workloads.h"

/* A run takes seconds; the test's own limit is behind it. */
#define RUN_MS 240000

#define OUTPUT_MAX (4 << 20)

/* Fewer say nothing of a distribution, however long they take. */
#define ROUNDS_MIN 3

/**
 * struct fio - What is run.
 * @name: of the job file
 * @folder: of the program
 * @work: where its files are
 * @size: of each
 */
struct fio {
	const char *name;
	char folder[PATH_MAX];
	char work[64];
	u64 size;
};

static const char *path_in(const char *folder, const char *name)
{
	static char path[4][PATH_MAX + 64];
	static unsigned int next;
	char *p = path[next++ % ARRAY_SIZE(path)];

	snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
	return p;
}

static bool find(struct fio *f)
{
	const char *given = getenv("SVAKIT_FIO");
	ssize_t len;

	if (given) {
		snprintf(f->folder, sizeof(f->folder), "%s", given);
	} else {
		len = readlink("/proc/self/exe", f->folder, sizeof(f->folder) - 8);
		REQUIRE(len > 0, "reading /proc/self/exe: %s", strerror(errno));
		f->folder[len] = '\0';
		strcpy(strrchr(f->folder, '/') + 1, "fio");
	}
	if (!access(path_in(f->folder, "fio"), X_OK) && !access(path_in(f->folder, "sva.so"), R_OK))
		return true;
	bench_skip("no fio and sva.so in %.200s: SVAKIT_FIO=<folder of both, and the job files>",
		   f->folder);
	return false;
}

/* Of zeros: what fio lays out has the pattern already that it is to write. */
static void make_file(const struct fio *f)
{
	const char *path = path_in(f->work, f->name + strlen("fio_"));
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	REQUIRE(fd >= 0 && !ftruncate(fd, (off_t)f->size), "%s: %s", path, strerror(errno));
	close(fd);
}

/* Both outputs go where they can be read when it has ended. */
static void fio_main(struct process *parent, void *arg)
{
	const struct fio *f = arg;
	const char *log = path_in(f->work, "log");
	char size[32], job[64];

	(void)parent;
	snprintf(size, sizeof(size), "%llu", (unsigned long long)f->size);
	snprintf(job, sizeof(job), "%s.fio", f->name);
	make_file(f);
	setenv("SVA_ENGINE", path_in(f->folder, "sva.so"), 1);
	setenv("SVA_DIRECTORY", f->work, 1);
	setenv("SVA_SIZE", size, 1);
	setenv("SVA_SECONDS", options_quick() ? "1" : "2", 1);
	/* Files that it leaves in the folder where it runs. */
	REQUIRE(!chdir(f->work) && freopen(log, "we", stderr), "%s: %s", log, strerror(errno));
	REQUIRE(dup2(STDERR_FILENO, STDOUT_FILENO) >= 0, "dup2: %s", strerror(errno));
	execl(path_in(f->folder, "fio"), "fio", "--output-format=json", "--output=json",
	      path_in(f->folder, job), NULL);
	perror("exec of fio");
	_exit(127);
}

/* Return: contents, to be freed; empty if there is none. */
static char *read_file(const char *path)
{
	char *text = calloc(1, OUTPUT_MAX);
	FILE *file = fopen(path, "re");
	size_t len;

	REQUIRE(text, "memory for %s", path);
	if (!file)
		return text;
	len = fread(text, 1, OUTPUT_MAX - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

static void show(const char *path)
{
	char *text = read_file(path), *line, *rest = text;

	while ((line = strsep(&rest, "\n"))) {
		if (*line && *line != '{')
			ktap_diag("fio: %.200s", line);
		else if (*line)
			break;
	}
	free(text);
}

static void clean(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			unlink(path_in(folder, entry->d_name));
	}
	if (dir)
		closedir(dir);
}

/* Return: whether all is right. */
static bool run(const struct fio *f, struct fio_report *report)
{
	struct process child;
	const char *error, *line;
	char *text;
	int status, ret;

	process_start(&child, fio_main, (void *)f);
	ret = __process_wait(&child, RUN_MS, &status);
	CHECK_ERRNO(ret, 0);
	text = read_file(path_in(f->work, "json"));
	error = fio_report_add(report, text, &line);
	if (line)
		record_keep("fio.jsonl", line);
	CHECK(!status, "fio ended with status 0x%x", status);
	CHECK(!error, "fio: %s", error);
	if (ret || status || error) {
		show(path_in(f->work, "log"));
		show(path_in(f->work, "json"));
	}
	free(text);
	clean(f->work);
	return !ret && !status && !error;
}

static void workload_fio(const char *name)
{
	struct fio f = {.name = name, .work = "/tmp/svakit-fio.XXXXXX"};
	struct fio_report *report;
	u64 end;
	unsigned int round;

	if (!find(&f) || !bench_needs_device())
		return;
	REQUIRE(mkdtemp(f.work), "folder %s: %s", f.work, strerror(errno));
	report = fio_report_new(options_repeat());
	REQUIRE(report, "memory for the report");
	f.size = options_first("size");
	end = now_ns() + options_seconds() * 1000000000ULL;
	for (round = 0; round < options_repeat(); round++) {
		if (!run(&f, report) || (round + 1 >= ROUNDS_MIN && now_ns() > end))
			break;
	}
	fio_report_emit(report);
	fio_report_free(report);
	rmdir(f.work);
}

void workload_fio_seq(void)
{
	workload_fio("fio_seq");
}

void workload_fio_random(void)
{
	workload_fio("fio_random");
}

void workload_fio_mixed(void)
{
	workload_fio("fio_mixed");
}

void workload_fio_verify(void)
{
	workload_fio("fio_verify");
}
