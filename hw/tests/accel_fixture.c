// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "accel_fixture.h"
#include "gmem.h"
#include "inject/inject.h"
#include "log.h"
#include "pci_caps.h"

/*
 * The unit's registers and tables that a driver programs, written down here a
 * second time, from the specification (10.4, 9, 6.5.2) and not from the
 * model's own header.
 */
#define RTADDR 0x20
#define RTADDR_SCALABLE 0x400
#define GCMD 0x18
#define GSTS 0x1c
#define GCMD_TE 0x80000000u
#define GCMD_SRTP 0x40000000u
#define GCMD_QIE 0x04000000u
#define IQT 0x88
#define IQA 0x90
#define IQA_DW 0x800

#define PASIDS 16

#define PTE_PRESENT 1ULL
#define PTE_USER 4ULL
#define PTE_LARGE 0x80ULL
#define PTE_ADDR 0x000ffffffffff000ULL

#define IQ_ENTRIES 128

static u64 *word(const struct fx *f, u64 gpa)
{
	return (u64 *)(f->ram + gpa);
}

void *fx_ptr(const struct fx *f, u64 gpa)
{
	assert_true(gpa < FX_RAM);
	return f->ram + gpa;
}

u64 fx_pages(struct fx *f, unsigned int pages)
{
	u64 gpa = f->next_page;

	f->next_page += pages * FX_PAGE;
	assert_true(f->next_page <= FX_RAM);
	return gpa;
}

u64 fx_superpage(struct fx *f)
{
	f->next_page = (f->next_page + FX_2M - 1) & ~(FX_2M - 1);
	return fx_pages(f, FX_2M / FX_PAGE);
}

/* Page tables */

static u64 table_below(struct fx *f, u64 *entry)
{
	if (!(*entry & PTE_PRESENT))
		*entry = fx_pages(f, 1) | FX_RW | PTE_USER | PTE_PRESENT;
	assert_false(*entry & PTE_LARGE);
	return *entry & PTE_ADDR;
}

static u64 *entry_of(struct fx *f, u32 pasid, u64 va, unsigned int level)
{
	u64 table = f->root[pasid];
	unsigned int l;

	for (l = 4; l > level; l--)
		table = table_below(f, word(f, table + ((va >> (12 + 9 * (l - 1))) & 511) * 8));
	return word(f, table + ((va >> (12 + 9 * (level - 1))) & 511) * 8);
}

void fx_map(struct fx *f, u32 pasid, u64 va, u64 gpa, u64 flags)
{
	*entry_of(f, pasid, va, 1) = gpa | flags | PTE_USER | PTE_PRESENT;
}

void fx_map_2m(struct fx *f, u32 pasid, u64 va, u64 gpa, u64 flags)
{
	*entry_of(f, pasid, va, 2) = gpa | flags | PTE_LARGE | PTE_USER | PTE_PRESENT;
}

void fx_unmap(struct fx *f, u32 pasid, u64 va)
{
	u64 *pde = entry_of(f, pasid, va, 2);

	if (*pde & PTE_LARGE)
		*pde = 0;
	else
		*entry_of(f, pasid, va, 1) = 0;
}

void fx_buffer(struct fx *f, u32 pasid, u64 va, unsigned int pages, u64 flags)
{
	u64 gpa = fx_pages(f, pages);
	unsigned int i;

	for (i = 0; i < pages; i++)
		fx_map(f, pasid, va + i * FX_PAGE, gpa + (pages - 1 - i) * FX_PAGE, flags);
}

static u8 *byte_at(struct fx *f, u32 pasid, u64 va)
{
	u64 *pde = entry_of(f, pasid, va, 2);

	if (*pde & PTE_LARGE)
		return f->ram + (*pde & PTE_ADDR & ~(FX_2M - 1)) + (va & (FX_2M - 1));
	return f->ram + (*entry_of(f, pasid, va, 1) & PTE_ADDR) + (va & (FX_PAGE - 1));
}

