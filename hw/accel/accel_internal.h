/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The accelerator from inside. Files: accel.c (life of the function), regs.c
 * (BAR 0 and 2), queue.c (state of a queue), engine.c (the thread, order of
 * work), ops.c (descriptors), dma.c (access to memory), atc.c (device-TLB),
 * pri.c (page requests), lab.c (lab page), lab_inject.c (its injection registers).
 *
 * Everything here is guarded by the machine's lock, except the chunk while the
 * engine has dropped the lock to move its data (struct accel_turn).
 */
#ifndef HW_ACCEL_ACCEL_INTERNAL_H
#define HW_ACCEL_ACCEL_INTERNAL_H

#include <pthread.h>

#include <svakit/accel_regs.h>
#include <svakit/types.h>

#include "accel/accel.h"
#include "accel/atc.h"
#include "machine.h"
#include "pci.h"
#include "vtd/vtd.h"

/* Limits that SVK_GLB_CAP shows. */
#define ACCEL_RING_SHIFT 16
#define ACCEL_XFER_SHIFT 30
#define ACCEL_BATCH_MAX 1024

/* Largest step of a descriptor between two looks at the rest of the world. */
#define ACCEL_CHUNK 0x10000u
/* Pages that a chunk can touch when it does not start at a page boundary. */
#define ACCEL_RUNS (ACCEL_CHUNK / 0x1000 + 1)
/* Page requests that may be outstanding (PRI capability); a power of two, at most 512. */
#define ACCEL_PRI_OUTSTANDING 64
/* Page requests for one access, after which it is refused. */
#define ACCEL_PRI_ATTEMPTS 16
/* "accel-" and a number. */
#define ACCEL_NAME_SIZE 24

/**
 * struct accel_desc - A descriptor in host byte order.
 */
struct accel_desc {
	u32 ctrl;
	u32 tag;
	u64 src;
	u64 dst;
	u64 size;
	u64 operand;
	u64 cpl;
	u64 pad[2];
};

/** struct accel_outcome - How a descriptor ended, as in its completion record. */
struct accel_outcome {
	enum svk_status status;
	u64 fault_addr;
	u64 result;
};

/**
 * struct accel_job - A descriptor under way.
 * @active: the rest is meaningful
 * @desc: what was fetched; software may change its own copy at will
 * @done: bytes, or members of a batch, finished
 * @result: value of the completion record so far
 * @ended: @outcome is valid; what is left is the record
 */
struct accel_job {
	bool active;
	struct accel_desc desc;
	u64 done;
	u64 result;
	bool ended;
	struct accel_outcome outcome;
};

enum accel_park_state {
	ACCEL_PARK_NONE,
	ACCEL_PARK_SENT, /* a page request waits for its response */
	ACCEL_PARK_UNSENT, /* there are as many of them as software allows */
};

/**
 * struct accel_park - Whether a queue waits for a page, and for which.
 * @state: NONE: it does not
 * @write: the access that was refused is a write
 * @refused: the response was no: the access is not tried again
 * @attempts: requests since the last progress
 * @addr: first byte that was refused
 */
struct accel_park {
	enum accel_park_state state;
	bool write;
	bool refused;
	unsigned int attempts;
	u64 addr;
};

/**
 * struct accel_queue - One queue.
 * @index: its number
 * @ring: the registers of its block, as in accel_regs.h; validated and
 *	constant while @state is not SVK_QSTATE_DISABLED
 * @sent_pasid: PASID of its accesses, as ENABLE latched it; a reset does not touch it
 * @state: shown in STATUS
 * @err: shown in STATUS; kept until the next ENABLE
 * @head: descriptors consumed, free running
 * @tail: last accepted doorbell
 * @inflight: the engine moves data of this queue outside the lock
 * @epoch: changes whenever work under way is abandoned, so that the engine
 *	notices when it has the lock again
 * @batch: the batch whose members are being executed
 * @job: the descriptor under way, a member of @batch if that is active
 * @park: the page that it waits for
 */
