// SPDX-License-Identifier: GPL-2.0
/*
 * The commands of the control socket: what each says of a machine that works,
 * and what is said to a line that is no command.
 */
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <svakit/vtd_regs.h>

#include "accel_fixture.h"
#include "control/control.h"
#include "inject/inject.h"
#include "log.h"
#include "oracle/oracle.h"
#include "trace.h"

#define BASE 0x10000000ULL
#define QUEUE 1

static struct rig {
	struct fx *f;
	struct control_model model;
	FILE *findings;
	char *text;
	size_t len;
} r;

static int setup(void **state)
{
	r.f = fx_new(NULL);
	r.findings = open_memstream(&r.text, &r.len);
	assert_non_null(r.findings);
	machine_lock(&r.f->machine);
	r.f->machine.oracle = oracle_new(r.f->unit, r.findings);
	r.f->machine.trace = trace_new(4096);
	r.f->machine.inject = inject_new(&r.f->machine, 1);
	machine_unlock(&r.f->machine);
	assert_non_null(r.f->machine.oracle);
	assert_non_null(r.f->machine.trace);
	assert_non_null(r.f->machine.inject);
	fx_queue_open(r.f, QUEUE, FX_PASID, 8);
	r.model = (struct control_model){
		.machine = &r.f->machine, .unit = r.f->unit, .accel = &r.f->accel, .accels = 1};
	*state = r.f;
	return 0;
}

static void without_oracle(void)
{
	machine_lock(&r.f->machine);
	oracle_free(r.f->machine.oracle);
	r.f->machine.oracle = NULL;
	machine_unlock(&r.f->machine);
}

static void without_trace(void)
{
	machine_lock(&r.f->machine);
	trace_free(r.f->machine.trace);
	r.f->machine.trace = NULL;
	machine_unlock(&r.f->machine);
}

static void without_inject(void)
{
	machine_lock(&r.f->machine);
	inject_free(r.f->machine.inject);
	r.f->machine.inject = NULL;
	machine_unlock(&r.f->machine);
}

static int teardown(void **state)
{
	without_oracle();
	without_trace();
	without_inject();
	fclose(r.findings);
	free(r.text);
	return fx_teardown(state);
}

/* The reply to @len bytes, to be put. */
static struct json_object *ask_bytes(const char *line, size_t len, bool ok)
{
	char *text = control_execute(&r.model, line, len);
	struct json_object *reply, *val;

	assert_non_null(text);
	assert_null(strchr(text, '\n'));
	assert_true(strlen(text) < CONTROL_OUT);
	reply = json_tokener_parse(text);
	assert_true(json_object_is_type(reply, json_type_object));
	assert_true(json_object_object_get_ex(reply, "ok", &val));
	if (json_object_get_boolean(val) != ok)
		fail_msg("%.*s: %s", (int)len, line, text);
	free(text);
	return reply;
}

static struct json_object *ask(const char *line)
{
	return ask_bytes(line, strlen(line), true);
}

static void refuse_bytes(const char *line, size_t len, const char *why)
{
	struct json_object *reply = ask_bytes(line, len, false), *val;

	assert_true(json_object_object_get_ex(reply, "error", &val));
	if (!strstr(json_object_get_string(val), why))
		fail_msg("%s: '%s', not '%s'", line, json_object_get_string(val), why);
	json_object_put(reply);
}

static void refuse(const char *line, const char *why)
{
	refuse_bytes(line, strlen(line), why);
}

static struct json_object *member(struct json_object *obj, const char *key)
{
	struct json_object *val = NULL;

	if (!json_object_object_get_ex(obj, key, &val))
		fail_msg("no \"%s\" in %s", key, json_object_to_json_string(obj));
	return val;
}

static u64 number(struct json_object *obj, const char *key)
{
	return json_object_get_uint64(member(obj, key));
}

static const char *text(struct json_object *obj, const char *key)
{
	return json_object_get_string(member(obj, key));
}

static bool truth(struct json_object *obj, const char *key)
{
	return json_object_get_boolean(member(obj, key));
}

