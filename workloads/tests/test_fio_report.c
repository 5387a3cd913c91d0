// SPDX-License-Identifier: GPL-2.0
/* What becomes of fio's JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fio_report.h"
#include "record.h"

#define SIDE(bytes, rate, p50)                                                         \
	"{\"io_bytes\":" #bytes ",\"bw_bytes\":" #rate ",\"clat_ns\":{\"percentile\":" \
	"{\"50.000000\":" #p50 ",\"99.000000\":9000}}}"
#define NOTHING "{\"io_bytes\":0}"
#define JOB(name, error, options, read, write)                                     \
	"{\"jobname\":\"" name "\",\"error\":" #error ",\"job options\":{" options \
	"},\"read\":" read ",\"write\":" write ",\"trim\":" NOTHING "}"
#define RUN(jobs) "{\"global options\":{\"bs\":\"1m\",\"iodepth\":\"8\"},\n\"jobs\":[" jobs "]}\n"

/* Of the record that was emitted last, and how many there were. */
static struct record last;
static char last_params[128];
static u64 last_value[8];
static unsigned int count;

/* In place of record.c: an output of its own is not what is tested. */
void record_emit(const struct record *r)
{
	const struct param *p;
	size_t i;

	last = *r;
	last_params[0] = '\0';
	for (p = r->params; p->name; p++) {
		strcat(last_params, p->word);
		strcat(last_params, " ");
	}
	for (i = 0; i < r->count; i++)
		last_value[i] = r->value[i];
	count++;
}

/* Return: what is wrong. */
static const char *add(struct fio_report *r, const char *text)
{
	const char *line, *error = fio_report_add(r, text, &line);

	if (line)
		assert_null(strchr(line, '\n'));
	return error;
}

static void test_each_run_is_a_sample(void **state)
{
	struct fio_report *r = fio_report_new(2);

	count = 0;
	assert_null(add(r, RUN(JOB("read", 0, "\"bs\":\"4k\"", SIDE(64, 1000, 10), NOTHING))));
	assert_null(
		add(r, "fio: a message\n" RUN(JOB("read", 0, "", SIDE(64, 3000, 30), NOTHING))));
	fio_report_emit(r);
	assert_int_equal(count, 3);
	assert_string_equal(last.metric, "fio.latency_p99");
	assert_string_equal(last_params, "read read 4k 8 ");
	assert_int_equal(last.count, 2);
	assert_int_equal(last_value[1], 9000);
	assert_non_null(add(r, RUN(JOB("read", 0, "", SIDE(64, 1, 1), NOTHING))));
	fio_report_free(r);
}

/* They are not measured, and have to do something all the same. */
static void test_checks_are_no_records(void **state)
{
	struct fio_report *r = fio_report_new(1);

	count = 0;
	assert_null(add(r, RUN(JOB("check_write", 0, "", SIDE(64, 1000, 10), NOTHING) "," JOB(
				   "both", 0, "", SIDE(64, 1000, 10), SIDE(64, 500, 20)))));
	fio_report_emit(r);
	assert_int_equal(count, 6);
	fio_report_free(r);
}

static void test_wrong_runs(void **state)
{
	struct fio_report *r = fio_report_new(8);

	assert_non_null(strstr(add(r, ""), "no JSON"));
	assert_non_null(strstr(add(r, "fio: no such engine\n"), "no JSON"));
	assert_non_null(strstr(add(r, "{\"jobs\":[]}"), "no JSON"));
	assert_non_null(strstr(add(r, RUN(JOB("check_read", 84, "", SIDE(64, 1, 1), NOTHING))),
			       "job check_read: error 84"));
	assert_non_null(
		strstr(add(r, RUN(JOB("check_read", 0, "", NOTHING, NOTHING))), "moved nothing"));
	fio_report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_run_is_a_sample),
		cmocka_unit_test(test_checks_are_no_records),
		cmocka_unit_test(test_wrong_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