struct accel_queue {
	unsigned int index;
	u64 ring;
	u32 size;
	u32 pasid;
	u32 vector;
	u32 sent_pasid;
	u32 ctrl;
	enum svk_queue_state state;
	enum svk_queue_err err;
	u64 fault_addr;
	u32 head;
	u32 tail;
	bool inflight;
	u32 epoch;
	struct accel_job batch;
	struct accel_job job;
	struct accel_park park;
};

/** struct accel_run - Host-contiguous bytes. */
struct accel_run {
	u8 *ptr;
	u32 len;
};

/**
 * struct accel_stream - One operand of a chunk.
 * @addr: input address of its first byte
 * @write: it is written
 * @missing: the byte behind those ready is refused for want of a page or of a permission
 * @ready: bytes translated
 * @near: where the device-TLB was used last; outlives the chunk
 * @runs: valid elements of @run
 * @end: where the last run ends, NULL without one
 */
struct accel_stream {
	u64 addr;
	bool write;
	bool missing;
	u32 ready;
	struct atc_cursor near;
	unsigned int runs;
	u8 *end;
	struct accel_run run[ACCEL_RUNS];
};

/**
 * struct accel_chunk - The step of a descriptor that is executed outside the lock.
 * @op: opcode
 * @operand: pattern (FILL), from its byte at the start of the chunk on, or CRC so far (CRC32C)
 * @streams: operands in use
 * @stream: source first; both sources of COMPARE; FILL has the target alone
 * @len: bytes that every operand has ready
 * @status: SVK_CPL_OK, or why the step ends before the descriptor does
 * @missing: refused for want of a page or of a permission
 * @fault_addr: address of the access that was refused
 * @result: CRC so far, or offset of a difference
 */
struct accel_chunk {
	enum svk_op op;
	u64 operand;
	unsigned int streams;
	struct accel_stream stream[2];
	u32 len;
	enum svk_status status;
	bool missing;
	u64 fault_addr;
	u64 result;
};

/**
 * struct accel_pri_slot - A page request that is not answered yet.
 * @prgi: its group index; kept when the slot is free
 * @pasid: of the request, as in SVK_QCFG_PASID
 * @owner: of a busy slot: the queue that waits, NULL if it does not any more
 */
struct accel_pri_slot {
	bool busy;
	u16 prgi;
	u32 pasid;
	struct accel_queue *owner;
};

/**
 * struct accel_pri - The page request interface.
 * @enabled: as configuration space says
 * @limit: requests that may be outstanding
 * @outstanding: busy slots
 */
struct accel_pri {
	bool enabled;
	unsigned int limit;
	unsigned int outstanding;
	struct accel_pri_slot slot[ACCEL_PRI_OUTSTANDING];
};

/**
 * struct accel_turn - What the engine is doing, between the calls that make up a turn.
 * @queue: whose turn it is
 * @stepping: @chunk is a step of its descriptor; moved outside the lock if the queue is inflight
 * @epoch: of the queue when the step began; tells whether it still wants the outcome
 * @access: of vtd_access_begin()
 * @chunk: while the queue is inflight it belongs to whoever moves it
 */
struct accel_turn {
	struct accel_queue *queue;
	bool stepping;
	u32 epoch;
	u64 access;
	struct accel_chunk chunk;
};

/** struct accel_lab - The injection registers of the lab page, as in accel_regs.h. */
struct accel_lab {
	u32 pasid;
	u32 chance;
	u64 addr;
	u64 arg;
	u64 seed;
};

/**
 * struct accel - The function.
 * @name: of @fn
 * @bus_master: with the two that follow, what configuration space says, kept
 *	at hand since every page asks
 * @lab: what the next rule will say
 * @turn: the engine's
 * @sleeper: the engine thread; woken when there may be work, or @stop
 * @next: queue whose turn is next
 * @ready: bit n = queue n may have work
 */
