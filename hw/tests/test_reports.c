// SPDX-License-Identifier: GPL-2.0
/*
 * What the model tells: log lines, the trace, the statistics.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <svakit/accel_regs.h>
#include <svakit/vtd_regs.h>

#include "log.h"
#include "machine.h"
#include "options.h"
#include "stats.h"
#include "trace.h"

static char log_path[] = "/tmp/svahw-log-XXXXXX";

static int log_setup(void **state)
{
	int fd;

	(void)state;
	strcpy(log_path + strlen(log_path) - 6, "XXXXXX");
	fd = mkstemp(log_path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(log_open(log_path), 0);
	return 0;
}

static int log_teardown(void **state)
{
	(void)state;
	log_close();
	log_set_level(LOG_INFO);
	return unlink(log_path);
}

/* Everything logged so far; the caller frees it. */
static char *logged(void)
{
	FILE *in = fopen(log_path, "re");
	char *text = calloc(1, 65536);

	assert_non_null(in);
	assert_non_null(text);
	assert_true(fread(text, 1, 65535, in) < 65535);
	fclose(in);
	return text;
}

static void levels(void **state)
{
	char *text;

	(void)state;
	assert_int_equal(log_parse_level("error"), LOG_ERROR);
	assert_int_equal(log_parse_level("warn"), LOG_WARN);
	assert_int_equal(log_parse_level("info"), LOG_INFO);
	assert_int_equal(log_parse_level("debug"), LOG_DEBUG);
	assert_int_equal(log_parse_level("noise"), -EINVAL);
	assert_int_equal(log_parse_level(""), -EINVAL);

	log_debug("not by default");
	log_info("one %d", 1);
	log_set_level(LOG_ERROR);
	log_warn("not this");
	log_error("two");
	log_set_level(LOG_DEBUG);
	log_debug("three");
	text = logged();
	assert_string_equal(text, "svahw: info: one 1\nsvahw: error: two\nsvahw: debug: three\n");
	free(text);
}

static void long_lines_are_cut(void **state)
{
	char *text;

	(void)state;
	log_info("%02000d", 1);
	text = logged();
	assert_true(strlen(text) < 1024);
	assert_int_equal(text[strlen(text) - 1], '\n');
	free(text);
}

static void guest_cannot_flood(void **state)
{
	char *text, *at;
	int lines = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		log_guest("the guest did it");
	text = logged();
	for (at = text; (at = strstr(at, "the guest did it")); at++)
		lines++;
	assert_int_equal(lines, 20);
	assert_non_null(strstr(text, "suppressed"));
	free(text);
}

static void log_file_errors(void **state)
{
	(void)state;
	/* A file is no folder, whoever asks and whatever else is on the disk. */
	assert_int_equal(log_open("/dev/null/log"), -ENOTDIR);
}

static char *dump(const struct trace *t)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(trace_dump(t, out), 0);
	fclose(out);
	return text;
}

static void trace_wraps(void **state)
{
	struct trace *t = trace_new(4);
	char *text;

	(void)state;
	assert_non_null(t);
	text = dump(t);
	assert_string_equal(text, "# 0 events, 0 of them overwritten\n");
	free(text);
	for (u64 i = 0; i < 10; i++)
		trace_event(t, TRACE_REG, 1, 0x10 + i, i, 1);
	text = dump(t);
	assert_non_null(strstr(text, "# 10 events, 6 of them overwritten\n"));
	assert_null(strstr(text, "offset=0x15 "));
	/* Oldest first. */
	assert_true(strstr(text, "offset=0x16 ") < strstr(text, "offset=0x19 "));
	assert_non_null(strstr(text, "offset=0x16 "));
	free(text);
	trace_free(t);
}

