/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The VT-d remapping unit, scalable mode, as the rest of the model sees it:
 * a register block, a translation service for endpoints, and a client's side
 * of the device-TLB. Source: "Intel Virtualization Technology for Directed
 * I/O Architecture Specification"; section numbers below and in vtd_regs.h
 * are of revision 4.1.
 *
 * Every function is called with the machine's lock held.
 */
#ifndef HW_VTD_VTD_H
#define HW_VTD_VTD_H

#include <svakit/accel_regs.h>
#include <svakit/types.h>

struct gmem;
struct machine;
struct vtd;
struct vtd_view;

/**
 * struct vtd_config - What the unit is built with.
 * @cap: capability register, see vtd_config_default()
 * @ecap: extended capability register
 * @max_entries: bound of each translation cache, a safety net against a hostile
 *	guest; when it is reached the oldest entry goes, with a warning
 * @index: 0; of a second unit 1, and so on, for the trace and the log
 * @vcs_first: first PASID that virtual commands give; 1 or more
 * @vcs_last: last of them, at most what ECAP.PSS has room for; both 0: the upper half of the
 *	PASIDs below 2^16, or of those that ECAP.PSS has room for if these are fewer
 * @pms_width: bits of the performance monitoring counters, 1 to 63
 */
struct vtd_config {
	u64 cap;
	u64 ecap;
	unsigned int index;
	size_t max_entries;
	u32 vcs_first;
	u32 vcs_last;
	unsigned int pms_width;
};

/** vtd_config_default() - Everything on that the model implements. */
void vtd_config_default(struct vtd_config *cfg);

/**
 * vtd_config_set() - Change capability fields from a command line.
 * @reg: "cap" or "ecap"
 * @spec: "-smpwc", "+nwfs", "pss=15", several separated by commas; names in
 *	lower case as in the specification (vtd_config_help() lists them)
 *
 * Return: 0, or -EINVAL with the offending item in *@bad (points into @spec).
 */
int vtd_config_set(struct vtd_config *cfg, const char *reg, const char *spec, const char **bad);

/** vtd_config_check() - Return: 0, or -EINVAL if the pool of virtual commands is out of range. */
int vtd_config_check(const struct vtd_config *cfg);

/** vtd_config_help() - Print every field: name, register, bits, default, section. */
void vtd_config_help(void);

/**
 * struct vtd_host_ops - How the unit reaches the outside.
 * @msi: write @data to @addr (fault, invalidation completion, page request event)
 */
struct vtd_host_ops {
	void (*msi)(void *host, u64 addr, u32 data);
};

/** vtd_new() - Return: a unit in its reset state, or NULL with errno ENOMEM, EINVAL. */
struct vtd *vtd_new(const struct vtd_config *cfg, struct machine *m, struct gmem *mem,
		    const struct vtd_host_ops *ops, void *host);
/** vtd_append() - Make @v the last of the units that begin with @first. */
void vtd_append(struct vtd *first, struct vtd *v);
/** vtd_next() - Return: the unit behind @v, NULL after the last. */
struct vtd *vtd_next(const struct vtd *v);
/** vtd_number() - Return: of the unit, from 1 on. */
unsigned int vtd_number(const struct vtd *v);
/** vtd_name() - Return: "vtd", of a second unit "vtd-2", and so on. */
const char *vtd_name(const struct vtd *v);
/** vtd_executed() - Return: descriptors executed, by SVK_LAB_QI_xxx, since the unit was built. */
u64 vtd_executed(const struct vtd *v, enum svk_lab_counter which);
/** vtd_free() - NULL is allowed. */
void vtd_free(struct vtd *v);
/** vtd_reset() - Registers to reset values, caches empty. Attached endpoints stay. */
void vtd_reset(struct vtd *v);

/** vtd_mmio_read() - @len 4 or 8, naturally aligned, @off < VTD_REG_SIZE; else all ones. */
u64 vtd_mmio_read(struct vtd *v, u64 off, unsigned int len);
/** vtd_mmio_write() - Likewise; takes effect, queue included, before it returns. */
void vtd_mmio_write(struct vtd *v, u64 off, u64 val, unsigned int len);

/* Kind of a request on the bus (PCIe AT field; specification 4.2). */
enum vtd_at {
	VTD_AT_UNTRANSLATED = 0,
	VTD_AT_TRANSLATION = 1, /* ATS translation request */
	VTD_AT_TRANSLATED = 2,
	VTD_AT_PAGE_REQUEST = 4, /* a message, not a request; it has no AT field */
};

/**
 * struct vtd_request - One request of an endpoint.
 * @sid: source-id, bus << 8 | device << 3 | function
 * @at: kind
 * @has_pasid: with a PASID prefix
 * @write: also write permission is wanted (for VTD_AT_TRANSLATION: !NW)
 * @exec: execute requested
 * @priv: privileged mode requested
 * @pasid: 20 bits
 * @addr: input address; the request does not cross a 4 KiB page
 * @by: for reports: queue << 32 | number of the descriptor that needs it
 */
