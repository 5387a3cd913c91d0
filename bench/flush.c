// SPDX-License-Identifier: GPL-2.0
/*
 * What a synchronous flush costs: munmap() of one present page makes the mmu
 * notifier submit a PASID-based IOTLB and a device-TLB invalidation and a wait
 * descriptor, and spin until the wait's status is written. The same munmap()
 * before the address space is bound is the baseline; the difference is the
 * flush.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "bench.h"

#define FLUSH_ROUNDS 2000
#define FLUSH_WARMUP 100

static int flush_measure(struct samples *s)
{
	long page = sysconf(_SC_PAGESIZE);
	unsigned int i;

	for (i = 0; i < FLUSH_ROUNDS + FLUSH_WARMUP; i++) {
		u64 start;
		char *p = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		if (p == MAP_FAILED)
			return -errno;
		start = now_ns();
		if (munmap(p, (size_t)page))
			return -errno;
		if (i >= FLUSH_WARMUP)
			samples_add(s, now_ns() - start);
	}
	return 0;
}

int bench_flush(int argc, char **argv)
{
	struct samples unbound, bound;
	int rc = BENCH_FAIL;
	int fd, ret;

	(void)argc;
	(void)argv;
	ret = __svk_device_find();
	if (ret) {
		printf("# skipped: no svakit accelerator: %s\n", strerror(-ret));
		return BENCH_SKIP;
	}
	if (samples_init(&unbound, FLUSH_ROUNDS))
		return BENCH_FAIL;
	if (samples_init(&bound, FLUSH_ROUNDS))
		goto out_unbound;
	if (flush_measure(&unbound))
		goto out;
	fd = __svk_device_open();
	if (fd < 0) {
		printf("# open %s: %s\n", svk_device_node(), strerror(-fd));
		goto out;
	}
	if (!flush_measure(&bound)) {
		samples_print(&unbound, "munmap_unbound");
		samples_print(&bound, "munmap_bound");
		printf("# note flush_p50_us %.2f\n", (double)(samples_percentile(&bound, 500) -
							      samples_percentile(&unbound, 500)) /
							     1000.0);
		rc = BENCH_PASS;
	}
	close(fd);
out:
	samples_cleanup(&bound);
out_unbound:
	samples_cleanup(&unbound);
	return rc;
}
