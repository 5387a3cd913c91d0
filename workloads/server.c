// SPDX-License-Identifier: GPL-2.0
/*
 * A server of several processes, each with a queue, a PASID and a store of its own. A client sends
 * a request to each at once. The worker lets its device fetch the bytes from memory that both have,
 * compute their CRC in the store, and put them into the answer. The client compares the CRC of what
 * it has sent, by the CPU, with that of the device and that of what has come back.
 */
#include <poll.h>

#include "accel_queue.h"
#include "crc32c.h"
#include "ktap.h"
#include "memory.h"
#include "options.h"
#include "others.h"
#include "process.h"
#include "section.h"
#include "workloads.h"

#define WORKERS_MAX 16
#define SIZE_MAX_ (1ULL << 20)
#define ROOM 2 /* requests in a worker's store, in turn */
#define STOP (~0ULL)

/**
 * struct desk - What client and worker share.
 * @request: bytes that the client sends
 * @answer: bytes that come back
 */
struct desk {
	u8 request[SIZE_MAX_];
	u8 answer[SIZE_MAX_];
};

/**
 * struct server - All workers.
 * @size: bytes of a request
 * @workers: so many
 * @desk: of each
 * @process: each of them
 * @crc: of the request that it has
 */
struct server {
	u64 size;
	u64 workers;
	struct desk *desk[WORKERS_MAX];
	struct process process[WORKERS_MAX];
	u32 crc[WORKERS_MAX];
};

/* What a worker is given. */
struct order {
	struct server *server;
	u64 worker;
};

static u32 serve(struct svk_queue *q, struct desk *desk, u8 *store, u64 size)
{
	struct svk_result crc;
	u32 ticket[3];

	ticket[0] = svk_queue_submit(q, svk_desc_copy(store, desk->request, size));
	ticket[1] = svk_queue_submit(q, svk_desc_crc32c(store, 0, size));
	ticket[2] = svk_queue_submit(q, svk_desc_copy(desk->answer, store, size));
	REQUIRE_STATUS(svk_queue_wait(q, ticket[0]), SVK_CPL_OK);
	crc = svk_queue_wait(q, ticket[1]);
	REQUIRE_STATUS(crc, SVK_CPL_OK);
	REQUIRE_STATUS(svk_queue_wait(q, ticket[2]), SVK_CPL_OK);
	return (u32)crc.result;
}

static void worker_main(struct process *parent, void *arg)
{
	const struct order *order = arg;
	struct desk *desk = order->server->desk[order->worker];
	u64 number, size = order->server->size;
	u8 *store = memory_map(ROOM * SIZE_MAX_);
	struct svk_queue q;

	/* A child inherits shared memory without its page table entries. */
	memory_populate(desk, sizeof(*desk));
	svk_queue_open(&q);
	process_tell(parent, 0);
	while ((number = process_hear(parent)) != STOP)
		process_tell(parent, serve(&q, desk, store + number % ROOM * SIZE_MAX_, size));
	svk_queue_close(&q);
	memory_unmap(store, ROOM * SIZE_MAX_);
}

static void start(struct server *s)
{
	u64 i;

	for (i = 0; i < s->workers; i++) {
		struct order order = {s, i};

		s->desk[i] = memory_map_shared(sizeof(*s->desk[i]));
		process_start(&s->process[i], worker_main, &order);
		process_hear(&s->process[i]);
	}
}

static void stop(struct server *s)
{
	u64 i;

	for (i = 0; i < s->workers; i++) {
		process_tell(&s->process[i], STOP);
		process_end(&s->process[i]);
		memory_unmap(s->desk[i], sizeof(*s->desk[i]));
	}
}

/* No two requests are alike, and none is like the answer before it. */
static void prepare(struct server *s)
{
	static u64 seed;
	u64 i;

	for (i = 0; i < s->workers; i++) {
		memory_pattern(s->desk[i]->request, s->size, ++seed);
		s->crc[i] = crc32c(0, s->desk[i]->request, s->size);
	}
}

/* One request to each, and the time that each takes from there, in the order of the answers. */
static void exchange(struct server *s, u64 number, struct section *each, u32 *crc)
{
	struct pollfd in[WORKERS_MAX];
	u64 sent[WORKERS_MAX], i, left = s->workers;

	for (i = 0; i < s->workers; i++) {
		in[i] = (struct pollfd){.fd = s->process[i].in, .events = POLLIN};
		sent[i] = section_clock();
		process_tell(&s->process[i], number);
	}
	while (left) {
		REQUIRE(poll(in, (nfds_t)s->workers, PROCESS_WAIT_MS) > 0, "no answer within %d ms",
			PROCESS_WAIT_MS);
		for (i = 0; i < s->workers; i++) {
			if (in[i].fd < 0 || !in[i].revents)
				continue;
			crc[i] = (u32)process_hear(&s->process[i]);
			section_add(each, section_clock() - sent[i]);
			in[i].fd = -1;
			left--;
		}
	}
}

static void check(const struct server *s, u64 number, const u32 *crc)
{
	u64 i;

	for (i = 0; i < s->workers; i++) {
		u32 back = crc32c(0, s->desk[i]->answer, s->size);

		CHECK(crc[i] == s->crc[i] && back == s->crc[i],
		      "worker %llu, request %llu: CRC 0x%08x (device), 0x%08x (answer), want "
		      "0x%08x",
		      (unsigned long long)i, (unsigned long long)number, crc[i], back, s->crc[i]);
	}
}

static void measure(u64 workers, u64 size)
{
	const struct param params[] = {
		PARAM_VALUE("workers", workers),
		PARAM_VALUE("size", size),
		PARAM_END,
	};
	struct server s = {.size = size, .workers = workers};
	struct section *all, *each;
	u32 crc[WORKERS_MAX];
	u64 number = 0;

	if (workers > WORKERS_MAX || size > SIZE_MAX_ || !others_fit(0, workers)) {
		bench_skip("workers=%llu size=%llu: at most %d and %llu, and queues for all",
			   (unsigned long long)workers, (unsigned long long)size, WORKERS_MAX,
			   SIZE_MAX_);
		return;
	}
	start(&s);
	all = section_new("server.round", 1);
	each = section_new("server.request", (unsigned int)workers);
	while (round_next()) {
		prepare(&s);
		section_begin(all);
		exchange(&s, number, each, crc);
		section_end(all);
		check(&s, number++, crc);
		round_settle();
	}
	section_report(each, params);
	/* There and back. */
	section_report_rate(all, params, "server.rate", 2 * workers * size);
	stop(&s);
}

void workload_server(void)
{
	u64 workers, size;

	if (!bench_needs_device())
		return;
	section_counters(false);
	workers = options_first("workers");
	do {
		size = options_first("size");
		do {
			measure(workers, size);
		} while (options_next("size", &size));
	} while (options_next("workers", &workers));
}
