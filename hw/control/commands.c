// SPDX-License-Identifier: GPL-2.0
/* The commands of the control socket. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <svakit/accel_regs.h>
#include <svakit/vtd_regs.h>

#include "accel/accel.h"
#include "clock.h"
#include "control/control_internal.h"
#include "inject/inject.h"
#include "log.h"
#include "machine.h"
#include "oracle/oracle.h"
#include "pci.h"
#include "trace.h"
#include "vtd/inspect.h"
#include "vtd/vtd.h"

/* Of entries and of events, in one reply. */
#define DEFAULT_LIMIT 64
#define MAX_LIMIT 1024
#define DEFAULT_FINDINGS 16
#define MAX_FINDINGS 64

static void add_argument(struct control_call *c, struct json_object *array,
			 const struct control_arg *arg)
{
	struct json_object *obj = control_append(c, array, json_object_new_object());

	control_add_text(c, obj, "name", arg->name);
	control_add_text(c, obj, "type", json_type_to_name(arg->type));
	control_add_bool(c, obj, "required", arg->required);
	if (arg->type == json_type_int) {
		control_add_number(c, obj, "default", arg->def);
		control_add_number(c, obj, "max", arg->max);
	}
}

static void run_help(struct control_call *c)
{
	struct json_object *list = control_add(c, c->reply, "commands", json_object_new_array());

	for (size_t i = 0; i < control_commands_count; i++) {
		const struct control_command *command = &control_commands[i];
		struct json_object *obj = control_append(c, list, json_object_new_object());
		struct json_object *args;

		control_add_text(c, obj, "cmd", command->name);
		control_add_text(c, obj, "summary", command->summary);
		args = control_add(c, obj, "arguments", json_object_new_array());
		for (unsigned int n = 0; n < CONTROL_ARGS && command->arg[n].name; n++)
			add_argument(c, args, &command->arg[n]);
	}
}

static void run_counters(struct control_call *c)
{
	struct json_object *obj = control_add(c, c->reply, "counters", json_object_new_object());

	for (unsigned int i = 0; i < SVK_LAB_COUNTERS; i++)
		control_add_number(c, obj, machine_counter_name(i), c->model->machine->count[i]);
}

static void run_clear(struct control_call *c)
{
	memset(c->model->machine->count, 0, sizeof(c->model->machine->count));
	log_info("control: the counters are cleared");
}

/* Return: the oracle, or NULL with the error set. */
static struct oracle *oracle_of(struct control_call *c)
{
	if (!c->model->machine->oracle)
		control_fail(c, "svahw runs with --no-oracle");
	return c->model->machine->oracle;
}

static void run_audit(struct control_call *c)
{
	struct oracle *o = oracle_of(c);
	struct oracle_audit a;

	if (!o)
		return;
	a = oracle_audit(o, c->arg[0].num);
	control_add_number(c, c->reply, "entries", a.entries);
	control_add_number(c, c->reply, "less", a.less);
	control_add_number(c, c->reply, "stale", a.stale);
	control_add_number(c, c->reply, "used", a.used);
	control_add_bool(c, c->reply, "at_rest", a.at_rest);
	control_add_number(c, c->reply, "findings", oracle_findings(o));
}

static void run_findings(struct control_call *c)
{
	struct oracle *o = oracle_of(c);
	struct json_object *list;
	unsigned int n = 0;

	if (!o)
		return;
	control_add_number(c, c->reply, "total", oracle_findings(o));
	list = control_add(c, c->reply, "findings", json_object_new_array());
	while (n < c->arg[0].num && oracle_line(o, n))
		n++;
	while (n--)
		control_append(c, list, json_tokener_parse(oracle_line(o, n)));
}

struct cache_dump {
	struct control_call *call;
	struct json_object *list;
	u64 total;
};

static bool add_entry(void *ctx, const struct vtd_view *e)
{
	bool page = e->kind == VTD_VIEW_IOTLB || e->kind == VTD_VIEW_DEVTLB;
	struct cache_dump *d = ctx;
	struct control_call *c = d->call;
	struct json_object *obj;
	char perm[4] = "";

	if (d->total++ >= c->arg[0].num)
		return true;
	obj = control_append(c, d->list, json_object_new_object());
	control_add_text(c, obj, "kind", oracle_cache_name(e->kind));
	control_add_number(c, obj, "sid", e->sid);
	if (e->kind != VTD_VIEW_CONTEXT && e->has_pasid)
		control_add_number(c, obj, "pasid", e->pasid);
	if (e->kind == VTD_VIEW_PASID || e->kind == VTD_VIEW_IOTLB)
		control_add_number(c, obj, "did", e->did);
	if (!page)
		return true;
	snprintf(perm, sizeof(perm), "%s%s%s", e->perm & VTD_VIEW_R ? "r" : "",
		 e->perm & VTD_VIEW_W ? "w" : "", e->perm & VTD_VIEW_X ? "x" : "");
	control_add_number(c, obj, "addr", e->addr);
	control_add_number(c, obj, "size", e->size);
	control_add_number(c, obj, "out", e->out);
	control_add_text(c, obj, "perm", perm);
	return true;
}

