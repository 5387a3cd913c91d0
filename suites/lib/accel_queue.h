/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A queue of the accelerator as a process uses it. Functions whose names begin
 * with "__" return -errno, the others assert.
 *
 * Nothing here is thread safe: one thread a queue.
 */
#ifndef SUITES_LIB_ACCEL_QUEUE_H
#define SUITES_LIB_ACCEL_QUEUE_H

#include <svakit/accel_regs.h>
#include <svakit/accel_uapi.h>

#include "ktap.h"

#define SVK_QUEUE_ENTRIES 64 /* of the ring: one page */
#define SVK_QUEUE_WAIT_MS 10000 /* far beyond what any operation of a test takes */

/**
 * struct svk_queue - An open queue.
 * @fd: file of the uacce device; -1 when closed
 * @portal: the portal page
 * @ring: SVK_QUEUE_ENTRIES descriptors; not inherited by children
 * @cpl: one completion record for each of them, behind the ring
 * @tail: descriptors submitted, free running
 */
struct svk_queue {
	int fd;
	void *portal;
	struct svk_desc *ring;
	struct svk_cpl *cpl;
	u32 tail;
};

/**
 * struct svk_result - A completion record in host byte order; see struct svk_cpl.
 * @status: enum svk_status
 */
struct svk_result {
	u32 status;
	u32 tag;
	u64 done;
	u64 result;
	u64 fault_addr;
};

/* One call of the driver each, for tests that look at just that. */

/** __svk_device_open() - Bind the process and take a queue. Return: fd or -errno. */
int __svk_device_open(void);
/** __svk_queue_set_ring() - SVK_ACCEL_SET_RING. */
int __svk_queue_set_ring(int fd, const void *ring, u32 entries);
/** __svk_queue_start() - UACCE_CMD_START_Q. */
int __svk_queue_start(int fd);
/** __svk_queue_info() - SVK_ACCEL_GET_INFO. */
int __svk_queue_info(int fd, struct svk_accel_info *info);
/** __svk_queue_map_portal() - Map the portal page. */
int __svk_queue_map_portal(int fd, void **portal);

/* A whole queue. */

/** __svk_queue_open() - Open, name a ring, start, map the portal. */
int __svk_queue_open(struct svk_queue *q);
/** svk_queue_open() - As __svk_queue_open(). */
void svk_queue_open(struct svk_queue *q);
/** svk_queue_close() - On return none of its accesses is under way. A closed one is left alone. */
void svk_queue_close(struct svk_queue *q);
/** svk_queue_info() - As __svk_queue_info(). */
struct svk_accel_info svk_queue_info(const struct svk_queue *q);

/* Descriptors. */

struct svk_desc svk_desc_nop(void);
struct svk_desc svk_desc_drain(void);
struct svk_desc svk_desc_copy(void *dst, const void *src, u64 size);
struct svk_desc svk_desc_fill(void *dst, u64 pattern, u64 size);
struct svk_desc svk_desc_compare(const void *a, const void *b, u64 size);
struct svk_desc svk_desc_crc32c(const void *src, u32 seed, u64 size);
struct svk_desc svk_desc_batch(const struct svk_desc *members, u64 count);

/**
 * svk_queue_submit() - Put a descriptor into the ring and ring the doorbell.
 * @q: at most SVK_QUEUE_ENTRIES descriptors of it are not complete
 * @desc: without SVK_DESC_CPL_RECORD it gets the queue's own record; with it,
 *	it goes to the device as it is
 *
 * All earlier stores of the caller are visible to the device before.
 *
 * Return: a ticket for svk_queue_wait().
 */
u32 svk_queue_submit(struct svk_queue *q, struct svk_desc desc);

/** svk_queue_submit_as_is() - As svk_queue_submit(), but not a bit is added. */
void svk_queue_submit_as_is(struct svk_queue *q, struct svk_desc desc);

/**
 * svk_queue_submit_long() - Keep the device writing for much longer than a test takes.
 * @q: empty; it is full afterwards
 * @target: page aligned, written again and again, with another value each time
 * @size: bytes of @target, whole pages
 * @cpl: record of the whole, all zero
 *
 * Returns once the device has begun. The work ends early, as anything else
 * does, when the queue is stopped or loses the memory.
 */
void svk_queue_submit_long(struct svk_queue *q, void *target, u64 size, struct svk_cpl *cpl);

/** svk_queue_doorbell() - Write any value to the doorbell. */
void svk_queue_doorbell(const struct svk_queue *q, u32 tail);

/** __svk_cpl_wait() - Wait for a record. Return: 0, or -ETIMEDOUT after @timeout_ms. */
int __svk_cpl_wait(const struct svk_cpl *cpl, int timeout_ms, struct svk_result *result);

/** svk_queue_wait() - Wait, with a deadline, for the descriptor of @ticket. */
struct svk_result svk_queue_wait(const struct svk_queue *q, u32 ticket);

/** svk_queue_run() - Submit and wait. */
struct svk_result svk_queue_run(struct svk_queue *q, struct svk_desc desc);

/** svk_queue_wait_state() - Wait, with a deadline, until STATUS shows @state. Return: STATUS. */
u32 svk_queue_wait_state(const struct svk_queue *q, enum svk_queue_state state);

/** svk_check_status() - Behind xxx_STATUS(). Return: whether it holds. */
bool svk_check_status(struct ktap_site site, const char *what, struct svk_result res, u32 want);

/** svk_status_name() - Return: the name of an enum svk_status. */
const char *svk_status_name(u32 status);

/* clang-format off */
/* Compare the status of a struct svk_result, and show it by name. */
#define CHECK_STATUS(res, want) \
	svk_check_status(KTAP_SITE(false), #res, res, want)
#define REQUIRE_STATUS(res, want) \
	svk_check_status(KTAP_SITE(true), #res, res, want)
/* clang-format on */

#endif /* SUITES_LIB_ACCEL_QUEUE_H */
