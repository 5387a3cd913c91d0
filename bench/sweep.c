// SPDX-License-Identifier: GPL-2.0
#include "sweep.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Takes a number and its unit from the front of @text. */
static int take_number(const char **text, u64 *value)
{
	static const char units[] = "KMG";
	const char *unit;
	unsigned int shift;
	char *end;

	/* strtoull() would take signs and spaces. */
	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	errno = 0;
	*value = strtoull(*text, &end, 0);
	if (errno)
		return -errno;
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		shift = 10 * (unsigned int)(unit - units + 1);
		if (*value > ~0ULL >> shift)
			return -ERANGE;
		*value <<= shift;
		end++;
	}
	*text = end;
	return 0;
}

static int take_comma(const char **text)
{
	return *(*text)++ == ',' ? 0 : -EINVAL;
}

static int take_rest(struct sweep *s, const char *text)
{
	int ret = take_comma(&text);

	if (!ret)
		ret = take_number(&text, &s->last);
	if (!ret)
		ret = take_comma(&text);
	if (!ret)
		ret = take_number(&text, &s->step);
	if (ret)
		return ret;
	s->mul = !strcmp(text, ",MUL");
	if (!s->mul && strcmp(text, ",ADD"))
		return -EINVAL;
	/* Every sweep comes to an end. */
	return s->last >= s->first && s->step >= 1 + (u64)s->mul ? 0 : -EINVAL;
}

int sweep_parse(struct sweep *s, const char *text)
{
	int ret;

	*s = (struct sweep){.step = 1};
	ret = take_number(&text, &s->first);
	if (ret)
		return ret;
	s->last = s->first;
	return *text ? take_rest(s, text) : 0;
}

bool sweep_next(const struct sweep *s, u64 *value)
{
	u64 next;

	if (!s->mul) {
		if (__builtin_add_overflow(*value, s->step, &next))
			return false;
	} else if (!*value) {
		next = 1;
	} else if (__builtin_mul_overflow(*value, s->step, &next)) {
		return false;
	}
	if (next > s->last)
		return false;
	*value = next;
	return true;
}

/* Return: length of the word that @list begins with. */
static size_t word_length(const char *list)
{
	return strcspn(list, ",");
}

static bool find(const char *list, const char *word, size_t len)
{
	for (;; list++) {
		size_t here = word_length(list);

		if (here == len && !strncmp(list, word, len))
			return true;
		list += here;
		if (!*list)
			return false;
	}
}

bool words_find(const char *list, const char *word)
{
	return find(list, word, strlen(word));
}

bool words_check(const char *list, const char *all)
{
	for (;; list++) {
		size_t len = word_length(list);

		if (!len || !find(all, list, len))
			return false;
		list += len;
		if (!*list)
			return true;
	}
}
