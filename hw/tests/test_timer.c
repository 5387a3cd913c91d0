// SPDX-License-Identifier: GPL-2.0
/* Timers: order, moving, stopping, starting again, who is told to wait, and time spent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "machine.h"
#include "tests/fault_fixture.h"

#define US 1000ULL

static struct machine m;
static char order[16];
static u64 woken;

struct named {
	struct timer t;
	char name;
	u64 again;
};

static void expired(void *who)
{
	struct named *n = who;

	strncat(order, &n->name, 1);
	if (n->again)
		timer_start(&m, &n->t, n->again);
	n->again = 0;
}

static struct named a = {.t = {.expired = expired, .who = &a}, .name = 'a'};
static struct named b = {.t = {.expired = expired, .who = &b}, .name = 'b'};
static struct named c = {.t = {.expired = expired, .who = &c}, .name = 'c'};

static void wake(void *waker, u64 at)
{
	assert_ptr_equal(waker, &m);
	woken = at;
}

static int setup(void **state)
{
	(void)state;
	machine_init(&m, NULL);
	fault_clock(&m);
	order[0] = 0;
	woken = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_null(m.timers.first);
	machine_cleanup(&m);
	return 0;
}

static void in_order(void **state)
{
	(void)state;
	timer_start(&m, &b.t, 20 * US);
	timer_start(&m, &c.t, 20 * US);
	timer_start(&m, &a.t, 10 * US);
	fault_pass(&m, 9);
	assert_string_equal(order, "");
	fault_pass(&m, 1);
	assert_string_equal(order, "a");
	fault_pass(&m, 100);
	assert_string_equal(order, "abc");
	fault_pass(&m, 100);
	assert_string_equal(order, "abc");
}

static void moved_and_stopped(void **state)
{
	(void)state;
	timer_start(&m, &a.t, 10 * US);
	timer_start(&m, &b.t, 20 * US);
	timer_start(&m, &a.t, 30 * US);
	timer_start(&m, &c.t, 5 * US);
	timer_stop(&m, &c.t);
	timer_stop(&m, &c.t);
	fault_pass(&m, 25);
	assert_string_equal(order, "b");
	fault_pass(&m, 25);
	assert_string_equal(order, "ba");
}

static void starts_itself_again(void **state)
{
	(void)state;
	a.again = 10 * US;
	timer_start(&m, &a.t, 10 * US);
	fault_pass(&m, 10);
	assert_string_equal(order, "a");
	fault_pass(&m, 10);
	assert_string_equal(order, "aa");
}

static void waker_is_told(void **state)
{
	u64 now;

	(void)state;
	m.timers.wake = wake;
	m.timers.waker = &m;
	now = m.timers.clock();
	timer_start(&m, &b.t, 20 * US);
	assert_int_equal(woken, now + 20 * US);
	timer_start(&m, &a.t, 10 * US);
	assert_int_equal(woken, now + 10 * US);
	fault_pass(&m, 10);
	assert_int_equal(woken, now + 20 * US);
	timer_start(&m, &a.t, ~0ULL);
	fault_pass(&m, 10);
	assert_string_equal(order, "ab");
	assert_int_equal(woken, ~0ULL);
	timer_stop(&m, &a.t);
}

static u64 ticking(void)
{
	static u64 tick;

	return tick += US;
}

static void look(void *who)
{
	unsigned int *looks = who;

	++*looks;
}

static void spent_with_looks(void **state)
{
	unsigned int looks = 0;

	(void)state;
	m.timers.clock = ticking;
	m.timers.spend(&m.timers, 5 * US, look, &looks);
	assert_int_equal(looks, 5);
	m.timers.spend(&m.timers, 0, look, &looks);
	assert_int_equal(looks, 6);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(in_order),	     TEST(moved_and_stopped), TEST(starts_itself_again),
		TEST(waker_is_told), TEST(spent_with_looks),
	};

	return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
