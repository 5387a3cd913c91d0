// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "tests/oracle_fixture.h"
#include "vtd/inspect.h"

#define ENTRIES 65536

static void dev_gone(void *ctx, const struct atc_entry *e)
{
	struct oc *oc = ctx;
	struct vtd_view view;

	atc_view(e, OC_SID, &view);
	vtd_dropped(oc->vt->v, &view);
}

static bool dev_invalidate(void *endpoint, const struct vtd_devtlb_inv *inv)
{
	struct oc *oc = endpoint;

	atc_invalidate(&oc->atc, inv, dev_gone, oc);
	return true;
}

static bool dev_each(void *endpoint, bool (*visit)(void *ctx, const struct vtd_view *e), void *ctx)
{
	struct oc *oc = endpoint;

	return atc_each(&oc->atc, OC_SID, visit, ctx);
}

static const struct vtd_endpoint_ops dev_ops = {.invalidate = dev_invalidate, .each = dev_each};

static void watch(struct oc *oc)
{
	assert_int_equal(vtd_attach(oc->vt->v, OC_SID, &dev_ops, oc), 0);
	oc->o = oracle_new(oc->vt->v, oc->out);
	assert_non_null(oc->o);
}

void oc_rebuild(struct oc *oc, const char *cap, const char *ecap)
{
	oracle_free(oc->o);
	vt_rebuild(oc->vt, cap, ecap);
	watch(oc);
}

int oc_setup(void **state)
{
	struct oc *oc = calloc(1, sizeof(*oc));
	void *vt;

	assert_non_null(oc);
	assert_int_equal(vt_setup(&vt), 0);
	oc->vt = vt;
	assert_int_equal(atc_init(&oc->atc, ENTRIES), 0);
	oc->out = open_memstream(&oc->text, &oc->len);
	assert_non_null(oc->out);
	watch(oc);
	*state = oc;
	return 0;
}

int oc_teardown(void **state)
{
	struct oc *oc = *state;
	void *vt = oc->vt;

	oracle_free(oc->o);
	fclose(oc->out);
	free(oc->text);
	atc_cleanup(&oc->atc);
	free(oc);
	return vt_teardown(&vt);
}

int oc_use(struct oc *oc, u32 pasid, u64 addr, bool write)
{
	struct vtd_translation t;

	return vt_xlate(oc->vt, OC_SID, pasid, addr, write, &t);
}

void oc_use_ats(struct oc *oc, u32 pasid, u64 addr)
{
	struct vtd_request req = vt_request(pasid, addr);
	struct vtd_translation t;
	struct atc_entry e;
	struct vtd_view view;

	req.sid = OC_SID;
	req.at = VTD_AT_TRANSLATION;
	req.write = true;
	assert_int_equal(vtd_translate(oc->vt->v, &req, &t), 0);
	assert_true(t.read);
	e = (struct atc_entry){
		.base = addr & ~(t.size - 1),
		.out = t.addr & ~(t.size - 1),
		.mid = t.mid & ~(t.size - 1),
		.span = t.size - 1,
		.tag = pasid == VT_NO_PASID ? ATC_NO_PASID : pasid,
		.perm = ATC_READ | (t.write ? ATC_WRITE : 0),
		.born = clock_ns(),
	};
	atc_insert(&oc->atc, &e);
	atc_view(&e, OC_SID, &view);
	vtd_filled(oc->vt->v, &view);
}

u64 oc_leaf(struct oc *oc, u32 pasid, u64 addr)
{
	u64 pe = vt_pe(oc->vt, OC_SID, pasid);
	bool nested = svk_get(VTD_PE_PGTT, vt_get(oc->vt, pe)) == VTD_PGTT_NESTED;
	struct vt_map m = {.root = vt_get(oc->vt, pe + 16) & VTD_PE2_FSPTPTR,
			   .levels = 4,
			   .addr = addr,
			   .shift = nested ? VT_NESTED_SHIFT : 0};

	m.root -= m.shift;
	return vt_slot(oc->vt, &m, 1);
}

void oc_unmap(struct oc *oc, u32 pasid, u64 addr)
{
	vt_put(oc->vt, oc_leaf(oc, pasid, addr), 0);
}

void oc_flush_pasid_cache(struct oc *oc, u16 did, u32 pasid)
{
	vt_submit(oc->vt, vt_desc_pasid(VTD_PC_G_PASID, did, pasid), 0);
}

void oc_flush_iotlb(struct oc *oc, u16 did, u32 pasid)
{
	vt_submit(oc->vt, vt_desc_piotlb(VTD_PIOTLB_G_PASID, did, pasid), 0);
}

void oc_flush_page(struct oc *oc, u16 did, u32 pasid, u64 addr, unsigned int am)
{
	vt_submit(oc->vt, vt_desc_piotlb(VTD_PIOTLB_G_PAGE, did, pasid), addr | am);
}

void oc_flush_devtlb(struct oc *oc, u16 sid, u32 pasid, u64 range)
{
	vt_submit(oc->vt,
		  vt_type(VTD_DESC_PDEVTLB) | svk_put(VTD_PDEVTLB_SID, sid) |
			  svk_put(VTD_DESC_PASID, pasid),
		  range);
}

void oc_confirm(struct oc *oc, u64 findings)
{
	u64 before = oracle_findings(oc->o);

	oracle_audit(oc->o, true);
	assert_int_equal(oracle_findings(oc->o) - before, findings);
}

const char *oc_told(struct oc *oc)
{
	fflush(oc->out);
	return oc->text ? oc->text : "";
}

void oc_expect(struct oc *oc, const char *text)
{
	const char *told = oc_told(oc);
	const char *last = told;
	u64 lines = 0;

	for (const char *c = told; (c = strchr(c, '\n')); c++) {
		lines++;
		if (c[1])
			last = c + 1;
	}
	if (!strstr(last, text))
		fail_msg("no '%s' in: %s", text, last);
	assert_int_equal(lines, oracle_findings(oc->o));
}
