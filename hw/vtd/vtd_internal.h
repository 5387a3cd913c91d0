/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the VT-d unit share. Everything here is called with the
 * machine's lock held. Functions that translate return 0 or the positive
 * fault reason (enum vtd_fault_reason).
 */
#ifndef HW_VTD_VTD_INTERNAL_H
#define HW_VTD_VTD_INTERNAL_H

#include <svakit/types.h>
#include <svakit/vtd_regs.h>

#include "machine.h"
#include "vtd/inspect.h"
#include "vtd/pmu.h"
#include "vtd/vtd.h"

/* Host address width: bits 51:VTD_HAW of every table pointer are reserved. */
#define VTD_HAW 48
/* Where CAP.FRO and ECAP.IRO point; 0x300 is PMS, 0x400 enhanced commands, 0xe00 VCS. */
#define VTD_FRCD_BASE 0x600
#define VTD_FRCD_MAX 128
#define VTD_IOTLB_BASE 0x500
#define VTD_ENDPOINTS 16
#define VTD_VERSION 0x60
/* Where PERFCFGOFF and its like point: behind the first page, which is all that there was once. */
#define VTD_PERF_CFG 0x1000
#define VTD_PERF_FRZ 0x1800
#define VTD_PERF_OVF 0x1808
#define VTD_PERF_CNTR 0x2000
#define VTD_PERF_COUNTERS 8u
/* Linux reads the events of five groups, whatever PERFCAP says; the last has none. */
#define VTD_PERF_GROUPS 5u
/* Answers to discarded page requests that wait; further ones are sent at once. */
#define VTD_HELD 512

struct gmem;

/**
 * struct vtd_node - Head of every cache entry.
 * @next: hash chain
 * @older: @newer: age list
 * @key: hash, not unique
 */
struct vtd_node {
	struct vtd_node *next;
	struct vtd_node *older;
	struct vtd_node *newer;
	u64 key;
	u64 born; /* ns of CLOCK_MONOTONIC */
	u64 by; /* struct vtd_request.by of the request that entered it */
};

/**
 * struct vtd_cache - Hash table that forgets nothing by itself.
 * @bucket: @mask + 1 chains
 * @max: bound; at the bound the oldest entry makes room
 * @oldest: @newest: ends of the age list
 * @spare: removed nodes, for reuse
 * @node_size: bytes of an entry, which starts with a struct vtd_node
 * @evicted: entries that had to go without an invalidation
 * @drop: removes one entry, with what refers to it
 */
struct vtd_cache {
	struct vtd_node **bucket;
	size_t mask;
	size_t count;
	size_t max;
	struct vtd_node *oldest;
	struct vtd_node *newest;
	struct vtd_node *spare;
	size_t node_size;
	u64 evicted;
	const char *name;
	void (*drop)(struct vtd *v, struct vtd_node *n);
};

/** struct vtd_context - A context entry as cached; tag: source-id (6.2.2). */
struct vtd_context {
	struct vtd_node node;
	u64 upper; /* the root entry that led to it */
	u64 upper_at;
	u16 sid;
	bool fpd;
	bool dte;
	bool paside;
	bool pre;
	bool rid_priv;
	u32 rid_pasid;
	u32 pasids; /* that the directory covers */
	u64 dir;
};

/** struct vtd_pasid - A PASID table entry as cached; tags: source-id, PASID, domain-id (6.2.3). */
struct vtd_pasid {
	struct vtd_node node;
	u64 upper; /* the directory entry that led to it */
	u64 upper_at;
	u32 pasid;
	u16 sid;
	u16 did;
	u8 pgtt;
	u8 fs_levels;
	u8 ss_levels;
	bool fpd; /* of this entry or of its directory entry */
	bool ssade;
	bool sre;
	bool ere;
	bool wpe;
	bool nxe;
	bool smep;
	bool eafe;
	u64 fsptptr;
	u64 ssptptr;
};

