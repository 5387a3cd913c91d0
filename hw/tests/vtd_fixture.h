/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VT-d unit on guest memory of its own, with no guest: tables, an
 * invalidation queue, and everything the unit says to the outside recorded.
 * Helpers assert what they need, a failure ends the test.
 */
#ifndef HW_TESTS_VTD_FIXTURE_H
#define HW_TESTS_VTD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <svakit/types.h>
#include <svakit/vtd_regs.h>

#include "machine.h"
#include "vtd/vtd.h"

#define VT_RAM (64ULL << 20) /* guest-physical 0 .. VT_RAM */
#define VT_OUTSIDE (1ULL << 40) /* guest-physical, not RAM */
#define VT_SID 0x30
#define VT_SID2 0x38
#define VT_DID 7
#define VT_NO_PASID 0xffffffffu
#define VT_INVS 64
#define VT_RESPS 1024

/* Guest-physical = host-physical + this, where the second stage is vt_nested_base()'s. */
#define VT_NESTED_SHIFT 0x40000000ULL

/* Entry bits of a usual page. */
#define VT_FS_BITS (VTD_FS_P | VTD_FS_RW | VTD_FS_US)
#define VT_SS_BITS (VTD_SS_R | VTD_SS_W)

struct gmem;

struct vt {
	struct machine m;
	struct gmem *mem;
	struct vtd_config cfg;
	struct vtd *v;
	int fd;
	u8 *ram;
	u64 next_page;
	u64 root;
	u64 queue;
	u64 status; /* where vt_wait() has its status written */
	u32 tail;
	u32 status_data;
	unsigned int msis;
	u64 msi_addr;
	u32 msi_data;
	unsigned int invs;
	struct vtd_devtlb_inv inv[VT_INVS];
	bool absent; /* the endpoint does not answer */
	unsigned int resps;
	struct vtd_page_response resp[VT_RESPS];
};

/* cmocka set-up and tear-down: a unit with default capabilities, translation and queue enabled. */
int vt_setup(void **state);
int vt_teardown(void **state);

/** vt_rebuild() - Replace the unit by one with changed capabilities; NULL: no change. */
void vt_rebuild(struct vt *vt, const char *cap, const char *ecap);
/** vt_rebuild_config() - Likewise as vt->cfg says. */
void vt_rebuild_config(struct vt *vt);
/** vt_rebuild_max() - Likewise with another bound of the caches. */
void vt_rebuild_max(struct vt *vt, size_t max_entries);
/** vt_enable() - Root table, queue, translation on; vt_rebuild() has done it. */
void vt_enable(struct vt *vt);

u64 vt_page(struct vt *vt); /* a fresh zeroed page */
u64 vt_get(struct vt *vt, u64 gpa);
void vt_put(struct vt *vt, u64 gpa, u64 val);

u32 vt_read32(struct vt *vt, u64 off);
u64 vt_read64(struct vt *vt, u64 off);
void vt_write32(struct vt *vt, u64 off, u32 val);
void vt_write64(struct vt *vt, u64 off, u64 val);

/** vt_context() - Address of a context entry; made present, with DTE and PASIDE, if empty. */
u64 vt_context(struct vt *vt, u16 sid);
/** vt_pde() - Address of a PASID directory entry. */
u64 vt_pde(struct vt *vt, u16 sid, u32 pasid);
/** vt_pe() - Address of a PASID table entry. */
u64 vt_pe(struct vt *vt, u16 sid, u32 pasid);

/** struct vt_space - What a PASID entry says. Zero levels: that stage is not used. */
struct vt_space {
	u16 sid;
	u32 pasid;
	u16 did;
	unsigned int pgtt;
	unsigned int fs_levels;
	unsigned int ss_levels;
	u64 fs_root;
	u64 ss_root;
	u64 q0; /* or-ed into the quadwords */
	u64 q2;
};

/** vt_space_set() - Write the PASID entry. */
void vt_space_set(struct vt *vt, const struct vt_space *s);

/** struct vt_map - One leaf to write. @shift: what table pointers have added (nested). */
struct vt_map {
	u64 root;
	unsigned int levels;
	u64 addr;
	u64 out;
	unsigned int level; /* of the leaf: 1 4 KiB, 2 2 MiB, 3 1 GiB */
	u64 bits; /* of the leaf */
	u64 table_bits;
	u64 shift;
};

/** vt_map() - Write a leaf and the tables to it. Return: address of the leaf entry. */
u64 vt_map(struct vt *vt, const struct vt_map *m);
/** vt_slot() - Address of the entry for @m->addr at @level; the tables exist. */
u64 vt_slot(struct vt *vt, const struct vt_map *m, unsigned int level);

/* First-stage, second-stage and pass-through spaces with one 4 KiB page, ready for use. */
void vt_simple_fs(struct vt *vt, u16 sid, u32 pasid, u16 did, u64 addr, u64 out);
void vt_simple_ss(struct vt *vt, u16 sid, u32 pasid, u16 did, u64 addr, u64 out);
void vt_simple_pt(struct vt *vt, u16 sid, u32 pasid, u16 did);
/** vt_nested_base() - A second stage from VT_NESTED_SHIFT + x to x, all RAM, 2 MiB pages. */
u64 vt_nested_base(struct vt *vt);
void vt_simple_nested(struct vt *vt, u16 sid, u32 pasid, u16 did, u64 addr, u64 out);

/** vt_request() - An untranslated read of VT_SID. */
struct vtd_request vt_request(u32 pasid, u64 addr);
/** vt_xlate() - Untranslated request. Return: the reason. */
int vt_xlate(struct vt *vt, u16 sid, u32 pasid, u64 addr, bool write, struct vtd_translation *out);
/** vt_expect() - An untranslated request of VT_SID gives this address, or this reason if not 0. */
void vt_expect(struct vt *vt, u32 pasid, u64 addr, bool write, int reason, u64 out);

/** vt_submit() - Put a descriptor into the queue and ring. */
void vt_submit(struct vt *vt, u64 q0, u64 q1);
/** vt_submit4() - All four quadwords. */
void vt_submit4(struct vt *vt, const u64 *q);
/** vt_wait() - Submit a wait descriptor and assert that it has completed. */
void vt_wait(struct vt *vt);
/** vt_flush_all() - Context, PASID and IOTLB, global. */
void vt_flush_all(struct vt *vt);

/* Descriptor builders, quadword 0. */
static inline u64 vt_type(unsigned int t)
{
	return svk_put(VTD_DESC_TYPE_LO, t);
}

u64 vt_desc_pasid(unsigned int g, u16 did, u32 pasid);
u64 vt_desc_iotlb(unsigned int g, u16 did);
u64 vt_desc_piotlb(unsigned int g, u16 did, u32 pasid);

/** vt_fault_count() - Records with F set. */
unsigned int vt_fault_count(struct vt *vt);
/** vt_clear_faults() - As a driver does. */
void vt_clear_faults(struct vt *vt);
u64 vt_frcd(const struct vt *vt, unsigned int i);

#endif /* HW_TESTS_VTD_FIXTURE_H */