static size_t length(struct json_object *obj, const char *key)
{
	return json_object_array_length(member(obj, key));
}

static struct json_object *element(struct json_object *obj, const char *key, size_t i)
{
	return json_object_array_get_idx(member(obj, key), i);
}

/* One page that the device has written, and that is no longer mapped if @gone. */
static void use_page(bool gone)
{
	struct svk_desc d = fx_desc(QUEUE, SVK_OP_FILL, 0, BASE, 8);

	fx_buffer(r.f, FX_PASID, BASE, 1, FX_RW);
	fx_expect(r.f, QUEUE, &d, SVK_CPL_OK);
	if (gone)
		fx_unmap(r.f, FX_PASID, BASE);
}

/* What help says of a command is true: it is there, and takes no other arguments. */
static void help_knows_every_command(void **state)
{
	struct json_object *reply = ask("{\"cmd\":\"help\"}");
	char line[128];

	(void)state;
	assert_true(length(reply, "commands") >= 8);
	for (size_t i = 0; i < length(reply, "commands"); i++) {
		struct json_object *command = element(reply, "commands", i);

		assert_true(strlen(text(command, "summary")) > 4);
		for (size_t n = 0; n < length(command, "arguments"); n++)
			text(element(command, "arguments", n), "name");
		snprintf(line, sizeof(line), "{\"cmd\":\"%s\",\"no\":1}", text(command, "cmd"));
		refuse(line, "has no argument");
	}
	json_object_put(reply);
}

static void id_comes_back(void **state)
{
	static const char *const ids[] = {"7", "\"a\\nb\"", "null", "[1,{\"x\":1e999}]", "-1.50"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		char line[64], want[64], *got;

		snprintf(line, sizeof(line), "{\"cmd\":\"clear\",\"id\":%s}", ids[i]);
		snprintf(want, sizeof(want), "{\"ok\":true,\"id\":%s}", ids[i]);
		got = control_execute(&r.model, line, strlen(line));
		/* An id that is null is none. */
		assert_string_equal(got, strcmp(ids[i], "null") ? want : "{\"ok\":true}");
		free(got);
		snprintf(line, sizeof(line), "{\"id\":%s}", ids[i]);
		refuse(line, "no \"cmd\"");
	}
}

static void no_command(void **state)
{
	static const char zero[] = "{\"cmd\":\"help\"}\0";

	(void)state;
	refuse("", "ends in its middle");
	refuse("{\"cmd\":\"help\"", "ends in its middle");
	refuse("nonsense", "no JSON object");
	refuse("[]", "no JSON object");
	refuse("[[[[[[[[[[[[[[[[[", "nesting too deep");
	refuse("{\"cmd\":\"help\"} x", "unexpected character");
	refuse("{\"cmd\":\"\xff\"}", "no JSON object");
	refuse_bytes(zero, sizeof(zero) - 1, "no JSON object");
	refuse("{}", "no \"cmd\"");
	refuse("{\"cmd\":1}", "no \"cmd\"");
	refuse("{\"cmd\":\"help\\u0000\"}", "no \"cmd\"");
	refuse("{\"cmd\":\"halp\"}", "there is no command \"halp\"");
	refuse("{\"cmd\":\"help\",\"limit\":1}", "help has no argument \"limit\"");
	refuse("{\"cmd\":\"audit\",\"confirm\":1}", "\"confirm\" is true or false");
	refuse("{\"cmd\":\"cache\",\"limit\":\"1\"}", "\"limit\" is a number from 1 to 1024");
	refuse("{\"cmd\":\"cache\",\"limit\":0}", "\"limit\" is a number");
	refuse("{\"cmd\":\"cache\",\"limit\":-1}", "\"limit\" is a number");
	refuse("{\"cmd\":\"cache\",\"limit\":1025}", "\"limit\" is a number");
	refuse("{\"cmd\":\"cache\",\"limit\":18446744073709551615}", "\"limit\" is a number");
	json_object_put(ask(" {\t\"cmd\" : \"help\" } \r"));
}

