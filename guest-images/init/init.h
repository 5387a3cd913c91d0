/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PID 1 of both guests. It does what the job file says and reports events on
 * a virtio-serial port, one line each; docs/running.md lists both formats.
 * The verdict is the last event; whoever does not see it has seen a failure.
 */
#ifndef GUEST_IMAGES_INIT_INIT_H
#define GUEST_IMAGES_INIT_INIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <svakit/types.h>

#include "qmp.h"

#define INIT_MAX_ARGS 128
#define INIT_MAX_ENV 12
#define INIT_LINE 4000
#define DEVICE_NAME 32

struct search;

/* mounts.c */
/** mounts_init() - Mount the file systems, name the virtio ports under /dev/virtio-ports. */
void mounts_init(void);
/** disk_find() - Find a block device by serial number. Return: 0, its node in @dev; or -ENODEV. */
int disk_find(const char *serial, char *dev, size_t len);

/** mount_image() - Mount the block device with serial @serial. Return: 0 or -errno. */
int mount_image(const char *serial, const char *where);

/* events.c */
/** events_init() - Open the event port; events before it and without it go to the console. */
void events_init(int level);
/** event() - One event line, "<level> <text>", in one write; cut at INIT_LINE. */
void event(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** event_stage() - A "stage" event with the uptime. */
void event_stage(const char *name);
/** uptime_s() - Seconds since boot. */
double uptime_s(void);
/** die() - Report why PID 1 cannot go on, give the verdict "fail", power off. */
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/** power_off() - Flush and power off. */
void __attribute__((noreturn)) power_off(void);

/* job.c */
/** enum job_verb - What a job line asks for. */
enum job_verb {
	JOB_RUN,
	JOB_GUEST,
	JOB_MACHINE,
	JOB_VMM,
	JOB_SHELL,
	JOB_QUIET,
	JOB_WAIT,
	JOB_FORGET,
	JOB_VMMENV,
	JOB_PARENT,
	JOB_MDEV,
	JOB_HOTPLUG,
	JOB_PF,
	JOB_LOSE,
};

/**
 * struct job_line - One line of this level's job.
 * @verb: what to do
 * @name: of the test (JOB_RUN), UUID (JOB_MDEV, JOB_HOTPLUG), PCI address (JOB_PARENT, JOB_PF),
 *	how many to let pass (JOB_LOSE)
 * @limit_s: time limit in seconds (JOB_RUN, JOB_GUEST)
 * @env: environment of the test, "NAME=value", NULL-terminated (JOB_RUN)
 * @argv: words, NULL-terminated (JOB_RUN); one argument (JOB_MACHINE,
 *	JOB_VMM, JOB_VMMENV, JOB_FORGET); the type (JOB_MDEV, JOB_HOTPLUG)
 */
struct job_line {
	enum job_verb verb;
	char *name;
	unsigned int limit_s;
	char *env[INIT_MAX_ENV + 1];
	char *argv[INIT_MAX_ARGS];
};

/** struct job - The lines of this level, in order. */
struct job {
	struct job_line *line;
	size_t lines;
};

/** job_read() - Read the job, L1 from fw_cfg, L2 from a disk; ends PID 1 if it makes no sense. */
void job_read(struct job *job, int level);
/** job_find() - Return: the first line with @verb, or NULL. */
const struct job_line *job_find(const struct job *job, enum job_verb verb);
/** job_tests() - Number of tests. */
size_t job_tests(const struct job *job);

/* child.c */
/** struct child - A process in its own session, its output in a pipe. */
struct child {
	pid_t pid;
	int pidfd;
	int out;
	char buf[INIT_LINE];
	size_t used;
	bool too_long;
};

/**
 * struct command - What a child runs.
 * @argv: words, NULL-terminated, the first is a path
 * @env: "NAME=value" on top of PID 1's own environment, NULL-terminated; NULL for none
 * @first_fd: descriptors that it inherits begin here, close-on-exec in PID 1 itself
 * @fds: how many these are
 */
struct command {
	char *const *argv;
	char *const *env;
	int first_fd;
	unsigned int fds;
};

/** child_sink - Takes one line of output, without its newline. */
typedef void (*child_sink)(const char *line);

/** child_start() - Return: 0 or -errno. */
int child_start(struct child *c, const struct command *cmd);
/**
 * child_wait() - Forward output until the process ends or the limit is over;
 * then kill its whole process group and everything else that was left behind.
 *
 * Return: exit status, 128 + signal, or 124 after the limit.
 */
int child_wait(struct child *c, unsigned int limit_s, child_sink sink);

/* klog.c */
/** klog_init() - Open the kernel log at its present end. */
void klog_init(void);
/** klog_mark() - Write a marker line for @name, forget everything before it. */
void klog_mark(const char *name);
/** enum klog_flags - What klog_check() also looks at, or passes over. */
enum klog_flags {
	KLOG_DEFECTS = 0,
	KLOG_LEAKS = 1, /* kmemleak, where it is built in */
	KLOG_FAULTS_EXPECTED = 2, /* the test makes the device fault: count, do not fail */
	KLOG_ERRORS_EXPECTED = 4, /* the unit refuses what is sent: likewise */
};

/** klog_excuse() - Up to 8: until klog_check() a warning with @text is no defect, nor its taint. */
void klog_excuse(const char *text);

/**
 * klog_check() - Report every defect logged since the marker, and new taints.
 *
 * Lines of refused device accesses are counted in "note dmar_fault_lines". Invalidation errors
 * are counted in "note invalidation_errors"; those that the model has injected are no defect.
 *
 * Return: number of defects.
 */
unsigned int klog_check(const char *name, enum klog_flags flags);

/* oracle.c */
/** oracle_start() - What the oracle has found so far belongs to others. */
void oracle_start(void);
/**
 * oracle_lose() - Let the unit lose one invalidation that would remove a stale entry.
 * @skip: let so many of them pass first, a number in text
 */
void oracle_lose(const char *skip);
/**
 * oracle_lose_end() - No more of that.
 *
 * A "lost" event says how many it were, and how many findings there are in all. If there was one,
 * every cache is emptied.
 */
void oracle_lose_end(const char *name);
/**
 * oracle_check() - Audit the translation caches; everything of @name has ended.
 * @expected: findings that @name has brought about on purpose
 *
 * Reports an "oracle" event if there are others, or fewer. Without an accelerator, or with
 * svahw --no-oracle, nothing is checked.
 *
 * Return: 0, or 1 after an event.
 */
unsigned int oracle_check(const char *name, unsigned int expected);

/* injected.c */
/** injected_start() - What the model has injected so far belongs to others. */
void injected_start(void);
/** injected() - Return: whether the model has injected that kind (enum svk_inject) since. */
bool injected(int kind);
/** injected_end() - Disarm whatever a test has left armed. */
void injected_end(void);

/* qi.c */
/** qi_count_start() - Count the invalidation descriptors that this kernel submits. */
void qi_count_start(void);
/** qi_load() - Read all that is still known of them. */
void qi_load(void);
/** qi_search() - Look for one among those that were read. */
void qi_search(struct search *s);
/** qi_unload() - Undo qi_load(). */
void qi_unload(void);
/** qi_count_note() - Emit "note qi total=.. cc=.." for what was counted since the start. */
void qi_count_note(void);

/* lab.c */
/** lab_map() - Map the lab registers of accelerator @bdf. Return: NULL if it does not answer. */
volatile u8 *lab_map(const char *bdf);
/** lab_open() - Likewise, of the first accelerator that does. */
volatile u8 *lab_open(void);
/** lab_unmap() - Undo either; NULL is allowed. */
void lab_unmap(volatile u8 *lab);
/** lab_read32() - Read the register at @reg, SVK_LAB_xxx. */
u32 lab_read32(volatile u8 *lab, u32 reg);
/** lab_read64() - Likewise. */
u64 lab_read64(volatile u8 *lab, u32 reg);
/** lab_write32() - Write it. */
void lab_write32(volatile u8 *lab, u32 reg, u32 val);
/** lab_write64() - Likewise. */
void lab_write64(volatile u8 *lab, u32 reg, u64 val);
/** lab_has_oracle() - Return: whether svahw looks for missing invalidations. */
bool lab_has_oracle(volatile u8 *lab);

/* layers.c */
/** layers_start() - Before the first test, as early as there is an accelerator. */
void layers_start(int level);
/**
 * layers_look() - Report what this level, and in L2 also L1, has sent about findings.
 * @first: number of the first of them
 * @total: findings since svahw was started
 */
void layers_look(u64 first, u64 total);

/* asked.c */
/** The VMM of the next guest records here what it asks L1's kernel for. */
#define ASKED_PATH "/run/asked"
/** asked_search() - Look for a request of the VMM. Return: false if there was no VMM. */
bool asked_search(struct search *s);

/* relay.c */
/** relay_start() - Beside the VMM: look when the next guest asks for it. Return: 0 or -errno. */
int relay_start(void);
/** relay_look() - In the next guest: let L1 look, and wait until it has. */
void relay_look(u64 first, u64 total);

/* devices.c */
/**
 * device_list() - PCI addresses of the functions with this id.
 * @bdf: room for @max of them
 *
 * Return: how many.
 */
int device_list(unsigned int vendor, unsigned int device, char (*bdf)[DEVICE_NAME], int max);
/** device_has_driver() - Whether it is bound to @driver. */
bool device_has_driver(const char *bdf, const char *driver);
/** forget_start() - Load the module that lets this kernel forget, if the job wants it. */
void forget_start(const struct job *job);
/**
 * devices_init() - Load the modules, let the remapping unit's function master the bus (L1).
 *
 * The parent of the job, if there is one, gets its driver before the accelerator's own
 * can take it. Does not return when anything of it fails.
 */
void devices_init(const struct job *job, int level);
/** device_to_vfio() - Take it from its driver, give it to vfio-pci. Return: 0 or -errno. */
int device_to_vfio(const char *bdf);
/** device_from_vfio() - The inverse. Return: 0 or -errno. */
int device_from_vfio(const char *bdf);

/* mdev.c */
/** The next guest's VMM inherits the mediated devices from this descriptor on. */
#define MDEV_FIRST_FD 20

/**
 * mdevs_open() - Create those of the job, and open all but the one for hotplug; all or none.
 *
 * Return: how many are open, or -errno.
 */
int mdevs_open(const struct job *job);
/** mdevs_close() - Close and remove them; blocks while one is open. Return: 0 or -errno. */
int mdevs_close(const struct job *job);

/** mdev_open() - Open the character device of @uuid. Return: fd or -errno. */
int mdev_open(const char *uuid);

/* hotplug.c */
/**
 * hotplug_start() - Serve the next guest's requests for hotplug, if the job has such a device.
 * @job: names the device
 * @qmp: monitor, which belongs to the server from now on if there is one
 *
 * Return: 0 or -errno, after a line that says why.
 */
int hotplug_start(const struct job *job, int qmp);

/* once.c */
/** once_start() - Under TCG: the next guest is to take each interrupt once. */
void once_start(void);

/* vmm.c */
#define VMMS_PATH "/run/vmm"
/**
 * vmms_init() - Let tests start VMMs, if the job says how.
 *
 * What every VMM begins with is in VMMS_PATH then, an argument a line; to be called once.
 */
void vmms_init(const struct job *job);
/** vmm_run() - Run the next guest; reports "vmm" events. Return: 0 if it ended by itself with 0. */
int vmm_run(const struct job *job, unsigned int limit_s);

/* util.c */
/** file_write() - Write @text to a sysfs-like file. Return: 0 or -errno. */
int file_write(const char *path, const char *text);
/** file_create() - Make @path a file that holds @text. Return: 0 or -errno. */
int file_create(const char *path, const char *text);
/** file_read() - Read a small file, drop the last newline. Return: length or -errno. */
ssize_t file_read(const char *path, char *buf, size_t len);
/** mono_ns() - ns of CLOCK_MONOTONIC. */
u64 mono_ns(void);
/** socket_connect() - Connect to the UNIX socket at @path. Return: fd or -errno. */
int socket_connect(const char *path);

#endif /* GUEST_IMAGES_INIT_INIT_H */
