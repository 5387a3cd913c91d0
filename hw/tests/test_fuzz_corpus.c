// SPDX-License-Identifier: GPL-2.0
/*
 * The corpora of the fuzz targets, replayed: what was found once is not lost again. The seeds,
 * which are written by hand, come first. The targets end the program when something is wrong.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "fuzz/fuzz.h"
#include "fuzz/seeds.h"

#define INPUT_SIZE 65536

static u8 input[INPUT_SIZE];

static size_t read_input(const char *folder, const char *name)
{
	char path[4096];
	size_t size;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "r");
	assert_non_null(f);
	size = fread(input, 1, sizeof(input), f);
	assert_false(ferror(f));
	assert_int_equal(fclose(f), 0);
	return size;
}

static int is_input(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* Sorted, so that a failure is at the same place every time. */
static void replay(const char *folder, int (*target)(const u8 *data, size_t size))
{
	struct dirent **list;
	int n = scandir(folder, &list, is_input, alphasort);

	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		size_t size = read_input(folder, list[i]->d_name);

		free(list[i]);
		assert_int_equal(target(input, size), 0);
	}
	free(list);
}

static void replay_seeds(const struct recipe *r, size_t n,
			 int (*target)(const u8 *data, size_t size))
{
	for (size_t i = 0; i < n; i++) {
		struct seed s = {0};

		r[i].make(&s);
		assert_int_equal(target(s.data, s.size), 0);
	}
}

static void vfio_user_seeds(void **state)
{
	(void)state;
	replay_seeds(seeds_vfio_user, seeds_vfio_user_count, fuzz_vfio_user);
}

static void control_seeds(void **state)
{
	(void)state;
	replay_seeds(seeds_control, seeds_control_count, fuzz_control);
}

static void registers_seeds(void **state)
{
	(void)state;
	replay_seeds(seeds_registers, seeds_registers_count, fuzz_registers);
}

static void vfio_user(void **state)
{
	(void)state;
	replay(FUZZ_CORPUS "/fuzz_vfio_user", fuzz_vfio_user);
}

static void control(void **state)
{
	(void)state;
	replay(FUZZ_CORPUS "/fuzz_control", fuzz_control);
}

static void registers(void **state)
{
	(void)state;
	replay(FUZZ_CORPUS "/fuzz_registers", fuzz_registers);
}

/* An input may end anywhere. */
static void nothing(void **state)
{
	(void)state;
	assert_int_equal(fuzz_vfio_user(NULL, 0), 0);
	assert_int_equal(fuzz_registers(NULL, 0), 0);
	assert_int_equal(fuzz_control(NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_seeds),   cmocka_unit_test(control),
		cmocka_unit_test(vfio_user_seeds), cmocka_unit_test(registers_seeds),
		cmocka_unit_test(vfio_user),	   cmocka_unit_test(registers),
		cmocka_unit_test(nothing),
	};

	return cmocka_run_group_tests_name("fuzz_corpus", tests, NULL, NULL);
}