struct vtd_request {
	u16 sid;
	enum vtd_at at;
	bool has_pasid;
	bool write;
	bool exec;
	bool priv;
	u32 pasid;
	u64 addr;
	u64 by;
};

/**
 * struct vtd_translation - The answer.
 * @addr: output address of the request's own byte
 * @mid: for reports: of a nested translation, what the first stage gives for it; else 0
 * @size: the answer holds for the naturally aligned range of this many bytes
 *	around the input address, a power of two from 4096
 * @read: reads are allowed
 * @write: writes are allowed
 */
struct vtd_translation {
	u64 addr;
	u64 mid;
	u64 size;
	bool read;
	bool write;
};

/**
 * vtd_translate() - Translate one request (specification 3, 4.2.3, 7).
 *
 * An untranslated or translated request that is refused is recorded in the
 * fault registers and raises the fault event, unless the entry disables fault
 * processing. A translation request whose page is not present or not
 * permitted is no fault: it succeeds with read and write both false.
 *
 * Return: 0, or the fault reason (VTD_FR_*, positive; specification 7.1.3),
 * recorded or not.
 */
int vtd_translate(struct vtd *v, const struct vtd_request *req, struct vtd_translation *out);

/**
 * struct vtd_devtlb_inv - A device-TLB invalidation as the endpoint gets it.
 * @has_pasid: PASID-based; else only entries without PASID are concerned
 * @global: of every PASID (the G bit); @pasid is then ignored
 * @pasid: 20 bits
 * @addr: start, aligned to @size
 * @size: bytes, a power of two from 4096, or 0 for the whole address space
 */
struct vtd_devtlb_inv {
	bool has_pasid;
	bool global;
	u32 pasid;
	u64 addr;
	u64 size;
};

/**
 * struct vtd_page_request - A page request message of an endpoint (PCIe 10.4; specification 7.4).
 * @sid: source-id, bus << 8 | device << 3 | function
 * @has_pasid: with a PASID prefix
 * @last: of its group; the last request of a group is the one that is answered
 * @read: read permission is wanted
 * @write: write permission is wanted; neither, with @last: a stop marker
 * @exec: execute permission is wanted; with @has_pasid only
 * @priv: privileged mode; with @has_pasid only
 * @pasid: 20 bits
 * @prgi: page request group index, 9 bits
 * @addr: bits 11:0 are ignored
 */
struct vtd_page_request {
	u16 sid;
	bool has_pasid;
	bool last;
	bool read;
	bool write;
	bool exec;
	bool priv;
	u32 pasid;
	u16 prgi;
	u64 addr;
};

/**
 * struct vtd_page_response - A page group response message (PCIe 10.4.2; specification 7.5.3).
 * @has_pasid: with a PASID prefix
 * @pasid: 20 bits, else 0
 * @prgi: page request group index, 9 bits
 * @code: VTD_PGRP_RC_*
 */
struct vtd_page_response {
	bool has_pasid;
	u32 pasid;
	u16 prgi;
	unsigned int code;
};

/**
 * vtd_page_request() - An endpoint sends a page request (specification 7.4).
 *
 * It goes into the page request queue, or the unit answers the group itself, if this is its last
 * request: Response Failure without ECAP.PRS, with translation off, without a valid root and
 * context entry, or if the queue is not in memory; Invalid Request if the context entry does not
 * permit page requests (SCT.8), or if the PASID has no valid entry. What is wrong with the tables
 * is recorded as a fault, unless fault processing is disabled. If the queue is full PRS.PRO is
 * set and the request discarded, as all that follow are until software clears PRO; the group is
 * answered with Success then, or when a wait descriptor drains page requests.
 *
 * The response may come before this function returns.
 *
 * Return: whether it is in the queue.
 */
bool vtd_page_request(struct vtd *v, const struct vtd_page_request *req);

/**
 * struct vtd_endpoint_ops - What the unit asks of an endpoint.
 * @invalidate: drop device-TLB entries, at once, vtd_dropped() before each; false: there is nobody
 *	there to do so
 * @response: to a page request of this function, with its PASID or any other, expected or not;
 *	may be NULL
 * @each: visit the device-TLB as vtd_inspect_each() does; false when @visit was; may be NULL
 */
struct vtd_endpoint_ops {
	bool (*invalidate)(void *endpoint, const struct vtd_devtlb_inv *inv);
	void (*response)(void *endpoint, const struct vtd_page_response *resp);
	bool (*each)(void *endpoint, bool (*visit)(void *ctx, const struct vtd_view *e), void *ctx);
};

/**
 * struct vtd_malformed - A table entry with reserved bits set, as it is in memory.
 * @table: of which table
 * @sid: source-id of the request that needs it
 * @pasid: its PASID, if that is known yet, else 0
 * @at: address of the quadword
 * @quadword: of the entry, from 0 on
 * @value: what it holds
 * @bits: those of its bits that are reserved
 */