static void counters_and_clear(void **state)
{
	struct json_object *reply;

	(void)state;
	use_page(false);
	reply = ask("{\"cmd\":\"counters\"}");
	assert_int_equal(number(member(reply, "counters"), "desc"), 1);
	assert_int_equal(number(member(reply, "counters"), "bytes"), fx_count(r.f, SVK_LAB_BYTES));
	json_object_put(reply);
	json_object_put(ask("{\"cmd\":\"clear\"}"));
	reply = ask("{\"cmd\":\"counters\"}");
	for (unsigned int i = 0; i < SVK_LAB_COUNTERS; i++)
		assert_int_equal(number(member(reply, "counters"), machine_counter_name(i)), 0);
	json_object_put(reply);
}

static void audits(void **state)
{
	struct json_object *reply;

	(void)state;
	use_page(false);
	reply = ask("{\"cmd\":\"audit\"}");
	assert_int_equal(number(reply, "entries"), 8);
	assert_int_equal(number(reply, "stale"), 0);
	assert_true(truth(reply, "at_rest"));
	json_object_put(reply);
	fx_unmap(r.f, FX_PASID, BASE);
	/* As long as nobody confirms, nothing is found. */
	reply = ask("{\"cmd\":\"audit\",\"confirm\":false}");
	assert_int_equal(number(reply, "stale"), 2);
	assert_int_equal(number(reply, "less"), 0);
	assert_int_equal(number(reply, "used"), 0);
	assert_int_equal(number(reply, "findings"), 0);
	json_object_put(reply);
	reply = ask("{\"cmd\":\"audit\",\"confirm\":true}");
	assert_int_equal(number(reply, "findings"), 2);
	json_object_put(reply);
}

/* Word for word what is in the file. */
static void findings_as_in_the_file(void **state)
{
	struct json_object *reply = ask("{\"cmd\":\"findings\"}");
	char *rest, *line;

	(void)state;
	assert_int_equal(number(reply, "total"), 0);
	assert_int_equal(length(reply, "findings"), 0);
	json_object_put(reply);
	use_page(true);
	json_object_put(ask("{\"cmd\":\"audit\",\"confirm\":true}"));
	reply = ask("{\"cmd\":\"findings\"}");
	assert_int_equal(number(reply, "total"), 2);
	assert_int_equal(length(reply, "findings"), 2);
	rest = r.text;
	for (size_t i = 0; i < 2; i++) {
		line = strsep(&rest, "\n");
		assert_string_equal(json_object_to_json_string_ext(element(reply, "findings", i),
								   JSON_C_TO_STRING_PLAIN),
				    line);
	}
	json_object_put(reply);
	/* Of several the last ones. */
	reply = ask("{\"cmd\":\"findings\",\"limit\":1}");
	assert_int_equal(length(reply, "findings"), 1);
	assert_int_equal(number(element(reply, "findings", 0), "finding"), 1);
	json_object_put(reply);
}

/* More than are kept: the oldest have gone, the order is right. */
static void findings_are_kept_for_a_while(void **state)
{
	struct json_object *reply;

	(void)state;
	for (unsigned int i = 0; i < 70; i++) {
		use_page(true);
		json_object_put(ask("{\"cmd\":\"audit\",\"confirm\":true}"));
		fx_flush_iotlb(r.f, FX_PASID);
		fx_flush_devtlb(r.f, FX_PASID, BASE, FX_PAGE);
	}
	reply = ask("{\"cmd\":\"findings\",\"limit\":64}");
	assert_int_equal(number(reply, "total"), 140);
	assert_int_equal(length(reply, "findings"), 64);
	for (size_t i = 0; i < 64; i++)
		assert_int_equal(number(element(reply, "findings", i), "finding"), 76 + i);
	json_object_put(reply);
	machine_lock(&r.f->machine);
	assert_non_null(oracle_line(r.f->machine.oracle, 63));
	assert_null(oracle_line(r.f->machine.oracle, 64));
	machine_unlock(&r.f->machine);
}

