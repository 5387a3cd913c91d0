// SPDX-License-Identifier: GPL-2.0
/*
 * A device is closed while another thread's call on it is under way: it waits until that call is
 * over, and no longer. The wait is iommufd_object_dec_wait(); who ends it is iommufd_put_object().
 * Guards "iommufd: Do not UAF during iommufd_put_object()" (6f9c4d8c468c), which made them.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "harness.h"
#include "iommufd.h"
#include "pf.h"
#include "vfio.h"

#define ROUNDS 100
#define THREADS 2
#define LONG_US 10000000ull /* no call on a device takes so long; the kernel gives up after 60 s */

/**
 * struct user - Threads that make tables for a device.
 * @iommufd: context
 * @ioas: address space
 * @dev: device, which comes and goes
 * @made: tables made
 * @stop: it is over
 */
struct user {
	int iommufd;
	u32 ioas;
	u32 dev;
	u64 made;
	bool stop;
};

FIXTURE(closing_race)
{
	struct user u;
	pthread_t thread[THREADS];
};

static void *use(void *arg)
{
	struct user *u = arg;
	u32 hwpt;

	while (!__atomic_load_n(&u->stop, __ATOMIC_RELAXED)) {
		u32 dev = __atomic_load_n(&u->dev, __ATOMIC_RELAXED);

		if (__iommufd_hwpt_alloc(u->iommufd, dev, u->ioas, 0, &hwpt))
			continue;
		__iommufd_destroy(u->iommufd, hwpt);
		__atomic_fetch_add(&u->made, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

FIXTURE_SETUP(closing_race)
{
	unsigned int i;

	harness_begin(_metadata);
	self->u.iommufd = iommufd_open();
	self->u.ioas = iommufd_ioas_alloc(self->u.iommufd);
	for (i = 0; i < THREADS; i++)
		REQUIRE(!pthread_create(&self->thread[i], NULL, use, &self->u), "pthread_create");
}

FIXTURE_TEARDOWN(closing_race)
{
	unsigned int i;

	__atomic_store_n(&self->u.stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < THREADS; i++)
		pthread_join(self->thread[i], NULL);
	close(self->u.iommufd);
	harness_end(_metadata);
}

/* Once it is used, close it. Return: how long that took, in microseconds. */
static u64 use_and_close(struct user *u)
{
	struct clock_wait wait = clock_wait_for(10000);
	int fd = __vfio_open_pci(pf_given());
	u64 made, start;
	u32 dev;

	REQUIRE(fd >= 0, "open: %s", strerror(-fd));
	REQUIRE_ERRNO(__vfio_bind(fd, u->iommufd, &dev), 0);
	made = __atomic_load_n(&u->made, __ATOMIC_RELAXED);
	__atomic_store_n(&u->dev, dev, __ATOMIC_RELAXED);
	while (__atomic_load_n(&u->made, __ATOMIC_RELAXED) == made)
		REQUIRE(clock_wait_again(&wait), "no table was made");
	start = clock_us();
	close(fd);
	return clock_us() - start;
}

TEST_F_TIMEOUT(closing_race, waits_for_the_call_and_no_longer, 150)
{
	u64 took = 0, longest = 0;
	unsigned int i;

	for (i = 0; i < ROUNDS && longest < LONG_US; i++) {
		took = use_and_close(&self->u);
		if (took > longest)
			longest = took;
	}
	ktap_note("longest_close", "%llu us, %u rounds", (unsigned long long)longest, i);
	if (longest >= LONG_US)
		harness_xfail(_metadata, "nobody wakes who waits: docs/findings.md");
}

HARNESS_MAIN(pf_lend)