struct vtd_malformed {
	enum svk_table table;
	u16 sid;
	u32 pasid;
	u64 at;
	unsigned int quadword;
	u64 value;
	u64 bits;
};

/**
 * struct vtd_torn - A present entry, fetched in pieces that were never in memory together.
 * @table: of which table
 * @sid: source-id of the request that needs it
 * @pasid: its PASID, if @table is that of PASIDs
 * @at: address of the entry
 * @quadwords: how many it has
 * @after: pieces, of two quadwords each, that were changed before they were fetched; a bit for each
 * @before: the entry when its first piece was fetched
 * @fetched: what the unit has got
 * @now: the entry when its last piece was fetched
 */
struct vtd_torn {
	enum svk_table table;
	u16 sid;
	u32 pasid;
	u64 at;
	unsigned int quadwords;
	unsigned int after;
	const u64 *before;
	const u64 *fetched;
	const u64 *now;
};

/**
 * struct vtd_watch - Who looks on. None of these may translate or invalidate.
 * @used: a cached page has served a request for @addr
 * @filled: an entry has been entered into the PASID-cache, the IOTLB, or a device-TLB; the last
 *	right after the answer that it holds
 * @dropped: the descriptor that @descriptor was told of removes an entry
 * @descriptor: the unit is about to execute an invalidation descriptor (four quadwords), or,
 *	if @lost, to lose it on purpose
 * @request: a page request has been put into the queue, the vtd_prq_queued()th; @pasid is that
 *	whose entry serves it, also without a PASID prefix
 * @refused: a descriptor is not executed, since it has reserved bits set, or fields with reserved
 *	values; @bits: they, in its four quadwords
 * @malformed: a request is refused, since a table entry has reserved bits set
 * @torn: an entry was fetched while it was changed, and is used; only if it is fetched slowly
 * @registered: an invalidation by register is about to be executed, that of this descriptor
 * @root: the root table pointer has been set, and nothing has been dropped by that
 * @forgotten: the unit has dropped all that it had cached, without being told by a descriptor
 */
struct vtd_watch {
	void (*used)(void *watcher, const struct vtd_view *e, u64 addr);
	void (*filled)(void *watcher, const struct vtd_view *e);
	void (*dropped)(void *watcher, const struct vtd_view *e);
	void (*descriptor)(void *watcher, const u64 *d, bool lost);
	void (*request)(void *watcher, const struct vtd_page_request *req, u32 pasid);
	void (*refused)(void *watcher, const u64 *d, const u64 *bits);
	void (*malformed)(void *watcher, const struct vtd_malformed *m);
	void (*torn)(void *watcher, const struct vtd_torn *t);
	void (*registered)(void *watcher, const u64 *d);
	void (*root)(void *watcher);
	void (*forgotten)(void *watcher);
};

/** vtd_set_watch() - At most one; NULL: nobody. */
void vtd_set_watch(struct vtd *v, const struct vtd_watch *watch, void *watcher);

/** vtd_used() - An endpoint has used an entry of its device-TLB for @addr: tell who looks on. */
void vtd_used(struct vtd *v, const struct vtd_view *e, u64 addr);

/** vtd_filled() - An endpoint has entered an answer into its device-TLB: likewise. */
void vtd_filled(struct vtd *v, const struct vtd_view *e);

/** vtd_dropped() - An endpoint is about to drop an entry, as it was told to: likewise. */
void vtd_dropped(struct vtd *v, const struct vtd_view *e);

/** vtd_watched() - Return: whether any of the three would tell anyone. */
bool vtd_watched(const struct vtd *v);

/** vtd_forget() - Empty every cache, those of the endpoints included, as no descriptor asks for. */
void vtd_forget(struct vtd *v);

/**
 * vtd_attach() - Make an endpoint known under its source-id.
 *
 * Return: 0, -EEXIST, or -ENOSPC (at most 16).
 */
int vtd_attach(struct vtd *v, u16 sid, const struct vtd_endpoint_ops *ops, void *endpoint);

/** vtd_detach() - Forget the endpoint under @sid; nothing if there is none. */
void vtd_detach(struct vtd *v, u16 sid);

/**
 * vtd_access_begin() - An endpoint starts to use translations outside the lock.
 *
 * An invalidation-wait descriptor completes only after every access that
 * began before the invalidations it waits for has ended (specification
 * 6.5.2.8 and 6.5.3, drain); until then the invalidation queue stalls, without
 * blocking its caller.
 *
 * Return: a token for vtd_access_end().
 */
u64 vtd_access_begin(struct vtd *v);

/** vtd_access_end() - The access is over; resumes a stalled invalidation queue. */
void vtd_access_end(struct vtd *v, u64 token);

/** vtd_inflight() - Return: accesses begun and not ended. */
u64 vtd_inflight(const struct vtd *v);

#endif /* HW_VTD_VTD_H */
