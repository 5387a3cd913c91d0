/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's log, from a point in time on. */
#ifndef SUITES_LIB_KMSG_H
#define SUITES_LIB_KMSG_H

#include <svakit/types.h>

/** kmsg_mark() - Return: file descriptor that reads what is logged from now on. */
int kmsg_mark(void);

/**
 * kmsg_take() - Look for a record among those that have not been looked at.
 * @fd: from kmsg_mark()
 * @one: text in it
 * @two: another text in the same record
 *
 * Return: whether there is one; records up to it, or all, have been taken then.
 */
bool kmsg_take(int fd, const char *one, const char *two);

/** kmsg_say() - Write a line of our own, "svakit: @text". */
void kmsg_say(const char *text);

/** kmsg_count() - Return: records with @text behind the last one with @after, or all of them. */
unsigned int kmsg_count(const char *after, const char *text);

#endif /* SUITES_LIB_KMSG_H */
