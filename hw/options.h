/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command line of svahw.
 */
#ifndef HW_OPTIONS_H
#define HW_OPTIONS_H

#include <svakit/types.h>

#include "accel/accel.h"
#include "inject/inject.h"
#include "log.h"
#include "vtd/vtd.h"

#define SVAHW_VERSION "0.1"
/* Accelerators that one svahw serves. */
#define SVAHW_MAX_ACCELS 4
/* Remapping units. */
#define SVAHW_MAX_UNITS 2
/* Rules of injection that it can be started with, one a kind at most. */
#define SVAHW_MAX_RULES SVK_INJECT_COUNT

/**
 * struct options - What the command line asks for.
 * @socket_dir: where the sockets are made
 * @control: where the control socket is made, NULL = none
 * @log_file: log there, NULL = standard error
 * @stats_file: JSON counters at the end, NULL = none
 * @trace_file: text trace at the end, NULL = none
 * @findings_file: what the oracle finds, NULL = only in the log
 * @trace_events: capacity of the trace
 * @log_level: most verbose level printed
 * @ready_fd: one byte is written there once all sockets listen, -1 = none
 * @once: end when every client has come and gone
 * @oracle: watch the unit (oracle/oracle.h)
 * @list_caps: print the capability fields and do nothing else
 * @vtd: what all units have in common; its index means nothing
 * @units: how many, 1..SVAHW_MAX_UNITS
 * @accel: what all accelerators have in common; its index, ids and PASID width mean nothing
 * @accels: how many accelerators, 1..SVAHW_MAX_ACCELS
 * @accel_sid: their source-ids, no two alike
 * @pasid_width: of each, bits of the PASID capability, 0..20
 * @accel_id: of each, the PCI ids
 * @rules: how many of @rule are armed at the start
 * @rule: no two of a kind
 * @seed: of every chance
 *
 * The strings point into argv.
 */
struct options {
	const char *socket_dir;
	const char *control;
	const char *log_file;
	const char *stats_file;
	const char *trace_file;
	const char *findings_file;
	size_t trace_events;
	enum log_level log_level;
	int ready_fd;
	bool once;
	bool oracle;
	bool list_caps;
	struct vtd_config vtd;
	unsigned int units;
	struct accel_config accel;
	unsigned int accels;
	u16 accel_sid[SVAHW_MAX_ACCELS];
	unsigned int pasid_width[SVAHW_MAX_ACCELS];
	struct {
		u16 vendor;
		u16 device;
	} accel_id[SVAHW_MAX_ACCELS];
	unsigned int rules;
	struct inject_rule rule[SVAHW_MAX_RULES];
	u64 seed;
};

/**
 * options_parse() - Fill @o from a command line.
 * @argp_flags: 0, or ARGP_NO_EXIT for a caller that must survive --help and
 *	errors; error messages go to standard error
 *
 * Return: 0, or -EINVAL after a message (only with ARGP_NO_EXIT; else it exits
 * with argp_err_exit_status).
 */
int options_parse(struct options *o, int argc, char **argv, unsigned int argp_flags);

/**
 * options_unit() - Return: the unit that accelerator @i is behind, from 0 on.
 *
 * One each, and the last unit has the rest.
 */
unsigned int options_unit(const struct options *o, unsigned int i);

/** options_shares_slot() - Return: whether accelerator @i shares its device with another. */
bool options_shares_slot(const struct options *o, unsigned int i);

#endif /* HW_OPTIONS_H */