/* struct vtd_page.flags */
#define VTD_PAGE_R 1u
#define VTD_PAGE_W 2u
#define VTD_PAGE_X 4u
#define VTD_PAGE_D 8u /* every dirty bit on the way is set, or not in use */
#define VTD_PAGE_PRIV 16u /* permissions of a privileged request */

/**
 * struct vtd_page - Result of a walk.
 * @addr: output address of the page's first byte
 * @mid: of a nested translation, what the first stage gives for it; else 0
 * @order: log2 of its size
 * @flags: VTD_PAGE_*
 */
struct vtd_page {
	u64 addr;
	u64 mid;
	u8 order;
	u8 flags;
};

/**
 * struct vtd_group - IOTLB entries of one (domain-id, PASID).
 * @first: their list
 * @paged: how many are first-stage or nested
 * @count: how many there are
 */
struct vtd_group {
	struct vtd_node node;
	struct vtd_tlbe *first;
	size_t paged;
	size_t count;
	u32 pasid;
	u16 did;
};

/** struct vtd_tlbe - An IOTLB entry; tags: source-id, PASID, domain-id, address, size (6.2.5). */
struct vtd_tlbe {
	struct vtd_node node;
	u64 addr;
	struct vtd_page page;
	u32 pasid;
	u16 sid;
	u16 did;
	u8 pgtt;
	struct vtd_tlbe *gnext;
	struct vtd_tlbe *gprev;
	struct vtd_group *group;
};

#define VTD_ORDERS 3 /* 4 KiB, 2 MiB, 1 GiB */

/** struct vtd_endpoint - A function that vtd_attach() made known. */
struct vtd_endpoint {
	u16 sid;
	const struct vtd_endpoint_ops *ops;
	void *priv;
};

/**
 * struct vtd_drain - Accesses in flight, in two generations.
 * @count: accesses of each generation
 * @cur: generation that new accesses join; the other one must end first
 * @again: an invalidation came while the other generation was not empty
 * @serial: of the last access
 */
struct vtd_drain {
	u64 count[2];
	unsigned int cur;
	bool again;
	u64 serial;
};

/**
 * struct vtd_vcs - PASIDs that virtual commands give.
 * @first: @last: the pool
 * @used: a bit for each, set = allocated
 */
struct vtd_vcs {
	u32 first;
	u32 last;
	u64 *used;
};

/** struct vtd_held - An answer of the unit itself that waits for software to clear PRS.PRO. */
struct vtd_held {
	u16 sid;
	struct vtd_page_response resp;
};

/**
 * struct vtd_prq - Page requests.
 * @queued: requests ever put into the queue
 * @held: a ring, @held_count of them from @held_first on
 */
struct vtd_prq {
	u64 queued;
	unsigned int held_first;
	unsigned int held_count;
	struct vtd_held held[VTD_HELD];
};

/* Descriptors that a wait may overtake; when there are more, all of them take effect. */
#define VTD_HELD_DESCS 256

/** struct vtd_held_desc - A descriptor that has not taken effect. @overtaken: a wait has. */
struct vtd_held_desc {
	u64 d[4];
	bool overtaken;
};

#define VTD_EVENTS 4 /* SVK_IRQ_EVENT_xxx */

/** struct vtd_late - The message of an event that is late. */
struct vtd_late {
	struct timer timer;
	struct vtd *v;
	u64 addr;
	u32 data;
};

/**
 * struct vtd_fail - What fails of the invalidation queue, and of the events.
 * @unanswered: a device has not answered, with the source-id @sid
 * @wait: the wait at the head has been looked at; it may have to be looked at again
 * @late: runs until that wait may complete
 * @event: messages on their way
 * @has_last: descriptors have been fetched since the wait before
 * @last: the last of them
 * @held: how many of @desc
 */
struct vtd_fail {
	bool unanswered;
	bool wait;
	bool has_last;
	u16 sid;
	struct timer late;
	struct vtd_late event[VTD_EVENTS];
	u64 last[4];
	unsigned int held;
	struct vtd_held_desc desc[VTD_HELD_DESCS];
};

struct vtd {
	struct vtd_config cfg;
	char name[16];
	struct vtd *next;
	struct machine *m;
	struct gmem *mem;
	const struct vtd_host_ops *ops;
	void *host;

