// SPDX-License-Identifier: GPL-2.0
#include "sva_queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "accel_device.h"
#include "clock.h"
#include "memory.h"
#include "oracle.h"

/*
 * So often a page that the CPU has just touched may be gone again before the device comes to it,
 * without a byte of progress.
 */
#define TRIES 100

/* The queue is looked at for an error no more often: it takes an access to the device. */
#define LOOK_US 100000

#define NONE SVA_DEPTH_MAX

/**
 * struct place - An operation, from put to reap.
 * @request: what was asked for
 * @cpl: record
 * @done: bytes moved by descriptors that have ended
 * @tries: descriptors since the last byte of progress
 * @error: 0 or -errno, when it has ended
 * @nr: in the order of putting
 * @busy: put, and not ended
 * @next: of the list that it is in, or NONE
 */
struct place {
	struct sva_request request;
	struct svk_cpl *cpl;
	u64 done;
	unsigned int tries;
	int error;
	u64 nr;
	bool busy;
	unsigned int next;
};

/**
 * struct list - Places, in order.
 * @first: or NONE
 * @last: if there is a first
 */
struct list {
	unsigned int first;
	unsigned int last;
};

/**
 * struct slot - A descriptor of the ring.
 * @member: places that it works for, in order
 * @count: so many
 * @left: of these, not ended
 * @cpl: record of a batch
 * @desc: of a batch, its members
 */
struct slot {
	unsigned int member[SVA_BATCH_MAX];
	unsigned int count;
	unsigned int left;
	struct svk_cpl *cpl;
	struct svk_desc *desc;
};

/**
 * struct sva_queue - See sva_queue.h.
 * @svk: ring and portal
 * @own: close it
 * @options: as given
 * @place: @options.depth of them
 * @vacant: places that nobody uses
 * @waiting: put, and not yet in the ring
 * @ended: and not yet reaped
 * @slot: of the ring
 * @oldest: slot that has not ended, free running
 * @memory: records and members, which stay present
 * @memory_size: its size
 * @failed: -errno, once the queue has halted
 * @puts: operations that were ever put
 * @counts: see sva_queue_counts()
 */
struct sva_queue {
	struct svk_queue svk;
	bool own;
	struct sva_options options;
	struct place place[SVA_DEPTH_MAX];
	struct list vacant;
	struct list waiting;
	struct list ended;
	struct slot slot[SVK_QUEUE_ENTRIES];
	u32 oldest;
	void *memory;
	size_t memory_size;
	int failed;
	u64 puts;
	struct sva_counts counts;
};

static void list_add(struct sva_queue *q, struct list *l, unsigned int place)
{
	q->place[place].next = NONE;
	if (l->first == NONE)
		l->first = place;
	else
		q->place[l->last].next = place;
	l->last = place;
}

static unsigned int list_take(struct sva_queue *q, struct list *l)
{
	unsigned int place = l->first;

	if (place != NONE)
		l->first = q->place[place].next;
	return place;
}

static void end(struct sva_queue *q, unsigned int place, int error)
{
	q->place[place].error = error;
	q->place[place].busy = false;
	list_add(q, &q->ended, place);
}