static void what_is_cached(void **state)
{
	struct json_object *reply, *e;

	(void)state;
	use_page(false);
	reply = ask("{\"cmd\":\"cache\"}");
	assert_int_equal(number(reply, "total"), 8);
	assert_int_equal(length(reply, "entries"), 8);
	e = element(reply, "entries", 0);
	assert_string_equal(text(e, "kind"), "context-cache");
	assert_int_equal(number(e, "sid"), r.f->sid);
	assert_false(json_object_object_get_ex(e, "pasid", NULL));
	e = element(reply, "entries", 1);
	assert_string_equal(text(e, "kind"), "PASID-cache");
	assert_int_equal(number(e, "pasid"), FX_PASID);
	assert_false(json_object_object_get_ex(e, "addr", NULL));
	e = element(reply, "entries", 3);
	assert_string_equal(text(e, "kind"), "IOTLB");
	assert_int_equal(number(e, "did"), number(element(reply, "entries", 1), "did"));
	assert_int_equal(number(e, "addr"), BASE);
	assert_int_equal(number(e, "size"), FX_PAGE);
	assert_int_equal(number(e, "out") % FX_PAGE, 0);
	assert_string_equal(text(e, "perm"), "rwx");
	e = element(reply, "entries", 7);
	assert_string_equal(text(e, "kind"), "device-TLB");
	assert_string_equal(text(e, "perm"), "rw");
	assert_int_equal(number(e, "pasid"), FX_PASID);
	assert_false(json_object_object_get_ex(e, "did", NULL));
	json_object_put(reply);
	reply = ask("{\"cmd\":\"cache\",\"limit\":2}");
	assert_int_equal(number(reply, "total"), 8);
	assert_int_equal(length(reply, "entries"), 2);
	json_object_put(reply);
}

static void last_events(void **state)
{
	struct json_object *reply, *last;

	(void)state;
	use_page(false);
	reply = ask("{\"cmd\":\"trace\",\"limit\":1024}");
	assert_int_equal(number(reply, "total"), length(reply, "events"));
	last = json_object_get(element(reply, "events", length(reply, "events") - 1));
	assert_non_null(strstr(json_object_get_string(element(reply, "events", 0)), " xlate "));
	json_object_put(reply);
	reply = ask("{\"cmd\":\"trace\",\"limit\":1}");
	assert_int_equal(length(reply, "events"), 1);
	assert_string_equal(json_object_get_string(element(reply, "events", 0)),
			    json_object_get_string(last));
	json_object_put(last);
	json_object_put(reply);
}

static void state_of_unit_and_queues(void **state)
{
	struct json_object *reply = ask("{\"cmd\":\"state\"}"), *obj;
	u64 time = number(reply, "time");

	(void)state;
	obj = member(reply, "unit");
	assert_true(truth(obj, "te"));
	assert_true(truth(obj, "qie"));
	assert_int_equal(number(obj, "iqh"), number(obj, "iqt"));
	assert_int_equal(number(obj, "fsts"), 0);
	assert_int_equal(number(obj, "inflight"), 0);
	assert_int_equal(length(reply, "functions"), 1);
	obj = element(reply, "functions", 0);
	assert_string_equal(text(obj, "name"), "accel");
	assert_int_equal(number(obj, "sid"), r.f->sid);
	assert_true(truth(obj, "bus_master") && truth(obj, "pasid") && truth(obj, "ats"));
	assert_false(truth(obj, "pri"));
	assert_int_equal(length(obj, "queues"), 16);
	assert_string_equal(text(element(obj, "queues", 0), "state"), "disabled");
	assert_false(json_object_object_get_ex(element(obj, "queues", 0), "pasid", NULL));
	obj = element(obj, "queues", QUEUE);
	assert_int_equal(number(obj, "queue"), QUEUE);
	assert_string_equal(text(obj, "state"), "enabled");
	assert_string_equal(text(obj, "error"), "none");
	assert_int_equal(number(obj, "pasid"), FX_PASID);
	json_object_put(reply);

	use_page(false);
	fx_doorbell(r.f, QUEUE, 1000);
	reply = ask("{\"cmd\":\"state\"}");
	assert_true(number(reply, "time") > time);
	obj = element(element(reply, "functions", 0), "queues", QUEUE);
	assert_string_equal(text(obj, "state"), "halted");
	assert_string_equal(text(obj, "error"), "doorbell");
	assert_int_equal(number(obj, "head"), 1);
	assert_int_equal(number(obj, "tail"), 1);
	assert_false(truth(obj, "waiting"));
	json_object_put(reply);
}