	u32 reg[VTD_REG_SIZE / 4];
	u32 rw[VTD_REG_SIZE / 4];
	u32 w1c[VTD_REG_SIZE / 4];
	u64 root; /* RTADDR as the last SRTP latched it */
	unsigned int frcd_next;
	bool qi_running;
	bool ivt_pending;

	/* Decoded from the capabilities; level 1..5, [1] for a leaf. */
	u64 fs_rsvd[6][2];
	u64 ss_rsvd[6][2];
	u64 pe_rsvd[3];
	u64 ce_rsvd[2];
	u64 input_width;

	struct vtd_cache context;
	struct vtd_cache pasid;
	struct vtd_cache iotlb;
	struct vtd_cache group;
	size_t order_count[VTD_ORDERS];
	struct vtd_context ce_tmp; /* result of a fetch, also without memory for an entry */
	struct vtd_pasid pe_tmp;

	u64 executed[SVK_LAB_QI_OTHER + 1];
	struct vtd_drain drain;
	struct vtd_vcs vcs;
	struct vtd_pmu pmu;
	struct vtd_prq prq;
	struct vtd_fail fail;
	struct vtd_endpoint endpoint[VTD_ENDPOINTS];
	unsigned int endpoints;

	const struct vtd_watch *watch;
	void *watcher;
	bool inspecting; /* what is fetched now is fetched for vtd_inspect() */
	u64 by; /* of the request under way */
};

static inline u32 vtd_reg32(const struct vtd *v, unsigned int off)
{
	return v->reg[off / 4];
}

static inline u64 vtd_reg64(const struct vtd *v, unsigned int off)
{
	return v->reg[off / 4] | (u64)v->reg[off / 4 + 1] << 32;
}

static inline void vtd_set64(struct vtd *v, unsigned int off, u64 val)
{
	v->reg[off / 4] = (u32)val;
	v->reg[off / 4 + 1] = (u32)(val >> 32);
}

static inline bool vtd_has_cap(const struct vtd *v, u64 bit)
{
	return v->cfg.cap & bit;
}

static inline bool vtd_has_ecap(const struct vtd *v, u64 bit)
{
	return v->cfg.ecap & bit;
}

static inline unsigned int vtd_ttm(const struct vtd *v)
{
	return (unsigned int)svk_get(VTD_RTADDR_TTM, v->root);
}

/** vtd_desc_type() - Type of an invalidation descriptor, VTD_DESC_*. */
static inline unsigned int vtd_desc_type(const u64 *d)
{
	return (unsigned int)(svk_get(VTD_DESC_TYPE_LO, d[0]) | svk_get(VTD_DESC_TYPE_HI, d[0])
									<< 4);
}

/* cap.c */
/** vtd_decode() - Derive reserved-bit masks and limits from the capabilities. */
void vtd_decode(struct vtd *v);

/* regs.c */
/** vtd_regs_reset() - Every register to its reset value. */
void vtd_regs_reset(struct vtd *v);
/** vtd_ivt_resume() - Complete a register-based IOTLB invalidation whose accesses have ended. */
void vtd_ivt_resume(struct vtd *v);

/* fault.c */
/** vtd_fault_record() - Record a request's fault and raise the fault event (7.2). */
void vtd_fault_record(struct vtd *v, const struct vtd_request *req, int reason);
/** vtd_fault_update() - Recompute FSTS.PPF and the pending bit after software cleared something. */
void vtd_fault_update(struct vtd *v);
/** vtd_fault_status() - Set a bit of FSTS, with the fault event if none was pending. */
void vtd_fault_status(struct vtd *v, u32 bit);
/**
 * vtd_event() - Deliver or hold back a message-signalled event (7.3).
 * @ctl: VTD_FECTL, VTD_IECTL or VTD_PECTL; data and address registers follow it
 */
void vtd_event(struct vtd *v, unsigned int ctl);
/** vtd_event_unmask() - Deliver a held message if the mask has been cleared. */
void vtd_event_unmask(struct vtd *v, unsigned int ctl);