void fx_write(struct fx *f, u32 pasid, u64 va, const void *buf, size_t len)
{
	const u8 *in = buf;
	size_t i;

	for (i = 0; i < len; i++)
		*byte_at(f, pasid, va + i) = in[i];
}

void fx_read(struct fx *f, u32 pasid, u64 va, void *buf, size_t len)
{
	u8 *out = buf;
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = *byte_at(f, pasid, va + i);
}

void fx_fill_random(struct fx *f, u32 pasid, u64 va, size_t len, u32 seed)
{
	size_t i;

	for (i = 0; i < len; i++) {
		seed = seed * 1664525u + 1013904223u;
		*byte_at(f, pasid, va + i) = seed >> 24;
	}
}

/* Invalidation queue */

static void iq_post(struct fx *f, u64 lo, u64 hi)
{
	u64 *d = word(f, f->iq + f->iq_tail * 32);

	d[0] = lo;
	d[1] = hi;
	d[2] = 0;
	d[3] = 0;
	f->iq_tail = (f->iq_tail + 1) % IQ_ENTRIES;
}

static u32 iq_wait_locked(struct fx *f)
{
	u64 status = f->iq + IQ_ENTRIES * 32;

	f->iq_seq++;
	iq_post(f, 0x5 | 1 << 5 | (u64)f->iq_seq << 32, status);
	vtd_mmio_write(f->unit, IQT, f->iq_tail * 32, 8);
	return f->iq_seq;
}

bool fx_wait_done(struct fx *f, u32 token)
{
	u32 *status = (u32 *)word(f, f->iq + IQ_ENTRIES * 32);

	return __atomic_load_n(status, __ATOMIC_ACQUIRE) == token;
}

static void iq_flush(struct fx *f)
{
	u32 token;

	machine_lock(&f->machine);
	token = iq_wait_locked(f);
	machine_unlock(&f->machine);
	fx_poll(fx_wait_done(f, token));
}

/* Least significant clear bit of the address field says the size (PCIe 10.3.1). */
static u64 sized_address(u64 addr, u64 size, u64 s_bit)
{
	if (!size)
		return 0x7ffffffffffff000ULL | s_bit;
	if (size == FX_PAGE)
		return addr;
	return addr | ((size / 2 - 1) & ~0xfffULL) | s_bit;
}

void fx_flush_iotlb(struct fx *f, u32 pasid)
{
	iq_post(f, 0x6 | 2 << 4 | FX_DID << 16 | (u64)pasid << 32, 0);
	iq_flush(f);
}

static void post_devtlb(struct fx *f, u32 pasid, u64 addr, u64 size)
{
	iq_post(f, 0x8 | (u64)f->sid << 16 | (u64)pasid << 32, sized_address(addr, size, 0x800));
}

void fx_flush_devtlb(struct fx *f, u32 pasid, u64 addr, u64 size)
{
	post_devtlb(f, pasid, addr, size);
	iq_flush(f);
}

u32 fx_devtlb_locked(struct fx *f, u32 pasid, u64 addr, u64 size)
{
	post_devtlb(f, pasid, addr, size);
	return iq_wait_locked(f);
}

void fx_flush_devtlb_global(struct fx *f, u64 addr, u64 size)
{
	iq_post(f, 0x8 | (u64)f->sid << 16, sized_address(addr, size, 0x800) | 1);
	iq_flush(f);
}

void fx_flush_devtlb_no_pasid(struct fx *f, u64 addr, u64 size)
{
	iq_post(f, 0x3 | (u64)f->sid << 32, sized_address(addr, size, 1));
	iq_flush(f);
}

/* Registers and configuration space */

u64 fx_bar(struct fx *f, unsigned int bar, u64 off, unsigned int len)
{
	u64 val;

	machine_lock(&f->machine);
	val = f->fn->ops->bar_read(f->fn, bar, off, len);
	machine_unlock(&f->machine);
	return len == 8 ? val : val & (SVK_BIT(8 * len) - 1);
}

