/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A PCI Express function as the vfio-user server presents it: configuration
 * space with a write mask, BARs with callbacks, interrupts.
 */
#ifndef HW_PCI_H
#define HW_PCI_H

#include <svakit/types.h>

#include "timer.h"

struct gmem;
struct machine;
struct pci_function;

#define PCI_CONFIG_SIZE 4096
#define PCI_BARS 6
#define PCI_MAX_VECTORS 65

/**
 * struct pci_function_ops - A function's behaviour. All called with the
 * machine's lock held, from the event loop.
 * @bar_read: @len 1, 2, 4 or 8, naturally aligned, inside the BAR
 * @bar_write: likewise
 * @reset: conventional or function-level reset, or the client went away
 * @pri_reset: Reset was written to the PRI control register while PRI is off; may be NULL
 * @config_written: after a configuration write took effect; may be NULL
 */
struct pci_function_ops {
	u64 (*bar_read)(struct pci_function *fn, unsigned int bar, u64 off, unsigned int len);
	void (*bar_write)(struct pci_function *fn, unsigned int bar, u64 off, u64 val,
			  unsigned int len);
	void (*reset)(struct pci_function *fn);
	void (*pri_reset)(struct pci_function *fn);
	void (*config_written)(struct pci_function *fn, unsigned int off, unsigned int len);
};

/**
 * struct pci_host_ops - What a function asks of its host (the vfio-user
 * connection). Callable from any thread with the machine's lock held; they do
 * not block: what must be sent is queued for the event loop.
 * @msix: raise vector @vec
 * @msi_write: memory write of @data to @addr, for a message-signalled event
 */
struct pci_host_ops {
	void (*msix)(void *host, unsigned int vec);
	void (*msi_write)(void *host, u64 addr, u32 data);
};

/**
 * struct pci_function - One function.
 * @name: for logs and the socket's file name
 * @index: small number, for the trace
 * @sid: source-id, 0 for a function that has none
 * @config: current contents, little endian
 * @wmask: bits that software may write
 * @w1c: bits that a written 1 clears
 * @bar_size: bytes, a power of two, 0 = not implemented
 * @vectors: MSI-X vectors, 0 = no MSI-X capability
 * @next_cap: where the next capability goes (pci_add_cap())
 * @last_ext_cap: offset of the last extended capability, 0 = none yet
 * @next_ext_cap: where the next extended capability goes
 * @removed: it is gone until inject_plugs() is another number
 * @removed_at: that number
 * @late: when the first of the vectors that are late goes out
 * @late_at: when each of them does, 0 = it is not late
 */
struct pci_function {
	const char *name;
	unsigned int index;
	u16 sid;
	struct machine *machine;
	struct gmem *mem;
	const struct pci_function_ops *ops;
	void *priv;
	const struct pci_host_ops *host_ops;
	void *host;
	u8 config[PCI_CONFIG_SIZE];
	u8 wmask[PCI_CONFIG_SIZE];
	u8 w1c[PCI_CONFIG_SIZE];
	u8 reset_config[PCI_CONFIG_SIZE];
	u32 bar_size[PCI_BARS];
	unsigned int vectors;
	unsigned int next_cap;
	unsigned int last_ext_cap;
	unsigned int next_ext_cap;
	bool removed;
	u64 removed_at;
	struct timer late;
	u64 late_at[PCI_MAX_VECTORS];
};

/**
 * pci_parse_bdf() - Read BUS:DEV.FN in hexadecimal, as lspci prints it.
 *
 * Return: 0 with the source-id, or -EINVAL.
 */
int pci_parse_bdf(const char *text, u16 *sid);

/** struct pci_identity - The fixed part of a header. */
struct pci_identity {
	u16 vendor;
	u16 device;
	u32 class_code; /* base << 16 | sub << 8 | interface */
	u8 revision;
};

/** pci_init() - Type 0 header; ops, machine, mem and name are set by the caller before. */
void pci_init(struct pci_function *fn, const struct pci_identity *id);

/** pci_add_bar() - 32-bit memory BAR of @size bytes, a power of two from 4096. */
void pci_add_bar(struct pci_function *fn, unsigned int bar, u32 size);