static void run_cache(struct control_call *c)
{
	struct cache_dump d = {.call = c};

	d.list = control_add(c, c->reply, "entries", json_object_new_array());
	for (struct vtd *v = c->model->unit; v; v = vtd_next(v))
		vtd_inspect_each(v, VTD_VIEW_ALL, add_entry, &d);
	control_add_number(c, c->reply, "total", d.total);
}

static void add_lines(struct control_call *c, struct json_object *list, char *text)
{
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")) && *line)
		control_append(c, list, json_object_new_string(line));
}

static void run_trace(struct control_call *c)
{
	struct trace *t = c->model->machine->trace;
	char *text = NULL;
	size_t len;
	FILE *out;

	if (!t) {
		control_fail(c, "svahw keeps no trace; start it with --trace");
		return;
	}
	control_add_number(c, c->reply, "total", trace_total(t));
	out = open_memstream(&text, &len);
	c->nomem |= !out || trace_lines(t, c->arg[0].num, out);
	if (out)
		fclose(out);
	if (!c->nomem)
		add_lines(c, control_add(c, c->reply, "events", json_object_new_array()), text);
	free(text);
}

static void add_queue(struct control_call *c, struct json_object *list,
		      const struct accel_queue_info *q, unsigned int n)
{
	static const char *const states[] = {
		[SVK_QSTATE_DISABLED] = "disabled",
		[SVK_QSTATE_ENABLED] = "enabled",
		[SVK_QSTATE_STOPPING] = "stopping",
		[SVK_QSTATE_HALTED] = "halted",
	};
	static const char *const errors[] = {
		[SVK_QERR_NONE] = "none",
		[SVK_QERR_CONFIG] = "config",
		[SVK_QERR_RING_FAULT] = "ring-fault",
		[SVK_QERR_CPL_FAULT] = "completion-fault",
		[SVK_QERR_DOORBELL] = "doorbell",
	};
	struct json_object *obj = control_append(c, list, json_object_new_object());

	control_add_number(c, obj, "queue", n);
	control_add_text(c, obj, "state", states[q->state]);
	control_add_text(c, obj, "error", errors[q->err]);
	if (q->sent_pasid & SVK_QCFG_PASID_VALID)
		control_add_number(c, obj, "pasid", svk_get(SVK_QCFG_PASID_MASK, q->sent_pasid));
	control_add_number(c, obj, "head", q->head);
	control_add_number(c, obj, "tail", q->tail);
	control_add_bool(c, obj, "waiting", q->waiting);
}

static void add_function(struct control_call *c, struct json_object *list, struct accel *a)
{
	struct json_object *obj = control_append(c, list, json_object_new_object());
	const struct pci_function *fn = accel_function(a);
	struct accel_queue_info q;
	struct json_object *queues;

	control_add_text(c, obj, "name", fn->name);
	control_add_number(c, obj, "sid", accel_sid(a));
	control_add_bool(c, obj, "bus_master", pci_bus_master(fn));
	control_add_bool(c, obj, "pasid", pci_pasid_enabled(fn));
	control_add_bool(c, obj, "ats", pci_ats_enabled(fn));
	control_add_bool(c, obj, "pri", pci_pri_enabled(fn));
	queues = control_add(c, obj, "queues", json_object_new_array());
	for (unsigned int n = 0; accel_queue_info(a, n, &q); n++)
		add_queue(c, queues, &q, n);
}

static void add_unit(struct control_call *c, struct vtd *v)
{
	u64 gsts = vtd_mmio_read(v, VTD_GSTS, 4);
	struct json_object *obj;
	char name[16] = "unit";

	if (v != c->model->unit)
		snprintf(name, sizeof(name), "unit-%u", vtd_number(v));
	obj = control_add(c, c->reply, name, json_object_new_object());
	control_add_bool(c, obj, "te", gsts & VTD_G_TE);
	control_add_bool(c, obj, "qie", gsts & VTD_G_QIE);
	control_add_number(c, obj, "iqh", vtd_mmio_read(v, VTD_IQH, 8));
	control_add_number(c, obj, "iqt", vtd_mmio_read(v, VTD_IQT, 8));
	control_add_number(c, obj, "fsts", vtd_mmio_read(v, VTD_FSTS, 4));
	control_add_number(c, obj, "inflight", vtd_inflight(v));
}