void fx_bar_set(struct fx *f, unsigned int bar, u64 off, u64 val, unsigned int len)
{
	machine_lock(&f->machine);
	f->fn->ops->bar_write(f->fn, bar, off, val, len);
	machine_unlock(&f->machine);
}

u32 fx_q(struct fx *f, unsigned int q, u64 reg)
{
	return fx_bar(f, SVK_ACCEL_BAR_CTRL, SVK_QCFG_BASE + q * SVK_QCFG_STRIDE + reg, 4);
}

void fx_q_set(struct fx *f, unsigned int q, u64 reg, u32 val)
{
	fx_bar_set(f, SVK_ACCEL_BAR_CTRL, SVK_QCFG_BASE + q * SVK_QCFG_STRIDE + reg, val, 4);
}

unsigned int fx_irqs(struct fx *f, unsigned int vec)
{
	unsigned int n;

	machine_lock(&f->machine);
	n = f->msix[vec];
	machine_unlock(&f->machine);
	return n;
}

u64 fx_count(struct fx *f, enum svk_lab_counter c)
{
	return fx_bar(f, SVK_ACCEL_BAR_CTRL, SVK_LAB_COUNTER(c), 8);
}

void fx_config16(struct fx *f, unsigned int off, u16 val)
{
	machine_lock(&f->machine);
	pci_config_write(f->fn, off, &val, sizeof(val));
	machine_unlock(&f->machine);
}

void fx_set_command(struct fx *f, bool bus_master)
{
	fx_config16(f, PCI_COMMAND, PCI_COMMAND_MEMORY | (bus_master ? PCI_COMMAND_MASTER : 0));
}

void fx_set_ats(struct fx *f, bool on)
{
	fx_config16(f, pci_find_ext_cap(f->fn, PCI_EXT_CAP_ID_ATS) + PCI_ATS_CTRL,
		    on ? PCI_ATS_CTRL_ENABLE : 0);
}

void fx_set_pasid(struct fx *f, bool on)
{
	fx_config16(f, pci_find_ext_cap(f->fn, PCI_EXT_CAP_ID_PASID) + PCI_PASID_CTRL,
		    on ? PCI_PASID_CTRL_ENABLE : 0);
}

/* The machine */

static void fx_msix(void *host, unsigned int vec)
{
	struct fx *f = host;

	f->msix[vec]++;
	if (f->on_msix)
		f->on_msix(f, vec);
}

static void fx_msi_write(void *host, u64 addr, u32 data)
{
	(void)host;
	(void)addr;
	(void)data;
}

static void fx_unit_msi(void *host, u64 addr, u32 data)
{
	fx_msi_write(host, addr, data);
}

