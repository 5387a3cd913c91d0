// SPDX-License-Identifier: GPL-2.0
/*
 * Hash table under every translation cache: intrusive, chained, growing. It
 * evicts only at the bound, and says so once: an eviction hides a missing
 * invalidation.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "vtd/vtd_internal.h"

#define VTD_CACHE_BUCKETS 1024

int vtd_cache_init(struct vtd_cache *c, size_t node_size, size_t max)
{
	c->bucket = calloc(VTD_CACHE_BUCKETS, sizeof(*c->bucket));
	if (!c->bucket)
		return -ENOMEM;
	c->mask = VTD_CACHE_BUCKETS - 1;
	c->node_size = node_size;
	c->max = max ? max : 1;
	return 0;
}

static void node_list_free(struct vtd_node *n, size_t next_off)
{
	while (n) {
		struct vtd_node *next = *(struct vtd_node **)((char *)n + next_off);

		free(n);
		n = next;
	}
}

void vtd_cache_cleanup(struct vtd_cache *c)
{
	node_list_free(c->oldest, offsetof(struct vtd_node, newer));
	node_list_free(c->spare, offsetof(struct vtd_node, next));
	free(c->bucket);
	memset(c, 0, sizeof(*c));
}

/* Without memory the chains just get longer. */
static void cache_grow(struct vtd_cache *c)
{
	size_t buckets = (c->mask + 1) * 4;
	struct vtd_node **b = calloc(buckets, sizeof(*b));

	if (!b)
		return;
	free(c->bucket);
	c->bucket = b;
	c->mask = buckets - 1;
	for (struct vtd_node *n = c->oldest; n; n = n->newer) {
		n->next = b[n->key & c->mask];
		b[n->key & c->mask] = n;
	}
}

static struct vtd_node *cache_alloc(struct vtd_cache *c)
{
	struct vtd_node *n = c->spare;

	if (!n)
		return calloc(1, c->node_size);
	c->spare = n->next;
	memset(n, 0, c->node_size);
	return n;
}

struct vtd_node *vtd_cache_add(struct vtd *v, struct vtd_cache *c, u64 key)
{
	struct vtd_node *n;

	if (c->count >= c->max) {
		if (!c->evicted++)
			log_warn("vtd: the %s holds %zu entries, the oldest go without an "
				 "invalidation from now on",
				 c->name, c->count);
		c->drop(v, c->oldest);
	}
	n = cache_alloc(c);
	if (!n)
		return NULL;
	n->key = key;
	n->born = clock_ns();
	n->by = v->by;
	n->older = c->newest;
	if (c->newest)
		c->newest->newer = n;
	else
		c->oldest = n;
	c->newest = n;
	n->next = c->bucket[key & c->mask];
	c->bucket[key & c->mask] = n;
	if (++c->count > (c->mask + 1) * 2)
		cache_grow(c);
	return n;
}

void vtd_cache_del(struct vtd_cache *c, struct vtd_node *n)
{
	struct vtd_node **p = &c->bucket[n->key & c->mask];

	while (*p != n)
		p = &(*p)->next;
	*p = n->next;
	if (n->older)
		n->older->newer = n->newer;
	else
		c->oldest = n->newer;
	if (n->newer)
		n->newer->older = n->older;
	else
		c->newest = n->older;
	n->next = c->spare;
	c->spare = n;
	c->count--;
}

void vtd_cache_clear(struct vtd *v, struct vtd_cache *c)
{
	while (c->oldest)
		c->drop(v, c->oldest);
}