struct accel {
	struct accel_config cfg;
	char name[ACCEL_NAME_SIZE];
	struct machine *machine;
	struct gmem *mem;
	struct vtd *unit;
	struct pci_function fn;
	struct atc atc;
	bool bus_master;
	bool pasid_enabled;
	bool ats_enabled;
	struct accel_pri pri;
	u32 glb_ctrl;
	u64 glb_err;
	struct accel_queue queue[SVK_ACCEL_MAX_QUEUES];
	struct accel_lab lab;
	struct accel_turn turn;
	pthread_t thread;
	struct machine_sleeper sleeper;
	bool stop;
	unsigned int next;
	u64 ready;
};

/* accel.c */

/** accel_reset_registers() - Abort all work, registers to their reset values. */
void accel_reset_registers(struct accel *a);

/* regs.c */

/** accel_ctrl_read() - Read of BAR 0, as pci_function_ops.bar_read. */
u64 accel_ctrl_read(struct accel *a, u64 off, unsigned int len);
/** accel_ctrl_write() - Write to BAR 0. */
void accel_ctrl_write(struct accel *a, u64 off, u64 val, unsigned int len);
/** accel_portal_read() - Read of BAR 2. */
u64 accel_portal_read(struct accel *a, u64 off, unsigned int len);
/** accel_portal_write() - Write to BAR 2. */
void accel_portal_write(struct accel *a, u64 off, u64 val, unsigned int len);

/** accel_reg_merge() - The 8-byte register of which @len bytes at @off are written. */
static inline u64 accel_reg_merge(u64 old, u64 off, u64 val, unsigned int len)
{
	if (len == 8)
		return val;
	if (off & 4)
		return (val << 32) | (u32)old;
	return (old & ~0xffffffffULL) | (u32)val;
}

/* lab.c */

/** accel_lab_width() - Width of the register that a dword of BAR 0, page 2 belongs to; 0: none. */
unsigned int accel_lab_width(const struct accel *a, u64 off);
/** accel_lab_read() - Value of a whole register. */
u64 accel_lab_read(const struct accel *a, u64 off);
/** accel_lab_write() - Write @len bytes of @val. */
void accel_lab_write(struct accel *a, u64 off, u64 val, unsigned int len);

/* lab_inject.c */

/** accel_lab_inject_width() - As accel_lab_width(); 0 also for what is not of injection. */
unsigned int accel_lab_inject_width(u64 off);
/** accel_lab_inject_reset() - Registers to their reset values; what is armed stays armed. */
void accel_lab_inject_reset(struct accel *a);
/** accel_lab_inject_read() - Value of a whole register. */
u64 accel_lab_inject_read(const struct accel *a, u64 off);
/** accel_lab_inject_write() - Write @len bytes of @val. */
void accel_lab_inject_write(struct accel *a, u64 off, u64 val, unsigned int len);

/* queue.c */

/** accel_queue_status() - Return: the STATUS register. */
u32 accel_queue_status(const struct accel_queue *q);
/** accel_queue_sent_pasid() - Return: PASID register of its accesses; 0 unless some may be made. */
u32 accel_queue_sent_pasid(const struct accel_queue *q);
/** accel_queue_control() - Write to CTRL: enable, quiesce, disable, reset. */
void accel_queue_control(struct accel *a, struct accel_queue *q, u32 val);
/** accel_queue_doorbell() - Write to the portal's TAIL. */
void accel_queue_doorbell(struct accel *a, struct accel_queue *q, u32 tail);
/** accel_queue_abort() - Abandon its work; DISABLED, or STOPPING until a chunk has left. */
void accel_queue_abort(struct accel *a, struct accel_queue *q);
/** accel_queue_halt() - Stop with an error: STATUS, GLB_ERR, vector 0. */
void accel_queue_halt(struct accel *a, struct accel_queue *q, enum svk_queue_err err, u64 addr);
/** accel_queue_reset() - Abort and set the registers to their reset values. */
void accel_queue_reset(struct accel *a, struct accel_queue *q);
/** accel_queue_has_work() - Return: the engine has something to do for it. */
bool accel_queue_has_work(const struct accel_queue *q);
/** accel_queue_busy() - Return: work is in flight or waits. */
bool accel_queue_busy(const struct accel_queue *q);
/** accel_queue_settle() - After a step: end a quiesce, or an abort whose chunk has left. */
void accel_queue_settle(struct accel_queue *q);