static void trace_decodes(void **state)
{
	static const struct {
		enum trace_kind kind;
		u64 v[4];
		const char *text;
	} events[] = {
		{TRACE_QI, {0x00020011}, " qi context g=1 did=2 "},
		{TRACE_QI, {0x00030022, 0x5000}, " qi iotlb g=2 did=3 "},
		{TRACE_QI, {0x3000000003}, " qi devtlb sid=00:06.0 "},
		{TRACE_QI, {0x4}, " qi iec "},
		{TRACE_QI, {0x200000025, 0x1000}, " qi wait status=0x2 "},
		{TRACE_QI, {0x700050036}, " qi piotlb g=3 did=5 pasid=7 "},
		{TRACE_QI, {0x700050017}, " qi pasid g=1 did=5 pasid=7 "},
		{TRACE_QI, {0x700310008}, " qi pdevtlb sid=00:06.1 pasid=7 "},
		{TRACE_QI, {0x9}, " qi page-group-response "},
		{TRACE_QI, {0x20f}, " qi unknown "},
		{TRACE_FAULT,
		 {0x58, 0x30, ~0ULL, 0xdeadb000},
		 " fault reason=0x58 sid=00:06.0 pasid=none addr=0xdeadb000\n"},
		{TRACE_FAULT,
		 {0x58, 0x30, 3, 0xdeadb000},
		 " fault reason=0x58 sid=00:06.0 pasid=3 addr=0xdeadb000\n"},
		{TRACE_XLATE,
		 {0x30ULL << 32 | 9, 0x1000, 0x2000, 3},
		 " xlate sid=00:06.0 pasid=9 addr=0x1000 result=0x2000 flags=0x3\n"},
		{TRACE_DMA,
		 {0x50ULL << 32 | 2, SVK_OP_CRC32C, 4096, SVK_CPL_OK},
		 " dma sid=00:0a.0 queue=2 op=crc32c bytes=4096 status=1\n"},
		{TRACE_DMA,
		 {2, 99, 0, 5},
		 " dma sid=00:00.0 queue=2 op=unknown bytes=0 status=5\n"},
		{TRACE_REG,
		 {1, 2ULL << 32 | 0x18, 5, 0},
		 " reg function=1 bar=2 offset=0x18 read 0x5\n"},
		{TRACE_IRQ, {0, 0xfee00000, 0x21}, " irq function=0 to=0xfee00000 data=0x21\n"},
		{TRACE_VCS, {VTD_VCMD_ALLOC, 0x8000, 0}, " vcs alloc pasid=32768 status=0\n"},
		{TRACE_VCS, {VTD_VCMD_FREE, 7, 16}, " vcs free pasid=7 status=16\n"},
		{TRACE_PRQ,
		 {0x30, 5, 0x1000, 3 | TRACE_PRQ_READ | TRACE_PRQ_WRITE | TRACE_PRQ_LAST},
		 " prq sid=00:06.0 pasid=5 addr=0x1000 group=3 rwl\n"},
		{TRACE_PRQ,
		 {0x30, ~0ULL, 0x1000, 511},
		 " prq sid=00:06.0 pasid=none addr=0x1000 group=511 ---\n"},
		{TRACE_PGRP, {0x30, 5, 3, 15}, " pgrp sid=00:06.0 pasid=5 group=3 code=15\n"},
		{TRACE_VCS, {0x7f, 0, 1}, " vcs unknown pasid=0 status=1\n"},
	};
	struct trace *t = trace_new(64);
	char *text, *line;

	(void)state;
	assert_non_null(t);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		trace_event(t, events[i].kind, events[i].v[0], events[i].v[1], events[i].v[2],
			    events[i].v[3]);
	text = dump(t);
	line = text;
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		line = strchr(line, '\n') + 1;
		if (strncmp(strchr(line, ' '), events[i].text, strlen(events[i].text)))
			fail_msg("event %zu: wanted '%s' in: %s", i, events[i].text, line);
	}
	free(text);
	trace_free(t);
}

static void trace_limits(void **state)
{
	struct trace *t;
	FILE *full;

	(void)state;
	assert_null(trace_new(0));
	assert_null(trace_new(~(size_t)0));
	assert_int_equal(errno, ENOMEM);
	trace_event(NULL, TRACE_QI, 1, 2, 3, 4);
	trace_free(NULL);

	t = trace_new(1);
	assert_non_null(t);
	trace_event(t, TRACE_QI, 1, 2, 3, 4);
	full = fopen("/dev/full", "we");
	assert_non_null(full);
	assert_int_equal(trace_dump(t, full), -ENOSPC);
	setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(trace_dump(t, full), -ENOSPC);
	fclose(full);
	trace_free(t);
}

static void counter_names(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < SVK_LAB_COUNTERS; i++) {
		assert_non_null(machine_counter_name(i));
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(machine_counter_name(i), machine_counter_name(j));
	}
}

static void statistics(void **state)
{
	struct json_object *obj, *val;
	const u64 bar = 0xfebf0000;
	struct machine m;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	machine_init(&m, NULL);
	for (int i = 0; i < 3; i++)
		machine_count(&m, SVK_LAB_QI_WAIT);
	m.count[SVK_LAB_BYTES] = ~0ULL;
	assert_int_equal(stats_write(out, &m, NULL, &bar), 0);
	fclose(out);

	obj = json_tokener_parse(text);
	assert_non_null(obj);
	assert_int_equal(json_object_object_length(obj), SVK_LAB_COUNTERS + 2);
	assert_true(json_object_object_get_ex(obj, "vtd_bar", &val));
	assert_string_equal(json_object_get_string(val), "0xfebf0000");
	assert_true(json_object_object_get_ex(obj, "version", &val));
	assert_string_equal(json_object_get_string(val), SVAHW_VERSION);
	assert_true(json_object_object_get_ex(obj, "qi_wait", &val));
	assert_int_equal(json_object_get_int(val), 3);
	assert_true(json_object_object_get_ex(obj, "bytes", &val));
	assert_true(json_object_get_uint64(val) == ~0ULL);
	json_object_put(obj);
	free(text);

	out = fopen("/dev/full", "we");
	assert_non_null(out);
	assert_int_equal(stats_write(out, &m, NULL, &bar), -ENOSPC);
	fclose(out);
	machine_cleanup(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(levels, log_setup, log_teardown),
		cmocka_unit_test_setup_teardown(long_lines_are_cut, log_setup, log_teardown),
		cmocka_unit_test_setup_teardown(guest_cannot_flood, log_setup, log_teardown),
		cmocka_unit_test(log_file_errors),
		cmocka_unit_test(trace_wraps),
		cmocka_unit_test(trace_decodes),
		cmocka_unit_test(trace_limits),
		cmocka_unit_test(counter_names),
		cmocka_unit_test(statistics),
	};

	return cmocka_run_group_tests_name("reports", tests, NULL, NULL);
}