/* qi.c */
/** vtd_qi_run() - Execute descriptors until the queue is empty, in error, or must wait. */
void vtd_qi_run(struct vtd *v);
/** vtd_qi_disable() - Software has cleared GCMD.QIE. */
void vtd_qi_disable(struct vtd *v);
/** vtd_qi_cleared() - Software has cleared these bits of FSTS, IQE or ITE. */
void vtd_qi_cleared(struct vtd *v, u32 bits);
/** vtd_qi_unanswered() - A device has not answered: the queue stops at the next wait or end. */
void vtd_qi_unanswered(struct vtd *v, u16 sid);
/** vtd_qi_take() - Execute what is no wait, unless no device answers. @told: who looks on is. */
void vtd_qi_take(struct vtd *v, const u64 *d, bool told);

/* fail.c */
struct inject_at;
/** vtd_fail_at() - Whom a descriptor concerns. */
void vtd_fail_at(const u64 *d, struct inject_at *at);
/** vtd_fail_reset() - Nothing is held back any more; what was is forgotten. */
void vtd_fail_reset(struct vtd *v);
/** vtd_fail_flush() - Likewise, but it takes effect now. */
void vtd_fail_flush(struct vtd *v);
/** vtd_fail_fetched() - A descriptor has been fetched. Return: 0, or the error that stops here. */
int vtd_fail_fetched(struct vtd *v, const u64 *d);
/** vtd_fail_descriptor() - Return: it has been lost, or held back. */
bool vtd_fail_descriptor(struct vtd *v, const u64 *d);
/** vtd_fail_unanswered() - Return: the device does not answer this device-TLB invalidation. */
bool vtd_fail_unanswered(struct vtd *v, const u64 *d);
/** vtd_fail_wait() - A wait is next: what was held back takes effect, now or after it. */
void vtd_fail_wait(struct vtd *v);
/** vtd_fail_wait_late() - Return: it may not complete yet; the queue is run when it may. */
bool vtd_fail_wait_late(struct vtd *v);
/** vtd_fail_event() - Return: the message of an event is lost, or late and sent when it is time. */
bool vtd_fail_event(struct vtd *v, unsigned int ctl, u64 addr, u32 data);
/** vtd_fail_wait_over() - It has completed, or has been aborted. */
void vtd_fail_wait_over(struct vtd *v);

/**
 * vtd_fail_flip() - An entry of a table has been fetched: one bit of it may be wrong.
 * @at: whose; @what is the table
 * @q: the entry, or as much of it as there is to see
 * @n: quadwords; of a bit beyond them, its number modulo theirs
 *
 * Return: whether it is.
 */
bool vtd_fail_flip(struct vtd *v, const struct inject_at *at, u64 *q, unsigned int n);

/* fail_prq.c */
/** vtd_fail_request() - Return: a rule of this kind strikes a page request; never a stop marker. */
bool vtd_fail_request(struct vtd *v, enum svk_inject kind, const struct vtd_page_request *req);
/** vtd_fail_spoil() - Change a request that is to be spoilt. Return: bits of quadword 0 to set. */
u64 vtd_fail_spoil(struct vtd *v, struct vtd_page_request *req);

/* prq.c */
/** vtd_prq_update() - Software has written PRS: pending bit, and answers that waited for PRO. */
void vtd_prq_update(struct vtd *v);
/** vtd_prq_release() - Send the answers that wait: drain of page requests (7.10), reset. */
void vtd_prq_release(struct vtd *v);
/** vtd_prq_forget() - No answer that waits goes to @sid. */
void vtd_prq_forget(struct vtd *v, u16 sid);
/** vtd_prq_response() - Execute a page group response descriptor (7.5.3). */
void vtd_prq_response(struct vtd *v, const u64 *d);

/* translate.c */
/**
 * vtd_page_request_check() - Whether a page request may be queued.
 * @pasid: whose entry serves it, if it may
 *
 * Return: 0, or the fault reason, recorded unless fault processing is disabled, or translation.
 */
