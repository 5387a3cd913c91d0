// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <svakit/vtd_regs.h>

#include "bench/bench_machine.h"
#include "gmem.h"
#include "log.h"
#include "pci_caps.h"

#define PAGE 0x1000ULL
#define RAM_SIZE (96ULL << 20)
#define BUFFERS (64ULL << 20) /* where the buffers start; tables are below */
#define IQ_ENTRIES 128
#define BENCH_RING_PAGES (BENCH_RING * sizeof(struct svk_desc) / PAGE)

void bench_die(const char *what)
{
	fprintf(stderr, "svahw-bench: %s: %s\n", what, strerror(errno));
	exit(2);
}

static u64 take_pages(struct bench *b, unsigned int pages)
{
	u64 gpa = b->next_page;

	b->next_page += pages * PAGE;
	if (b->next_page > BUFFERS)
		bench_die("allocating tables");
	return gpa;
}

static u64 *word(struct bench *b, u64 gpa)
{
	return (u64 *)(b->ram + gpa);
}

static void map_page(struct bench *b, u64 root, u64 in, u64 entry, u64 table_bits)
{
	u64 table = root;
	unsigned int shift;
	u64 *slot;

	for (shift = 39; shift > 12; shift -= 9) {
		slot = word(b, table + (in >> shift & 511) * 8);
		if (!*slot)
			*slot = take_pages(b, 1) | table_bits;
		table = *slot & VTD_PTE_ADDR;
	}
	*word(b, table + (in >> 12 & 511) * 8) = entry;
}

static void map_first(struct bench *b, u64 root, u64 va, u64 gpa)
{
	u64 bits = VTD_FS_P | VTD_FS_RW | VTD_FS_US;

	map_page(b, root, va, gpa | bits, bits);
}

/* An odd multiplier permutes: every page once, never beside its neighbour. */
static u64 scatter(u64 n)
{
	return n * 2053 % BENCH_PAGES;
}