/* Records and members: a page of them that is missing for a moment would halt the queue. */
static int make_memory(struct sva_queue *q)
{
	size_t members = (size_t)SVK_QUEUE_ENTRIES * q->options.batch;
	struct svk_desc *desc;
	struct svk_cpl *cpl;
	unsigned int i;

	q->memory_size =
		members * sizeof(*desc) + (SVK_QUEUE_ENTRIES + q->options.depth) * sizeof(*cpl);
	q->memory = mmap(NULL, q->memory_size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (q->memory == MAP_FAILED) {
		q->memory = NULL;
		return -errno;
	}
	if (madvise(q->memory, q->memory_size, MADV_DONTFORK))
		return -errno;
	/* As far as the caller may: without, it takes swapping to be without them. */
	(void)mlock(q->memory, q->memory_size);
	desc = q->memory;
	cpl = (struct svk_cpl *)(desc + members);
	for (i = 0; i < SVK_QUEUE_ENTRIES; i++) {
		q->slot[i].desc = desc + (size_t)i * q->options.batch;
		q->slot[i].cpl = cpl++;
	}
	for (i = 0; i < q->options.depth; i++) {
		q->place[i].cpl = cpl++;
		list_add(q, &q->vacant, i);
	}
	return 0;
}

int sva_queue_attach(const struct svk_queue *svk, const struct sva_options *options,
		     struct sva_queue **result)
{
	struct sva_queue *q;
	int ret;

	if (!options->depth || options->depth > SVA_DEPTH_MAX || !options->batch ||
	    options->batch > SVA_BATCH_MAX)
		return -EINVAL;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	q->svk = *svk;
	q->options = *options;
	clock_spin_for(options->spin_us);
	q->oldest = svk->tail;
	q->vacant.first = NONE;
	q->waiting.first = NONE;
	q->ended.first = NONE;
	ret = make_memory(q);
	if (ret) {
		sva_queue_close(q);
		return ret;
	}
	*result = q;
	return 0;
}

/* The library knows one accelerator a process. Whose threads name different ones is told so. */
static int find_device(const char *device)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int ret;

	pthread_mutex_lock(&lock);
	if (!*svk_pci_address()) {
		if (device && *device)
			setenv("SVAKIT_DEVICE", device, 1);
		/* Who looks for what is stale is not here: PID 1 does, and it takes time. */
		oracle_pause();
	}
	ret = __svk_device_find();
	if (!ret && device && *device && strcmp(device, svk_pci_address()))
		ret = -EBUSY;
	pthread_mutex_unlock(&lock);
	/* Without the class there is no driver, and no device. */
	return ret == -ENOENT ? -ENODEV : ret;
}

int sva_queue_open(const char *device, const struct sva_options *options, struct sva_queue **q)
{
	struct svk_queue svk;
	int ret = find_device(device);

	if (!ret)
		ret = __svk_queue_open(&svk);
	if (ret)
		return ret;
	ret = sva_queue_attach(&svk, options, q);
	if (ret)
		svk_queue_close(&svk);
	else
		(*q)->own = true;
	return ret;
}

void sva_queue_close(struct sva_queue *q)
{
	if (!q)
		return;
	if (q->own)
		svk_queue_close(&q->svk);
	if (q->memory)
		munmap(q->memory, q->memory_size);
	free(q);
}

int sva_queue_put(struct sva_queue *q, const struct sva_request *request)
{
	unsigned int place = list_take(q, &q->vacant);

	if (place == NONE)
		return -EAGAIN;
	q->place[place].request = *request;
	q->place[place].done = 0;
	q->place[place].tries = 0;
	q->place[place].nr = q->puts++;
	q->place[place].busy = true;
	list_add(q, &q->waiting, place);
	return 0;
}

/* The descriptor for what is left of an operation. */
static struct svk_desc describe(const struct sva_queue *q, unsigned int place)
{
	const struct place *p = &q->place[place];
	const struct sva_request *r = &p->request;
	u8 *dst = r->dst;
	const u8 *src = r->src;
	struct svk_desc desc = svk_desc_drain();

	if (r->op == SVA_COPY)
		desc = svk_desc_copy(dst + p->done, src + p->done, r->size - p->done);
	if (r->op == SVA_ZERO)
		desc = svk_desc_fill(dst + p->done, 0, r->size - p->done);
	desc.ctrl |= cpu_to_le32(SVK_DESC_CPL_RECORD | (q->options.ask ? SVK_DESC_BLOCK : 0));
	desc.cpl = cpu_to_le64((uintptr_t)p->cpl);
	desc.tag = cpu_to_le32(place);
	memset(p->cpl, 0, sizeof(*p->cpl));
	return desc;
}

