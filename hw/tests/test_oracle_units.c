// SPDX-License-Identifier: GPL-2.0
/*
 * Two units on one machine, with the same tables: each has its queue, its caches and its accesses
 * in flight, counts what it executes, and is watched by one oracle that says which of them is
 * stale.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/control.h"
#include "oracle/oracle.h"
#include "stats.h"
#include "tests/fault_fixture.h"
#include "tests/vtd_fixture.h"
#include "trace.h"
#include "vtd/inspect.h"

#define UNITS 2
#define PASID 5
#define VA 0x7f0000000000ULL
#define PAGE 0x200000ULL

static struct rig {
	struct vt *vt;
	struct vtd *v[UNITS];
	u64 queue[UNITS];
	u32 tail[UNITS];
	unsigned int now; /* the one that the fixture's helpers talk to */
	struct oracle *o;
	u64 leaf;
	FILE *out;
	char *text;
	size_t len;
} r;

static void no_msi(void *host, u64 addr, u32 data)
{
	(void)host;
	(void)addr;
	(void)data;
}

static const struct vtd_host_ops host_ops = {.msi = no_msi};

static struct vt *on(unsigned int n)
{
	r.tail[r.now] = r.vt->tail;
	r.now = n;
	r.vt->v = r.v[n];
	r.vt->queue = r.queue[n];
	r.vt->tail = r.tail[n];
	return r.vt;
}

static void second_unit(struct vt *vt)
{
	struct vtd_config cfg = vt->cfg;

	cfg.index = 1;
	r.v[0] = vt->v;
	r.queue[0] = vt->queue;
	r.v[1] = vtd_new(&cfg, &vt->m, vt->mem, &host_ops, vt);
	assert_non_null(r.v[1]);
	vtd_append(r.v[0], r.v[1]);
	r.queue[1] = vt_page(vt);
	assert_int_equal(vt_page(vt), r.queue[1] + 4096);
	vt_enable(on(1));
}

static int setup(void **state)
{
	struct vt_map m = {.levels = 4, .addr = VA};
	void *vt;

	memset(&r, 0, sizeof(r));
	assert_int_equal(vt_setup(&vt), 0);
	r.vt = vt;
	r.vt->m.trace = trace_new(64);
	second_unit(vt);
	r.out = open_memstream(&r.text, &r.len);
	assert_non_null(r.out);
	r.o = oracle_new(r.v[0], r.out);
	assert_non_null(r.o);
	assert_int_equal(oracle_add(r.o, r.v[1]), 0);
	r.vt->m.oracle = r.o;
	vt_simple_fs(r.vt, VT_SID, PASID, VT_DID, VA, PAGE);
	m.root = vt_get(r.vt, vt_pe(r.vt, VT_SID, PASID) + 16) & VTD_PE2_FSPTPTR;
	r.leaf = vt_slot(r.vt, &m, 1);
	*state = vt;
	return 0;
}

static int teardown(void **state)
{
	on(0);
	oracle_free(r.o);
	r.vt->m.oracle = NULL;
	vtd_free(r.v[1]);
	trace_free(r.vt->m.trace);
	r.vt->m.trace = NULL;
	fclose(r.out);
	free(r.text);
	return vt_teardown(state);
}

static void use_both(void)
{
	for (unsigned int n = 0; n < UNITS; n++)
		vt_expect(on(n), PASID, VA, true, 0, PAGE);
}

static void flush(unsigned int n)
{
	vt_submit(on(n), vt_desc_piotlb(VTD_PIOTLB_G_PASID, VT_DID, PASID), 0);
	vt_wait(r.vt);
}

static u64 executed(unsigned int n, enum svk_lab_counter which)
{
	return vtd_executed(r.v[n], which);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(vtd_name(r.v[0]), "vtd");
	assert_string_equal(vtd_name(r.v[1]), "vtd-2");
	assert_int_equal(vtd_number(r.v[1]), 2);
	assert_ptr_equal(vtd_next(r.v[0]), r.v[1]);
	assert_null(vtd_next(r.v[1]));
}

/* What one executes is nothing to the other, neither in its caches nor in its count. */
static void caches_are_apart(void **state)
{
	(void)state;
	use_both();
	vt_put(r.vt, r.leaf, 0);
	flush(0);
	vt_expect(on(0), PASID, VA, false, VTD_FR_SFS_2, 0);
	vt_expect(on(1), PASID, VA, true, 0, PAGE);
	assert_int_equal(executed(0, SVK_LAB_QI_PIOTLB), 1);
	assert_int_equal(executed(0, SVK_LAB_QI_WAIT), 1);
	assert_int_equal(executed(0, SVK_LAB_QI_TOTAL), 2);
	assert_int_equal(executed(1, SVK_LAB_QI_TOTAL), 0);
	flush(1);
	vt_expect(on(1), PASID, VA, false, VTD_FR_SFS_2, 0);
	assert_int_equal(executed(1, SVK_LAB_QI_PIOTLB), 1);
	assert_int_equal(executed(0, SVK_LAB_QI_PIOTLB), 1);
	assert_int_equal(r.vt->m.count[SVK_LAB_QI_PIOTLB], 2);
}

/* A wait drains what is under way through its own unit. */
static void waits_for_its_own(void **state)
{
	u64 token;

	(void)state;
	use_both();
	token = vtd_access_begin(r.v[1]);
	flush(0);
	assert_true(vtd_at_rest(r.v[0]));
	vt_submit(on(1), vt_desc_piotlb(VTD_PIOTLB_G_PASID, VT_DID, PASID), 0);
	assert_false(oracle_audit(r.o, false).at_rest);
	vtd_access_end(r.v[1], token);
	assert_true(oracle_audit(r.o, false).at_rest);
}

