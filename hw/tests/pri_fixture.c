// SPDX-License-Identifier: GPL-2.0
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pci_caps.h"
#include "tests/accel_fixture.h"
#include "tests/pri_fixture.h"

/* Written down a second time, from the specification, as in the accelerator's fixture. */
#define RTADDR 0x20
#define IQT 0x88
#define IQ_ENTRIES 128
#define PQH 0xc0
#define PQT 0xc8
#define PQA 0xd0
#define PQ_BYTES 4096
#define PAGE_MASK (~0xfffULL)
#define CONTEXT_PRE 0x10ULL

static u64 *word(struct fx *f, u64 gpa)
{
	return fx_ptr(f, gpa);
}

static u64 unit_read(struct fx *f, u64 reg)
{
	u64 val;

	machine_lock(&f->machine);
	val = vtd_mmio_read(f->unit, reg, 8);
	machine_unlock(&f->machine);
	return val;
}

static void unit_write(struct fx *f, u64 reg, u64 val)
{
	machine_lock(&f->machine);
	vtd_mmio_write(f->unit, reg, val, 8);
	machine_unlock(&f->machine);
}

void pf_init(struct fx *f)
{
	u64 root = unit_read(f, RTADDR) & PAGE_MASK;
	u64 context = *word(f, root) & PAGE_MASK;

	*word(f, context + f->sid * 32) |= CONTEXT_PRE;
	unit_write(f, PQH, 0);
	unit_write(f, PQT, 0);
	unit_write(f, PQA, fx_pages(f, 1));
	pf_enable(f, 64);
}

int pf_setup(void **state)
{
	fx_setup(state);
	pf_init(*state);
	return 0;
}

static unsigned int pri_cap(struct fx *f)
{
	return pci_find_ext_cap(f->fn, PCI_EXT_CAP_ID_PRI);
}

void pf_control(struct fx *f, u16 val)
{
	fx_config16(f, pri_cap(f) + PCI_PRI_CTRL, val);
}

u16 pf_status(struct fx *f)
{
	u16 val;

	machine_lock(&f->machine);
	pci_config_read(f->fn, pri_cap(f) + PCI_PRI_STATUS, &val, sizeof(val));
	machine_unlock(&f->machine);
	return val;
}

void pf_clear_status(struct fx *f, u16 val)
{
	fx_config16(f, pri_cap(f) + PCI_PRI_STATUS, val);
}

void pf_enable(struct fx *f, u32 allocation)
{
	fx_config16(f, pri_cap(f) + PCI_PRI_ALLOC_REQ, (u16)allocation);
	fx_config16(f, pri_cap(f) + PCI_PRI_ALLOC_REQ + 2, (u16)(allocation >> 16));
	pf_control(f, PCI_PRI_CTRL_ENABLE);
}

unsigned int pf_queued(struct fx *f)
{
	return (unsigned int)((unit_read(f, PQT) - unit_read(f, PQH)) % PQ_BYTES / 32);
}

struct pf_request pf_next(struct fx *f)
{
	struct pf_request req;
	u64 head, *d;

	fx_poll(pf_queued(f));
	head = unit_read(f, PQH);
	d = word(f, (unit_read(f, PQA) & PAGE_MASK) + head);
	assert_int_equal(d[0] & 0xff, 1);
	req = (struct pf_request){
		.sid = (u16)(d[0] >> 16),
		.has_pasid = d[0] >> 8 & 1,
		.pasid = d[0] >> 32 & 0xfffff,
		.addr = d[1] & PAGE_MASK,
		.prgi = d[1] >> 3 & 0x1ff,
		.read = d[1] & 1,
		.write = d[1] >> 1 & 1,
		.last = d[1] >> 2 & 1,
	};
	unit_write(f, PQH, (head + 32) % PQ_BYTES);
	return req;
}

static void submit(struct fx *f, u64 lo, u64 hi)
{
	u64 *d = word(f, f->iq + f->iq_tail * 32);

	d[0] = lo;
	d[1] = hi;
	d[2] = 0;
	d[3] = 0;
	f->iq_tail = (f->iq_tail + 1) % IQ_ENTRIES;
	unit_write(f, IQT, f->iq_tail * 32);
}

void pf_respond(struct fx *f, const struct pf_request *req, unsigned int code)
{
	submit(f,
	       0x9 | (req->has_pasid ? 0x10 : 0) | (u64)code << 12 | (u64)req->sid << 16 |
		       (u64)req->pasid << 32,
	       (u64)req->prgi << 3);
}

void pf_drain(struct fx *f)
{
	u64 status = f->iq + IQ_ENTRIES * 32;

	f->iq_seq++;
	submit(f, 0x5 | 1 << 5 | 1 << 7 | (u64)f->iq_seq << 32, status);
	fx_poll(fx_wait_done(f, f->iq_seq));
}
