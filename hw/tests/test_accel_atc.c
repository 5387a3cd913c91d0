// SPDX-License-Identifier: GPL-2.0
/* The device-TLB's container: what goes in is found, what is named goes out, nothing else does. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "accel/atc.h"
#include "vtd/vtd.h"

#define PAGE 0x1000ULL

static void add(struct atc *c, u32 tag, u64 base, unsigned int order, u64 out)
{
	atc_insert(c, &(struct atc_entry){
			      .base = base,
			      .out = out,
			      .tag = tag,
			      .span = (1ULL << order) - 1,
			      .perm = ATC_READ,
		      });
}

static u64 out_of(const struct atc *c, u32 tag, u64 addr)
{
	const struct atc_entry *e = atc_lookup(c, tag, addr);

	return e ? e->out + (addr - e->base) : 0;
}

static void limits(void **state)
{
	struct atc c;

	(void)state;
	assert_int_equal(atc_init(&c, 0), -EINVAL);
	assert_int_equal(atc_init(&c, (1u << 30) + 1), -EINVAL);
	assert_int_equal(atc_init(&c, 1), 0);
	add(&c, 1, PAGE, 12, PAGE);
	add(&c, 1, 2 * PAGE, 12, PAGE);
	assert_int_equal(c.count, 1);
	assert_null(atc_lookup(&c, 1, PAGE));
	atc_cleanup(&c);
	atc_cleanup(&c);
}

static void tags_and_sizes(void **state)
{
	struct atc c;

	(void)state;
	assert_int_equal(atc_init(&c, 64), 0);
	add(&c, 1, 0x200000, 21, 0x10000000);
	add(&c, 2, 0x200000, 21, 0x20000000);
	add(&c, ATC_NO_PASID, 0x200000, 21, 0x30000000);
	assert_int_equal(out_of(&c, 1, 0x3fffff), 0x101fffff);
	assert_int_equal(out_of(&c, 2, 0x200000), 0x20000000);
	assert_int_equal(out_of(&c, ATC_NO_PASID, 0x234567), 0x30034567);
	assert_int_equal(out_of(&c, 3, 0x200000), 0);
	assert_int_equal(out_of(&c, 1, 0x400000), 0);
	/* A page inside the superpage: the smaller answer is used. */
	add(&c, 1, 0x205000, 12, 0x7000);
	assert_int_equal(out_of(&c, 1, 0x205678), 0x7678);
	assert_int_equal(out_of(&c, 1, 0x206678), 0x10006678);
	/* The largest size there is. */
	add(&c, 7, 1ULL << 63, 63, 0);
	assert_non_null(atc_lookup(&c, 7, ~0ULL));
	assert_null(atc_lookup(&c, 7, ~0ULL >> 1));
	atc_cleanup(&c);
}

static void same_key_is_replaced(void **state)
{
	struct atc c;

	(void)state;
	assert_int_equal(atc_init(&c, 8), 0);
	add(&c, 1, PAGE, 12, 0x5000);
	add(&c, 1, PAGE, 12, 0x6000);
	assert_int_equal(c.count, 1);
	assert_int_equal(out_of(&c, 1, PAGE), 0x6000);
	atc_cleanup(&c);
}

static void full_cache_drops_the_oldest(void **state)
{
	struct atc c;
	unsigned int i;

	(void)state;
	assert_int_equal(atc_init(&c, 4), 0);
	for (i = 0; i < 10; i++)
		add(&c, 1, i * PAGE, 12, (i + 100) * PAGE);
	assert_int_equal(c.count, 4);
	assert_int_equal(c.evicted, 6);
	for (i = 0; i < 10; i++)
		assert_int_equal(out_of(&c, 1, i * PAGE), i < 6 ? 0 : (i + 100) * PAGE);
	assert_int_equal(atc_flush(&c), 4);
	assert_int_equal(atc_flush(&c), 0);
	assert_null(atc_lookup(&c, 1, 9 * PAGE));
	add(&c, 1, 0, 12, PAGE);
	assert_int_equal(c.count, 1);
	atc_cleanup(&c);
}

