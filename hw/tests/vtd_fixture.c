// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gmem.h"
#include "inject/inject.h"
#include "log.h"
#include "tests/vtd_fixture.h"

static void on_msi(void *host, u64 addr, u32 data)
{
	struct vt *vt = host;

	vt->msis++;
	vt->msi_addr = addr;
	vt->msi_data = data;
}

static const struct vtd_host_ops host_ops = {.msi = on_msi};

static bool on_invalidate(void *endpoint, const struct vtd_devtlb_inv *inv)
{
	struct vt *vt = endpoint;

	assert_true(vt->invs < VT_INVS);
	vt->inv[vt->invs++] = *inv;
	return !vt->absent;
}

static void on_response(void *endpoint, const struct vtd_page_response *resp)
{
	struct vt *vt = endpoint;

	assert_true(vt->resps < VT_RESPS);
	vt->resp[vt->resps++] = *resp;
}

static const struct vtd_endpoint_ops endpoint_ops = {
	.invalidate = on_invalidate,
	.response = on_response,
};

static void ram_init(struct vt *vt)
{
	vt->fd = memfd_create("ram", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	assert_true(vt->fd >= 0);
	assert_int_equal(ftruncate(vt->fd, VT_RAM), 0);
	assert_int_equal(fcntl(vt->fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	vt->ram = mmap(NULL, VT_RAM, PROT_READ | PROT_WRITE, MAP_SHARED, vt->fd, 0);
	assert_true(vt->ram != MAP_FAILED);
	vt->mem = gmem_new(&vt->m);
	assert_non_null(vt->mem);
	assert_int_equal(gmem_map(vt->mem, 0, VT_RAM, GMEM_READ | GMEM_WRITE, vt->fd, 0), 0);
	vt->next_page = 0x100000;
}

static void unit_new(struct vt *vt)
{
	vtd_free(vt->v);
	vt->v = vtd_new(&vt->cfg, &vt->m, vt->mem, &host_ops, vt);
	assert_non_null(vt->v);
	assert_int_equal(vtd_attach(vt->v, VT_SID, &endpoint_ops, vt), 0);
	vt->root = vt_page(vt);
	vt->queue = vt_page(vt);
	assert_int_equal(vt_page(vt), vt->queue + 4096);
	vt->status = vt_page(vt);
	vt->tail = 0;
	vt_enable(vt);
}

int vt_setup(void **state)
{
	struct vt *vt = calloc(1, sizeof(*vt));

	assert_non_null(vt);
	log_set_level(LOG_ERROR);
	machine_init(&vt->m, NULL);
	vt->m.inject = inject_new(&vt->m, 0);
	assert_non_null(vt->m.inject);
	pthread_mutex_lock(&vt->m.lock);
	ram_init(vt);
	vtd_config_default(&vt->cfg);
	unit_new(vt);
	*state = vt;
	return 0;
}

int vt_teardown(void **state)
{
	struct vt *vt = *state;

	vtd_free(vt->v);
	gmem_free(vt->mem);
	munmap(vt->ram, VT_RAM);
	close(vt->fd);
	pthread_mutex_unlock(&vt->m.lock);
	inject_free(vt->m.inject);
	machine_cleanup(&vt->m);
	free(vt);
	return 0;
}

void vt_rebuild(struct vt *vt, const char *cap, const char *ecap)
{
	const char *bad;

	vtd_config_default(&vt->cfg);
	if (cap)
		assert_int_equal(vtd_config_set(&vt->cfg, "cap", cap, &bad), 0);
	if (ecap)
		assert_int_equal(vtd_config_set(&vt->cfg, "ecap", ecap, &bad), 0);
	unit_new(vt);
}

void vt_rebuild_config(struct vt *vt)
{
	unit_new(vt);
}

void vt_rebuild_max(struct vt *vt, size_t max_entries)
{
	vtd_config_default(&vt->cfg);
	vt->cfg.max_entries = max_entries;
	unit_new(vt);
}

void vt_enable(struct vt *vt)
{
	u32 on = VTD_G_QIE;

	vt_write64(vt, VTD_RTADDR, vt->root | svk_put(VTD_RTADDR_TTM, VTD_TTM_SCALABLE));
	vt_write32(vt, VTD_GCMD, VTD_G_SRTP);
	vt_write32(vt, VTD_IQT, 0);
	/* Two pages: 256 descriptors of 256 bits. */
	vt_write64(vt, VTD_IQA, vt->queue | VTD_IQA_DW | 1);
	vt_write32(vt, VTD_GCMD, on);
	vt_write32(vt, VTD_GCMD, on | (u32)VTD_G_TE);
	vt->tail = 0;
}

u64 vt_page(struct vt *vt)
{
	u64 page = vt->next_page;

	vt->next_page += 4096;
	assert_true(vt->next_page <= VT_RAM);
	memset(vt->ram + page, 0, 4096);
	return page;
}

u64 vt_get(struct vt *vt, u64 gpa)
{
	u64 val;

	assert_true(gpa <= VT_RAM - 8);
	memcpy(&val, vt->ram + gpa, sizeof(val));
	return val;
}

void vt_put(struct vt *vt, u64 gpa, u64 val)
{
	assert_true(gpa <= VT_RAM - 8);
	memcpy(vt->ram + gpa, &val, sizeof(val));
}

u32 vt_read32(struct vt *vt, u64 off)
{
	return (u32)vtd_mmio_read(vt->v, off, 4);
}

u64 vt_read64(struct vt *vt, u64 off)
{
	return vtd_mmio_read(vt->v, off, 8);
}

void vt_write32(struct vt *vt, u64 off, u32 val)
{
	vtd_mmio_write(vt->v, off, val, 4);
}

void vt_write64(struct vt *vt, u64 off, u64 val)
{
	vtd_mmio_write(vt->v, off, val, 8);
}

/* The table that the entry at @slot points to; made and entered with @bits if there is none. */
static u64 table_of(struct vt *vt, u64 slot, u64 bits, u64 shift)
{
	u64 e = vt_get(vt, slot);

	if (!e) {
		e = (vt_page(vt) + shift) | bits;
		vt_put(vt, slot, e);
	}
	return (e & VTD_PTE_ADDR) - shift;
}

u64 vt_context(struct vt *vt, u16 sid)
{
	u64 rslot = vt->root + (sid >> 8) * 16 + (sid & 0x80 ? 8 : 0);
	u64 ce = table_of(vt, rslot, VTD_ROOT_P, 0) + (sid & 0x7f) * 32;

	if (!vt_get(vt, ce)) {
		/* The largest directory, 128 KiB; only what is used gets memory. */
		u64 dir = vt_page(vt);

		for (unsigned int i = 1; i < 32; i++)
			vt_page(vt);
		vt_put(vt, ce,
		       dir | VTD_CE_P | VTD_CE_DTE | VTD_CE_PASIDE | svk_put(VTD_CE_PDTS, 7));
	}
	return ce;
}

u64 vt_pde(struct vt *vt, u16 sid, u32 pasid)
{
	u64 dir = vt_get(vt, vt_context(vt, sid)) & VTD_CE_PASIDDIRPTR;

	return dir + (pasid >> 6) * 8;
}

u64 vt_pe(struct vt *vt, u16 sid, u32 pasid)
{
	return table_of(vt, vt_pde(vt, sid, pasid), VTD_PDE_P, 0) + (pasid & 63) * 64;
}

void vt_space_set(struct vt *vt, const struct vt_space *s)
{
	u64 pe = vt_pe(vt, s->sid, s->pasid);
	u64 q0 = VTD_PE_P | svk_put(VTD_PE_PGTT, s->pgtt) | s->q0;
	u64 q2 = s->q2;

	if (s->ss_levels)
		q0 |= s->ss_root | svk_put(VTD_PE_AW, s->ss_levels - 2);
	if (s->fs_levels)
		q2 |= s->fs_root | svk_put(VTD_PE2_FSPM, s->fs_levels - 4);
	memset(vt->ram + pe, 0, 64);
	vt_put(vt, pe + 8, s->did);
	vt_put(vt, pe + 16, q2);
	vt_put(vt, pe, q0);
}

static u64 slot_at(u64 table, u64 addr, unsigned int level)
{
	return table + (addr >> (12 + 9 * (level - 1)) & 511) * 8;
}

u64 vt_map(struct vt *vt, const struct vt_map *m)
{
	u64 table = m->root, slot;

	for (unsigned int level = m->levels; level > m->level; level--)
		table = table_of(vt, slot_at(table, m->addr, level), m->table_bits, m->shift);
	slot = slot_at(table, m->addr, m->level);
	vt_put(vt, slot, m->out | m->bits | (m->level > 1 ? VTD_FS_PS : 0));
	return slot;
}

u64 vt_slot(struct vt *vt, const struct vt_map *m, unsigned int level)
{
	u64 table = m->root;

	for (unsigned int l = m->levels; l > level; l--)
		table = (vt_get(vt, slot_at(table, m->addr, l)) & VTD_PTE_ADDR) - m->shift;
	return slot_at(table, m->addr, level);
}

void vt_simple_fs(struct vt *vt, u16 sid, u32 pasid, u16 did, u64 addr, u64 out)
{
	struct vt_space s = {.sid = sid,
			     .pasid = pasid,
			     .did = did,
			     .pgtt = VTD_PGTT_FS,
			     .fs_levels = 4,
			     .fs_root = vt_page(vt)};
	struct vt_map m = {.root = s.fs_root,
			   .levels = 4,
			   .addr = addr,
			   .out = out,
			   .level = 1,
			   .bits = VT_FS_BITS,
			   .table_bits = VT_FS_BITS};

	vt_map(vt, &m);
	vt_space_set(vt, &s);
}

void vt_simple_ss(struct vt *vt, u16 sid, u32 pasid, u16 did, u64 addr, u64 out)
{
	struct vt_space s = {.sid = sid,
			     .pasid = pasid,
			     .did = did,
			     .pgtt = VTD_PGTT_SS,
			     .ss_levels = 4,
			     .ss_root = vt_page(vt)};
	struct vt_map m = {.root = s.ss_root,
			   .levels = 4,
			   .addr = addr,
			   .out = out,
			   .level = 1,
			   .bits = VT_SS_BITS,
			   .table_bits = VT_SS_BITS};

	vt_map(vt, &m);
	vt_space_set(vt, &s);
}

void vt_simple_pt(struct vt *vt, u16 sid, u32 pasid, u16 did)
{
	struct vt_space s = {.sid = sid, .pasid = pasid, .did = did, .pgtt = VTD_PGTT_PT};

	vt_space_set(vt, &s);
}

u64 vt_nested_base(struct vt *vt)
{
	struct vt_map m = {.root = vt_page(vt),
			   .levels = 4,
			   .level = 2,
			   .bits = VT_SS_BITS,
			   .table_bits = VT_SS_BITS};

	for (u64 a = 0; a < VT_RAM; a += 2 << 20) {
		m.addr = a + VT_NESTED_SHIFT;
		m.out = a;
		vt_map(vt, &m);
	}
	return m.root;
}

void vt_simple_nested(struct vt *vt, u16 sid, u32 pasid, u16 did, u64 addr, u64 out)
{
	struct vt_map m = {.root = vt_page(vt),
			   .levels = 4,
			   .addr = addr,
			   .out = out + VT_NESTED_SHIFT,
			   .level = 1,
			   .bits = VT_FS_BITS,
			   .table_bits = VT_FS_BITS,
			   .shift = VT_NESTED_SHIFT};
	struct vt_space s = {.sid = sid,
			     .pasid = pasid,
			     .did = did,
			     .pgtt = VTD_PGTT_NESTED,
			     .fs_levels = 4,
			     .fs_root = m.root + VT_NESTED_SHIFT,
			     .ss_levels = 4,
			     .ss_root = vt_nested_base(vt)};

	vt_map(vt, &m);
	vt_space_set(vt, &s);
}

struct vtd_request vt_request(u32 pasid, u64 addr)
{
	return (struct vtd_request){.sid = VT_SID,
				    .has_pasid = pasid != VT_NO_PASID,
				    .pasid = pasid & 0xfffff,
				    .addr = addr};
}

int vt_xlate(struct vt *vt, u16 sid, u32 pasid, u64 addr, bool write, struct vtd_translation *out)
{
	struct vtd_request req = vt_request(pasid, addr);

	req.sid = sid;
	req.write = write;
	return vtd_translate(vt->v, &req, out);
}

void vt_expect(struct vt *vt, u32 pasid, u64 addr, bool write, int reason, u64 out)
{
	struct vtd_translation t;

	assert_int_equal(vt_xlate(vt, VT_SID, pasid, addr, write, &t), reason);
	if (!reason)
		assert_int_equal(t.addr, out);
}

void vt_submit4(struct vt *vt, const u64 *q)
{
	for (unsigned int i = 0; i < 4; i++)
		vt_put(vt, vt->queue + vt->tail + 8 * i, q[i]);
	vt->tail = (vt->tail + 32) % 8192;
	vt_write32(vt, VTD_IQT, vt->tail);
}

void vt_submit(struct vt *vt, u64 q0, u64 q1)
{
	const u64 q[4] = {q0, q1, 0, 0};

	vt_submit4(vt, q);
}

void vt_wait(struct vt *vt)
{
	u32 data = ++vt->status_data;

	vt_submit(vt, vt_type(VTD_DESC_WAIT) | VTD_WAIT_SW | svk_put(VTD_WAIT_STDATA, data),
		  vt->status);
	assert_int_equal((u32)vt_get(vt, vt->status), data);
}

u64 vt_desc_pasid(unsigned int g, u16 did, u32 pasid)
{
	return vt_type(VTD_DESC_PC) | svk_put(VTD_DESC_G, g) | svk_put(VTD_DESC_DID, did) |
	       svk_put(VTD_DESC_PASID, pasid);
}

u64 vt_desc_iotlb(unsigned int g, u16 did)
{
	return vt_type(VTD_DESC_IOTLB) | svk_put(VTD_DESC_G, g) | svk_put(VTD_DESC_DID, did) |
	       VTD_IOTLB_DESC_DR | VTD_IOTLB_DESC_DW;
}

u64 vt_desc_piotlb(unsigned int g, u16 did, u32 pasid)
{
	return vt_type(VTD_DESC_PIOTLB) | svk_put(VTD_DESC_G, g) | svk_put(VTD_DESC_DID, did) |
	       svk_put(VTD_DESC_PASID, pasid);
}

void vt_flush_all(struct vt *vt)
{
	vt_submit(vt, vt_type(VTD_DESC_CC) | svk_put(VTD_DESC_G, VTD_GRAN_GLOBAL), 0);
	vt_submit(vt, vt_desc_pasid(VTD_PC_G_GLOBAL, 0, 0), 0);
	vt_submit(vt, vt_desc_iotlb(VTD_GRAN_GLOBAL, 0), 0);
	vt_wait(vt);
}

static u64 frcd_off(const struct vt *vt, unsigned int i)
{
	return svk_get(VTD_CAP_FRO, vt->cfg.cap) * 16 + i * VTD_FRCD_SIZE;
}

u64 vt_frcd(const struct vt *vt, unsigned int i)
{
	return frcd_off(vt, i);
}

unsigned int vt_fault_count(struct vt *vt)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i <= svk_get(VTD_CAP_NFR, vt->cfg.cap); i++)
		n += vt_read64(vt, frcd_off(vt, i) + VTD_FRCD_HI) >> 63;
	return n;
}

void vt_clear_faults(struct vt *vt)
{
	for (unsigned int i = 0; i <= svk_get(VTD_CAP_NFR, vt->cfg.cap); i++)
		vt_write32(vt, frcd_off(vt, i) + VTD_FRCD_HI + 4, 1u << 31);
	vt_write32(vt, VTD_FSTS, VTD_FSTS_PFO | VTD_FSTS_PPF);
}
