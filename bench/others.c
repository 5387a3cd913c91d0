// SPDX-License-Identifier: GPL-2.0
#include "others.h"

#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "bench.h"
#include "ktap.h"

bool others_fit(u64 count, u64 own)
{
	unsigned int queues = svk_device_instances();

	if (count <= OTHERS_MAX && count + own <= queues)
		return true;
	bench_skip("%llu live PASIDs and %llu queues: the device has %u queues",
		   (unsigned long long)count, (unsigned long long)own, queues);
	return false;
}

static void other(struct process *parent, void *arg)
{
	int fd = __svk_device_open();
	u64 over;

	(void)arg;
	REQUIRE(fd >= 0, "open %s: errno %d", svk_device_node(), -fd);
	process_tell(parent, 0);
	/* For as long as it takes; the end of the parent ends it, too. */
	REQUIRE_EQ(read(parent->in, &over, sizeof(over)), sizeof(over));
}

void others_start(struct others *o, u64 count)
{
	for (o->count = 0; o->count < count; o->count++) {
		process_start(&o->process[o->count], other, NULL);
		process_hear(&o->process[o->count]);
	}
}

void others_stop(struct others *o)
{
	unsigned int i;

	for (i = 0; i < o->count; i++)
		process_tell(&o->process[i], 0);
	for (i = 0; i < o->count; i++)
		process_end(&o->process[i]);
	o->count = 0;
}
