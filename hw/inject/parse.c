// SPDX-License-Identifier: GPL-2.0
/* Rules as text: one grammar for the command line, the control socket and the runner. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <svakit/vtd_regs.h>

#include "inject/inject.h"
#include "pci.h"

#define TEXT_MAX 256
#define CHANCES 65536.0

enum value {
	VALUE_NUMBER, /* or a name of the list */
	VALUE_SET, /* several of these, joined by +, one bit each */
	VALUE_FLAG, /* the word alone */
	VALUE_BDF,
};

/**
 * struct word - A word that belongs to a kind.
 * @name: what stands before the =
 * @mask: where its value goes in the argument
 * @value: what stands behind it
 * @names: of values, by number, ended by NULL; NULL: none have
 * @clears: bits of the default that go
 */
struct word {
	const char *name;
	u64 mask;
	enum value value;
	const char *const *names;
	u64 clears;
};

static const char *const desc_names[] = {"",	   "context", "iotlb",	 "devtlb",   "iec", "wait",
					 "piotlb", "pasid",   "pdevtlb", "response", NULL};
static const char *const table_names[] = {"root",	 "context",	 "pasid-dir", "pasid",
					  "first-stage", "second-stage", NULL};
static const char *const spoil_names[] = {"reserved", "pasid",	"address", "access",
					  "last",     "source", NULL};
static const char *const refuse_names[] = {"ur", "ca", NULL};
static const char *const event_names[] = {"fault", "invalidation", "page-request", "performance",
					  NULL};

static const struct word lose_words[] = {
	{"types", SVK_LOSE_TYPES, VALUE_SET, desc_names, SVK_LOSE_TYPES},
	{"grans", SVK_LOSE_GRANS, VALUE_SET, NULL, 0},
	{"unit", SVK_LOSE_UNIT, VALUE_NUMBER, NULL, 0},
	{"stale", SVK_LOSE_STALE, VALUE_FLAG, NULL, 0},
	{0},
};

static const struct word iqe_words[] = {{"code", ~0ULL, VALUE_NUMBER, NULL, 0}, {0}};

static const struct word wait_words[] = {{"delay", ~0ULL, VALUE_NUMBER, NULL, 0}, {0}};

static const struct word irq_words[] = {
	{"unit", SVK_IRQ_UNIT, VALUE_FLAG, NULL, 0},
	{"sid", SVK_IRQ_SID, VALUE_BDF, NULL, 0},
	{"vector", SVK_IRQ_VECTOR, VALUE_NUMBER, NULL, SVK_IRQ_ANY},
	{"event", SVK_IRQ_VECTOR, VALUE_NUMBER, event_names, SVK_IRQ_ANY},
	{"delay", SVK_IRQ_DELAY, VALUE_NUMBER, NULL, 0},
	{0},
};

static const struct word spoil_words[] = {{"spoil", ~0ULL, VALUE_NUMBER, spoil_names, 0}, {0}};

static const struct word refuse_words[] = {{"status", ~0ULL, VALUE_NUMBER, refuse_names, 0}, {0}};

static const struct word flip_words[] = {
	{"table", SVK_FLIP_TABLE, VALUE_NUMBER, table_names, 0},
	{"bit", SVK_FLIP_BIT, VALUE_NUMBER, NULL, 0},
	{0},
};

static const struct word slow_words[] = {
	{"table", SVK_SLOW_TABLE, VALUE_NUMBER, table_names, 0},
	{"delay", SVK_SLOW_DELAY, VALUE_NUMBER, NULL, 0},
	{0},
};

static const struct word function_words[] = {{"sid", ~0ULL, VALUE_BDF, NULL, 0}, {0}};

static const struct word no_words[] = {{0}};

/* @arg: what the argument is where no word says anything. */
static const struct kind {
	const char *name;
	const struct word *words;
	u64 arg;
} kinds[SVK_INJECT_COUNT] = {
	[SVK_INJECT_NONE] = {"none", no_words, 0},
	[SVK_INJECT_LOSE] = {"lose", lose_words, SVK_LOSE_TYPES},
	[SVK_INJECT_ITE] = {"ite", no_words, 0},
	[SVK_INJECT_IQE] = {"iqe", iqe_words, 0},
	[SVK_INJECT_WAIT_LATE] = {"wait-late", wait_words, 0},
	[SVK_INJECT_WAIT_EARLY] = {"wait-early", no_words, 0},
	[SVK_INJECT_IRQ_LOST] = {"irq-lost", irq_words, SVK_IRQ_ANY},
	[SVK_INJECT_IRQ_LATE] = {"irq-late", irq_words, SVK_IRQ_ANY},
	[SVK_INJECT_PRQ_OVERFLOW] = {"prq-overflow", no_words, 0},
	[SVK_INJECT_PRQ_MALFORMED] = {"prq-malformed", spoil_words, 0},
	[SVK_INJECT_PRQ_DUPLICATE] = {"prq-duplicate", no_words, 0},
	[SVK_INJECT_ATS_REFUSE] = {"ats-refuse", refuse_words, 0},
	[SVK_INJECT_DMA_ABORT] = {"dma-abort", no_words, 0},
	[SVK_INJECT_BIT_FLIP] = {"bit-flip", flip_words, 0},
	[SVK_INJECT_REMOVE] = {"remove", function_words, 0},
	[SVK_INJECT_RESET] = {"reset", function_words, 0},
	[SVK_INJECT_SLOW_FETCH] = {"slow-fetch", slow_words, 0},
};