/* Lost by name, counted, and lost no more. */
static void faults(void **state)
{
	struct json_object *reply, *armed;

	(void)state;
	use_page(true);
	json_object_put(ask("{\"cmd\":\"inject\",\"spec\":\"lose,types=pdevtlb\"}"));
	json_object_put(ask("{\"cmd\":\"inject\",\"spec\":\"dma-abort,skip=9,count=forever\"}"));
	reply = ask("{\"cmd\":\"injected\"}");
	assert_int_equal(number(member(reply, "injected"), "lose"), 0);
	assert_int_equal(length(reply, "armed"), 2);
	armed = element(reply, "armed", 0);
	assert_string_equal(text(armed, "kind"), "lose");
	assert_int_equal(number(armed, "skip"), 0);
	assert_int_equal(number(armed, "count"), 1);
	armed = element(reply, "armed", 1);
	assert_string_equal(text(armed, "kind"), "dma-abort");
	assert_int_equal(number(armed, "skip"), 9);
	assert_string_equal(text(armed, "count"), "forever");
	json_object_put(reply);

	fx_flush_iotlb(r.f, FX_PASID);
	fx_flush_devtlb(r.f, FX_PASID, BASE, FX_PAGE);
	reply = ask("{\"cmd\":\"injected\"}");
	assert_int_equal(number(member(reply, "injected"), "lose"), 1);
	assert_int_equal(length(reply, "armed"), 1);
	json_object_put(reply);
	reply = ask("{\"cmd\":\"audit\"}");
	assert_int_equal(number(reply, "stale"), 1);
	json_object_put(reply);

	json_object_put(ask("{\"cmd\":\"disarm\"}"));
	reply = ask("{\"cmd\":\"injected\"}");
	assert_int_equal(length(reply, "armed"), 0);
	json_object_put(reply);
	refuse("{\"cmd\":\"inject\"}", "\"spec\" is missing");
	refuse("{\"cmd\":\"inject\",\"spec\":7}", "\"spec\" is a string");
	refuse("{\"cmd\":\"inject\",\"spec\":\"lose\\u0000\"}", "\"spec\" is a string");
	refuse("{\"cmd\":\"inject\",\"spec\":\"loose\"}", "'loose' does not begin with");
}

static void what_is_not_there(void **state)
{
	(void)state;
	without_oracle();
	without_trace();
	without_inject();
	refuse("{\"cmd\":\"inject\",\"spec\":\"lose\"}", "injects nothing");
	refuse("{\"cmd\":\"disarm\"}", "injects nothing");
	refuse("{\"cmd\":\"injected\"}", "injects nothing");
	refuse("{\"cmd\":\"audit\"}", "--no-oracle");
	refuse("{\"cmd\":\"findings\"}", "--no-oracle");
	refuse("{\"cmd\":\"trace\"}", "--trace");
	json_object_put(ask("{\"cmd\":\"cache\"}"));
}

static int quiet(void **state)
{
	(void)state;
	return log_open("/dev/null");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(help_knows_every_command),
		TEST(id_comes_back),
		TEST(no_command),
		TEST(counters_and_clear),
		TEST(audits),
		TEST(findings_as_in_the_file),
		TEST(findings_are_kept_for_a_while),
		TEST(what_is_cached),
		TEST(last_events),
		TEST(state_of_unit_and_queues),
		TEST(faults),
		TEST(what_is_not_there),
	};

	return cmocka_run_group_tests_name("control", tests, quiet, NULL);
}
