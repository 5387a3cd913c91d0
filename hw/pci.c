// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inject/inject.h"
#include "log.h"
#include "machine.h"
#include "pci.h"
#include "pci_caps.h"
#include "trace.h"

#define COMMAND_WRITABLE                                                                   \
	(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | PCI_COMMAND_SERR | \
	 PCI_COMMAND_INTX_DISABLE)
#define STATUS_W1C                                                                       \
	(PCI_STATUS_PARITY | PCI_STATUS_SIG_TARGET_ABORT | PCI_STATUS_REC_TARGET_ABORT | \
	 PCI_STATUS_REC_MASTER_ABORT | PCI_STATUS_SIG_SYSTEM_ERROR | PCI_STATUS_DETECTED_PARITY)

u16 pci_get16(const u8 *bytes, unsigned int off)
{
	return bytes[off] | bytes[off + 1] << 8;
}

u32 pci_get32(const u8 *bytes, unsigned int off)
{
	return pci_get16(bytes, off) | (u32)pci_get16(bytes, off + 2) << 16;
}

void pci_set16(u8 *bytes, unsigned int off, u16 val)
{
	bytes[off] = val;
	bytes[off + 1] = val >> 8;
}

void pci_set32(u8 *bytes, unsigned int off, u32 val)
{
	pci_set16(bytes, off, val);
	pci_set16(bytes, off + 2, val >> 16);
}

static void send_msix(struct pci_function *fn, unsigned int vec)
{
	if (!fn->host_ops)
		return;
	trace_event(fn->machine->trace, TRACE_IRQ, fn->index, vec, 0, 0);
	machine_count(fn->machine, SVK_LAB_IRQ);
	fn->host_ops->msix(fn->host, vec);
}

/* Those that are due, and a timer for the next. */
static void send_late(void *who)
{
	struct pci_function *fn = who;
	u64 now = fn->machine->timers.clock(), next = ~0ULL;

	for (unsigned int vec = 0; vec < fn->vectors; vec++) {
		u64 *at = &fn->late_at[vec];

		if (*at && *at <= now) {
			*at = 0;
			send_msix(fn, vec);
		} else if (*at && *at < next) {
			next = *at;
		}
	}
	if (next != ~0ULL)
		timer_start(fn->machine, &fn->late, next - now);
}

static void msix_late(struct pci_function *fn, unsigned int vec, u64 delay)
{
	/* On its way already, both in one. */
	if (fn->late_at[vec])
		return;
	fn->late_at[vec] = fn->machine->timers.clock() + delay;
	if (!fn->late.armed || fn->late_at[vec] < fn->late.at)
		timer_start(fn->machine, &fn->late, delay);
}

void pci_stop(struct pci_function *fn)
{
	timer_stop(fn->machine, &fn->late);
	memset(fn->late_at, 0, sizeof(fn->late_at));
}

int pci_parse_bdf(const char *text, u16 *sid)
{
	unsigned int bus, dev, fn;
	int used = 0;

	if (sscanf(text, "%2x:%2x.%1x%n", &bus, &dev, &fn, &used) != 3 || text[used])
		return -EINVAL;
	if (dev > 0x1f || fn > 7)
		return -EINVAL;
	*sid = (u16)(bus << 8 | dev << 3 | fn);
	return 0;
}

void pci_init(struct pci_function *fn, const struct pci_identity *id)
{
	memset(fn->config, 0, sizeof(fn->config));
	memset(fn->wmask, 0, sizeof(fn->wmask));
	memset(fn->w1c, 0, sizeof(fn->w1c));
	memset(fn->bar_size, 0, sizeof(fn->bar_size));
	memset(fn->late_at, 0, sizeof(fn->late_at));
	fn->late = (struct timer){.expired = send_late, .who = fn};
	fn->vectors = 0;
	fn->next_cap = PCI_STD_HEADER_SIZEOF;
	fn->last_ext_cap = 0;

	pci_set16(fn->config, PCI_VENDOR_ID, id->vendor);
	pci_set16(fn->config, PCI_DEVICE_ID, id->device);
	/* Immediate Readiness (PCIe 7.5.1.1.4): a reset is over before its write returns. */
	pci_set16(fn->config, PCI_STATUS, PCI_STATUS_IMM_READY);
	pci_set32(fn->config, PCI_CLASS_REVISION, id->class_code << 8 | id->revision);
	pci_set16(fn->config, PCI_SUBSYSTEM_VENDOR_ID, id->vendor);
	pci_set16(fn->config, PCI_SUBSYSTEM_ID, id->device);

	pci_set16(fn->wmask, PCI_COMMAND, COMMAND_WRITABLE);
	pci_set16(fn->w1c, PCI_STATUS, STATUS_W1C);
	fn->wmask[PCI_CACHE_LINE_SIZE] = 0xff;
	fn->wmask[PCI_INTERRUPT_LINE] = 0xff;
}

