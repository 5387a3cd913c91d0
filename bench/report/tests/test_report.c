// SPDX-License-Identifier: GPL-2.0
/* Names that are hostile to HTML, to gnuplot and to file names; records that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "page.h"
#include "pictures.h"
#include "records.h"

#define RECORD(metric, params)                                                                   \
	"{\"metric\":\"" metric "\",\"params\":{" params                                         \
	"},\"unit\":\"ns\",\"better\":\"lower\",\"kind\":\"wall\",\"level\":\"l1\","             \
	"\"environment\":\"e\",\"n\":2,\"percentiles\":{\"min\":1000,\"p50\":1000,\"p90\":2500," \
	"\"p99\":2500,\"max\":2500},\"samples\":[2500,1000]}\n"

static struct records read_text(const char *text)
{
	struct records records = {0};
	FILE *in = fmemopen((char *)text, strlen(text), "r");

	assert_int_equal(records_read(&records, in, ""), 0);
	fclose(in);
	return records;
}

static void test_escape(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	page_escape(out, "<script>&\"'\x01\xff\n");
	fclose(out);
	assert_string_equal(text, "&lt;script&gt;&amp;&quot;&#39;??\n");
	free(text);
}

static void test_picture_text(void **state)
{
	char text[32];

	picture_text(text, sizeof(text), "a'b\"c`d`\n/../$(e)\\");
	assert_null(strpbrk(text, "'\"`$/\\\n()"));
	picture_text(text, 4, "abcdef");
	assert_string_equal(text, "abc");
}

static void test_wrong_records(void **state)
{
	static const char *const wrong[] = {"x\n", "{}\n", "[1]\n", "{\"metric\":\"m\"}\n"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct records records = {0};
		FILE *in = fmemopen((char *)wrong[i], strlen(wrong[i]), "r");

		assert_int_equal(records_read(&records, in, ""), 1);
		assert_int_equal(records.count, 0);
		records_cleanup(&records);
		fclose(in);
	}
}

static void test_fields(void **state)
{
	struct records records = read_text(RECORD("flush", "\"op\":\"munmap\",\"size\":4096"));
	const struct record *r = &records.record[0];
	char text[64], little[8];

	record_params(r, NULL, text, sizeof(text));
	assert_string_equal(text, "op=munmap size=4096");
	record_params(r, "op", text, sizeof(text));
	assert_string_equal(text, "size=4096");
	record_params(r, NULL, little, sizeof(little));
	assert_true(strlen(little) < sizeof(little));
	assert_true(record_timed(r));
	assert_string_equal(record_unit(r), "us");
	assert_true(record_scaled(r, record_percentile(r, "p90")) == 2.5);
	records_cleanup(&records);
}

/* Return: a file of a folder. */
static char *file_text(const char *folder, const char *name)
{
	static char text[4096];
	char path[8192];
	size_t used;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	in = fopen(path, "r");
	assert_non_null(in);
	used = fread(text, 1, sizeof(text) - 1, in);
	text[used] = '\0';
	fclose(in);
	assert_int_equal(remove(path), 0);
	return text;
}

/* A distribution of each metric; where something was swept, a curve for each of the rest. */
static void test_pictures(void **state)
{
	struct records records =
		read_text(RECORD("flush", "\"op\":\"munmap\",\"size\":4096")
				  RECORD("flush", "\"op\":\"munmap\",\"size\":8192")
					  RECORD("flush", "\"op\":\"mremap\",\"size\":4096"));
	const char *tmp = getenv("TMPDIR");
	char folder[4096];

	snprintf(folder, sizeof(folder), "%s/pictures.XXXXXX", tmp ? tmp : "/tmp");

	assert_non_null(mkdtemp(folder));
	assert_int_equal(pictures_write(&records, folder), 2);
	assert_string_equal(file_text(folder, "flush.l1.distribution.data"),
			    "1 50\n2.5 100\n\n\n1 50\n2.5 100\n\n\n1 50\n2.5 100\n\n\n");
	assert_string_equal(file_text(folder, "flush.l1.by_size.data"),
			    "4096 1\n8192 1\n\n\n4096 1\n\n\n");
	assert_non_null(strstr(file_text(folder, "flush.l1.distribution.gnuplot"),
			       "title 'l1 op=munmap size=8192'"));
	assert_non_null(
		strstr(file_text(folder, "flush.l1.by_size.gnuplot"), "title 'l1 op=mremap'"));
	assert_int_equal(remove(folder), 0);
	records_cleanup(&records);
}

/* Of a comparison with many configurations, both sides are there, in the same colours. */
static void test_both_sides(void **state)
{
	struct records records = {0};
	char folder[4096], text[512];
	int i;

	snprintf(folder, sizeof(folder), "%s/pictures.XXXXXX", getenv("TMPDIR") ?: "/tmp");
	assert_non_null(mkdtemp(folder));
	for (i = 0; i < 20; i++) {
		FILE *in;

		snprintf(text, sizeof(text), RECORD("exit", "\"how\":\"%c\""), 'a' + i % 10);
		in = fmemopen(text, strlen(text), "r");
		assert_int_equal(records_read(&records, in, i < 10 ? "base" : "head"), 0);
		fclose(in);
	}
	assert_int_equal(pictures_write(&records, folder), 1);
	file_text(folder, "exit.l1.distribution.data");
	assert_non_null(strstr(file_text(folder, "exit.l1.distribution.gnuplot"),
			       "index 7 with steps lw 2 dt 1 lc 4 title 'head l1 how=d'"));
	assert_int_equal(remove(folder), 0);
	records_cleanup(&records);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),	      cmocka_unit_test(test_picture_text),
		cmocka_unit_test(test_wrong_records), cmocka_unit_test(test_fields),
		cmocka_unit_test(test_pictures),      cmocka_unit_test(test_both_sides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
