/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An accelerator: a PCI function with queues, a device-TLB and an engine
 * thread of its own. Contract with software: <svakit/accel_regs.h>,
 * docs/accelerator.md.
 */
#ifndef HW_ACCEL_ACCEL_H
#define HW_ACCEL_ACCEL_H

#include <svakit/accel_regs.h>
#include <svakit/types.h>

struct accel;
struct machine;
struct gmem;
struct pci_function;
struct vtd;

/**
 * struct accel_config - How the function is built.
 * @index: 0 for the first function, "accel"; 1 for the second, "accel-2", and so on
 * @vendor, @device: what its configuration space says that it is
 * @sid: source-id under which it reaches the remapping unit
 * @queues: 1..SVK_ACCEL_MAX_QUEUES
 * @pasid_width: bits of the PASID capability, 1..20; 0 leaves the capability out
 * @ats: show the ATS capability
 * @pri: show the PRI capability
 * @acs: show the ACS capability
 * @max_atc: bound of the device-TLB, in entries
 * @stepped: without a thread: whoever builds it takes the engine's turns, see accel_turn_begin()
 */
struct accel_config {
	unsigned int index;
	u16 vendor;
	u16 device;
	u16 sid;
	unsigned int queues;
	unsigned int pasid_width;
	bool ats;
	bool pri;
	bool acs;
	size_t max_atc;
	bool stepped;
};

/**
 * accel_config_default() - "accel" at 00:06.0, with the ids of svakit's own.
 *
 * 16 queues, 20 PASID bits, ATS and PRI.
 */
void accel_config_default(struct accel_config *cfg);

/**
 * accel_new() - Build the function and start its engine thread, if it is to have one.
 * @unit: remapping unit it sits behind
 *
 * Return: the accelerator, or NULL with errno set.
 */
struct accel *accel_new(const struct accel_config *cfg, struct machine *m, struct gmem *mem,
			struct vtd *unit);

/**
 * accel_free() - Stop the engine after the chunk in flight and free.
 *
 * The machine's lock is not held; NULL is allowed. The unit, which
 * forgets the endpoint, must still be there.
 */
void accel_free(struct accel *a);

/**
 * accel_turn_begin() - Start a turn of the engine: fetch a descriptor, translate a chunk.
 *
 * A turn is this call, accel_turn_move() and accel_turn_end(), and is taken by the engine thread;
 * in a stepped function by its owner, who may do what he likes to the model in between: registers,
 * resets and invalidations, but no unmapping of memory, which waits for the end of the turn.
 * All three are called with the lock held.
 *
 * Return: false if there is nothing to do; the turn is over then.
 */
bool accel_turn_begin(struct accel *a);

/** accel_turn_move() - Move the chunk's data, if it has any, with the lock dropped. */
void accel_turn_move(struct accel *a);

/** accel_turn_end() - Take over the outcome, unless the queue has been reset meanwhile. */
void accel_turn_end(struct accel *a);

/**
 * struct accel_queue_info - A queue, as its registers show it.
 * @sent_pasid: PASID register of its accesses, 0 unless some may be made
 * @waiting: for the answer to a page request
 */
struct accel_queue_info {
	enum svk_queue_state state;
	enum svk_queue_err err;
	u32 sent_pasid;
	u32 head;
	u32 tail;
	bool waiting;
};

/** accel_queue_info() - Look at queue @n. Return: false if there is none of that number. */
bool accel_queue_info(const struct accel *a, unsigned int n, struct accel_queue_info *out);

/** accel_sid() - Return: source-id of its requests. */
u16 accel_sid(const struct accel *a);

/** accel_function() - The PCI face, owned by the accelerator. */
struct pci_function *accel_function(struct accel *a);

#endif /* HW_ACCEL_ACCEL_H */
