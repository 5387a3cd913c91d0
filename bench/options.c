// SPDX-License-Identifier: GPL-2.0
#include "options.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"

enum key {
	KEY_REPEAT = 'r',
	KEY_WARMUP = 'w',
	KEY_SECONDS = 's',
	KEY_COUNTED = 'c',
	KEY_FORMAT = 'f',
	KEY_OUTPUT = 'o',
	KEY_QUICK = 'q',
	KEY_EXACT = 'x',
	KEY_EVENTS = 'e',
	KEY_PARAM = 0x1000, /* that of parameter n is this and n */
};

#define MAX_ROUNDS 1000000

static const struct argp_option common[] = {
	{"repeat", KEY_REPEAT, "N", 0, "Timed rounds of each configuration, at most", 1},
	{"seconds", KEY_SECONDS, "N", 0,
	 "No more of them after N seconds, once there are ten (10; 2 with --quick)", 1},
	{"warmup", KEY_WARMUP, "N", 0, "Rounds before them that do not count", 1},
	{"counted", KEY_COUNTED, "N", 0, "Rounds after them in which events are counted", 1},
	{"events", KEY_EVENTS, "NAME,...", 0,
	 "Count these in the counted rounds: names of libpfm4 (cycles, page-faults), or of sysfs "
	 "(dmar0/iotlb_hit/)",
	 1},
	{"format", KEY_FORMAT, "WHAT", 0, "table, json (a record a line) or runner", 1},
	{"output", KEY_OUTPUT, "FILE", 0, "Append the records to FILE, as JSON lines", 1},
	{"quick", KEY_QUICK, NULL, 0, "Few configurations, few rounds", 1},
	{"exact", KEY_EXACT, NULL, 0, "The clock counts instructions: it is to repeat to the digit",
	 1},
	{0},
};

/* A parameter as it was given: text, and what it says. */
struct setting {
	const char *text;
	struct sweep sweep;
};

static struct {
	const struct bench *bench;
	struct setting setting[BENCH_MAX_PARAMS];
	unsigned int repeat;
	unsigned int warmup;
	unsigned int seconds;
	unsigned int counted;
	enum options_format format;
	const char *output;
	const char *events;
	bool quick;
	bool exact;
} options = {.warmup = 3, .counted = 3};

static unsigned int parse_rounds(struct argp_state *state, const char *text)
{
	struct sweep s;

	if (sweep_parse(&s, text) || s.first != s.last || s.first > MAX_ROUNDS)
		argp_error(state, "%s: want a number, up to %d", text, MAX_ROUNDS);
	return (unsigned int)s.first;
}

static enum options_format parse_format(struct argp_state *state, const char *text)
{
	static const char *const names[] = {
		[FORMAT_TABLE] = "table",
		[FORMAT_JSON] = "json",
		[FORMAT_RUNNER] = "runner",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(text, names[i]))
			return i;
	}
	argp_error(state, "--format=%s: want table, json or runner", text);
	return FORMAT_TABLE;
}

static void parse_setting(struct argp_state *state, unsigned int i)
{
	const struct bench_param *p = &options.bench->params[i];
	struct setting *s = &options.setting[i];

	if (!s->text)
		s->text = options.quick ? p->quick : p->full;
	if (p->words) {
		if (!words_check(s->text, p->words))
			argp_error(state, "--%s=%s: want some of %s", p->name, s->text, p->words);
	} else if (sweep_parse(&s->sweep, s->text)) {
		argp_error(state, "--%s=%s: want N or FIRST,LAST,STEP,ADD or FIRST,LAST,STEP,MUL",
			   p->name, s->text);
	}
}

static void parse_events(struct argp_state *state, const char *text)
{
	char name[64];
	unsigned int n = 0;

	options.events = text;
	while (text) {
		if (!events_next(&text, name, sizeof(name)) || ++n > EVENTS_MAX)
			argp_error(state, "--events=%s: want NAME,..., at most %d", options.events,
				   EVENTS_MAX);
	}
}