/* What the processor's page table would make of it: memcpy() is to see the same pages. */
static void map_scattered(struct bench *b)
{
	u64 n;
	u8 *p;

	b->scattered =
		mmap(NULL, BENCH_PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (b->scattered == MAP_FAILED)
		bench_die("reserving addresses");
	for (n = 0; n < BENCH_PAGES; n++) {
		p = mmap(b->scattered + n * PAGE, PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED | MAP_POPULATE, b->fd, BUFFERS + scatter(n) * PAGE);
		if (p == MAP_FAILED)
			bench_die("mapping pages");
	}
}

static u64 first_stage(struct bench *b)
{
	u64 root = take_pages(b, 1);
	u64 ring = take_pages(b, BENCH_RING_PAGES);
	u64 cpl = take_pages(b, 1);
	u64 n;

	for (n = 0; n < BENCH_PAGES; n++) {
		map_first(b, root, BENCH_VA + n * PAGE, BUFFERS + n * PAGE);
		map_first(b, root, BENCH_SCATTERED_VA + n * PAGE, BUFFERS + scatter(n) * PAGE);
	}
	for (n = 0; n < BENCH_RING_PAGES; n++)
		map_first(b, root, BENCH_RING_VA + n * PAGE, ring + n * PAGE);
	map_first(b, root, BENCH_CPL_VA, cpl);
	b->buffers = b->ram + BUFFERS;
	b->ring = (struct svk_desc *)(b->ram + ring);
	b->cpl = (struct svk_cpl *)(b->ram + cpl);
	return root;
}

static u64 second_stage(struct bench *b)
{
	u64 root = take_pages(b, 1);
	u64 gpa;

	for (gpa = 0; gpa < RAM_SIZE; gpa += PAGE)
		map_page(b, root, gpa, gpa | VTD_SS_R | VTD_SS_W, VTD_SS_R | VTD_SS_W);
	return root;
}

static void init_tables(struct bench *b)
{
	u64 context = take_pages(b, 1);
	u64 directory = take_pages(b, 1);
	u64 table = take_pages(b, 1);
	u64 *entry;

	b->root_table = take_pages(b, 1);
	*word(b, b->root_table) = context | VTD_ROOT_P;
	*word(b, context + BENCH_SID * 32) = directory | VTD_CE_DTE | VTD_CE_PASIDE | VTD_CE_P;
	*word(b, directory) = table | VTD_PDE_P;
	entry = word(b, table + BENCH_FIRST * 64);
	entry[0] = svk_put(VTD_PE_PGTT, VTD_PGTT_FS) | VTD_PE_P;
	entry[1] = svk_put(VTD_PE1_DID, BENCH_FIRST);
	entry[2] = first_stage(b);
	entry = word(b, table + BENCH_NESTED * 64);
	entry[0] = second_stage(b) | svk_put(VTD_PE_AW, 2) | svk_put(VTD_PE_PGTT, VTD_PGTT_NESTED) |
		   VTD_PE_P;
	entry[1] = svk_put(VTD_PE1_DID, BENCH_NESTED);
	entry[2] = word(b, table + BENCH_FIRST * 64)[2];
}

static void unit_command(struct bench *b, u64 bit)
{
	u32 sts = vtd_mmio_read(b->unit, VTD_GSTS, 4) & ~(u32)(VTD_G_SRTP | VTD_G_WBF);

	vtd_mmio_write(b->unit, VTD_GCMD, sts | bit, 4);
	if (!(vtd_mmio_read(b->unit, VTD_GSTS, 4) & bit))
		bench_die("enabling the remapping unit");
}

static void ignore_msi(void *host, u64 addr, u32 data)
{
	(void)host;
	(void)addr;
	(void)data;
}

static void init_unit(struct bench *b)
{
	static const struct vtd_host_ops ops = {.msi = ignore_msi};
	struct vtd_config cfg;

	vtd_config_default(&cfg);
	b->unit = vtd_new(&cfg, &b->machine, b->mem, &ops, b);
	if (!b->unit)
		bench_die("creating the remapping unit");
	init_tables(b);
	b->iq = take_pages(b, 2);
	machine_lock(&b->machine);
	vtd_mmio_write(b->unit, VTD_RTADDR,
		       b->root_table | svk_put(VTD_RTADDR_TTM, VTD_TTM_SCALABLE), 8);
	unit_command(b, VTD_G_SRTP);
	vtd_mmio_write(b->unit, VTD_IQT, 0, 8);
	vtd_mmio_write(b->unit, VTD_IQA, b->iq | VTD_IQA_DW, 8);
	unit_command(b, VTD_G_QIE);
	unit_command(b, VTD_G_TE);
	machine_unlock(&b->machine);
}

static void init_ram(struct bench *b)
{
	b->fd = memfd_create("ram", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	if (b->fd < 0 || ftruncate(b->fd, RAM_SIZE) || fcntl(b->fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0)
		bench_die("creating guest memory");
	b->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, b->fd, 0);
	if (b->ram == MAP_FAILED)
		bench_die("mapping guest memory");
	memset(b->ram, 0, RAM_SIZE);
	b->next_page = PAGE;
	b->mem = gmem_new(&b->machine);
	if (!b->mem)
		bench_die("creating guest memory");
	machine_lock(&b->machine);
	if (gmem_map(b->mem, 0, RAM_SIZE, GMEM_READ | GMEM_WRITE, b->fd, 0))
		bench_die("mapping guest memory");
	machine_unlock(&b->machine);
}

static void config_write(struct bench *b, unsigned int off, u16 val)
{
	machine_lock(&b->machine);
	pci_config_write(b->fn, off, &val, sizeof(val));
	machine_unlock(&b->machine);
}

static void bar_write(struct bench *b, unsigned int bar, u64 off, u64 val, unsigned int len)
{
	machine_lock(&b->machine);
	b->fn->ops->bar_write(b->fn, bar, off, val, len);
	machine_unlock(&b->machine);
}

static void count_interrupt(void *host, unsigned int vec)
{
	struct bench *b = host;

	(void)vec;
	sem_post(&b->done);
}

static void init_accel(struct bench *b)
{
	static const struct pci_host_ops host_ops = {.msix = count_interrupt,
						     .msi_write = ignore_msi};
	struct accel_config cfg;

	accel_config_default(&cfg);
	b->accel = accel_new(&cfg, &b->machine, b->mem, b->unit);
	if (!b->accel)
		bench_die("creating the accelerator");
	b->fn = accel_function(b->accel);
	b->fn->host_ops = &host_ops;
	b->fn->host = b;
	config_write(b, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	config_write(b, pci_find_ext_cap(b->fn, PCI_EXT_CAP_ID_PASID) + PCI_PASID_CTRL,
		     PCI_PASID_CTRL_ENABLE);
	config_write(b, pci_find_ext_cap(b->fn, PCI_EXT_CAP_ID_ATS) + PCI_ATS_CTRL,
		     PCI_ATS_CTRL_ENABLE);
	bar_write(b, SVK_ACCEL_BAR_CTRL, SVK_GLB_CTRL, SVK_GLB_CTRL_ENABLE, 4);
	bar_write(b, SVK_ACCEL_BAR_CTRL, SVK_QCFG_BASE + SVK_QCFG_RING, BENCH_RING_VA, 8);
	bar_write(b, SVK_ACCEL_BAR_CTRL, SVK_QCFG_BASE + SVK_QCFG_SIZE, BENCH_RING, 4);
	bar_write(b, SVK_ACCEL_BAR_CTRL, SVK_QCFG_BASE + SVK_QCFG_PASID,
		  BENCH_FIRST | SVK_QCFG_PASID_VALID, 4);
	bar_write(b, SVK_ACCEL_BAR_CTRL, SVK_QCFG_BASE + SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE, 4);
}

void bench_init(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	log_set_level(LOG_WARN);
	machine_init(&b->machine, NULL);
	if (sem_init(&b->done, 0, 0))
		bench_die("creating a semaphore");
	init_ram(b);
	init_unit(b);
	map_scattered(b);
	init_accel(b);
}

void bench_cleanup(struct bench *b)
{
	accel_free(b->accel);
	vtd_free(b->unit);
	gmem_free(b->mem);
	munmap(b->scattered, BENCH_PAGES * PAGE);
	munmap(b->ram, RAM_SIZE);
	close(b->fd);
	machine_cleanup(&b->machine);
	sem_destroy(&b->done);
}

void bench_flush(struct bench *b, u32 pasid)
{
	u64 *d = word(b, b->iq + b->iq_tail * 32);

	d[0] = VTD_DESC_PIOTLB | svk_put(VTD_DESC_G, VTD_PIOTLB_G_PASID) |
	       svk_put(VTD_DESC_DID, pasid) | svk_put(VTD_DESC_PASID, pasid);
	b->iq_tail = (b->iq_tail + 1) % IQ_ENTRIES;
	vtd_mmio_write(b->unit, VTD_IQT, b->iq_tail * 32, 8);
}

void bench_doorbell(struct bench *b)
{
	bar_write(b, SVK_ACCEL_BAR_PORTAL, SVK_PORTAL_TAIL, b->tail, 4);
}
