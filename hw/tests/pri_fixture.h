/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page requests for tests of the accelerator: on top of its fixture, the part
 * of a driver that reads the page request queue and responds.
 */
#ifndef HW_TESTS_PRI_FIXTURE_H
#define HW_TESTS_PRI_FIXTURE_H

#include <svakit/types.h>

struct fx;

#define PF_SUCCESS 0u
#define PF_INVALID 1u
#define PF_FAILURE 15u

/** struct pf_request - A page request as software reads it. */
struct pf_request {
	u16 sid;
	bool has_pasid;
	u32 pasid;
	u64 addr;
	u16 prgi;
	bool read;
	bool write;
	bool last;
};

/** pf_init() - Let the context entry permit requests, set up the queue, enable PRI. */
void pf_init(struct fx *f);
/** pf_setup() - cmocka setup: the default machine with page requests; fx_teardown() ends it. */
int pf_setup(void **state);

/** pf_enable() - PRI as pci_enable_pri() does, for @allocation outstanding requests. */
void pf_enable(struct fx *f, u32 allocation);
/** pf_control() - Write the PRI control register. */
void pf_control(struct fx *f, u16 val);
/** pf_status() - Read the PRI status register. */
u16 pf_status(struct fx *f);
/** pf_clear_status() - Write the PRI status register. */
void pf_clear_status(struct fx *f, u16 val);

/** pf_queued() - Return: requests in the queue that pf_next() has not taken. */
unsigned int pf_queued(struct fx *f);
/** pf_next() - Wait for a request and take it out of the queue. */
struct pf_request pf_next(struct fx *f);
/** pf_respond() - Page group response, executed when this returns. */
void pf_respond(struct fx *f, const struct pf_request *req, unsigned int code);
/** pf_drain() - Wait descriptor with page-request drain. */
void pf_drain(struct fx *f);

#endif /* HW_TESTS_PRI_FIXTURE_H */
