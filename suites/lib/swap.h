/* SPDX-License-Identifier: GPL-2.0 */
/* Swap space of compressed memory (zram), while a test wants it. Root only; these assert. */
#ifndef SUITES_LIB_SWAP_H
#define SUITES_LIB_SWAP_H

#include <stddef.h>

/** swap_require() - Skip the whole program unless there can be swap space. */
void swap_require(void);

/** swap_on() - Have swap space of @size bytes. */
void swap_on(size_t size);

/** swap_off() - Bring back what is in it, and have none. Without any nothing is done. */
void swap_off(void);

/** swap_out() - Send the pages of a range there, as far as they can go. */
void swap_out(void *addr, size_t size);

#endif /* SUITES_LIB_SWAP_H */