/* Take from the line what one descriptor may do. A DRAIN, which waits, is in no batch. */
static void gather(struct sva_queue *q, struct slot *s)
{
	unsigned int place;
	bool drain = false;

	s->count = 0;
	while (q->waiting.first != NONE && s->count < q->options.batch && !drain) {
		drain = q->place[q->waiting.first].request.op == SVA_DRAIN;
		if (drain && s->count)
			break;
		place = list_take(q, &q->waiting);
		q->place[place].tries++;
		s->member[s->count++] = place;
	}
	s->left = s->count;
}

static struct svk_desc batch(struct sva_queue *q, struct slot *s)
{
	struct svk_desc desc = svk_desc_batch(s->desc, s->count);
	unsigned int i;

	for (i = 0; i < s->count; i++)
		s->desc[i] = describe(q, s->member[i]);
	memset(s->cpl, 0, sizeof(*s->cpl));
	desc.ctrl |= cpu_to_le32(SVK_DESC_CPL_RECORD);
	desc.cpl = cpu_to_le64((uintptr_t)s->cpl);
	return desc;
}

void sva_queue_commit(struct sva_queue *q)
{
	u32 before = q->svk.tail;

	while (q->waiting.first != NONE && !q->failed &&
	       q->svk.tail - q->oldest < SVK_QUEUE_ENTRIES) {
		u32 at = q->svk.tail % SVK_QUEUE_ENTRIES;
		struct slot *s = &q->slot[at];

		gather(q, s);
		q->svk.ring[at] = s->count == 1 ? describe(q, s->member[0]) : batch(q, s);
		q->svk.tail++;
	}
	/* What has halted takes no more. */
	while (q->failed && q->waiting.first != NONE)
		end(q, list_take(q, &q->waiting), q->failed);
	if (q->svk.tail == before)
		return;
	q->counts.descriptors += q->svk.tail - before;
	q->counts.doorbells++;
	svk_queue_doorbell(&q->svk, q->svk.tail);
}

static int error_of(u32 status)
{
	switch (status) {
	case SVK_CPL_OK:
		return 0;
	case SVK_CPL_FAULT_READ:
	case SVK_CPL_FAULT_WRITE:
		return -EFAULT;
	case SVK_CPL_BAD_OPCODE:
		return -EOPNOTSUPP;
	case SVK_CPL_BAD_FLAGS:
	case SVK_CPL_BAD_SIZE:
	case SVK_CPL_BAD_ADDR:
		return -EINVAL;
	default:
		return -EIO;
	}
}

/*
 * The device has met a page that is missing: bring in all that the operation still wants on that
 * side. Return: whether it may go on.
 */