int vtd_page_request_check(struct vtd *v, const struct vtd_page_request *req, u32 *pasid);

/* vcs.c */
/** vtd_vcs_init() - Make the pool that the configuration says. Return: 0 or -ENOMEM. */
int vtd_vcs_init(struct vtd *v);
/** vtd_vcs_cleanup() - Free it. */
void vtd_vcs_cleanup(struct vtd *v);
/** vtd_vcs_reset() - All of the pool is free; VCCAP, zero before, says what there is. */
void vtd_vcs_reset(struct vtd *v);
/** vtd_vcs_command() - Execute what VCMD holds, response in VCRSP. */
void vtd_vcs_command(struct vtd *v);

/* drain, vtd.c */
/** vtd_drain_mark() - Accesses that have begun must end before the next wait completes. */
void vtd_drain_mark(struct vtd *v);
/** vtd_drain_done() - Whether they have. */
bool vtd_drain_done(struct vtd *v);

/* inval.c */
/** vtd_inv_context() - @gran VTD_GRAN_*; @fm: function number bits ignored (6.5.2.1). */
void vtd_inv_context(struct vtd *v, unsigned int gran, u16 sid, unsigned int fm);
/** vtd_inv_pasid() - @gran VTD_PC_G_* (6.5.2.2). */
void vtd_inv_pasid(struct vtd *v, unsigned int gran, u16 did, u32 pasid);
/** vtd_inv_iotlb() - @gran VTD_GRAN_*, 2^@am pages. Return: granularity done (6.5.2.3). */
unsigned int vtd_inv_iotlb(struct vtd *v, unsigned int gran, u16 did, u64 addr, unsigned int am);
/** vtd_inv_piotlb() - PASID-selective, or the range of 2^@am pages if @page (6.5.2.4). */
void vtd_inv_piotlb(struct vtd *v, u16 did, u32 pasid, bool page, u64 addr, unsigned int am);
/** vtd_inv_devtlb() - To the endpoint; @range and @s encode address and size (6.5.2.5). */
void vtd_inv_devtlb(struct vtd *v, u16 sid, struct vtd_devtlb_inv *inv, u64 range, bool s);
/** vtd_inv_all() - Everything but the device-TLBs: SRTP with CAP.ESRTPS, reset. */
void vtd_inv_all(struct vtd *v);

/* fetch.c */
/**
 * vtd_fetch() - Fetch a context entry or a PASID table entry, in pieces of 128 bits.
 * @at: whose; @what is the table
 * @addr: of the entry
 * @n: its quadwords, 4 or 8
 * @q: what was fetched; quadword 0, which has P, is not younger than any other
 *
 * Return: 0, or -1 if it is not in memory.
 */
int vtd_fetch(struct vtd *v, const struct inject_at *at, u64 addr, unsigned int n, u64 *q);

/* tables.c */
/** vtd_context_read() - Context entry from memory, past the cache; as vtd_context_get(). */
int vtd_context_read(struct vtd *v, u16 sid, struct vtd_context *ce, bool *fpd);
/** vtd_pasid_read() - Likewise the PASID table entry. */
int vtd_pasid_read(struct vtd *v, const struct vtd_context *ce, u32 pasid, struct vtd_pasid *pe,
		   bool *fpd);
/** vtd_context_get() - Context entry from the cache or memory; *@fpd tells of fault disable. */
int vtd_context_get(struct vtd *v, u16 sid, const struct vtd_context **ce, bool *fpd);
/** vtd_pasid_get() - Likewise the PASID table entry. */
int vtd_pasid_get(struct vtd *v, const struct vtd_context *ce, u32 pasid,
		  const struct vtd_pasid **pe, bool *fpd);

/* walk.c */
/** vtd_walk() - Translate by the tables that @pe points to; sets accessed and dirty bits. */
int vtd_walk(struct vtd *v, const struct vtd_pasid *pe, const struct vtd_request *req,
	     struct vtd_page *page);
