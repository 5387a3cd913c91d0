/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A machine for tests of the accelerator: RAM, a real remapping unit, the
 * function, and the little software that a driver would be: page tables,
 * invalidations, queues. Asserting; for tests only.
 *
 * Every function takes the machine's lock itself, unless it says "locked".
 */
#ifndef HW_TESTS_ACCEL_FIXTURE_H
#define HW_TESTS_ACCEL_FIXTURE_H

#include <svakit/accel_regs.h>
#include <svakit/types.h>

#include "accel/accel.h"
#include "machine.h"
#include "pci.h"
#include "vtd/vtd.h"

#define FX_PAGE 0x1000ULL
#define FX_2M 0x200000ULL
#define FX_RAM (48ULL << 20)

/* PASIDs that fx_queue_open() and the tests use; any of 1..63 works. */
#define FX_NO_PASID 0u /* the space of requests without PASID (RID_PASID) */
#define FX_DID 7ULL
#define FX_PASID 5u
#define FX_OTHER_PASID 9u

/* Where fx_queue_open() puts a queue's ring and records in its address space. */
#define FX_RING(q) (FX_2M * (q) + 0x7f0000000000ULL)
#define FX_CPL(q) (FX_RING(q) + 0x100000)

/* Page table entry bits for fx_map() (VT-d 9.8, first stage). */
#define FX_RO 0u
#define FX_RW 2u

/** struct fx_config - What differs between tests. */
struct fx_config {
	bool no_ats; /* leave ATS disabled in configuration space */
	bool no_enable; /* touch no control register of the function */
	struct accel_config accel;
};

/**
 * struct fx - The machine.
 * @msix: interrupts seen, by vector; see fx_irqs()
 * @on_msix: called in the engine's or the caller's thread, locked; may be NULL
 * @tail: doorbell values of the queues
 * @sid: which endpoint the device-TLB invalidations below name; that of @accel at first
 */
struct fx {
	struct machine machine;
	struct gmem *mem;
	struct vtd *unit;
	struct accel *accel;
	struct pci_function *fn;
	u8 *ram;
	int fd;
	u64 next_page;
	u64 root[16];
	u64 pasid_table;
	u64 iq;
	u32 iq_tail;
	u32 iq_seq;
	unsigned int msix[PCI_MAX_VECTORS];
	void (*on_msix)(struct fx *f, unsigned int vec);
	void *arg;
	u32 tail[SVK_ACCEL_MAX_QUEUES];
	u32 ring_size[SVK_ACCEL_MAX_QUEUES];
	u16 sid;
};

/** fx_config_default() - ATS and PASID on, everything enabled, 16 queues. */
void fx_config_default(struct fx_config *cfg);
/** fx_new() - Build it; NULL is the default configuration. */
struct fx *fx_new(const struct fx_config *cfg);
/** fx_free() - Destroy it. */
void fx_free(struct fx *f);

/** fx_setup() - cmocka setup of the default machine; *@state is the struct fx. */
int fx_setup(void **state);
/** fx_setup_no_ats() - Likewise, translating page by page through the unit. */
int fx_setup_no_ats(void **state);
/** fx_teardown() - cmocka teardown of either. */
int fx_teardown(void **state);

/** fx_pages() - Allocate zeroed RAM. Return: guest-physical address, page aligned. */
u64 fx_pages(struct fx *f, unsigned int pages);
/** fx_superpage() - Allocate 2 MiB of RAM, so aligned. */
u64 fx_superpage(struct fx *f);
/** fx_ptr() - Host address of RAM. */
void *fx_ptr(const struct fx *f, u64 gpa);

/** fx_map() - Page table entry for one 4 KiB page of a PASID's space; no invalidation. */
void fx_map(struct fx *f, u32 pasid, u64 va, u64 gpa, u64 flags);
/** fx_map_2m() - Likewise, a superpage. */
void fx_map_2m(struct fx *f, u32 pasid, u64 va, u64 gpa, u64 flags);
/** fx_unmap() - Clear the entry of one page; no invalidation. */
void fx_unmap(struct fx *f, u32 pasid, u64 va);
/**
 * fx_buffer() - Allocate and map @pages at @va, neighbours never contiguous in RAM.
 */
void fx_buffer(struct fx *f, u32 pasid, u64 va, unsigned int pages, u64 flags);
/** fx_write() - Store to a mapped range through its page table. */
void fx_write(struct fx *f, u32 pasid, u64 va, const void *buf, size_t len);
/** fx_read() - Load from a mapped range. */
void fx_read(struct fx *f, u32 pasid, u64 va, void *buf, size_t len);
/** fx_fill_random() - Fill a mapped range with bytes that depend on @seed. */
void fx_fill_random(struct fx *f, u32 pasid, u64 va, size_t len, u32 seed);

