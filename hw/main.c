// SPDX-License-Identifier: GPL-2.0
/*
 * svahw: the hardware that svakit tests against, as one process.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "accel/accel.h"
#include "control/control.h"
#include "gmem.h"
#include "inject/inject.h"
#include "log.h"
#include "machine.h"
#include "options.h"
#include "oracle/oracle.h"
#include "pci.h"
#include "stats.h"
#include "trace.h"
#include "vfio_user.h"
#include "vtd_function.h"

/* Everything of one run, zero or NULL where not made yet; see svahw_cleanup(). */
struct svahw {
	struct machine machine;
	struct trace *trace;
	struct gmem *vtd_mem[SVAHW_MAX_UNITS];
	struct gmem *accel_mem[SVAHW_MAX_ACCELS];
	struct vtd_function *vtd[SVAHW_MAX_UNITS];
	struct accel *accel[SVAHW_MAX_ACCELS];
	struct vfio_user_server *server;
	struct control *control;
	FILE *stats_file;
	FILE *trace_file;
	FILE *findings_file;
	int stop_fd;
};

/* Reports are opened before the run: a name that cannot be written is not found out after it. */
static int open_report(const char *path, FILE **out)
{
	int rc;

	if (!path)
		return 0;
	*out = fopen(path, "we");
	if (*out)
		return 0;
	rc = -errno;
	log_error("cannot write %s: %s", path, strerror(-rc));
	return rc;
}

static int close_report(const char *path, FILE *file, int rc)
{
	if (!file)
		return 0;
	if (fclose(file) == EOF && !rc)
		rc = -errno;
	if (rc)
		log_error("cannot write %s: %s", path, strerror(-rc));
	return rc;
}

/* The signals that end svahw become readable; blocked here, so in every thread made later. */
static int block_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int add_socket(struct svahw *h, struct pci_function *fn, const char *dir)
{
	char *path;
	int rc;

	if (asprintf(&path, "%s/%s.sock", dir, fn->name) < 0)
		return -ENOMEM;
	rc = vfio_user_add(h->server, fn, path);
	free(path);
	return rc;
}

/* Return: whether it worked; if not, errno says why. */
static bool build_accel(struct svahw *h, const struct options *o, unsigned int i)
{
	struct accel_config cfg = o->accel;

	cfg.index = i;
	cfg.sid = o->accel_sid[i];
	cfg.pasid_width = o->pasid_width[i];
	cfg.vendor = o->accel_id[i].vendor;
	cfg.device = o->accel_id[i].device;
	cfg.acs = options_shares_slot(o, i);
	h->accel_mem[i] = gmem_new(&h->machine);
	if (!h->accel_mem[i])
		return false;
	h->accel[i] = accel_new(&cfg, &h->machine, h->accel_mem[i],
				vtd_function_unit(h->vtd[options_unit(o, i)]));
	return h->accel[i];
}

/* Return: likewise. */
static bool build_unit(struct svahw *h, const struct options *o, unsigned int i)
{
	struct vtd_config cfg = o->vtd;

	cfg.index = i;
	h->vtd_mem[i] = gmem_new(&h->machine);
	if (!h->vtd_mem[i])
		return false;
	h->vtd[i] = vtd_function_new(&cfg, &h->machine, h->vtd_mem[i]);
	if (h->vtd[i] && i)
		vtd_append(vtd_function_unit(h->vtd[0]), vtd_function_unit(h->vtd[i]));
	return h->vtd[i];
}

/* Return: likewise. */
static bool build_oracle(struct svahw *h, const struct options *o)
{
	struct oracle *oracle;

	if (!o->oracle)
		return true;
	oracle = oracle_new(vtd_function_unit(h->vtd[0]), h->findings_file);
	h->machine.oracle = oracle;
	for (unsigned int i = 1; oracle && i < o->units; i++)
		if (oracle_add(oracle, vtd_function_unit(h->vtd[i])))
			return false;
	return oracle;
}

/* Accelerators without a thread: their turns are taken here, with the lock held. */
static void settle(void *arg)
{
	struct svahw *h = arg;
	bool busy;

	do {
		busy = false;
		for (unsigned int i = 0; i < SVAHW_MAX_ACCELS && h->accel[i]; i++) {
			if (!accel_turn_begin(h->accel[i]))
				continue;
			accel_turn_move(h->accel[i]);
			accel_turn_end(h->accel[i]);
			busy = true;
		}
	} while (busy);
}

static int svahw_build(struct svahw *h, const struct options *o)
{
	if (o->trace_file)
		h->trace = trace_new(o->trace_events);
	machine_init(&h->machine, h->trace);
	h->machine.inject = inject_new(&h->machine, o->seed);
	if ((o->trace_file && !h->trace) || !h->machine.inject)
		goto err;
	for (unsigned int i = 0; i < o->rules; i++)
		inject_arm(h->machine.inject, &o->rule[i]);
	for (unsigned int i = 0; i < o->units; i++)
		if (!build_unit(h, o, i))
			goto err;
	if (!build_oracle(h, o))
		goto err;
	for (unsigned int i = 0; i < o->accels; i++)
		if (!build_accel(h, o, i))
			goto err;
	if (o->accel.stepped) {
		h->machine.settle = settle;
		h->machine.settler = h;
	}
	h->server = vfio_user_new(&h->machine);
	if (!h->server)
		goto err;
	return 0;
err:
	log_error("cannot build the model: %s", strerror(errno));
	return -errno;
}