/**
 * vtd_walk_peek() - What a translation request that does not write would be told now.
 *
 * Reads the tables only: no accessed or dirty bit, no counter, no cache changes.
 * A second stage without leave to read a table, and all else that refuses, as in vtd_walk().
 * *@first: VTD_PAGE_* that the first stage alone gives, if there is one.
 */
int vtd_walk_peek(struct vtd *v, const struct vtd_pasid *pe, u64 addr, bool priv,
		  struct vtd_page *page, u8 *first);

/* cache.c */
/** vtd_cache_init() - Return: 0 or -ENOMEM. */
int vtd_cache_init(struct vtd_cache *c, size_t node_size, size_t max);
/** vtd_cache_cleanup() - Free all memory; references to entries are the caller's business. */
void vtd_cache_cleanup(struct vtd_cache *c);
/** vtd_cache_add() - A zeroed entry, linked under @key. Return: NULL without memory. */
struct vtd_node *vtd_cache_add(struct vtd *v, struct vtd_cache *c, u64 key);
/** vtd_cache_del() - Unlink and keep for reuse. */
void vtd_cache_del(struct vtd_cache *c, struct vtd_node *n);
/** vtd_cache_clear() - Drop every entry. */
void vtd_cache_clear(struct vtd *v, struct vtd_cache *c);

/** vtd_cache_first() - First entry of the chain that @key leads to. */
static inline struct vtd_node *vtd_cache_first(const struct vtd_cache *c, u64 key)
{
	return c->bucket[key & c->mask];
}

/** vtd_hash() - Spread a tag over 64 bits. */
static inline u64 vtd_hash(u64 x)
{
	x *= 0x9e3779b97f4a7c15ULL;
	return x ^ x >> 32;
}

/* iotlb.c */
/** vtd_iotlb_init() - Return: 0 or -ENOMEM. */
int vtd_iotlb_init(struct vtd *v);
/** vtd_iotlb_find() - Entry for an address under a PASID entry, whatever it permits, or NULL. */
const struct vtd_tlbe *vtd_iotlb_find(const struct vtd *v, const struct vtd_pasid *pe, u64 addr,
				      bool priv);
/** vtd_iotlb_insert() - Enter a walk's result, replacing an entry with the same tags. */
void vtd_iotlb_insert(struct vtd *v, const struct vtd_pasid *pe, u64 addr,
		      const struct vtd_page *page);
/** vtd_iotlb_drop_group() - Drop the entries of a group that @paged_only admits. */
void vtd_iotlb_drop_group(struct vtd *v, struct vtd_group *g, bool paged_only);
/**
 * struct vtd_range - Which entries an invalidation of an address range concerns.
 * @did: domain-id
 * @paged: first-stage and nested entries of @pasid, else second-stage and pass-through ones
 * @pasid: 20 bits, with @paged
 * @start: first byte
 * @last: last byte
 */
struct vtd_range {
	u16 did;
	bool paged;
	u32 pasid;
	u64 start;
	u64 last;
};

/** vtd_iotlb_drop_range() - Drop what overlaps the range. */
void vtd_iotlb_drop_range(struct vtd *v, const struct vtd_range *r);
/** vtd_iotlb_group() - Group of a (domain-id, PASID), or NULL. */
struct vtd_group *vtd_iotlb_group(const struct vtd *v, u16 did, u32 pasid);

/* inspect.c */
/** vtd_view_tlbe() - An IOTLB entry as others see it. */
void vtd_view_tlbe(const struct vtd_tlbe *t, struct vtd_view *e);
/** vtd_filled_node() - Tell who looks on of a new entry of a cache. */
void vtd_filled_node(struct vtd *v, enum vtd_view_kind kind, const struct vtd_node *n);
/** vtd_malformed() - Tell who looks on of a table entry with reserved bits. */
void vtd_malformed(struct vtd *v, const struct vtd_malformed *m);
/** vtd_drop() - Remove an entry, as software has asked; tell who looks on if by a descriptor. */
void vtd_drop(struct vtd *v, enum vtd_view_kind kind, struct vtd_node *n);

#endif /* HW_VTD_VTD_INTERNAL_H */
