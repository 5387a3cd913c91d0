// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include <svakit/accel_regs.h>
#include <svakit/vtd_regs.h>

#include "log.h"
#include "machine.h"
#include "pci.h"
#include "vtd/vtd.h"
#include "vtd_function.h"

/* In traces: the first unit is 0, the accelerators come before any other. */
#define VTD_FUNCTION_MORE 15
#define VTD_BAR 0
#define VTD_BAR_SIZE VTD_REG_SIZE

/*
 * announced is the address that the log named last, 0 after a reset: the
 * runner learns the register base from that line.
 */
struct vtd_function {
	struct pci_function pci;
	char name[16];
	struct vtd *unit;
	u64 announced;
	u64 last_bar;
};

static u64 vtd_bar_read(struct pci_function *fn, unsigned int bar, u64 off, unsigned int len)
{
	struct vtd_function *f = fn->priv;

	(void)bar;
	return vtd_mmio_read(f->unit, off, len);
}

static void vtd_bar_write(struct pci_function *fn, unsigned int bar, u64 off, u64 val,
			  unsigned int len)
{
	struct vtd_function *f = fn->priv;

	(void)bar;
	vtd_mmio_write(f->unit, off, val, len);
}

static void vtd_function_reset(struct pci_function *fn)
{
	struct vtd_function *f = fn->priv;

	vtd_reset(f->unit);
	f->announced = 0;
}

/* Called also while a guest sizes the BAR, but then with decode off. */
static void vtd_config_written(struct pci_function *fn, unsigned int off, unsigned int len)
{
	struct vtd_function *f = fn->priv;
	u64 bar = pci_bar_address(fn, VTD_BAR);

	(void)off;
	(void)len;
	if (!pci_memory_enabled(fn) || !bar || bar == f->announced)
		return;
	f->announced = bar;
	f->last_bar = bar;
	log_info("%s: BAR 0 at 0x%llx", fn->name, bar);
}

static const struct pci_function_ops vtd_function_ops = {
	.bar_read = vtd_bar_read,
	.bar_write = vtd_bar_write,
	.reset = vtd_function_reset,
	.config_written = vtd_config_written,
};

static void vtd_send_msi(void *host, u64 addr, u32 data)
{
	pci_write_msi(host, addr, data);
}

static const struct vtd_host_ops vtd_host_ops = {
	.msi = vtd_send_msi,
};

static void vtd_function_init_pci(struct vtd_function *f, struct machine *m, struct gmem *mem,
				  unsigned int index)
{
	static const struct pci_identity id = {
		.vendor = SVK_PCI_VENDOR,
		.device = SVK_PCI_DEVICE_VTD,
		.class_code = SVK_PCI_CLASS_VTD,
		.revision = 1,
	};
	struct pci_function *fn = &f->pci;

	snprintf(f->name, sizeof(f->name), index ? "vtd-%u" : "vtd", index + 1);
	fn->name = f->name;
	fn->index = index ? VTD_FUNCTION_MORE + index : 0;
	fn->machine = m;
	fn->mem = mem;
	fn->ops = &vtd_function_ops;
	fn->priv = f;
	pci_init(fn, &id);
	pci_add_bar(fn, VTD_BAR, VTD_BAR_SIZE);
	pci_add_express(fn);
	pci_seal(fn);
}

struct vtd_function *vtd_function_new(const struct vtd_config *cfg, struct machine *m,
				      struct gmem *mem)
{
	struct vtd_function *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	vtd_function_init_pci(f, m, mem, cfg->index);
	machine_lock(m);
	f->unit = vtd_new(cfg, m, mem, &vtd_host_ops, &f->pci);
	machine_unlock(m);
	if (!f->unit) {
		free(f);
		return NULL;
	}
	return f;
}

void vtd_function_free(struct vtd_function *f)
{
	struct machine *m;

	if (!f)
		return;
	m = f->pci.machine;
	machine_lock(m);
	vtd_free(f->unit);
	machine_unlock(m);
	free(f);
}

struct pci_function *vtd_function_pci(struct vtd_function *f)
{
	return &f->pci;
}

struct vtd *vtd_function_unit(struct vtd_function *f)
{
	return f->unit;
}

u64 vtd_function_bar(const struct vtd_function *f)
{
	return f->last_bar;
}