static void control_ready(void *arg)
{
	control_serve(arg);
}

static int add_control(struct svahw *h, const struct options *o)
{
	const struct control_model model = {
		.machine = &h->machine,
		.unit = vtd_function_unit(h->vtd[0]),
		.accel = h->accel,
		.accels = o->accels,
	};

	if (!o->control)
		return 0;
	h->control = control_new(&model, o->control);
	if (!h->control)
		return -errno;
	return vfio_user_attach(h->server, control_fd(h->control), control_ready, h->control);
}

static int svahw_listen(struct svahw *h, const struct options *o)
{
	int rc = 0;

	for (unsigned int i = 0; !rc && i < o->units; i++)
		rc = add_socket(h, vtd_function_pci(h->vtd[i]), o->socket_dir);
	for (unsigned int i = 0; !rc && i < o->accels; i++)
		rc = add_socket(h, accel_function(h->accel[i]), o->socket_dir);
	if (!rc)
		rc = add_control(h, o);
	if (rc)
		return rc;
	log_info("listening in %s", o->socket_dir);
	if (o->ready_fd < 0)
		return 0;
	if (write(o->ready_fd, "", 1) != 1) {
		rc = -errno;
		log_error("cannot write to --ready-fd %d: %s", o->ready_fd, strerror(-rc));
		return rc;
	}
	close(o->ready_fd);
	return 0;
}

static int svahw_start(struct svahw *h, const struct options *o)
{
	int rc;

	log_set_level(o->log_level);
	rc = o->log_file ? log_open(o->log_file) : 0;
	if (rc) {
		log_error("cannot write %s: %s", o->log_file, strerror(-rc));
		return rc;
	}
	rc = open_report(o->stats_file, &h->stats_file);
	if (!rc)
		rc = open_report(o->trace_file, &h->trace_file);
	if (!rc)
		rc = open_report(o->findings_file, &h->findings_file);
	if (rc)
		return rc;
	h->stop_fd = block_signals();
	if (h->stop_fd < 0) {
		log_error("cannot take signals: %s", strerror(errno));
		return -errno;
	}
	rc = svahw_build(h, o);
	return rc ? rc : svahw_listen(h, o);
}

/* Write what was asked for. The server is gone, so only the engines may still be counting. */
static int svahw_report(struct svahw *h, const struct options *o)
{
	int stats_rc = 0, trace_rc = 0, findings_rc;
	u64 bar[SVAHW_MAX_UNITS];

	for (unsigned int i = 0; i < o->units; i++)
		bar[i] = vtd_function_bar(h->vtd[i]);

	machine_lock(&h->machine);
	if (h->stats_file)
		stats_rc =
			stats_write(h->stats_file, &h->machine, vtd_function_unit(h->vtd[0]), bar);
	if (h->trace_file)
		trace_rc = trace_dump(h->trace, h->trace_file);
	machine_unlock(&h->machine);
	stats_rc = close_report(o->stats_file, h->stats_file, stats_rc);
	trace_rc = close_report(o->trace_file, h->trace_file, trace_rc);
	findings_rc = close_report(o->findings_file, h->findings_file,
				   h->findings_file && ferror(h->findings_file) ? -EIO : 0);
	h->stats_file = NULL;
	h->trace_file = NULL;
	h->findings_file = NULL;
	if (stats_rc || trace_rc)
		return stats_rc ? stats_rc : trace_rc;
	return findings_rc;
}

static void svahw_cleanup(struct svahw *h)
{
	control_free(h->control);
	vfio_user_free(h->server);
	for (unsigned int i = 0; i < SVAHW_MAX_ACCELS; i++)
		accel_free(h->accel[i]);
	oracle_free(h->machine.oracle);
	for (unsigned int i = 0; i < SVAHW_MAX_UNITS; i++)
		vtd_function_free(h->vtd[i]);
	for (unsigned int i = 0; i < SVAHW_MAX_ACCELS; i++)
		gmem_free(h->accel_mem[i]);
	for (unsigned int i = 0; i < SVAHW_MAX_UNITS; i++)
		gmem_free(h->vtd_mem[i]);
	inject_free(h->machine.inject);
	trace_free(h->trace);
	if (h->stop_fd >= 0)
		close(h->stop_fd);
	if (h->stats_file)
		fclose(h->stats_file);
	if (h->trace_file)
		fclose(h->trace_file);
	if (h->findings_file)
		fclose(h->findings_file);
	log_close();
}

int main(int argc, char **argv)
{
	static struct svahw h = {.stop_fd = -1};
	struct options o;
	int rc;

	if (options_parse(&o, argc, argv, 0))
		return EXIT_FAILURE;
	if (o.list_caps) {
		vtd_config_help();
		return EXIT_SUCCESS;
	}
	rc = svahw_start(&h, &o);
	if (!rc) {
		rc = vfio_user_run(h.server, h.stop_fd, o.once);
		if (rc)
			log_error("event loop: %s", strerror(-rc));
		control_free(h.control);
		h.control = NULL;
		vfio_user_free(h.server);
		h.server = NULL;
		if (svahw_report(&h, &o))
			rc = -EIO;
	}
	svahw_cleanup(&h);
	return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
