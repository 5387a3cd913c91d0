/* SPDX-License-Identifier: GPL-2.0 */
/* Inputs written by hand, after the sequences of the unit tests. */
#ifndef HW_FUZZ_SEEDS_H
#define HW_FUZZ_SEEDS_H

#include <stddef.h>

#include <svakit/types.h>

/** struct seed - An input under construction. */
struct seed {
	size_t size;
	u8 data[2048];
};

/** struct recipe - How an input is made. @name: of its file. */
struct recipe {
	const char *name;
	void (*make)(struct seed *o);
};

extern const struct recipe seeds_control[];
extern const size_t seeds_control_count;
extern const struct recipe seeds_registers[];
extern const size_t seeds_registers_count;
extern const struct recipe seeds_vfio_user[];
extern const size_t seeds_vfio_user_count;

/** seed_injected() - Recipe: every kind of fault. */
void seed_injected(struct seed *o);

/** seed_add() - Append @len bytes. */
void seed_add(struct seed *o, const void *data, size_t len);

/** seed_put() - Append an integer of @bytes bytes, little endian. */
void seed_put(struct seed *o, unsigned int bytes, u64 val);

/** put() - Append the bytes given. */
#define put(o, ...) seed_add(o, (const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__}))

#endif /* HW_FUZZ_SEEDS_H */