const char *inject_name(enum svk_inject kind)
{
	return kinds[kind].name;
}

static int parse_number(const char *text, u64 max, u64 *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*out = strtoull(text, &end, 0);
	return errno || *end || *out > max ? -EINVAL : 0;
}

static int parse_value(const char *text, const char *const *names, u64 max, u64 *out)
{
	for (u64 n = 0; names && names[n]; n++) {
		if (*text && !strcmp(names[n], text)) {
			*out = n;
			return 0;
		}
	}
	return parse_number(text, max, out);
}

static int parse_set(char *text, const struct word *w, u64 *out)
{
	u64 bits = (u64)__builtin_popcountll(w->mask), n;
	char *item;

	*out = 0;
	while ((item = strsep(&text, "+"))) {
		if (parse_value(item, w->names, bits - 1, &n))
			return -EINVAL;
		*out |= SVK_BIT(n);
	}
	return 0;
}

static int parse_word(const struct word *w, char *value, u64 *arg)
{
	u64 val = 1;
	u16 sid;

	if (value ? w->value == VALUE_FLAG : w->value != VALUE_FLAG)
		return -EINVAL;
	switch (w->value) {
	case VALUE_FLAG:
		break;
	case VALUE_NUMBER:
		if (parse_value(value, w->names, svk_get(w->mask, ~0ULL), &val))
			return -EINVAL;
		break;
	case VALUE_SET:
		if (parse_set(value, w, &val))
			return -EINVAL;
		break;
	case VALUE_BDF:
		if (pci_parse_bdf(value, &sid))
			return -EINVAL;
		val = sid;
		break;
	}
	*arg = (*arg & ~(w->mask | w->clears)) | svk_put(w->mask, val);
	return 0;
}

static int parse_chance(const char *text, u32 *out)
{
	char *end;
	double p;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	p = strtod(text, &end);
	if (*end || p <= 0 || p > 1)
		return -EINVAL;
	/* The least that can be said, rather than never; 0 stands for each. */
	*out = p < 1 ? (u32)(p * CHANCES) : 0;
	if (p < 1 && !*out)
		*out = 1;
	return 0;
}

static int parse_u32(const char *text, u64 max, u32 *out)
{
	u64 val;

	if (parse_number(text, max, &val))
		return -EINVAL;
	*out = (u32)val;
	return 0;
}

/* What every kind has. Return: 0, -EINVAL, or -ENOENT if it is not one of these. */
static int parse_common(const char *name, const char *value, struct inject_rule *r)
{
	if (!value)
		return -ENOENT;
	if (!strcmp(name, "skip"))
		return parse_u32(value, svk_get(SVK_LAB_INJECT_SKIP, ~0ULL), &r->skip);
	if (!strcmp(name, "count")) {
		r->count = SVK_LAB_INJECT_FOREVER;
		if (!strcmp(value, "forever"))
			return 0;
		return parse_u32(value, SVK_LAB_INJECT_FOREVER - 1, &r->count);
	}
	if (!strcmp(name, "pasid")) {
		r->has_pasid = true;
		return parse_u32(value, SVK_QCFG_PASID_MASK, &r->pasid);
	}
	if (!strcmp(name, "addr"))
		return parse_number(value, INJECT_ANY_ADDR - 1, &r->addr);
	if (!strcmp(name, "chance"))
		return parse_chance(value, &r->chance);
	if (!strcmp(name, "arg"))
		return parse_number(value, ~0ULL, &r->arg);
	return -ENOENT;
}

static int parse_item(const struct kind *k, char *item, struct inject_rule *r, const char **why)
{
	char *value = strchr(item, '=');
	int ret;

	if (value)
		*value++ = 0;
	*why = "has a value that is out of range, missing or unknown";
	ret = parse_common(item, value, r);
	if (ret != -ENOENT)
		return ret;
	for (const struct word *w = k->words; w->name; w++) {
		if (!strcmp(w->name, item))
			return parse_word(w, value, &r->arg);
	}
	*why = "has a word that its kind does not know";
	return -EINVAL;
}

static enum svk_inject find_kind(const char *name)
{
	unsigned int kind = SVK_INJECT_NONE + 1;

	while (kind < SVK_INJECT_COUNT && strcmp(kinds[kind].name, name))
		kind++;
	return kind < SVK_INJECT_COUNT ? kind : SVK_INJECT_NONE;
}

int inject_parse(const char *text, struct inject_rule *out, const char **why)
{
	char copy[TEXT_MAX], *rest = copy, *item;

	*out = (struct inject_rule){.count = 1, .addr = INJECT_ANY_ADDR};
	*why = "is too long";
	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, strlen(text) + 1);
	*why = "does not begin with a kind of fault";
	out->kind = find_kind(strsep(&rest, ","));
	if (out->kind == SVK_INJECT_NONE)
		return -EINVAL;
	out->arg = kinds[out->kind].arg;
	while ((item = strsep(&rest, ","))) {
		if (parse_item(&kinds[out->kind], item, out, why))
			return -EINVAL;
	}
	return 0;
}