/**
 * pci_add_express() - PCI Express capability: root complex integrated endpoint,
 * FLR, End-End TLP prefixes.
 */
void pci_add_express(struct pci_function *fn);

/** pci_add_msix() - MSI-X capability: @vectors, table and PBA offsets in @bar. */
void pci_add_msix(struct pci_function *fn, unsigned int vectors, unsigned int bar, u32 table,
		  u32 pba);

/** pci_add_ext_cap() - Append an extended capability. Return: its offset, room for @len bytes. */
unsigned int pci_add_ext_cap(struct pci_function *fn, u16 id, u8 version, unsigned int len);

/** pci_add_ats() - ATS: page-aligned requests, invalidate queue depth 32. */
void pci_add_ats(struct pci_function *fn);
/**
 * pci_add_pri() - PRI: PRG response PASID required, @outstanding requests (PCIe 10.5.2).
 *
 * Enable, allocation and the clearing of status bits are done here; the bits are set, and Stopped
 * kept, by the function, through pci_pri_status_set().
 */
void pci_add_pri(struct pci_function *fn, u32 outstanding);
/** pci_add_acs() - ACS of a function of several: request and completion redirect (PCIe 7.7.11). */
void pci_add_acs(struct pci_function *fn);
/** pci_add_pasid() - PASID: @width bits (1..20), no execute, no privileged mode. */
void pci_add_pasid(struct pci_function *fn, unsigned int width);

/** pci_stop() - Forget the interrupts that are late. Called last, with the machine's lock held. */
void pci_stop(struct pci_function *fn);

/** pci_seal() - Remember the configuration space as the reset state. Call last. */
void pci_seal(struct pci_function *fn);

/** pci_config_read() - Copy out; @off + @len <= 4096. */
void pci_config_read(const struct pci_function *fn, unsigned int off, void *buf, unsigned int len);

/** pci_config_write() - Apply masks, FLR and BAR sizing; calls config_written(). */
void pci_config_write(struct pci_function *fn, unsigned int off, const void *buf, unsigned int len);

/** pci_reset() - Configuration space to its reset state, then ops->reset(); it is there again. */
void pci_reset(struct pci_function *fn);

/**
 * pci_remove() - Surprise removal: as pci_reset(), and then it is gone.
 *
 * Configuration space reads as all ones, what is written is ignored, and no interrupt is sent;
 * its BARs are @fn->ops' own business.
 */
void pci_remove(struct pci_function *fn);
/** pci_removed() - Return: it is gone. */
bool pci_removed(const struct pci_function *fn);

/** pci_bus_master() - Whether the function may access memory (COMMAND.BME). */
bool pci_bus_master(const struct pci_function *fn);
/** pci_memory_enabled() - Whether BARs decode (COMMAND.MSE). */
bool pci_memory_enabled(const struct pci_function *fn);
/** pci_bar_address() - Address that software programmed into a BAR. */
u64 pci_bar_address(const struct pci_function *fn, unsigned int bar);

/** pci_ats_enabled() - ATS control, Enable. */
bool pci_ats_enabled(const struct pci_function *fn);
/** pci_pri_enabled() - PRI control, Enable. */
bool pci_pri_enabled(const struct pci_function *fn);
/** pci_pri_allocation() - Page requests that software lets be outstanding; 0 without PRI. */
u32 pci_pri_allocation(const struct pci_function *fn);
/** pci_pri_status() - PRI status register, PCI_PRI_STATUS_*; 0 without PRI. */
u16 pci_pri_status(const struct pci_function *fn);
/** pci_pri_status_set() - Clear, then set, bits of the PRI status register. */
void pci_pri_status_set(struct pci_function *fn, u16 clear, u16 set);
/** pci_pasid_enabled() - PASID control, Enable. */
bool pci_pasid_enabled(const struct pci_function *fn);

/**
 * pci_raise_msix() - Raise MSI-X vector @vec; dropped if the client gave no eventfd.
 *
 * It may be lost or late on purpose; of two that are late on one vector one is sent.
 */
void pci_raise_msix(struct pci_function *fn, unsigned int vec);
/** pci_write_msi() - Message-signalled event of a function without MSI-X; needs bus master. */
void pci_write_msi(struct pci_function *fn, u64 addr, u32 data);

#endif /* HW_PCI_H */
