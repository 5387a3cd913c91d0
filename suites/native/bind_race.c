// SPDX-License-Identifier: GPL-2.0
/*
 * Threads bind and unbind while others of the process unmap memory, and children with bound PASIDs
 * are killed: nothing deadlocks, no PASID and no queue is lost, and what completes is right. What
 * the kernel has to say of locks and freed memory fails the test, too; the debug kernel has more.
 *
 * Would have caught 6ef0505158f7 ("iommu/vt-d: Fix a deadlock in intel_svm_drain_prq()").
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"
#include "process.h"

#define BINDERS 2
#define SIZE (64 * 1024)
#define ROUNDS 40
#define KILLERS 2
#define CHILDREN 8 /* of each */

FIXTURE(bind_race)
{
	unsigned int instances;
	atomic_uint bound; /* rounds of all threads */
	atomic_bool stop;
};

FIXTURE_SETUP(bind_race)
{
	harness_begin(_metadata);
	self->instances = svk_device_instances();
}

FIXTURE_TEARDOWN(bind_race)
{
	CHECK_EQ(svk_device_instances(), self->instances);
	harness_end(_metadata);
}

/* Another thread, or child, may have the last queue: that is what EBUSY is for. */
static bool round_trip(void)
{
	struct svk_queue q;
	u8 *src, *dst;
	int ret = __svk_queue_open(&q);

	if (ret == -EBUSY)
		return false;
	REQUIRE_ERRNO(ret, 0);
	src = memory_map(SIZE);
	dst = memory_map(SIZE);
	memory_pattern(src, SIZE, (uintptr_t)&q);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_copy(dst, src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(src, dst, SIZE), SIZE);
	memory_unmap(dst, SIZE);
	svk_queue_close(&q);
	memory_unmap(src, SIZE);
	return true;
}

static void *binder_main(void *arg)
{
	FIXTURE_DATA(bind_race) *t = arg;
	unsigned int rounds = 0;

	while (rounds < ROUNDS) {
		if (!round_trip())
			continue;
		rounds++;
		atomic_fetch_add(&t->bound, 1);
	}
	return NULL;
}

static void *unmapper_main(void *arg)
{
	FIXTURE_DATA(bind_race) *t = arg;

	while (!atomic_load(&t->stop))
		memory_unmap(memory_map(SIZE), SIZE);
	return NULL;
}

static void start(pthread_t *thread, void *(*main)(void *), void *arg)
{
	int ret = pthread_create(thread, NULL, main, arg);

	REQUIRE(!ret, "pthread_create: %s", strerror(ret));
}

TEST_F_TIMEOUT(bind_race, against_unmapping, 60)
{
	pthread_t binder[BINDERS], unmapper;
	int i;

	start(&unmapper, unmapper_main, self);
	for (i = 0; i < BINDERS; i++)
		start(&binder[i], binder_main, self);
	for (i = 0; i < BINDERS; i++)
		pthread_join(binder[i], NULL);
	atomic_store(&self->stop, true);
	pthread_join(unmapper, NULL);
	CHECK_EQ(atomic_load(&self->bound), BINDERS * ROUNDS);
}

static void child_main(struct process *parent, void *arg)
{
	(void)arg;
	/* Until it is killed, wherever it is then. */
	for (bool told = false;;) {
		if (round_trip() && !told) {
			process_tell(parent, 1);
			told = true;
		}
	}
}

/* A process of its own: fork() takes the device's right to write from the memory of all threads. */
static void killer_main(struct process *parent, void *arg)
{
	struct process child;
	int i;

	(void)parent;
	(void)arg;
	for (i = 0; i < CHILDREN; i++) {
		process_start(&child, child_main, NULL);
		process_hear(&child);
		process_kill(&child);
	}
}

TEST_F_TIMEOUT(bind_race, against_processes_that_are_killed, 60)
{
	struct process killer[KILLERS];
	pthread_t binder;
	int i;

	ktap_expect_device_faults("a process ends while the device works for it");
	for (i = 0; i < KILLERS; i++)
		process_start(&killer[i], killer_main, NULL);
	start(&binder, binder_main, self);
	for (i = 0; i < KILLERS; i++)
		process_end(&killer[i]);
	pthread_join(binder, NULL);
	CHECK_EQ(atomic_load(&self->bound), ROUNDS);
}

HARNESS_MAIN(svk_require)