static void confirm(u64 findings)
{
	u64 before = oracle_findings(r.o);

	oracle_audit(r.o, true);
	assert_int_equal(oracle_findings(r.o) - before, findings);
	fflush(r.out);
}

static void oracle_sees_both(void **state)
{
	struct oracle_audit a;

	(void)state;
	use_both();
	a = oracle_audit(r.o, true);
	/* context, PASID, page */
	assert_int_equal(a.entries, UNITS * 3);
	assert_int_equal(a.stale, 0);
	vt_put(r.vt, r.leaf, 0);
	assert_int_equal(oracle_audit(r.o, false).stale, UNITS);
	flush(0);
	assert_int_equal(oracle_audit(r.o, false).stale, 1);
	confirm(1);
	assert_non_null(strstr(r.text, "\"unit\":2"));
	assert_non_null(strstr(r.text, "unit 2: stale IOTLB entry"));
	assert_null(strstr(r.text, "\"unit\":1"));
	assert_string_equal(oracle_line(r.o, 0), strtok(r.text, "\n"));
	assert_int_equal(oracle_found(r.o, 0)->sid, VT_SID);
	oracle_forget(r.o);
	assert_int_equal(oracle_audit(r.o, true).entries, 0);
}

/* One is lost in the second unit; the same in the first is executed. */
static void loses_by_unit(void **state)
{
	(void)state;
	fault_arm(&r.vt->m, "lose,unit=2,stale,count=forever");
	use_both();
	vt_put(r.vt, r.leaf, 0);
	flush(0);
	assert_int_equal(fault_struck(&r.vt->m, SVK_INJECT_LOSE), 0);
	flush(1);
	assert_int_equal(fault_struck(&r.vt->m, SVK_INJECT_LOSE), 1);
	confirm(1);
	assert_non_null(strstr(r.text, "\"cause\":\"lost\""));
	assert_non_null(strstr(r.text, "\"unit\":2"));
}

static void trace_says_which(void **state)
{
	char *text = NULL, *line;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	flush(0);
	flush(1);
	assert_int_equal(trace_lines(r.vt->m.trace, 4, out), 0);
	fclose(out);
	line = strtok(text, "\n");
	assert_non_null(strstr(line, " qi piotlb "));
	assert_null(strstr(line, "unit="));
	strtok(NULL, "\n");
	line = strtok(NULL, "\n");
	assert_non_null(strstr(line, " qi piotlb "));
	assert_string_equal(strstr(line, " unit="), " unit=2");
	free(text);
}

static void statistics_say_which(void **state)
{
	const u64 bar[UNITS] = {0xfebf0000, 0xfebf1000};
	struct json_object *obj, *units, *val;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	flush(1);
	assert_int_equal(stats_write(out, &r.vt->m, r.v[0], bar), 0);
	fclose(out);
	obj = json_tokener_parse(text);
	assert_true(json_object_object_get_ex(obj, "qi_piotlb", &val));
	assert_int_equal(json_object_get_int(val), 1);
	assert_true(json_object_object_get_ex(obj, "units", &units));
	assert_int_equal(json_object_array_length(units), UNITS);
	for (unsigned int n = 0; n < UNITS; n++) {
		json_object_object_get_ex(json_object_array_get_idx(units, n), "qi_piotlb", &val);
		assert_int_equal(json_object_get_int(val), n);
	}
	assert_true(
		json_object_object_get_ex(json_object_array_get_idx(units, 1), "vtd_bar", &val));
	assert_string_equal(json_object_get_string(val), "0xfebf1000");
	json_object_put(obj);
	free(text);
}

/* Return: the reply to a command, which takes the lock. */
static struct json_object *ask(const char *cmd)
{
	const struct control_model model = {.machine = &r.vt->m, .unit = r.v[0]};
	struct json_object *reply;
	char *text;

	pthread_mutex_unlock(&r.vt->m.lock);
	text = control_execute(&model, cmd, strlen(cmd));
	pthread_mutex_lock(&r.vt->m.lock);
	reply = json_tokener_parse(text);
	free(text);
	return reply;
}

static void control_shows_both(void **state)
{
	struct json_object *reply, *val;

	(void)state;
	vt_write32(on(1), VTD_GCMD, 0);
	reply = ask("{\"cmd\":\"state\"}");
	assert_true(json_object_object_get_ex(reply, "unit", &val));
	assert_true(json_object_object_get_ex(val, "te", &val));
	assert_true(json_object_get_boolean(val));
	assert_true(json_object_object_get_ex(reply, "unit-2", &val));
	assert_true(json_object_object_get_ex(val, "te", &val));
	assert_false(json_object_get_boolean(val));
	json_object_put(reply);
	vt_enable(on(1));
	use_both();
	reply = ask("{\"cmd\":\"cache\"}");
	assert_true(json_object_object_get_ex(reply, "total", &val));
	assert_int_equal(json_object_get_int(val), UNITS * 3);
	json_object_put(reply);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names),
		TEST(caches_are_apart),
		TEST(waits_for_its_own),
		TEST(oracle_sees_both),
		TEST(loses_by_unit),
		TEST(trace_says_which),
		TEST(statistics_say_which),
		TEST(control_shows_both),
	};

	return cmocka_run_group_tests_name("oracle_units", tests, NULL, NULL);
}