static void parse_end(struct argp_state *state)
{
	const char *events = getenv("SVAKIT_EVENTS");
	unsigned int i;

	if (!options.seconds)
		options.seconds = options.quick ? 2 : 10;
	if (!options.repeat)
		options.repeat =
			options.quick ? (options.bench->repeat + 4) / 5 : options.bench->repeat;
	if (!options.events && events)
		parse_events(state, events);
	for (i = 0; options.bench->params[i].name; i++)
		parse_setting(state, i);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case KEY_REPEAT:
		options.repeat = parse_rounds(state, arg);
		if (!options.repeat)
			argp_error(state, "--repeat=%s: want at least one round", arg);
		return 0;
	case KEY_SECONDS:
		options.seconds = parse_rounds(state, arg);
		return 0;
	case KEY_WARMUP:
		options.warmup = parse_rounds(state, arg);
		return 0;
	case KEY_COUNTED:
		options.counted = parse_rounds(state, arg);
		return 0;
	case KEY_FORMAT:
		options.format = parse_format(state, arg);
		return 0;
	case KEY_OUTPUT:
		options.output = arg;
		return 0;
	case KEY_EVENTS:
		parse_events(state, arg);
		return 0;
	case KEY_QUICK:
		options.quick = true;
		return 0;
	case KEY_EXACT:
		options.exact = true;
		return 0;
	case ARGP_KEY_END:
		parse_end(state);
		return 0;
	}
	if (key < KEY_PARAM || key >= KEY_PARAM + BENCH_MAX_PARAMS)
		return ARGP_ERR_UNKNOWN;
	options.setting[key - KEY_PARAM].text = arg;
	return 0;
}

/* With what it is if it is not given. */
static char *param_doc(const struct bench_param *p)
{
	char *text;

	if (asprintf(&text, "%s (%s; %s with --quick)", p->summary, p->full, p->quick) < 0)
		abort();
	return text;
}

void options_parse(int argc, char **argv, const struct bench *bench)
{
	struct argp_option table[ARRAY_SIZE(common) + BENCH_MAX_PARAMS] = {0};
	const struct argp argp = {.options = table, .parser = parse, .doc = bench->summary};
	unsigned int i;

	options.bench = bench;
	options.quick = getenv("SVAKIT_QUICK");
	options.exact = getenv("SVAKIT_EXACT");
	for (i = 0; bench->params[i].name; i++) {
		table[i] = (struct argp_option){
			.name = bench->params[i].name,
			.key = KEY_PARAM + (int)i,
			.arg = bench->params[i].words ? "WORDS" : "SWEEP",
			.doc = param_doc(&bench->params[i]),
		};
	}
	memcpy(table + i, common, sizeof(common));
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	while (i--)
		free((char *)table[i].doc);
}

enum options_format options_format(void)
{
	return options.format;
}

const char *options_output(void)
{
	return options.output;
}

const char *options_events(void)
{
	return options.events;
}

unsigned int options_repeat(void)
{
	return options.repeat;
}

unsigned int options_seconds(void)
{
	return options.seconds;
}

unsigned int options_warmup(void)
{
	return options.warmup;
}

unsigned int options_counted(void)
{
	return options.counted;
}

bool options_quick(void)
{
	return options.quick;
}

bool options_exact(void)
{
	return options.exact;
}

static const struct setting *find(const char *name)
{
	unsigned int i;

	for (i = 0; options.bench->params[i].name; i++) {
		if (!strcmp(options.bench->params[i].name, name))
			return &options.setting[i];
	}
	abort();
}

u64 options_first(const char *name)
{
	return find(name)->sweep.first;
}

bool options_next(const char *name, u64 *value)
{
	return sweep_next(&find(name)->sweep, value);
}

bool options_word(const char *name, const char *word)
{
	return words_find(find(name)->text, word);
}
