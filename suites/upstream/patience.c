// SPDX-License-Identifier: GPL-2.0
/*
 * The harness ends a test after 30 s, or what it asks for: on the machine of a
 * kernel developer. Under TCG, with KASAN, more is needed. The runner of the
 * tests has limits of its own.
 */
#include <poll.h>

#include "wrap.h"

/* Only the harness waits for as long. */
#define HARNESS_MS 30000
#define PATIENCE 10

int __wrap_poll(struct pollfd *fds, unsigned long count, int ms)
{
	return __real_poll(fds, count, ms >= HARNESS_MS ? ms * PATIENCE : ms);
}