/* engine.c */

/** accel_engine_start() - Start the thread, unless the function is stepped. Return: 0 or -errno. */
int accel_engine_start(struct accel *a);
/** accel_engine_stop() - Stop it after the chunk in flight; the lock is not held. */
void accel_engine_stop(struct accel *a);
/** accel_engine_kick() - Queue @q may have work. */
void accel_engine_kick(struct accel *a, const struct accel_queue *q);

/* ops.c */

/** accel_desc_fetch() - Decode a descriptor from memory that software may be writing to. */
void accel_desc_fetch(struct accel_desc *d, const void *mem);
/** accel_desc_check() - Return: SVK_CPL_OK, or the status of a descriptor that breaks a rule. */
enum svk_status accel_desc_check(const struct accel_desc *d, bool in_batch);
/** accel_chunk_init() - The next step of @job, not translated yet. */
void accel_chunk_init(struct accel_chunk *c, const struct accel_job *job);
/** accel_chunk_run() - Move or read the bytes. Called without the lock. */
void accel_chunk_run(struct accel_chunk *c);

/* dma.c */

/**
 * accel_dma_map() - Translate a chunk's operands in the order of their bytes.
 *
 * Sets @len, @status, @fault_addr: nothing behind the first refused byte of
 * either operand is asked for. On return the pointers are good until the lock
 * is dropped; see gmem_pin().
 */
void accel_dma_map(struct accel *a, const struct accel_queue *q, struct accel_chunk *c);

/**
 * struct accel_access - Access to a small object of software's.
 * @addr: naturally aligned, so that the object lies in one page
 * @len: bytes
 * @write: else it is read
 * @missing: outcome: refused for want of a page or of a permission
 * @status: outcome: SVK_CPL_OK, or why not
 */
struct accel_access {
	u64 addr;
	u32 len;
	bool write;
	bool missing;
	enum svk_status status;
};

/** accel_dma_ptr() - Return: its host address, good until the lock is dropped, or NULL. */
void *accel_dma_ptr(struct accel *a, const struct accel_queue *q, struct accel_access *x);

/** accel_config_sync() - Take over configuration space; without ATS the device-TLB is empty. */
void accel_config_sync(struct accel *a);

/* pri.c */

/**
 * accel_pri_block() - An access was refused for want of a page: ask for it, and park the queue.
 * @addr: first byte that was refused
 * @write: the access is a write
 *
 * Return: true: the queue waits, or has its answer already (struct accel_park), and will be
 * served again; false: page requests are off, or were of no use.
 */
bool accel_pri_block(struct accel *a, struct accel_queue *q, u64 addr, bool write);
/** accel_pri_progress() - The access succeeded, or failed for good. */
void accel_pri_progress(struct accel_queue *q);
/** accel_pri_abandon() - The queue waits no longer; a response that comes will be ignored. */
void accel_pri_abandon(struct accel *a, struct accel_queue *q);
/** accel_pri_response() - A page group response has come. */
void accel_pri_response(struct accel *a, const struct vtd_page_response *resp);
/** accel_pri_sync() - Take over configuration space. */
void accel_pri_sync(struct accel *a);
/** accel_pri_reset() - Expect no response any more; queues that wait are refused. */
void accel_pri_reset(struct accel *a);

#endif /* HW_ACCEL_ACCEL_INTERNAL_H */
