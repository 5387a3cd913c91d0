// SPDX-License-Identifier: GPL-2.0
/* The machine of fuzz_registers(): a unit, an accelerator that is stepped, a little RAM. */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <sys/mman.h>
#include <unistd.h>

#include <svakit/accel_regs.h>
#include <svakit/vtd_regs.h>

#include "accel/accel.h"
#include "fuzz/registers.h"
#include "gmem.h"
#include "inject/inject.h"
#include "log.h"
#include "oracle/oracle.h"
#include "pci.h"
#include "pci_caps.h"
#include "vtd/vtd.h"
#include "vtd_function.h"

#define SMALL_CACHE 4
#define NS_PER_US 1000
#define FS_BITS (VTD_FS_P | VTD_FS_RW | VTD_FS_US)
#define SS_BITS (VTD_SS_R | VTD_SS_W)

/* One memory file for all inputs: what is mapped is what a client of svahw would have given. */
static int ram_fd(void)
{
	static int fd = -1;

	if (fd >= 0)
		return fd;
	fd = memfd_create("ram", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	fuzz_check(fd >= 0);
	fuzz_check(!ftruncate(fd, REG_RAM));
	fuzz_check(!fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	/* A line on a terminal costs more than an input; it is made all the same. */
	fuzz_check(!log_open("/dev/null"));
	log_set_level(LOG_DEBUG);
	return fd;
}

static u8 *ram_host(void)
{
	static u8 *ram;

	if (!ram) {
		ram = mmap(NULL, REG_RAM, PROT_READ | PROT_WRITE, MAP_SHARED, ram_fd(), 0);
		fuzz_check(ram != MAP_FAILED);
	}
	return ram;
}

void registers_map(struct registers *r)
{
	unsigned int rw = GMEM_READ | GMEM_WRITE;

	machine_lock(&r->machine);
	fuzz_check(!gmem_map(r->mem, 0, REG_RAM, rw, ram_fd(), 0));
	fuzz_check(!gmem_map(r->mem, REG_MIRROR, REG_RAM, rw, ram_fd(), 0));
	fuzz_check(!gmem_map(r->mem, REG_MIRROR + REG_RAM, REG_RAM, rw, ram_fd(), 0));
	fuzz_check(!gmem_map(r->mem, REG_ROM, REG_RAM, GMEM_READ, ram_fd(), 0));
	fuzz_check(!gmem_map(r->mem, REG_HOLE, REG_RAM, rw, -1, 0));
	machine_unlock(&r->machine);
}

static void put(struct registers *r, unsigned int page, unsigned int word, u64 val)
{
	__le64 le = cpu_to_le64(val);

	memcpy(r->ram + page * REG_PAGE + word * sizeof(le), &le, sizeof(le));
}

/* RAM at its own address in 4 KiB pages, the mirror as a superpage, all of it again at 1 GiB. */
static void put_tables(struct registers *r, unsigned int top, u64 table, u64 leaf)
{
	put(r, top, 0, (top + 1) * REG_PAGE | table);
	put(r, top + 1, 0, (top + 2) * REG_PAGE | table);
	put(r, top + 1, 1, leaf | VTD_FS_PS);
	put(r, top + 2, 0, (top + 3) * REG_PAGE | table);
	put(r, top + 2, 1, REG_MIRROR | leaf | VTD_FS_PS);
	put(r, top + 2, 2, REG_ROM | leaf | VTD_FS_PS);
	for (unsigned int i = 0; i < REG_PAGES; i++)
		put(r, top + 3, i, i * REG_PAGE | leaf);
}

static void put_pasid(struct registers *r, enum registers_pasid pasid, u64 q0, u64 q2)
{
	unsigned int word = pasid * 8;

	put(r, REG_P_PASIDS, word, q0 | VTD_PE_P);
	put(r, REG_P_PASIDS, word + 1, pasid);
	put(r, REG_P_PASIDS, word + 2, q2);
}

static void put_pasids(struct registers *r)
{
	u64 ss = REG_P_SS4 * REG_PAGE | svk_put(VTD_PE_AW, 2);
	u64 fs = REG_P_FS4 * REG_PAGE;
	u64 nested = ss | svk_put(VTD_PE_PGTT, VTD_PGTT_NESTED);

	put_pasid(r, REG_PASID_NONE, ss | svk_put(VTD_PE_PGTT, VTD_PGTT_SS), 0);
	put_pasid(r, REG_PASID_FS, svk_put(VTD_PE_PGTT, VTD_PGTT_FS), fs);
	put_pasid(r, REG_PASID_SS, ss | svk_put(VTD_PE_PGTT, VTD_PGTT_SS), 0);
	put_pasid(r, REG_PASID_NESTED, nested, fs);
	put_pasid(r, REG_PASID_PT, svk_put(VTD_PE_PGTT, VTD_PGTT_PT), 0);
	put_pasid(r, REG_PASID_FS5, svk_put(VTD_PE_PGTT, VTD_PGTT_FS),
		  REG_P_FS5 * REG_PAGE | svk_put(VTD_PE2_FSPM, 1));
	put_pasid(r, REG_PASID_NESTED_AD, nested | VTD_PE_SSADE, fs | VTD_PE2_EAFE);
	put_pasid(r, REG_PASID_PRIV, svk_put(VTD_PE_PGTT, VTD_PGTT_FS),
		  fs | VTD_PE2_SRE | VTD_PE2_WPE);
}

static void ready_unit(struct registers *r)
{
	u64 context = REG_P_DIRECTORY * REG_PAGE | VTD_CE_DTE | VTD_CE_PASIDE | VTD_CE_P;

	put(r, REG_P_ROOT, 0, REG_P_CONTEXT * REG_PAGE | VTD_ROOT_P);
	/* 00:06.0, which is the accelerator, and 00:01.0, which is nobody. */
	put(r, REG_P_CONTEXT, 0x30 * 4, context);
	put(r, REG_P_CONTEXT, 0x08 * 4, context);
	put(r, REG_P_DIRECTORY, 0, REG_P_PASIDS * REG_PAGE | VTD_PDE_P);
	put_pasids(r);
	put_tables(r, REG_P_FS4, FS_BITS, FS_BITS);
	put(r, REG_P_FS5, 0, REG_P_FS4 * REG_PAGE | FS_BITS);
	put_tables(r, REG_P_SS4, SS_BITS, SS_BITS);
	vtd_mmio_write(r->unit, VTD_RTADDR,
		       REG_P_ROOT * REG_PAGE | svk_put(VTD_RTADDR_TTM, VTD_TTM_SCALABLE), 8);
	vtd_mmio_write(r->unit, VTD_GCMD, VTD_G_SRTP, 4);
	vtd_mmio_write(r->unit, VTD_IQA, REG_P_QUEUE * REG_PAGE | VTD_IQA_DW, 8);
	vtd_mmio_write(r->unit, VTD_GCMD, VTD_G_QIE, 4);
	vtd_mmio_write(r->unit, VTD_GCMD, VTD_G_QIE | VTD_G_TE, 4);
	vtd_mmio_write(r->unit, VTD_FECTL, 0, 4);
	vtd_mmio_write(r->unit, VTD_IECTL, 0, 4);
}

static void config16(struct pci_function *fn, unsigned int off, u16 val)
{
	__le64 le = cpu_to_le64(val);

	pci_config_write(fn, off, &le, sizeof(val));
}

static void queue_set(struct pci_function *fn, unsigned int q, u64 reg, u64 val, unsigned int len)
{
	fn->ops->bar_write(fn, SVK_ACCEL_BAR_CTRL, SVK_QCFG_BASE + q * SVK_QCFG_STRIDE + reg, val,
			   len);
}

static void ready_accel(struct registers *r, u8 config)
{
	struct pci_function *fn = r->fn[1];
	unsigned int q;

	config16(r->fn[0], PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	config16(fn, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	if (!(config & REG_CONFIG_NO_PASID))
		config16(fn, pci_find_ext_cap(fn, PCI_EXT_CAP_ID_PASID) + PCI_PASID_CTRL,
			 PCI_PASID_CTRL_ENABLE);
	if (!(config & REG_CONFIG_NO_ATS))
		config16(fn, pci_find_ext_cap(fn, PCI_EXT_CAP_ID_ATS) + PCI_ATS_CTRL,
			 PCI_ATS_CTRL_ENABLE);
	fn->ops->bar_write(fn, SVK_ACCEL_BAR_CTRL, SVK_GLB_CTRL, SVK_GLB_CTRL_ENABLE, 4);
	for (q = 0; q < REG_QUEUES; q++) {
		queue_set(fn, q, SVK_QCFG_RING, (REG_P_RING + q) * REG_PAGE, 8);
		queue_set(fn, q, SVK_QCFG_SIZE, REG_RING, 4);
		queue_set(fn, q, SVK_QCFG_PASID, q < 3 ? (q + 1) | SVK_QCFG_PASID_VALID : 0, 4);
		queue_set(fn, q, SVK_QCFG_VECTOR, q, 4);
		queue_set(fn, q, SVK_QCFG_CTRL, SVK_QCFG_CTRL_ENABLE, 4);
	}
}

static void on_msix(void *host, unsigned int vec)
{
	fuzz_check(vec < ((struct pci_function *)host)->vectors);
}

static void on_msi(void *host, u64 addr, u32 data)
{
	fuzz_check(pci_bus_master(host));
	(void)addr;
	(void)data;
}

static const struct pci_host_ops host_ops = {.msix = on_msix, .msi_write = on_msi};

static void unit_config(struct vtd_config *cfg, u8 unit)
{
	static const struct {
		u8 bit;
		const char *reg;
		const char *spec;
	} specs[] = {
		{REG_UNIT_ERS, "ecap", "+ers"},
		{REG_UNIT_NO_PSI, "cap", "-psi"},
		{REG_UNIT_NO_ESRTPS, "cap", "-esrtps,nfr=0"},
		{REG_UNIT_NO_NWFS, "ecap", "-nwfs,-srs"},
		{REG_UNIT_WIDE, "cap", "sagaw=0xe,mgaw=56,mamv=63"},
		{REG_UNIT_NO_SMTS, "ecap", "-smts,+ir"},
	};
	const char *bad;

	vtd_config_default(cfg);
	for (unsigned int i = 0; i < ARRAY_SIZE(specs); i++)
		if (unit & specs[i].bit)
			fuzz_check(!vtd_config_set(cfg, specs[i].reg, specs[i].spec, &bad));
	if (unit & REG_UNIT_SMALL)
		cfg->max_entries = SMALL_CACHE;
	if (unit & REG_UNIT_FEW_PASIDS) {
		cfg->vcs_first = 1;
		cfg->vcs_last = 3;
	}
}

static void build(struct registers *r, u8 config, u8 unit)
{
	struct accel_config accel;
	struct vtd_config cfg;

	unit_config(&cfg, unit);
	r->vtd = vtd_function_new(&cfg, &r->machine, r->mem);
	fuzz_check(r->vtd);
	r->unit = vtd_function_unit(r->vtd);
	accel_config_default(&accel);
	accel.stepped = true;
	accel.max_atc = config & REG_CONFIG_SMALL_ATC ? SMALL_CACHE : 256;
	accel.queues = config & REG_CONFIG_FEW_QUEUES ? REG_QUEUES + 1 : 16;
	r->accel = accel_new(&accel, &r->machine, r->mem, r->unit);
	fuzz_check(r->accel);
	r->fn[0] = vtd_function_pci(r->vtd);
	r->fn[1] = accel_function(r->accel);
	for (unsigned int i = 0; i < ARRAY_SIZE(r->fn); i++) {
		r->fn[i]->host_ops = &host_ops;
		r->fn[i]->host = r->fn[i];
	}
}

static void watch(struct registers *r, enum registers_watcher watcher)
{
	switch (watcher) {
	case REG_WATCH_NONE:
		break;
	case REG_WATCH_EXACT:
		registers_watch_exact(r);
		break;
	default:
		r->findings = fopen("/dev/null", "we");
		fuzz_check(r->findings);
		r->machine.oracle = oracle_new(r->unit, r->findings);
		fuzz_check(r->machine.oracle);
		break;
	}
}

/* Not 0, which stands for no time in places. */
static u64 now = NS_PER_US;

static u64 registers_now(void)
{
	return now;
}

static void registers_spend(struct timers *ts, u64 ns, void (*look)(void *who), void *who)
{
	(void)ts;
	now += ns;
	look(who);
}

void registers_pass(struct registers *r)
{
	now += NS_PER_US;
	timers_run(&r->machine);
}

void registers_init(struct registers *r, u8 config, u8 unit)
{
	memset(r, 0, sizeof(*r));
	machine_init(&r->machine, NULL);
	r->machine.timers.clock = registers_now;
	r->machine.timers.spend = registers_spend;
	r->machine.inject = inject_new(&r->machine, 0);
	fuzz_check(r->machine.inject);
	r->ram = ram_host();
	memset(r->ram, 0, REG_RAM);
	r->mem = gmem_new(&r->machine);
	fuzz_check(r->mem);
	registers_map(r);
	build(r, config, unit);
	machine_lock(&r->machine);
	watch(r, config & REG_CONFIG_WATCHER);
	if (config & REG_CONFIG_READY) {
		ready_unit(r);
		ready_accel(r, config);
	}
	machine_unlock(&r->machine);
}

void registers_cleanup(struct registers *r)
{
	machine_lock(&r->machine);
	oracle_free(r->machine.oracle);
	vtd_set_watch(r->unit, NULL, NULL);
	machine_unlock(&r->machine);
	accel_free(r->accel);
	vtd_function_free(r->vtd);
	gmem_free(r->mem);
	if (r->findings)
		fclose(r->findings);
	inject_free(r->machine.inject);
	machine_cleanup(&r->machine);
}
