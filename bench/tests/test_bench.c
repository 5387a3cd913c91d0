// SPDX-License-Identifier: GPL-2.0
/*
 * What the benchmarks compute, tested on the host: sweeps, percentiles, records
 * and their way through the runner.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <json-c/json.h>

#include <linux/perf_event.h>

#include "events.h"
#include "options.h"
#include "record.h"
#include "samples.h"
#include "sweep.h"

/* Return: the values, as text. */
static const char *values(const char *text)
{
	static char out[512];
	struct sweep s;
	int len, ret = sweep_parse(&s, text);
	u64 value = s.first;

	if (ret) {
		snprintf(out, sizeof(out), "%d", ret);
		return out;
	}
	len = snprintf(out, sizeof(out), "%llu", (unsigned long long)value);
	while (sweep_next(&s, &value))
		len += snprintf(out + len, sizeof(out) - (size_t)len, " %llu",
				(unsigned long long)value);
	return out;
}

static void test_sweep_values(void **state)
{
	assert_string_equal(values("7"), "7");
	assert_string_equal(values("0"), "0");
	assert_string_equal(values("0x10"), "16");
	assert_string_equal(values("1,4,1,ADD"), "1 2 3 4");
	assert_string_equal(values("0,5,2,ADD"), "0 2 4");
	assert_string_equal(values("5,5,1,ADD"), "5");
	assert_string_equal(values("1,64,4,MUL"), "1 4 16 64");
	assert_string_equal(values("4K,1M,16,MUL"), "4096 65536 1048576");
	assert_string_equal(values("1G,1G,2,MUL"), "1073741824");
}

/* A baseline of 0 belongs to many sweeps. */
static void test_sweep_multiplies_from_zero(void **state)
{
	assert_string_equal(values("0,8,2,MUL"), "0 1 2 4 8");
	assert_string_equal(values("0,0,2,MUL"), "0");
}

static void test_sweep_ends_at_64_bits(void **state)
{
	assert_string_equal(values("0xffffffffffffffff,0xffffffffffffffff,2,MUL"),
			    "18446744073709551615");
	assert_string_equal(values("0xfffffffffffffffe,0xffffffffffffffff,2,ADD"),
			    "18446744073709551614");
	assert_string_equal(values("0x8000000000000000,0xffffffffffffffff,2,MUL"),
			    "9223372036854775808");
}

static void test_sweep_refuses(void **state)
{
	static const char *const wrong[] = {
		"",	      "x",	   "-1",	"+1",	     " 1",	  "1 ",
		"1,",	      "1,2",	   "1,2,1",	"1,2,1,",    "1,2,1,SUB", "1,2,1,ADDX",
		"1,2,1,ADD,", "2,1,1,ADD", "1,2,0,ADD", "1,2,1,MUL", "1,2,0,MUL", "1T",
		"1KK",	      "K",	   "1,,1,ADD",	"1;2;1;ADD", "1,2,1,add",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct sweep s;

		if (sweep_parse(&s, wrong[i]) != -EINVAL)
			fail_msg("'%s' is taken for a sweep", wrong[i]);
	}
	assert_string_equal(values("18446744073709551616"), "-34");
	assert_string_equal(values("18014398509481984K"), "-34");
	assert_string_equal(values("18014398509481983K"), "18446744073709550592");
}

static void test_words(void **state)
{
	assert_true(words_find("a,bc,d", "a"));
	assert_true(words_find("a,bc,d", "bc"));
	assert_true(words_find("a,bc,d", "d"));
	assert_false(words_find("a,bc,d", "b"));
	assert_false(words_find("a,bc,d", "c,d"));
	assert_true(words_check("bc", "a,bc,d"));
	assert_true(words_check("d,a", "a,bc,d"));
	assert_false(words_check("", "a,bc,d"));
	assert_false(words_check("a,", "a,bc,d"));
	assert_false(words_check(",a", "a,bc,d"));
	assert_false(words_check("a,e", "a,bc,d"));
}

