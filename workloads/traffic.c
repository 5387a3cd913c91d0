// SPDX-License-Identifier: GPL-2.0
#include "traffic.h"

#include "ktap.h"
#include "options.h"

void traffic_init(struct traffic *t, const struct load *load, const char *round_metric,
		  const char *rate_metric)
{
	*t = (struct traffic){
		.load = load,
		.round = section_new(round_metric, 1),
		.rate_metric = rate_metric,
	};
	REQUIRE_ERRNO(samples_init(&t->rate, options_repeat()), 0);
	/* What was changed to start the load. */
	round_settle();
}

void traffic_begin(struct traffic *t)
{
	section_begin(t->round);
	t->blocks = load_blocks(t->load);
	t->since = now_ns();
}

void traffic_end(struct traffic *t)
{
	u64 bytes = (load_blocks(t->load) - t->blocks) * LOAD_BLOCK;
	u64 ns = now_ns() - t->since;

	section_end(t->round);
	if (round_timed())
		samples_add(&t->rate, (u64)((double)bytes * 1e9 / (double)(ns + !ns)));
	round_settle();
}

void traffic_report(struct traffic *t, const struct param *params)
{
	const struct record rate = {
		.metric = t->rate_metric,
		.kind = RECORD_RATE,
		.params = params,
		.value = t->rate.value,
		.count = t->rate.count,
		.rough = true,
	};

	if (rate.count)
		record_emit(&rate);
	samples_cleanup(&t->rate);
	section_report(t->round, params);
}
