/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The accelerator from inside. Files: accel.c (life of the function), regs.c
 * (BAR 0 and 2), queue.c (state of a queue), engine.c (the thread, order of
 * work), ops.c (descriptors), dma.c (access to memory), atc.c (device-TLB).
 *
 * Everything here is guarded by the machine's lock, except the chunk while the
 * engine has dropped the lock to move its data (struct engine).
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

/**
 * struct accel_job - A descriptor under way.
 * @active: the rest is meaningful
 * @desc: what was fetched; software may change its own copy at will
 * @done: bytes, or members of a batch, finished
 * @result: value of the completion record so far
 */
struct accel_job {
	bool active;
	struct accel_desc desc;
	u64 done;
	u64 result;
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
 * @ready: bytes translated
 * @near: where the device-TLB was used last; outlives the chunk
 * @runs: valid elements of @run
 * @end: where the last run ends, NULL without one
 */
struct accel_stream {
	u64 addr;
	bool write;
	u32 ready;
	struct atc_cursor near;
	unsigned int runs;
	u8 *end;
	struct accel_run run[ACCEL_RUNS];
};

/**
 * struct accel_chunk - The step of a descriptor that is executed outside the lock.
 * @op: opcode
 * @operand: pattern (FILL), or CRC so far (CRC32C)
 * @streams: operands in use
 * @stream: source first; both sources of COMPARE; FILL has the target alone
 * @len: bytes that every operand has ready
 * @status: SVK_CPL_OK, or why the step ends before the descriptor does
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
	u64 fault_addr;
	u64 result;
};

/**
 * struct accel - The function.
 * @name: of @fn
 * @bus_master: with the two that follow, what configuration space says, kept
 *	at hand since every page asks
 * @inflight_chunk: owned by the engine thread alone
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
	u32 glb_ctrl;
	u64 glb_err;
	struct accel_queue queue[SVK_ACCEL_MAX_QUEUES];
	struct accel_chunk inflight_chunk;
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

/* lab.c */

/** accel_lab_width() - Width of the register that a dword of BAR 0, page 2 belongs to; 0: none. */
unsigned int accel_lab_width(const struct accel *a, u64 off);
/** accel_lab_read() - Value of a whole register. */
u64 accel_lab_read(const struct accel *a, u64 off);
/** accel_lab_write() - Write @len bytes of @val. */
void accel_lab_write(struct accel *a, u64 off, u64 val, unsigned int len);

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
void accel_queue_abort(struct accel_queue *q);
/** accel_queue_halt() - Stop with an error: STATUS, GLB_ERR, vector 0. */
void accel_queue_halt(struct accel *a, struct accel_queue *q, enum svk_queue_err err, u64 addr);
/** accel_queue_reset() - Abort and set the registers to their reset values. */
void accel_queue_reset(struct accel_queue *q);
/** accel_queue_has_work() - Return: the engine has something to do for it. */
bool accel_queue_has_work(const struct accel_queue *q);
/** accel_queue_busy() - Return: work is in flight or waits. */
bool accel_queue_busy(const struct accel_queue *q);
/** accel_queue_settle() - After a step: end a quiesce, or an abort whose chunk has left. */
void accel_queue_settle(struct accel_queue *q);

/* engine.c */

/** accel_engine_start() - Start the thread. Return: 0 or -errno. */
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
 * accel_dma_ptr() - Host address of a small object of software's.
 * @len: bytes; the object is naturally aligned, so that it lies in one page
 * @status: SVK_CPL_OK, or why not
 *
 * Return: pointer, good until the lock is dropped, or NULL.
 */
void *accel_dma_ptr(struct accel *a, const struct accel_queue *q, u64 addr, u32 len, bool write,
		    enum svk_status *status);

/** accel_config_sync() - Take over configuration space; without ATS the device-TLB is empty. */
void accel_config_sync(struct accel *a);

#endif /* HW_ACCEL_ACCEL_INTERNAL_H */