static void run_state(struct control_call *c)
{
	struct json_object *obj;

	control_add_number(c, c->reply, "time", vtd_time(c->model->unit, clock_ns()));
	for (struct vtd *v = c->model->unit; v; v = vtd_next(v))
		add_unit(c, v);
	obj = control_add(c, c->reply, "functions", json_object_new_array());
	for (unsigned int i = 0; i < c->model->accels; i++)
		add_function(c, obj, c->model->accel[i]);
}

/* Return: the injector, or NULL with the error set. */
static struct inject *inject_of(struct control_call *c)
{
	if (!c->model->machine->inject)
		control_fail(c, "this model injects nothing");
	return c->model->machine->inject;
}

static void run_inject(struct control_call *c)
{
	struct inject *inject = inject_of(c);
	struct inject_rule rule;
	const char *why;

	if (!inject)
		return;
	if (inject_parse(c->arg[0].text, &rule, &why)) {
		control_fail(c, "'%s' %s", c->arg[0].text, why);
		return;
	}
	inject_arm(inject, &rule);
	log_info("control: inject %s", c->arg[0].text);
}

static void run_disarm(struct control_call *c)
{
	struct inject *inject = inject_of(c);

	if (!inject)
		return;
	for (unsigned int kind = SVK_INJECT_NONE + 1; kind < SVK_INJECT_COUNT; kind++)
		inject_arm(inject, &(struct inject_rule){.kind = kind});
	log_info("control: disarm");
}

static void add_armed(struct control_call *c, struct json_object *list,
		      const struct inject_rule *rule)
{
	struct json_object *obj = control_append(c, list, json_object_new_object());

	control_add_text(c, obj, "kind", inject_name(rule->kind));
	control_add_number(c, obj, "skip", rule->skip);
	if (rule->count == SVK_LAB_INJECT_FOREVER)
		control_add_text(c, obj, "count", "forever");
	else
		control_add_number(c, obj, "count", rule->count);
}

static void run_injected(struct control_call *c)
{
	struct inject *inject = inject_of(c);
	struct json_object *struck, *armed;

	if (!inject)
		return;
	struck = control_add(c, c->reply, "injected", json_object_new_object());
	armed = control_add(c, c->reply, "armed", json_object_new_array());
	for (unsigned int kind = SVK_INJECT_NONE + 1; kind < SVK_INJECT_COUNT; kind++) {
		control_add_number(c, struck, inject_name(kind), inject_struck(inject, kind));
		if (inject_armed(inject, kind))
			add_armed(c, armed, inject_armed(inject, kind));
	}
}

#define LIMIT(d, m)                                                                    \
	{                                                                              \
		{                                                                      \
			.name = "limit", .type = json_type_int, .def = (d), .max = (m) \
		}                                                                      \
	}

const struct control_command control_commands[] = {
	{.name = "help", .summary = "the commands and their arguments", .run = run_help},
	{.name = "counters", .summary = "the counters of the lab page", .run = run_counters},
	{.name = "clear", .summary = "zero the counters", .run = run_clear},
	{.name = "audit",
	 .summary = "compare all that is cached with the tables",
	 .arg = {{.name = "confirm", .type = json_type_boolean}},
	 .run = run_audit},
	{.name = "findings",
	 .summary = "the last findings, oldest first",
	 .arg = LIMIT(DEFAULT_FINDINGS, MAX_FINDINGS),
	 .run = run_findings},
	{.name = "cache",
	 .summary = "what is cached: by cache, oldest first",
	 .arg = LIMIT(DEFAULT_LIMIT, MAX_LIMIT),
	 .run = run_cache},
	{.name = "trace",
	 .summary = "the last events, oldest first",
	 .arg = LIMIT(DEFAULT_LIMIT, MAX_LIMIT),
	 .run = run_trace},
	{.name = "state", .summary = "the unit, the functions and their queues", .run = run_state},
	{.name = "inject",
	 .summary = "let something fail, as --inject does",
	 .arg = {{.name = "spec", .type = json_type_string, .required = true}},
	 .run = run_inject},
	{.name = "disarm", .summary = "let nothing fail any more", .run = run_disarm},
	{.name = "injected", .summary = "what has failed, and what is to", .run = run_injected},
};

const size_t control_commands_count = ARRAY_SIZE(control_commands);