void pci_add_bar(struct pci_function *fn, unsigned int bar, u32 size)
{
	unsigned int off = PCI_BASE_ADDRESS_0 + 4 * bar;

	fn->bar_size[bar] = size;
	pci_set32(fn->config, off, PCI_BASE_ADDRESS_SPACE_MEMORY | PCI_BASE_ADDRESS_MEM_TYPE_32);
	/* Sizing is the mask at work: all ones written reads back as the size's complement. */
	pci_set32(fn->wmask, off, ~(size - 1));
}

void pci_seal(struct pci_function *fn)
{
	memcpy(fn->reset_config, fn->config, sizeof(fn->config));
}

void pci_config_read(const struct pci_function *fn, unsigned int off, void *buf, unsigned int len)
{
	if (pci_removed(fn))
		memset(buf, 0xff, len);
	else
		memcpy(buf, fn->config + off, len);
}

/* Whether a write of len bytes at off sets the self-clearing FLR bit. */
static bool pci_starts_flr(const struct pci_function *fn, unsigned int off, const u8 *buf,
			   unsigned int len)
{
	unsigned int cap = pci_find_cap(fn, PCI_CAP_ID_EXP);
	unsigned int at = cap + PCI_EXP_DEVCTL + 1;

	if (!cap || at < off || at >= off + len)
		return false;
	return buf[at - off] & (PCI_EXP_DEVCTL_BCR_FLR >> 8);
}

/* Whether it sets PRI Reset, which reads 0 and is ignored while PRI is on (PCIe 7.8.9.2). */
static bool pci_resets_pri(const struct pci_function *fn, unsigned int off, const u8 *buf,
			   unsigned int len)
{
	unsigned int cap = pci_find_ext_cap(fn, PCI_EXT_CAP_ID_PRI);
	unsigned int at = cap + PCI_PRI_CTRL;

	if (!cap || at < off || at >= off + len || pci_pri_enabled(fn))
		return false;
	return buf[at - off] & PCI_PRI_CTRL_RESET;
}

void pci_config_write(struct pci_function *fn, unsigned int off, const void *buf, unsigned int len)
{
	const u8 *in = buf;

	if (pci_removed(fn))
		return;
	for (unsigned int i = 0; i < len; i++) {
		u8 *byte = &fn->config[off + i];
		u8 mask = fn->wmask[off + i];

		*byte = (*byte & ~mask) | (in[i] & mask);
		*byte &= ~(in[i] & fn->w1c[off + i]);
	}
	if (pci_starts_flr(fn, off, in, len)) {
		log_debug("%s: function-level reset", fn->name);
		pci_reset(fn);
	}
	if (fn->ops->pri_reset && pci_resets_pri(fn, off, in, len))
		fn->ops->pri_reset(fn);
	if (fn->ops->config_written)
		fn->ops->config_written(fn, off, len);
}

void pci_reset(struct pci_function *fn)
{
	memcpy(fn->config, fn->reset_config, sizeof(fn->config));
	pci_stop(fn);
	fn->removed = false;
	fn->ops->reset(fn);
}

void pci_remove(struct pci_function *fn)
{
	log_debug("%s: removed", fn->name);
	pci_reset(fn);
	fn->removed = true;
	fn->removed_at = inject_plugs(fn->machine->inject);
}

bool pci_removed(const struct pci_function *fn)
{
	/* Its state has been that of a reset since it went. */
	return fn->removed && fn->removed_at == inject_plugs(fn->machine->inject);
}

bool pci_bus_master(const struct pci_function *fn)
{
	return pci_get16(fn->config, PCI_COMMAND) & PCI_COMMAND_MASTER;
}

bool pci_memory_enabled(const struct pci_function *fn)
{
	return pci_get16(fn->config, PCI_COMMAND) & PCI_COMMAND_MEMORY;
}

u64 pci_bar_address(const struct pci_function *fn, unsigned int bar)
{
	return pci_get32(fn->config, PCI_BASE_ADDRESS_0 + 4 * bar) & PCI_BASE_ADDRESS_MEM_MASK;
}

void pci_raise_msix(struct pci_function *fn, unsigned int vec)
{
	const struct inject_at at = {.sid = fn->sid, .what = INJECT_IRQ(vec, 0)};
	u64 delay;

	if (vec >= fn->vectors || !fn->host_ops || pci_removed(fn))
		return;
	switch (inject_irq(fn->machine->inject, &at, &delay)) {
	case INJECT_IRQ_SENT:
		send_msix(fn, vec);
		break;
	case INJECT_IRQ_LATE:
		msix_late(fn, vec, delay);
		break;
	case INJECT_IRQ_LOST:
		break;
	}
}

void pci_write_msi(struct pci_function *fn, u64 addr, u32 data)
{
	/* A message is a memory write: without bus mastering it never leaves the function. */
	if (!pci_bus_master(fn)) {
		log_guest("%s: interrupt message dropped: bus mastering is off", fn->name);
		return;
	}
	if (!fn->host_ops)
		return;
	trace_event(fn->machine->trace, TRACE_IRQ, fn->index, addr, data, 0);
	machine_count(fn->machine, SVK_LAB_IRQ);
	fn->host_ops->msi_write(fn->host, addr, data);
}