/** fx_flush_iotlb() - Drop everything that the unit cached for the PASID, and wait. */
void fx_flush_iotlb(struct fx *f, u32 pasid);
/** fx_flush_devtlb() - PASID-selective device-TLB invalidation, and wait; @size 0 = all. */
void fx_flush_devtlb(struct fx *f, u32 pasid, u64 addr, u64 size);
/** fx_flush_devtlb_global() - Of every PASID. */
void fx_flush_devtlb_global(struct fx *f, u64 addr, u64 size);
/** fx_flush_devtlb_no_pasid() - Of requests-without-PASID. */
void fx_flush_devtlb_no_pasid(struct fx *f, u64 addr, u64 size);
/**
 * fx_devtlb_locked() - PASID-selective device-TLB invalidation and a wait descriptor; locked.
 *
 * Return: what to pass to fx_wait_done().
 */
u32 fx_devtlb_locked(struct fx *f, u32 pasid, u64 addr, u64 size);
/** fx_wait_done() - Return: that invalidation wait has completed. */
bool fx_wait_done(struct fx *f, u32 token);

/** fx_bar() - Register access: read of @len bytes. */
u64 fx_bar(struct fx *f, unsigned int bar, u64 off, unsigned int len);
/** fx_bar_set() - Register access: write. */
void fx_bar_set(struct fx *f, unsigned int bar, u64 off, u64 val, unsigned int len);
/** fx_q() - Read a 4-byte register of a queue's block. */
u32 fx_q(struct fx *f, unsigned int q, u64 reg);
/** fx_q_set() - Write a 4-byte register of a queue's block. */
void fx_q_set(struct fx *f, unsigned int q, u64 reg, u32 val);
/** fx_irqs() - Return: interrupts seen on a vector. */
unsigned int fx_irqs(struct fx *f, unsigned int vec);
/** fx_count() - Return: a counter of the lab page. */
u64 fx_count(struct fx *f, enum svk_lab_counter c);
/** fx_config16() - Write 16 bits of configuration space. */
void fx_config16(struct fx *f, unsigned int off, u16 val);
/** fx_set_command() - Bus master on or off. */
void fx_set_command(struct fx *f, bool bus_master);
/** fx_set_pasid() - PASID on or off. */
void fx_set_pasid(struct fx *f, bool on);
/** fx_set_ats() - ATS on or off. */
void fx_set_ats(struct fx *f, bool on);

/** fx_queue_config() - Program the registers that ENABLE looks at; @pasid 0 = without PASID. */
void fx_queue_config(struct fx *f, unsigned int q, u32 pasid, u32 entries);
/** fx_queue_open() - Map a ring and a page of records in @pasid, enable queue @q. */
void fx_queue_open(struct fx *f, unsigned int q, u32 pasid, u32 entries);
/** fx_queue_state() - Assert the two fields of STATUS. */
void fx_queue_state(struct fx *f, unsigned int q, enum svk_queue_state state,
		    enum svk_queue_err err);

/** fx_desc() - A descriptor with a record in slot 0 of its queue, to be changed by the caller. */
struct svk_desc fx_desc(unsigned int q, enum svk_op op, u64 src, u64 dst, u64 size);
/** fx_put() - Place a descriptor into the ring, without the doorbell. */
void fx_put(struct fx *f, unsigned int q, u32 pasid, const struct svk_desc *d);
/** fx_doorbell() - Write a portal's TAIL. */
void fx_doorbell(struct fx *f, unsigned int q, u32 tail);
/** fx_ring() - Doorbell for everything placed. */
void fx_ring(struct fx *f, unsigned int q);
/** fx_cpl() - The record in slot @slot of a queue's page. */
struct svk_cpl *fx_cpl(struct fx *f, unsigned int q, u32 pasid, unsigned int slot);
/** fx_wait() - Wait until the record is written. Return: a copy in host order. */
struct svk_cpl fx_wait(struct svk_cpl *cpl);
/** fx_run() - Place, ring, wait: one descriptor of a queue in FX_PASID. */
struct svk_cpl fx_run(struct fx *f, unsigned int q, const struct svk_desc *d);
/** fx_expect() - fx_run() and assert the status; the record is returned. */
struct svk_cpl fx_expect(struct fx *f, unsigned int q, const struct svk_desc *d,
			 enum svk_status status);

/**
 * fx_poll() - Wait for a condition that the engine will bring about.
 *
 * Fails the test after a minute; the minute is no part of what is tested.
 */
#define fx_poll(cond)                                      \
	do {                                               \
		u64 _deadline = fx_now() + 60;             \
		while (!(cond)) {                          \
			assert_true(fx_now() < _deadline); \
			fx_relax();                        \
		}                                          \
	} while (0)

/** fx_now() - Monotonic seconds. */
u64 fx_now(void);
/** fx_relax() - Let another thread run. */
void fx_relax(void);

/**
 * fx_catch_inflight() - Take the lock at a moment when a chunk is in flight.
 *
 * Until machine_unlock() that chunk cannot end: what is done in between
 * happens, provably, in its middle.
 */
void fx_catch_inflight(struct fx *f);

#endif /* HW_TESTS_ACCEL_FIXTURE_H */
