// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <svakit/accel_regs.h>

#include "options.h"
#include "pci.h"

#define DEFAULT_TRACE_EVENTS 65536
#define MAX_TRACE_EVENTS (1UL << 26)
#define MAX_PASID_WIDTH 20

const char *argp_program_version = "svahw " SVAHW_VERSION;

enum {
	OPT_SOCKET_DIR = 0x100,
	OPT_CONTROL,
	OPT_CAP,
	OPT_ECAP,
	OPT_VCS_PASIDS,
	OPT_UNITS,
	OPT_PMS_WIDTH,
	OPT_QUEUES,
	OPT_PASID_WIDTH,
	OPT_ACCEL_BDF,
	OPT_ACCEL_ID,
	OPT_NO_ATS,
	OPT_SYNCHRONOUS,
	OPT_NO_PRI,
	OPT_INJECT,
	OPT_SEED,
	OPT_LOG_LEVEL,
	OPT_LOG_FILE,
	OPT_STATS,
	OPT_TRACE,
	OPT_TRACE_EVENTS,
	OPT_FINDINGS,
	OPT_NO_ORACLE,
	OPT_ONCE,
	OPT_READY_FD,
	OPT_LIST_CAPS,
};

static const struct argp_option argp_options[] = {
	{NULL, 0, NULL, 0, "Sockets:", 1},
	{"socket-dir", OPT_SOCKET_DIR, "DIR", 0,
	 "Make the sockets there (default .): vtd.sock, accel.sock, accel-2.sock, ...", 0},
	{"control", OPT_CONTROL, "PATH", 0,
	 "Make a control socket there: a JSON object a line, {\"cmd\":\"help\"} for one", 0},
	{"once", OPT_ONCE, NULL, 0, "Exit when each function has had a client and none is left", 0},
	{"ready-fd", OPT_READY_FD, "N", 0,
	 "Write one byte to descriptor N, and close it, when all sockets listen", 0},
	{NULL, 0, NULL, 0, "VT-d unit:", 2},
	{"cap", OPT_CAP, "SPEC", 0, "Change capability fields, such as -fl5lp or sagaw=4", 0},
	{"ecap", OPT_ECAP, "SPEC", 0, "Change extended capability fields, such as -smpwc,pss=15",
	 0},
	{"vcs-pasids", OPT_VCS_PASIDS, "FIRST-LAST", 0,
	 "PASIDs that virtual commands give (default 0x8000-0xffff)", 0},
	{"units", OPT_UNITS, "N", 0,
	 "Number of units, 1 (default) or 2: the first accelerator is behind the first, all others "
	 "behind the last. The sockets are vtd.sock, vtd-2.sock",
	 0},
	{"pms-width", OPT_PMS_WIDTH, "N", 0,
	 "Bits of the performance monitoring counters, 8 to 48 (default 48)", 0},
	{"list-caps", OPT_LIST_CAPS, NULL, 0, "List the fields of both registers and exit", 0},
	{NULL, 0, NULL, 0, "Accelerators:", 3},
	{"queues", OPT_QUEUES, "N", 0, "Number of queues, 1 to 64 (default 16)", 0},
	{"pasid-width", OPT_PASID_WIDTH, "N[,N]...", 0,
	 "Bits of the PASID capability, 1 to 20 (default 20); 0 leaves it out. Of each in "
	 "turn, and the last number for all others",
	 0},
	{"accel-bdf", OPT_ACCEL_BDF, "BUS:DEV.FN", 0,
	 "Where the guest sees the accelerator (default 00:06.0); again for another one, up to 4",
	 0},
	{"accel-id", OPT_ACCEL_ID, "VENDOR:DEVICE[,VENDOR:DEVICE]...", 0,
	 "PCI ids of each accelerator in turn (default 1b36:5fd1, which its driver knows)", 0},
	{"no-ats", OPT_NO_ATS, NULL, 0, "Leave the ATS capability out", 0},
	{"no-pri", OPT_NO_PRI, NULL, 0, "Leave the PRI capability out", 0},
	{"synchronous", OPT_SYNCHRONOUS, NULL, 0,
	 "Have no threads: answer a client when all accelerators have come to rest", 0},
	{NULL, 0, NULL, 0, "Faults on demand (docs/faults.md):", 4},
	{"inject", OPT_INJECT, "FAULT", 0,
	 "Let something fail: KIND[,skip=N][,count=N|forever][,pasid=N][,addr=A][,chance=P]... "
	 "(again for another kind)",
	 0},
	{"seed", OPT_SEED, "N", 0, "Where the sequence of every chance begins (default 0)", 0},
	{NULL, 0, NULL, 0, "Reports:", 5},
	{"log-level", OPT_LOG_LEVEL, "L", 0, "error, warn, info (default) or debug", 0},
	{"log-file", OPT_LOG_FILE, "FILE", 0, "Log there, not to standard error", 0},
	{"stats", OPT_STATS, "FILE", 0, "Write the counters there at the end, as JSON", 0},
	{"trace", OPT_TRACE, "FILE", 0, "Write the last events there at the end, as text", 0},
	{"trace-events", OPT_TRACE_EVENTS, "N", 0, "Events that the trace keeps (default 65536)",
	 0},
	{"findings", OPT_FINDINGS, "FILE", 0,
	 "Write what the oracle finds there, one JSON object a line, as it is found", 0},
	{"no-oracle", OPT_NO_ORACLE, NULL, 0, "Look for nothing: no audits, no rules", 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

static int parse_number(const char *arg, unsigned long min, unsigned long max, unsigned long *out)
{
	char *end;

	if (*arg < '0' || *arg > '9')
		return -EINVAL;
	errno = 0;
	*out = strtoul(arg, &end, 0);
	if (errno || *end || *out < min || *out > max)
		return -EINVAL;
	return 0;
}

static int add_accel(struct options *o, u16 sid)
{
	if (o->accels == SVAHW_MAX_ACCELS)
		return -ENOSPC;
	for (unsigned int i = 0; i < o->accels; i++)
		if (o->accel_sid[i] == sid)
			return -EEXIST;
	o->accel_sid[o->accels++] = sid;
	return 0;
}

static error_t parse_accel(struct options *o, const char *arg, struct argp_state *state)
{
	u16 sid;

	if (pci_parse_bdf(arg, &sid)) {
		argp_error(state, "--accel-bdf: '%s' is not BUS:DEV.FN, such as 00:06.0", arg);
		return EINVAL;
	}
	switch (add_accel(o, sid)) {
	case -ENOSPC:
		argp_error(state, "--accel-bdf: '%s' is one more than the %u that there can be",
			   arg, SVAHW_MAX_ACCELS);
		return EINVAL;
	case -EEXIST:
		argp_error(state, "--accel-bdf: '%s' is taken by an accelerator before it", arg);
		return EINVAL;
	default:
		return 0;
	}
}

/* FIRST-LAST; whether ECAP.PSS has room for it is known when all options are. */
static error_t parse_vcs_pasids(struct options *o, const char *arg, struct argp_state *state)
{
	const unsigned long max = (1UL << MAX_PASID_WIDTH) - 1;
	const char *dash = strchr(arg, '-');
	unsigned long first, last;
	char head[16];

	if (!dash || dash - arg >= (ptrdiff_t)sizeof(head))
		goto bad;
	memcpy(head, arg, dash - arg);
	head[dash - arg] = 0;
	if (parse_number(head, 1, max, &first) || parse_number(dash + 1, first, max, &last))
		goto bad;
	o->vtd.vcs_first = first;
	o->vtd.vcs_last = last;
	return 0;
bad:
	argp_error(state, "--vcs-pasids: '%s' is not FIRST-LAST, two numbers from 1 to 0x%lx", arg,
		   max);
	return EINVAL;
}

/* Limits of the options that take a number. */
static const struct number_option {
	int key;
	const char *name;
	unsigned long min;
	unsigned long max;
} number_options[] = {
	{OPT_UNITS, "units", 1, SVAHW_MAX_UNITS},
	{OPT_QUEUES, "queues", 1, SVK_ACCEL_MAX_QUEUES},
	{OPT_TRACE_EVENTS, "trace-events", 1, MAX_TRACE_EVENTS},
	{OPT_PMS_WIDTH, "pms-width", 8, 48},
	{OPT_READY_FD, "ready-fd", 0, INT_MAX},
	{OPT_SEED, "seed", 0, ULONG_MAX},
};

static void set_number(struct options *o, int key, unsigned long val)
{
	switch (key) {
	case OPT_UNITS:
		o->units = val;
		break;
	case OPT_QUEUES:
		o->accel.queues = val;
		break;
	case OPT_TRACE_EVENTS:
		o->trace_events = val;
		break;
	case OPT_PMS_WIDTH:
		o->vtd.pms_width = val;
		break;
	case OPT_READY_FD:
		o->ready_fd = val;
		break;
	case OPT_SEED:
		o->seed = val;
		break;
	}
}

static error_t parse_number_option(struct options *o, int key, const char *arg,
				   struct argp_state *state)
{
	for (size_t i = 0; i < ARRAY_SIZE(number_options); i++) {
		const struct number_option *n = &number_options[i];
		unsigned long val;

		if (n->key != key)
			continue;
		if (parse_number(arg, n->min, n->max, &val)) {
			argp_error(state, "--%s: '%s' is not a number from %lu to %lu", n->name,
				   arg, n->min, n->max);
			return EINVAL;
		}
		set_number(o, key, val);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse_pasid_width(struct options *o, const char *arg, struct argp_state *state)
{
	unsigned int n = 0, i;
	const char *at = arg;
	unsigned long val;
	char *end;

	for (;;) {
		errno = 0;
		val = strtoul(at, &end, 0);
		if (*at < '0' || *at > '9' || errno || val > MAX_PASID_WIDTH ||
		    (*end && *end != ',') || n == SVAHW_MAX_ACCELS) {
			argp_error(state, "--pasid-width: '%s' is not 1 to %u numbers from 0 to %d",
				   arg, SVAHW_MAX_ACCELS, MAX_PASID_WIDTH);
			return EINVAL;
		}
		for (i = n++; i < SVAHW_MAX_ACCELS; i++)
			o->pasid_width[i] = val;
		if (!*end)
			return 0;
		at = end + 1;
	}
}

/* Return: what follows 1 to 4 hexadecimal digits at @at; NULL if there are none. */
static const char *parse_id(const char *at, u16 *id)
{
	size_t len = strspn(at, "0123456789abcdefABCDEF");

	if (!len || len > 4)
		return NULL;
	*id = (u16)strtoul(at, NULL, 16);
	return at + len;
}

static error_t parse_accel_id(struct options *o, const char *arg, struct argp_state *state)
{
	const char *at = arg;

	for (unsigned int n = 0; n < SVAHW_MAX_ACCELS; n++) {
		at = parse_id(at, &o->accel_id[n].vendor);
		if (!at || *at != ':')
			break;
		at = parse_id(at + 1, &o->accel_id[n].device);
		if (!at || (*at && *at != ','))
			break;
		if (!*at++)
			return 0;
	}
	argp_error(state, "--accel-id: '%s' is not 1 to %u times VENDOR:DEVICE", arg,
		   SVAHW_MAX_ACCELS);
	return EINVAL;
}

static error_t parse_caps(struct options *o, const char *reg, const char *spec,
			  struct argp_state *state)
{
	const char *bad = NULL;

	if (!vtd_config_set(&o->vtd, reg, spec, &bad))
		return 0;
	argp_error(state, "--%s: '%s' is no change of a field; see --list-caps", reg,
		   bad ? bad : spec);
	return EINVAL;
}

static error_t parse_inject(struct options *o, const char *arg, struct argp_state *state)
{
	struct inject_rule *r = &o->rule[o->rules];
	const char *why;

	if (inject_parse(arg, r, &why)) {
		argp_error(state, "--inject: '%s' %s; see docs/faults.md", arg, why);
		return EINVAL;
	}
	for (unsigned int i = 0; i < o->rules; i++) {
		if (o->rule[i].kind == r->kind) {
			argp_error(state, "--inject: '%s' is the second rule of its kind", arg);
			return EINVAL;
		}
	}
	o->rules++;
	return 0;
}

static error_t parse_checked(struct options *o, int key, const char *arg, struct argp_state *state)
{
	int level;

	switch (key) {
	case OPT_CAP:
		return parse_caps(o, "cap", arg, state);
	case OPT_ECAP:
		return parse_caps(o, "ecap", arg, state);
	case OPT_PASID_WIDTH:
		return parse_pasid_width(o, arg, state);
	case OPT_ACCEL_ID:
		return parse_accel_id(o, arg, state);
	case OPT_VCS_PASIDS:
		return parse_vcs_pasids(o, arg, state);
	case OPT_ACCEL_BDF:
		return parse_accel(o, arg, state);
	case OPT_INJECT:
		return parse_inject(o, arg, state);
	case OPT_LOG_LEVEL:
		level = log_parse_level(arg);
		if (level >= 0) {
			o->log_level = level;
			return 0;
		}
		argp_error(state, "--log-level: '%s' is not error, warn, info or debug", arg);
		return EINVAL;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		return EINVAL;
	}
	return parse_number_option(o, key, arg, state);
}

/* What can only be said when every option has been seen. */
static error_t finish(struct options *o, struct argp_state *state)
{
	if (!o->accels)
		add_accel(o, o->accel.sid);
	if (!vtd_config_check(&o->vtd))
		return 0;
	argp_error(state, "--vcs-pasids: 0x%x-0x%x is more than ECAP.PSS has room for",
		   o->vtd.vcs_first, o->vtd.vcs_last);
	return EINVAL;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case OPT_SOCKET_DIR:
		o->socket_dir = arg;
		break;
	case OPT_CONTROL:
		o->control = arg;
		break;
	case OPT_NO_ATS:
		o->accel.ats = false;
		break;
	case OPT_NO_PRI:
		o->accel.pri = false;
		break;
	case OPT_SYNCHRONOUS:
		o->accel.stepped = true;
		break;
	case OPT_LOG_FILE:
		o->log_file = arg;
		break;
	case OPT_STATS:
		o->stats_file = arg;
		break;
	case OPT_TRACE:
		o->trace_file = arg;
		break;
	case OPT_FINDINGS:
		o->findings_file = arg;
		break;
	case OPT_NO_ORACLE:
		o->oracle = false;
		break;
	case OPT_ONCE:
		o->once = true;
		break;
	case OPT_LIST_CAPS:
		o->list_caps = true;
		break;
	case ARGP_KEY_END:
		return finish(o, state);
	default:
		return parse_checked(o, key, arg, state);
	}
	return 0;
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse_option,
	.doc = "Serve a model of Intel VT-d units and of SVA accelerators to QEMU, one "
	       "vfio-user socket each.\v"
	       "SPEC is a list of fields separated by commas: -name clears, +name sets, "
	       "name=value assigns.\n\n"
	       "SIGTERM or SIGINT ends svahw with status 0.",
};

unsigned int options_unit(const struct options *o, unsigned int i)
{
	return i < o->units ? i : o->units - 1;
}

bool options_shares_slot(const struct options *o, unsigned int i)
{
	for (unsigned int j = 0; j < o->accels; j++)
		if (j != i && o->accel_sid[j] >> 3 == o->accel_sid[i] >> 3)
			return true;
	return false;
}

int options_parse(struct options *o, int argc, char **argv, unsigned int argp_flags)
{
	memset(o, 0, sizeof(*o));
	o->socket_dir = ".";
	o->trace_events = DEFAULT_TRACE_EVENTS;
	o->log_level = LOG_INFO;
	o->ready_fd = -1;
	o->oracle = true;
	o->units = 1;
	vtd_config_default(&o->vtd);
	accel_config_default(&o->accel);
	for (unsigned int i = 0; i < SVAHW_MAX_ACCELS; i++) {
		o->pasid_width[i] = o->accel.pasid_width;
		o->accel_id[i].vendor = o->accel.vendor;
		o->accel_id[i].device = o->accel.device;
	}
	return argp_parse(&argp, argc, argv, argp_flags, NULL, o) ? -EINVAL : 0;
}