static void test_percentiles_are_samples(void **state)
{
	const u64 one[] = {42};
	const u64 two[] = {9, 3};
	u64 many[100];
	size_t i;

	assert_int_equal(samples_percentile(one, 1, 0), 42);
	assert_int_equal(samples_percentile(one, 1, 1000), 42);
	assert_int_equal(samples_percentile(two, 2, 500), 3);
	assert_int_equal(samples_percentile(two, 2, 501), 9);
	/* The order of measuring stays. */
	assert_int_equal(two[0], 9);
	for (i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = 100 - i;
	assert_int_equal(samples_percentile(many, 100, 0), 1);
	assert_int_equal(samples_percentile(many, 100, 500), 50);
	assert_int_equal(samples_percentile(many, 100, 900), 90);
	assert_int_equal(samples_percentile(many, 100, 990), 99);
	assert_int_equal(samples_percentile(many, 100, 991), 100);
	assert_int_equal(samples_percentile(many, 100, 1000), 100);
	assert_int_equal(samples_percentile(many, 99, 500), 51);
}

static void test_samples_keep_their_order(void **state)
{
	struct samples s;

	assert_int_equal(samples_init(&s, 3), 0);
	samples_add(&s, 5);
	samples_add(&s, 1);
	samples_add(&s, 3);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.value[0], 5);
	assert_int_equal(s.value[1], 1);
	assert_int_equal(s.value[2], 3);
	samples_cleanup(&s);
}

static void no_run(void)
{
}

static const struct bench no_bench = {
	.name = "none",
	.summary = "of this test",
	.run = no_run,
	.params = {{"size", "a sweep", NULL, "1,4,2,MUL", "1"}, {"op", "words", "a,b", "a,b", "b"}},
	.repeat = 200,
};

static void parse(const char *const *argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	options_parse(argc, (char **)argv, &no_bench);
}

static void test_options(void **state)
{
	static const char *const full[] = {"none", NULL};
	static const char *const given[] = {"none",	  "--size=2,6,2,ADD", "--op=a",
					    "--repeat=7", "--format=json",    NULL};
	u64 size;

	parse(full);
	assert_int_equal(options_repeat(), 200);
	assert_true(options_word("op", "a"));
	size = options_first("size");
	assert_int_equal(size, 1);
	assert_true(options_next("size", &size));
	assert_int_equal(size, 2);
	parse(given);
	assert_int_equal(options_repeat(), 7);
	assert_int_equal(options_format(), FORMAT_JSON);
	assert_int_equal(options_first("size"), 2);
	assert_true(options_word("op", "a"));
	assert_false(options_word("op", "b"));
}

/* Joins the lines as the runner does. Return: the record. */
static char *join(FILE *in)
{
	static char joined[8192];
	char line[4096];

	joined[0] = '\0';
	while (fgets(line, sizeof(line), in)) {
		bool more = !strncmp(line, "# record+ ", 10);

		assert_true(strlen(line) <= RECORD_PIECE + 11);
		line[strcspn(line, "\n")] = '\0';
		assert_true(more || !strncmp(line, "# record ", 9));
		strcat(joined, line + (more ? 10 : 9));
		if (!more)
			break;
	}
	return joined;
}

static void test_pieces(void **state)
{
	static const size_t lengths[] = {
		1, RECORD_PIECE - 1, RECORD_PIECE, RECORD_PIECE + 1, 2 * RECORD_PIECE, 5000};
	char text[5001];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		FILE *file = tmpfile();

		memset(text, 'a', lengths[i]);
		text[lengths[i] - 1] = 'b';
		text[lengths[i]] = '\0';
		record_pieces(file, text);
		rewind(file);
		assert_string_equal(join(file), text);
		fclose(file);
	}
}

/* Return: the line that record_emit() has appended. */
static char *emitted(const struct record *r)
{
	static char line[4096];
	char path[] = "/tmp/svakit-test-XXXXXX";
	int fd = mkstemp(path);
	const char *argv[] = {"none", "--format=json", "-o", path, NULL};
	FILE *file;

	assert_true(fd >= 0);
	parse(argv);
	record_emit(r);
	file = fdopen(fd, "r");
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	remove(path);
	return line;
}

static const u64 three[] = {1500, 1000, 2000};
static const struct param params[] = {PARAM_WORD("op", "munmap"), PARAM_VALUE("size", 4096),
				      PARAM_END};
static const struct record record = {
	.metric = "flush",
	.kind = RECORD_TIME,
	.params = params,
	.value = three,
	.count = 3,
};

static void test_record(void **state)
{
	setenv("SVAKIT_LEVEL", "l2m", 1);
	setenv("SVAKIT_ENVIRONMENT", "abc", 1);
	assert_string_equal(emitted(&record),
			    "{\"metric\":\"flush\",\"params\":{\"op\":\"munmap\",\"size\":4096},"
			    "\"unit\":\"ns\",\"better\":\"lower\",\"kind\":\"wall\","
			    "\"level\":\"l2m\",\"environment\":\"abc\",\"n\":3,"
			    "\"percentiles\":{\"min\":1000,\"p50\":1500,\"p90\":2000,"
			    "\"p99\":2000,\"max\":2000},\"samples\":[1500,1000,2000]}\n");
}

