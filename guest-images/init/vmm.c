// SPDX-License-Identifier: GPL-2.0
/* The next guest: its accelerators to VFIO, the VMM, and everything back. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "asked.h"
#include "init.h"

#define QMP_PATH "/run/qmp.sock"

/* What the VMM says; it warns of every BAR that cannot be a target of DMA, dozens of times. */
static char last_line[INIT_LINE];
static unsigned int repeats;

static void vmm_repeats(void)
{
	if (repeats)
		event("line vmm: (the same again, %u times)", repeats);
	repeats = 0;
}

static void vmm_line(const char *line)
{
	if (!strcmp(line, last_line)) {
		repeats++;
		return;
	}
	vmm_repeats();
	snprintf(last_line, sizeof(last_line), "%s", line);
	event("line vmm: %s", line);
}

/* Without KVM in L1 the next guest is emulated by its VMM. */
static bool has_kvm(void)
{
	return !access("/dev/kvm", R_OK | W_OK);
}

static char *machine_word(char *arg, bool kvm)
{
	char *accel = strstr(arg, "accel=kvm");

	if (!kvm && accel)
		memcpy(accel, "accel=tcg", 9);
	else if (!kvm && !strncmp(arg, "host", 4) && (arg[4] == ',' || !arg[4]))
		arg = arg[4] ? "max,la57=off" : "max";
	return arg;
}

void vmms_init(const struct job *job)
{
	bool kvm = has_kvm();
	int rc;
	FILE *f;

	if (!job_find(job, JOB_MACHINE))
		return;
	rc = mount_image("vmm", "/vmm");
	if (!rc)
		rc = mount_image("guest", "/guest");
	if (rc)
		die("mount the images of L2: %s", strerror(-rc));
	f = fopen(VMMS_PATH, "we");
	for (size_t i = 0; f && i < job->lines; i++) {
		if (job->line[i].verb == JOB_MACHINE)
			fprintf(f, "%s\n", machine_word(job->line[i].argv[0], kvm));
	}
	if (!f || fclose(f))
		die("write " VMMS_PATH ": %s", strerror(errno));
	once_start();
}

/*
 * The VMM's arguments from the job, and what PID 1 needs itself: a start
 * that waits (-S) and a monitor that connects to PID 1, so that nobody has to
 * guess when the socket is there.
 */
static void vmm_argv(const struct job *job, char **argv)
{
	static char *const extra[] = {"-S",
				      "-chardev",
				      "socket,id=qmp,path=" QMP_PATH,
				      "-mon",
				      "chardev=qmp,mode=control",
				      NULL};
	bool kvm = has_kvm();
	size_t n = 0;

	for (size_t i = 0; i < job->lines && n + 8 < INIT_MAX_ARGS; i++) {
		const struct job_line *l = &job->line[i];

		if (l->verb == JOB_MACHINE)
			argv[n++] = machine_word(l->argv[0], kvm);
		else if (l->verb == JOB_VMM)
			argv[n++] = l->argv[0];
	}
	for (size_t i = 0; extra[i]; i++)
		argv[n++] = extra[i];
	argv[n] = NULL;
	event("note l2_accel %s", kvm ? "kvm" : "tcg (L1 has no /dev/kvm)");
}

void qmp_say(const char *fmt, ...)
{
	char text[INIT_LINE / 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	event("line init: %s", text);
}

static int vmm_release(const struct job *job, struct child *c, int listen_fd)
{
	int qmp = qmp_accept(listen_fd, c->pidfd);
	char note[128];
	int rc;

	if (qmp < 0) {
		event("line vmm: no monitor: %s", strerror(-qmp));
		return qmp;
	}
	event_stage("l2qmp");
	rc = smpwc_apply(qmp, c->pid, note, sizeof(note));
	event("note smpwc %s", note);
	/* A debugger lets it go else. */
	if (!rc && !job_find(job, JOB_WAIT))
		rc = qmp_command(qmp, "{\"execute\":\"cont\"}", -1, NULL, 0);
	if (!rc)
		rc = relay_start();
	if (!rc)
		rc = hotplug_start(job, qmp);
	close(qmp);
	return rc;
}

static void vmm_report(int status, unsigned int limit_s)
{
	if (status == 124)
		event("vmm timeout %u", limit_s);
	else if (status > 128)
		event("vmm signal %d", status - 128);
	else
		event("vmm exit %d", status);
}

static int vmm_start(const struct job *job, unsigned int limit_s, unsigned int mdevs)
{
	char *env[] = {ASKED_FILE "=" ASKED_PATH, NULL, NULL};
	char *argv[INIT_MAX_ARGS];
	const struct command cmd = {
		.argv = argv, .env = env, .first_fd = MDEV_FIRST_FD, .fds = mdevs};
	const struct job_line *own = job_find(job, JOB_VMMENV);
	struct child c;
	int listen_fd = qmp_listen(QMP_PATH);
	int rc, status;

	if (listen_fd < 0)
		return listen_fd;
	env[1] = own ? own->argv[0] : NULL;
	vmm_argv(job, argv);
	rc = argv[0][0] == '/' ? child_start(&c, &cmd) : -EINVAL;
	if (rc) {
		close(listen_fd);
		return rc;
	}
	event_stage("l2start");
	if (vmm_release(job, &c, listen_fd))
		kill(c.pid, SIGKILL);
	else
		event_stage("l2cont");
	status = child_wait(&c, limit_s, vmm_line);
	vmm_repeats();
	close(listen_fd);
	vmm_report(status, limit_s);
	event_stage("l2end");
	return status ? -EIO : 0;
}

/* With the mediated devices of the job, which live as long as the VMM. */
static int vmm_run_with_mdevs(const struct job *job, unsigned int limit_s)
{
	int mdevs = mdevs_open(job);
	int rc, back;

	if (mdevs < 0)
		return mdevs;
	event_stage("vfio");
	rc = vmm_start(job, limit_s, (unsigned int)mdevs);
	back = mdevs_close(job);
	return rc ? rc : back;
}

int vmm_run(const struct job *job, unsigned int limit_s)
{
	const struct job_line *pf = job_find(job, JOB_PF);
	int rc = pf ? device_to_vfio(pf->name) : 0;
	int back = 0;

	if (rc)
		event("line init: give %s to vfio-pci: %s", pf->name, strerror(-rc));
	else
		rc = vmm_run_with_mdevs(job, limit_s);
	if (pf)
		back = device_from_vfio(pf->name);
	if (back)
		event("line init: take %s back from vfio-pci: %s", pf->name, strerror(-back));
	return rc ? rc : back;
}