/*
 * Random inserts and invalidations against a list that is scanned from end to
 * end: the same entries live, the same number were dropped.
 */
#define LIST 512

struct naive {
	bool valid;
	u32 tag;
	u64 base;
	unsigned int order;
};

static u32 rnd(u32 *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static const u32 tag_of[] = {1, 2, 0xfffff, ATC_NO_PASID};

static size_t naive_invalidate(struct naive *list, const struct vtd_devtlb_inv *inv)
{
	size_t dropped = 0;
	unsigned int i;

	for (i = 0; i < LIST; i++) {
		struct naive *n = &list[i];
		bool named = n->tag == ATC_NO_PASID
				     ? !inv->has_pasid
				     : inv->has_pasid && (inv->global || n->tag == inv->pasid);
		bool apart = inv->size && (n->base + (1ULL << n->order) <= inv->addr ||
					   inv->addr + inv->size <= n->base);

		if (!n->valid || !named || apart)
			continue;
		n->valid = false;
		dropped++;
	}
	return dropped;
}

static void random_inv(u32 *seed, struct vtd_devtlb_inv *inv)
{
	static const unsigned int orders[] = {12, 12, 13, 16, 21, 24};
	u32 tag = tag_of[rnd(seed) % 4];
	u64 size = 1ULL << orders[rnd(seed) % 6];

	*inv = (struct vtd_devtlb_inv){
		.has_pasid = tag != ATC_NO_PASID,
		.global = rnd(seed) % 4 == 0,
		.pasid = tag & 0xfffff,
		.size = rnd(seed) % 16 ? size : 0,
	};
	inv->addr = inv->size ? (u64)(rnd(seed) % 4096) * PAGE & ~(inv->size - 1) : 0;
}

static void random_against_a_list(void **state)
{
	struct naive list[LIST] = {0};
	struct vtd_devtlb_inv inv;
	struct atc_cursor near = {0};
	unsigned int i, n;
	u32 seed = 42;
	struct atc c;

	(void)state;
	assert_int_equal(atc_init(&c, LIST), 0);
	for (n = 0; n < 20000; n++) {
		i = rnd(&seed) % LIST;
		if (!list[i].valid) {
			unsigned int order = rnd(&seed) % 8 ? 12 : 21;
			u64 base = (u64)(rnd(&seed) % 4096) * PAGE & ~((1ULL << order) - 1);
			u32 tag = tag_of[rnd(&seed) % 4];

			if (atc_lookup(&c, tag, base))
				continue;
			list[i] = (struct naive){true, tag, base, order};
			add(&c, tag, base, order, base + i + 1);
		} else if (rnd(&seed) % 8 == 0) {
			random_inv(&seed, &inv);
			assert_int_equal(atc_invalidate(&c, &inv, NULL, NULL),
					 naive_invalidate(list, &inv));
		}
		for (i = n % 16; i < LIST; i += 16) {
			const struct atc_entry *e = atc_lookup(&c, list[i].tag, list[i].base);

			if (list[i].valid)
				assert_non_null(e);
			/* Guessing changes no answer. */
			assert_ptr_equal(e, atc_lookup_next(&c, &near, list[i].tag, list[i].base));
		}
	}
	for (i = 0, n = 0; i < LIST; i++)
		n += list[i].valid;
	assert_int_equal(c.count, n);
	atc_cleanup(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits),
		cmocka_unit_test(tags_and_sizes),
		cmocka_unit_test(same_key_is_replaced),
		cmocka_unit_test(full_cache_drops_the_oldest),
		cmocka_unit_test(random_against_a_list),
	};

	return cmocka_run_group_tests_name("accel_atc", tests, NULL, NULL);
}
