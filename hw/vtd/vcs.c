// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual commands (11.4.16 of revision 5.10): PASIDs from a pool of the unit, for a driver that
 * must not choose them itself. A command is over before the write that gave it returns, so that
 * nobody ever sees VCRSP.IP. The lowest free PASID is given: what a run does, it does again.
 *
 * The pool is bookkeeping. Whether a PASID may be used in a table says the table alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "trace.h"
#include "vtd/vtd_internal.h"

#define WORD_BITS 64
#define DEFAULT_POOL_WIDTH 16

static size_t pool_words(const struct vtd_vcs *p)
{
	return (p->last - p->first) / WORD_BITS + 1;
}

int vtd_vcs_init(struct vtd *v)
{
	unsigned int width = (unsigned int)svk_get(VTD_ECAP_PSS, v->cfg.ecap) + 1;
	struct vtd_vcs *p = &v->vcs;

	if (width > DEFAULT_POOL_WIDTH)
		width = DEFAULT_POOL_WIDTH;
	p->first = v->cfg.vcs_first;
	p->last = v->cfg.vcs_last;
	if (!p->last) {
		p->first = 1u << (width - 1);
		p->last = (1u << width) - 1;
	}
	p->used = calloc(pool_words(p), sizeof(*p->used));
	return p->used ? 0 : -ENOMEM;
}

void vtd_vcs_cleanup(struct vtd *v)
{
	free(v->vcs.used);
}

void vtd_vcs_reset(struct vtd *v)
{
	memset(v->vcs.used, 0, pool_words(&v->vcs) * sizeof(*v->vcs.used));
	/* Without PASIDs there are none to give (11.4.16.4). */
	if (vtd_has_ecap(v, VTD_ECAP_VCS) && vtd_has_ecap(v, VTD_ECAP_PASID))
		vtd_set64(v, VTD_VCCAP, VTD_VCCAP_PAS | VTD_VCCAP_ALLOC | VTD_VCCAP_FREE);
}

static unsigned int pool_alloc(struct vtd_vcs *p, u32 *pasid)
{
	size_t words = pool_words(p);

	for (size_t i = 0; i < words; i++) {
		unsigned int bit;

		if (!~p->used[i])
			continue;
		bit = (unsigned int)__builtin_ctzll(~p->used[i]);
		*pasid = p->first + (u32)i * WORD_BITS + bit;
		if (*pasid > p->last)
			break;
		p->used[i] |= SVK_BIT(bit);
		return VTD_VCRSP_SC_SUCCESS;
	}
	*pasid = 0;
	return VTD_VCRSP_SC_NO_PASID;
}

static unsigned int pool_free(struct vtd_vcs *p, u32 pasid)
{
	u32 n = pasid - p->first;

	if (pasid < p->first || pasid > p->last || !(p->used[n / WORD_BITS] >> n % WORD_BITS & 1))
		return VTD_VCRSP_SC_INVALID_PASID;
	p->used[n / WORD_BITS] &= ~SVK_BIT(n % WORD_BITS);
	return VTD_VCRSP_SC_SUCCESS;
}

void vtd_vcs_command(struct vtd *v)
{
	u64 vcmd = vtd_reg64(v, VTD_VCMD), response = 0;
	unsigned int cmd = (unsigned int)svk_get(VTD_VCMD_CMD, vcmd);
	u32 pasid = (u32)svk_get(VTD_VCMD_OPERAND, vcmd);
	unsigned int status = VTD_VCRSP_SC_UNDEFINED;
	u64 event[4] = {cmd};

	if (vtd_reg64(v, VTD_VCCAP)) {
		if (cmd == VTD_VCMD_NULL)
			status = VTD_VCRSP_SC_SUCCESS;
		else if (cmd == VTD_VCMD_FREE)
			status = pool_free(&v->vcs, pasid);
		else if (cmd == VTD_VCMD_ALLOC)
			status = pool_alloc(&v->vcs, &pasid);
	}
	if (cmd == VTD_VCMD_ALLOC && status == VTD_VCRSP_SC_SUCCESS)
		response = svk_put(VTD_VCRSP_PASID, pasid);
	vtd_set64(v, VTD_VCRSP, response | svk_put(VTD_VCRSP_SC, status));
	event[1] = pasid;
	event[2] = status;
	trace_event_of(v->m->trace, v->cfg.index, TRACE_VCS, event);
	if (status != VTD_VCRSP_SC_SUCCESS)
		log_guest("%s: virtual command 0x%x, PASID 0x%x: refused with status %u", v->name,
			  cmd, pasid, status);
}