/* Return: what the table of @text has, and in @wrong the line that makes no sense. */
static char *table(const char *text, int *wrong)
{
	static char out[4096];
	FILE *in = fmemopen((void *)text, strlen(text), "r");
	FILE *file = tmpfile();
	size_t len;

	*wrong = record_table(file, in);
	rewind(file);
	len = fread(out, 1, sizeof(out) - 1, file);
	out[len] = '\0';
	fclose(file);
	fclose(in);
	return out;
}

static void test_table(void **state)
{
	int wrong;
	char *out = table(emitted(&record), &wrong);

	assert_int_equal(wrong, 0);
	assert_non_null(strstr(out, "op=munmap size=4096"));
	/* In microseconds. */
	assert_non_null(strstr(out, "       1.00       1.50       2.00       2.00       2.00 us"));
}

static void test_table_refuses(void **state)
{
	static const char *const lines[] = {"no record\n", "{\"metric\":\"x\"}\n", "[1]\n", "\n",
					    "{\"params\":{},\"percentiles\":[]}\n"};
	size_t i;
	int wrong;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		table(lines[i], &wrong);
		assert_int_equal(wrong, 1);
	}
}

/* Return: the names, with a space between them; ends with "!" if one is refused. */
static const char *names(const char *list)
{
	static char out[256];
	char name[32];
	size_t len = 0;

	out[0] = '\0';
	while (events_next(&list, name, sizeof(name)))
		len += (size_t)snprintf(out + len, sizeof(out) - len, "%s%s", len ? " " : "", name);
	if (list)
		snprintf(out + len, sizeof(out) - len, "!");
	return out;
}

static void test_event_names(void **state)
{
	assert_string_equal(names("cycles"), "cycles");
	assert_string_equal(names("cycles,page-faults"), "cycles page-faults");
	/* Commas between slashes belong to the name. */
	assert_string_equal(names("a,d/e,f=1/,b"), "a d/e,f=1/ b");
	assert_string_equal(names("a,,b"), "a!");
	assert_string_equal(names("a_name_that_is_too_long_for_its_room,b"), "!");
}

static void test_event_reasons(void **state)
{
	static const struct {
		int error;
		const char *text;
	} reasons[] = {
		{ENOENT, "no PMU in this machine"},
		{EOPNOTSUPP, "no PMU in this machine"},
		{ENODEV, "no such PMU in this machine"},
		{EACCES, "not permitted, kernel.perf_event_paranoid is 2"},
		{EMFILE, "perf_event_open: Too many open files"},
	};
	char text[96];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++) {
		events_reason(reasons[i].error, 2, text, sizeof(text));
		assert_string_equal(text, reasons[i].text);
	}
}

/* Libpfm4 has names for what every kernel counts, whatever the processor. */
static void test_event_codes(void **state)
{
	struct event_code code;
	char why[64] = "";

	assert_true(events_encode("page-faults", &code, why, sizeof(why)));
	assert_int_equal(code.type, PERF_TYPE_SOFTWARE);
	assert_int_equal(code.config, PERF_COUNT_SW_PAGE_FAULTS);
	assert_true(events_encode("dTLB-load-misses", &code, why, sizeof(why)));
	assert_int_equal(code.type, PERF_TYPE_HW_CACHE);
	assert_false(events_encode("no-such-event", &code, why, sizeof(why)));
	assert_string_equal(why, "unknown name");
}

/* What could not be measured is a record, and a row that says why. */
static void test_event_why(void **state)
{
	const struct record r = {
		.metric = "flush.cycles", .kind = RECORD_EVENT, .params = params, .why = "no PMU"};
	int wrong;
	char *out = table(emitted(&r), &wrong);

	assert_int_equal(wrong, 0);
	assert_non_null(strstr(out, "flush.cycles"));
	assert_non_null(strstr(out, "not measured: no PMU"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sweep_values),
		cmocka_unit_test(test_sweep_multiplies_from_zero),
		cmocka_unit_test(test_sweep_ends_at_64_bits),
		cmocka_unit_test(test_sweep_refuses),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_percentiles_are_samples),
		cmocka_unit_test(test_samples_keep_their_order),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_table_refuses),
		cmocka_unit_test(test_event_names),
		cmocka_unit_test(test_event_reasons),
		cmocka_unit_test(test_event_codes),
		cmocka_unit_test(test_event_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
