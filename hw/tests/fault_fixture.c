// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inject/inject.h"
#include "machine.h"
#include "tests/fault_fixture.h"

void fault_arm(struct machine *m, const char *spec)
{
	struct inject_rule r;
	const char *why;

	if (!m->inject)
		m->inject = inject_new(m, 0);
	assert_non_null(m->inject);
	if (inject_parse(spec, &r, &why))
		fail_msg("'%s' %s", spec, why);
	inject_arm(m->inject, &r);
}

u64 fault_struck(const struct machine *m, enum svk_inject kind)
{
	return inject_struck(m->inject, kind);
}

static u64 now = 1000000000;

static u64 fault_now(void)
{
	return now;
}

void fault_clock(struct machine *m)
{
	m->timers.clock = fault_now;
}

void fault_pass(struct machine *m, u64 us)
{
	now += us * 1000;
	timers_run(m);
}

void fault_end(struct machine *m)
{
	inject_free(m->inject);
	m->inject = NULL;
}
