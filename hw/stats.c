// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <json-c/json.h>

#include "machine.h"
#include "options.h"
#include "oracle/oracle.h"
#include "stats.h"
#include "vtd/vtd.h"

static int stats_add(struct json_object *obj, const char *key, struct json_object *val)
{
	if (!val)
		return -ENOMEM;
	if (json_object_object_add(obj, key, val) < 0) {
		json_object_put(val);
		return -ENOMEM;
	}
	return 0;
}

static struct json_object *stats_op(const struct oracle_op *op)
{
	struct json_object *obj = json_object_new_object();
	char worst[40];

	snprintf(worst, sizeof(worst), "%016llx %016llx", op->worst[0], op->worst[1]);
	if (stats_add(obj, "ns", json_object_new_uint64(op->at)) ||
	    stats_add(obj, "descriptors", json_object_new_uint64(op->descriptors)) ||
	    stats_add(obj, "empty", json_object_new_uint64(op->empty)) ||
	    stats_add(obj, "needed", json_object_new_uint64(op->needed)) ||
	    stats_add(obj, "collateral", json_object_new_uint64(op->collateral)) ||
	    stats_add(obj, "worst", json_object_new_string(worst))) {
		json_object_put(obj);
		return NULL;
	}
	return obj;
}

static struct json_object *stats_costliest(const struct oracle *o)
{
	struct json_object *list = json_object_new_array();
	const struct oracle_op *op;
	size_t n = oracle_costliest(o, &op);

	for (size_t i = 0; list && i < n; i++)
		json_object_array_add(list, stats_op(&op[i]));

	return list;
}

static int stats_bar(struct json_object *obj, u64 bar)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%llx", bar);
	return stats_add(obj, "vtd_bar", json_object_new_string(text));
}

static struct json_object *stats_unit(const struct vtd *v, u64 bar)
{
	struct json_object *obj = json_object_new_object();
	int rc = stats_bar(obj, bar);

	for (unsigned int c = 0; !rc && c <= SVK_LAB_QI_OTHER; c++)
		rc = stats_add(obj, machine_counter_name(c),
			       json_object_new_uint64(vtd_executed(v, c)));
	if (!rc)
		return obj;
	json_object_put(obj);
	return NULL;
}

static struct json_object *stats_units(const struct vtd *v, const u64 *bar)
{
	struct json_object *list = json_object_new_array();

	for (; list && v; v = vtd_next(v))
		json_object_array_add(list, stats_unit(v, *bar++));
	return list;
}

static int stats_fill(struct json_object *obj, const struct machine *m, const struct vtd *unit,
		      const u64 *vtd_bar)
{
	int rc;

	rc = stats_add(obj, "version", json_object_new_string(SVAHW_VERSION));
	if (!rc)
		rc = stats_bar(obj, *vtd_bar);
	for (unsigned int c = 0; !rc && c < SVK_LAB_COUNTERS; c++)
		rc = stats_add(obj, machine_counter_name(c), json_object_new_uint64(m->count[c]));
	if (!rc && unit && vtd_next(unit))
		rc = stats_add(obj, "units", stats_units(unit, vtd_bar));
	if (!rc && m->oracle)
		rc = stats_add(obj, "findings", json_object_new_uint64(oracle_findings(m->oracle)));
	if (!rc && m->oracle)
		rc = stats_add(obj, "costliest", stats_costliest(m->oracle));
	return rc;
}

int stats_write(FILE *out, const struct machine *m, const struct vtd *unit, const u64 *vtd_bar)
{
	struct json_object *obj = json_object_new_object();
	const char *text;
	int rc;

	if (!obj)
		return -ENOMEM;
	rc = stats_fill(obj, m, unit, vtd_bar);
	if (rc)
		goto out;
	text = json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PRETTY);
	if (!text)
		rc = -ENOMEM;
	else if (fprintf(out, "%s\n", text) < 0 || fflush(out) == EOF)
		rc = -errno;
out:
	json_object_put(obj);
	return rc;
}
