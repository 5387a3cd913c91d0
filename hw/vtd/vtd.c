// SPDX-License-Identifier: GPL-2.0
/* Life of a unit, its endpoints, and accesses in flight (6.5.3). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "log.h"
#include "vtd/vtd_internal.h"

static void plain_drop(struct vtd_cache *c, struct vtd_node *n)
{
	vtd_cache_del(c, n);
}

static void context_drop(struct vtd *v, struct vtd_node *n)
{
	plain_drop(&v->context, n);
}

static void pasid_drop(struct vtd *v, struct vtd_node *n)
{
	plain_drop(&v->pasid, n);
}

static int caches_init(struct vtd *v)
{
	int ret = vtd_cache_init(&v->context, sizeof(struct vtd_context), v->cfg.max_entries);

	v->context.name = "context-cache";
	v->context.drop = context_drop;
	if (!ret)
		ret = vtd_cache_init(&v->pasid, sizeof(struct vtd_pasid), v->cfg.max_entries);
	v->pasid.name = "PASID-cache";
	v->pasid.drop = pasid_drop;
	return ret ? ret : vtd_iotlb_init(v);
}

struct vtd *vtd_new(const struct vtd_config *cfg, struct machine *m, struct gmem *mem,
		    const struct vtd_host_ops *ops, void *host)
{
	struct vtd *v;

	if (vtd_config_check(cfg)) {
		errno = EINVAL;
		return NULL;
	}
	v = calloc(1, sizeof(*v));
	if (!v)
		return NULL;
	v->cfg = *cfg;
	v->m = m;
	v->mem = mem;
	v->ops = ops;
	v->host = host;
	snprintf(v->name, sizeof(v->name), cfg->index ? "vtd-%u" : "vtd", vtd_number(v));
	if (caches_init(v) || vtd_vcs_init(v)) {
		vtd_free(v);
		errno = ENOMEM;
		return NULL;
	}
	vtd_decode(v);
	vtd_regs_reset(v);
	return v;
}

void vtd_append(struct vtd *first, struct vtd *v)
{
	while (first->next)
		first = first->next;
	first->next = v;
}

struct vtd *vtd_next(const struct vtd *v)
{
	return v->next;
}

unsigned int vtd_number(const struct vtd *v)
{
	return v->cfg.index + 1;
}

const char *vtd_name(const struct vtd *v)
{
	return v->name;
}

void vtd_free(struct vtd *v)
{
	if (!v)
		return;
	vtd_cache_cleanup(&v->context);
	vtd_cache_cleanup(&v->pasid);
	vtd_cache_cleanup(&v->iotlb);
	vtd_cache_cleanup(&v->group);
	vtd_vcs_cleanup(v);
	vtd_fail_reset(v);
	free(v);
}

void vtd_reset(struct vtd *v)
{
	vtd_prq_release(v);
	vtd_inv_all(v);
	vtd_regs_reset(v);
}

int vtd_attach(struct vtd *v, u16 sid, const struct vtd_endpoint_ops *ops, void *endpoint)
{
	for (unsigned int i = 0; i < v->endpoints; i++) {
		if (v->endpoint[i].sid == sid)
			return -EEXIST;
	}
	if (v->endpoints == VTD_ENDPOINTS)
		return -ENOSPC;
	v->endpoint[v->endpoints++] = (struct vtd_endpoint){sid, ops, endpoint};
	return 0;
}

void vtd_detach(struct vtd *v, u16 sid)
{
	vtd_prq_forget(v, sid);
	for (unsigned int i = 0; i < v->endpoints; i++) {
		if (v->endpoint[i].sid == sid) {
			v->endpoint[i] = v->endpoint[--v->endpoints];
			return;
		}
	}
}

/*
 * Two generations are enough: new accesses join the current one, a wait waits
 * for the other. An invalidation makes the current generation the other one,
 * or, if that still has accesses, asks the wait to do so when it has ended.
 */
void vtd_drain_mark(struct vtd *v)
{
	struct vtd_drain *d = &v->drain;

	if (!d->count[d->cur])
		return;
	if (d->count[!d->cur])
		d->again = true;
	else
		d->cur = !d->cur;
}

bool vtd_drain_done(struct vtd *v)
{
	struct vtd_drain *d = &v->drain;

	if (d->count[!d->cur])
		return false;
	if (!d->again)
		return true;
	d->again = false;
	if (!d->count[d->cur])
		return true;
	d->cur = !d->cur;
	return false;
}

u64 vtd_access_begin(struct vtd *v)
{
	struct vtd_drain *d = &v->drain;

	d->count[d->cur]++;
	return ++d->serial << 1 | d->cur;
}

void vtd_access_end(struct vtd *v, u64 token)
{
	struct vtd_drain *d = &v->drain;
	unsigned int gen = token & 1;

	if (!d->count[gen]) {
		log_error("%s: access 0x%llx ends twice", v->name, (unsigned long long)token);
		return;
	}
	if (--d->count[gen])
		return;
	vtd_ivt_resume(v);
	vtd_qi_run(v);
}

u64 vtd_inflight(const struct vtd *v)
{
	return v->drain.count[0] + v->drain.count[1];
}