static bool bring(struct sva_queue *q, const struct place *p, const struct svk_cpl *cpl)
{
	bool write = le32_to_cpu(cpl->status) == SVK_CPL_FAULT_WRITE;
	uintptr_t base = (uintptr_t)(write ? p->request.dst : p->request.src);
	uintptr_t at = (uintptr_t)le64_to_cpu(cpl->fault_addr);
	uintptr_t page = at & ~(uintptr_t)(memory_page() - 1);

	if (q->options.ask || p->tries >= TRIES || at < base || at - base >= p->request.size)
		return false;
	q->counts.faults++;
	return !madvise((void *)page, base + p->request.size - page,
			write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
}

/* Is any that was put before still to be done? A missing page sent it to the end. */
static bool is_early(const struct sva_queue *q, const struct place *p)
{
	unsigned int i;

	for (i = 0; p->request.op == SVA_DRAIN && i < q->options.depth; i++) {
		if (q->place[i].busy && q->place[i].nr < p->nr)
			return true;
	}
	return false;
}

/* Its record is there. */
static void finish(struct sva_queue *q, unsigned int place)
{
	struct place *p = &q->place[place];
	u32 status = le32_to_cpu(p->cpl->status);
	u64 done = le64_to_cpu(p->cpl->done);
	bool fault = status == SVK_CPL_FAULT_READ || status == SVK_CPL_FAULT_WRITE;

	if (done)
		p->tries = 0;
	p->done += done;
	if (le32_to_cpu(p->cpl->tag) != place)
		end(q, place, -EIO);
	else if ((fault && bring(q, p, p->cpl)) || (status == SVK_CPL_OK && is_early(q, p)))
		list_add(q, &q->waiting, place);
	else
		end(q, place, error_of(status));
}

static bool has_ended(const struct svk_cpl *cpl)
{
	/* Pairs with the device's release: the rest of the record is read after. */
	return __atomic_load_n(&cpl->status, __ATOMIC_ACQUIRE) != 0;
}

/* Members behind the one that has ended a batch were not looked at: again. */
static void finish_batch(struct sva_queue *q, struct slot *s)
{
	u32 status = le32_to_cpu(s->cpl->status);
	bool again = status == SVK_CPL_ABORTED_BATCH;

	for (; s->left; s->left--) {
		unsigned int place = s->member[s->count - s->left];

		if (has_ended(q->place[place].cpl))
			finish(q, place);
		else if (again)
			list_add(q, &q->waiting, place);
		else
			end(q, place, status == SVK_CPL_OK ? -EIO : error_of(status));
	}
}

/* Look at one descriptor. Return: whether all of it has ended. */
static bool look(struct sva_queue *q, struct slot *s)
{
	while (s->left && has_ended(q->place[s->member[s->count - s->left]].cpl)) {
		finish(q, s->member[s->count - s->left]);
		s->left--;
	}
	/* The batch itself ends after its members. */
	if (s->count == 1 || !has_ended(s->cpl))
		return s->count == 1 && !s->left;
	finish_batch(q, s);
	return true;
}

/* In order, as the device completes them. */
static void poll(struct sva_queue *q)
{
	while (q->oldest != q->svk.tail && look(q, &q->slot[q->oldest % SVK_QUEUE_ENTRIES]))
		q->oldest++;
}

/* A queue that has halted, or lost its function, completes nothing any more. */
static void look_for_error(struct sva_queue *q)
{
	const volatile u32 *status = (void *)((u8 *)q->svk.portal + SVK_PORTAL_STATUS);

	if (svk_get(SVK_QCFG_STATUS_STATE, *status) == SVK_QSTATE_ENABLED)
		return;
	/* It may have ended one more before. */
	poll(q);
	q->failed = -EIO;
	for (; q->oldest != q->svk.tail; q->oldest++) {
		struct slot *s = &q->slot[q->oldest % SVK_QUEUE_ENTRIES];

		for (; s->left; s->left--)
			end(q, s->member[s->count - s->left], q->failed);
	}
	sva_queue_commit(q);
}

static unsigned int collect(struct sva_queue *q, unsigned int max, struct sva_done *done)
{
	unsigned int count = 0, place;

	while (count < max && (place = list_take(q, &q->ended)) != NONE) {
		const struct place *p = &q->place[place];

		done[count++] = (struct sva_done){
			.owner = p->request.owner,
			.done = p->done,
			.error = p->error,
		};
		list_add(q, &q->vacant, place);
	}
	return count;
}

unsigned int sva_queue_reap(struct sva_queue *q, unsigned int min, unsigned int max, int timeout_ms,
			    struct sva_done *done)
{
	struct clock_wait wait = clock_wait_for(timeout_ms < 0 ? INT32_MAX : timeout_ms);
	u64 looked = wait.start;
	unsigned int count = 0;

	for (;;) {
		poll(q);
		/* Descriptors that a missing page has ended, and those that found no room. */
		sva_queue_commit(q);
		count += collect(q, max - count, done + count);
		if (count >= min || (q->oldest == q->svk.tail && q->ended.first == NONE))
			return count;
		if (!clock_wait_again(&wait))
			return count;
		if (clock_us() - looked > LOOK_US) {
			looked = clock_us();
			look_for_error(q);
		}
	}
}

struct sva_counts sva_queue_counts(const struct sva_queue *q)
{
	return q->counts;
}
