/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ranges of a parameter, as the command line has them: "first,last,step,ADD" or
 * "first,last,step,MUL", or a single value. K, M and G behind a number are
 * powers of 1024.
 */
#ifndef BENCH_SWEEP_H
#define BENCH_SWEEP_H

#include <svakit/types.h>

/**
 * struct sweep - The values of a parameter, one after the other.
 * @first: the first
 * @last: none is beyond it
 * @step: added, or multiplied by; 0 is followed by 1 if it is multiplied by
 * @mul: multiply
 */
struct sweep {
	u64 first;
	u64 last;
	u64 step;
	bool mul;
};

/** sweep_parse() - Read the form above. Return: 0, -EINVAL, or -ERANGE beyond 64 bits. */
int sweep_parse(struct sweep *s, const char *text);

/**
 * sweep_next() - Advance.
 * @s: sweep
 * @value: one of its values; becomes the next
 *
 * Return: false if it was the last.
 */
bool sweep_next(const struct sweep *s, u64 *value);

/** words_find() - Is @word one of @list, words separated by commas? Return: that. */
bool words_find(const char *list, const char *word);

/** words_check() - Return: whether @list is not empty and each of its words is one of @all. */
bool words_check(const char *list, const char *all);

#endif /* BENCH_SWEEP_H */