static void init_ram(struct fx *f)
{
	f->fd = memfd_create("ram", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	assert_true(f->fd >= 0);
	assert_int_equal(ftruncate(f->fd, FX_RAM), 0);
	assert_int_equal(fcntl(f->fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	f->ram = mmap(NULL, FX_RAM, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	assert_ptr_not_equal(f->ram, MAP_FAILED);
	f->next_page = FX_PAGE;
	f->mem = gmem_new(&f->machine);
	assert_non_null(f->mem);
	machine_lock(&f->machine);
	assert_int_equal(gmem_map(f->mem, 0, FX_RAM, GMEM_READ | GMEM_WRITE, f->fd, 0), 0);
	machine_unlock(&f->machine);
}

/* Scalable mode: root, context with DTE and PASIDE, directory, PASID entries (9.3 to 9.6). */
static void init_tables(struct fx *f, u64 *root_table)
{
	u64 context = fx_pages(f, 1);
	u64 directory = fx_pages(f, 1);
	u64 table = fx_pages(f, 1);
	u32 pasid;

	*root_table = fx_pages(f, 1);
	*word(f, *root_table) = context | 1;
	*word(f, context + (6 << 3) * 32) = directory | 1 << 2 | 1 << 3 | 1;
	*word(f, directory) = table | 1;
	for (pasid = 0; pasid < PASIDS; pasid++) {
		u64 *entry = word(f, table + pasid * 64);

		f->root[pasid] = fx_pages(f, 1);
		entry[0] = 1 << 6 | 1;
		entry[1] = FX_DID;
		entry[2] = f->root[pasid];
	}
}

static void unit_command(struct fx *f, u32 bit)
{
	u32 sts = vtd_mmio_read(f->unit, GSTS, 4) & ~GCMD_SRTP;

	vtd_mmio_write(f->unit, GCMD, sts | bit, 4);
	assert_true(vtd_mmio_read(f->unit, GSTS, 4) & bit);
}

static void init_unit(struct fx *f)
{
	static const struct vtd_host_ops ops = {.msi = fx_unit_msi};
	struct vtd_config cfg;
	u64 root_table;

	vtd_config_default(&cfg);
	f->unit = vtd_new(&cfg, &f->machine, f->mem, &ops, f);
	assert_non_null(f->unit);
	init_tables(f, &root_table);
	f->iq = fx_pages(f, 2);
	machine_lock(&f->machine);
	vtd_mmio_write(f->unit, RTADDR, root_table | RTADDR_SCALABLE, 8);
	unit_command(f, GCMD_SRTP);
	vtd_mmio_write(f->unit, IQT, 0, 8);
	vtd_mmio_write(f->unit, IQA, f->iq | IQA_DW, 8);
	unit_command(f, GCMD_QIE);
	unit_command(f, GCMD_TE);
	machine_unlock(&f->machine);
}

void fx_config_default(struct fx_config *cfg)
{
	memset(cfg, 0, sizeof(*cfg));
	accel_config_default(&cfg->accel);
}

static void init_function(struct fx *f, const struct fx_config *cfg)
{
	static const struct pci_host_ops host_ops = {
		.msix = fx_msix,
		.msi_write = fx_msi_write,
	};

	f->accel = accel_new(&cfg->accel, &f->machine, f->mem, f->unit);
	assert_non_null(f->accel);
	f->fn = accel_function(f->accel);
	f->sid = cfg->accel.sid;
	f->fn->host_ops = &host_ops;
	f->fn->host = f;
	if (cfg->no_enable)
		return;
	fx_set_command(f, true);
	if (cfg->accel.pasid_width)
		fx_set_pasid(f, true);
	if (cfg->accel.ats && !cfg->no_ats)
		fx_set_ats(f, true);
	fx_bar_set(f, SVK_ACCEL_BAR_CTRL, SVK_GLB_CTRL, SVK_GLB_CTRL_ENABLE, 4);
}

struct fx *fx_new(const struct fx_config *cfg)
{
	struct fx *f = calloc(1, sizeof(*f));
	struct fx_config defaults;

	assert_non_null(f);
	fx_config_default(&defaults);
	/* What a guest does wrong here, it does on purpose. */
	log_set_level(LOG_ERROR);
	machine_init(&f->machine, NULL);
	init_ram(f);
	init_unit(f);
	init_function(f, cfg ? cfg : &defaults);
	return f;
}

void fx_free(struct fx *f)
{
	accel_free(f->accel);
	vtd_free(f->unit);
	inject_free(f->machine.inject); /* which its engine may have asked up to here */
	gmem_free(f->mem);
	munmap(f->ram, FX_RAM);
	close(f->fd);
	machine_cleanup(&f->machine);
	free(f);
}

int fx_setup(void **state)
{
	*state = fx_new(NULL);
	return 0;
}

int fx_setup_no_ats(void **state)
{
	struct fx_config cfg;

	fx_config_default(&cfg);
	cfg.no_ats = true;
	*state = fx_new(&cfg);
	return 0;
}

int fx_teardown(void **state)
{
	fx_free(*state);
	return 0;
}

/* Queues and descriptors */

void fx_queue_config(struct fx *f, unsigned int q, u32 pasid, u32 entries)
{
	fx_bar_set(f, SVK_ACCEL_BAR_CTRL, SVK_QCFG_BASE + q * SVK_QCFG_STRIDE + SVK_QCFG_RING,
		   FX_RING(q), 8);
	fx_q_set(f, q, SVK_QCFG_SIZE, entries);
	fx_q_set(f, q, SVK_QCFG_PASID, pasid ? pasid | SVK_QCFG_PASID_VALID : 0);
	fx_q_set(f, q, SVK_QCFG_VECTOR, q + 1);
	f->ring_size[q] = entries;
	f->tail[q] = 0;
}

void fx_queue_open(struct fx *f, unsigned int q, u32 pasid, u32 entries)
{
	unsigned int bytes = entries * sizeof(struct svk_desc);

	fx_buffer(f, pasid, FX_RING(q), (bytes + FX_PAGE - 1) / FX_PAGE, FX_RW);
	fx_buffer(f, pasid, FX_CPL(q), 1, FX_RW);
	fx_queue_config(f, q, pasid, entries);
	fx_q_set(f, q, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE);
	fx_queue_state(f, q, SVK_QSTATE_ENABLED, SVK_QERR_NONE);
}

void fx_queue_state(struct fx *f, unsigned int q, enum svk_queue_state state,
		    enum svk_queue_err err)
{
	u32 status = fx_q(f, q, SVK_QCFG_STATUS);

	assert_int_equal(svk_get(SVK_QCFG_STATUS_STATE, status), state);
	assert_int_equal(svk_get(SVK_QCFG_STATUS_ERR, status), err);
}

struct svk_desc fx_desc(unsigned int q, enum svk_op op, u64 src, u64 dst, u64 size)
{
	return (struct svk_desc){
		.ctrl = op | SVK_DESC_CPL_RECORD,
		.tag = 0xc0ffee00u + op,
		.src = src,
		.dst = dst,
		.size = size,
		.cpl = FX_CPL(q),
	};
}

void fx_put(struct fx *f, unsigned int q, u32 pasid, const struct svk_desc *d)
{
	u64 slot = f->tail[q]++ % f->ring_size[q];

	fx_write(f, pasid, FX_RING(q) + slot * sizeof(*d), d, sizeof(*d));
}

void fx_doorbell(struct fx *f, unsigned int q, u32 tail)
{
	fx_bar_set(f, SVK_ACCEL_BAR_PORTAL, q * SVK_ACCEL_PAGE + SVK_PORTAL_TAIL, tail, 4);
}

void fx_ring(struct fx *f, unsigned int q)
{
	fx_doorbell(f, q, f->tail[q]);
}

struct svk_cpl *fx_cpl(struct fx *f, unsigned int q, u32 pasid, unsigned int slot)
{
	return (struct svk_cpl *)byte_at(f, pasid, FX_CPL(q) + slot * sizeof(struct svk_cpl));
}

struct svk_cpl fx_wait(struct svk_cpl *cpl)
{
	struct svk_cpl copy;

	fx_poll(__atomic_load_n(&cpl->status, __ATOMIC_ACQUIRE) != SVK_CPL_PENDING);
	copy = *cpl;
	memset(cpl, 0, sizeof(*cpl));
	return copy;
}

struct svk_cpl fx_run(struct fx *f, unsigned int q, const struct svk_desc *d)
{
	fx_put(f, q, FX_PASID, d);
	fx_ring(f, q);
	return fx_wait(fx_cpl(f, q, FX_PASID, 0));
}

struct svk_cpl fx_expect(struct fx *f, unsigned int q, const struct svk_desc *d,
			 enum svk_status status)
{
	struct svk_cpl cpl = fx_run(f, q, d);

	assert_int_equal(cpl.status, status);
	assert_int_equal(cpl.tag, d->tag);
	return cpl;
}

u64 fx_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

void fx_relax(void)
{
	sched_yield();
}

void fx_catch_inflight(struct fx *f)
{
	u64 deadline = fx_now() + 60;

	for (;;) {
		machine_lock(&f->machine);
		if (vtd_inflight(f->unit))
			return;
		machine_unlock(&f->machine);
		assert_true(fx_now() < deadline);
		fx_relax();
	}
}
