// SPDX-License-Identifier: GPL-2.0
/*
 * The parent's types in sysfs, creating and removing devices: queues are taken
 * from a common store, available_instances says how many devices more it
 * yields, and what cannot be made is refused with the reason.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accel_device.h"
#include "harness.h"
#include "mdev.h"
#include "vfio.h"

static const unsigned int types[] = {1, 2, 4, 8};

/* Every type has as many devices left as free queues allow. */
static void expect_available(unsigned int free_queues)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		CHECK_EQ(mdev_available(types[i]), free_queues / types[i]);
}

FIXTURE(types)
{
	unsigned int total; /* free queues */
};

FIXTURE_SETUP(types)
{
	harness_begin(_metadata);
	self->total = mdev_available(1);
	REQUIRE(self->total >= 8, "%u queues are free, want 8", self->total);
}

FIXTURE_TEARDOWN(types)
{
	CHECK_EQ(mdev_available(1), self->total);
	harness_end(_metadata);
}

TEST_F(types, describe_themselves)
{
	char text[256], names[ARRAY_SIZE(types)][256];
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		mdev_type_read(types[i], "device_api", text, sizeof(text));
		CHECK(!strcmp(text, VFIO_DEVICE_API_PCI_STRING), "device_api of q%u is %s",
		      types[i], text);
		mdev_type_read(types[i], "description", text, sizeof(text));
		CHECK(strstr(text, "queue"), "description of q%u is %s", types[i], text);
		mdev_type_read(types[i], "name", names[i], sizeof(names[i]));
		CHECK(names[i][0], "q%u has no name", types[i]);
		for (j = 0; j < i; j++)
			CHECK(strcmp(names[i], names[j]), "q%u and q%u are both %s", types[i],
			      types[j], names[i]);
	}
}

TEST_F(types, share_the_queues)
{
	unsigned int total = self->total;
	char four[MDEV_UUID_SIZE], one[MDEV_UUID_SIZE];

	mdev_uuid(4, four);
	mdev_uuid(1, one);
	expect_available(total);
	mdev_create(4, four);
	expect_available(total - 4);
	mdev_create(1, one);
	expect_available(total - 5);
	mdev_remove(four);
	expect_available(total - 1);
	mdev_remove(one);
	expect_available(total);
}

/* Which type a device has, and that VFIO has a node for it. */
TEST_F(types, are_named_by_their_devices)
{
	char uuid[MDEV_UUID_SIZE], path[128], target[PATH_MAX];
	int fd;

	mdev_uuid(1, uuid);
	mdev_create(2, uuid);
	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/mdev_type", uuid);
	REQUIRE(realpath(path, target), "%s: %s", path, strerror(errno));
	CHECK(!strcmp(strrchr(target, '/'), "/svakit_mdev-q2"), "%s is %s", path, target);
	fd = __vfio_open_mdev(uuid);
	CHECK(fd >= 0, "opening %s: %s", uuid, strerror(-fd));
	close(fd);
	mdev_remove(uuid);
	CHECK(!mdev_exists(uuid), "%s is still there", uuid);
	CHECK_ERRNO(__mdev_remove(uuid), -ENOENT);
}

TEST_F(types, refuse_bad_names)
{
	unsigned int total = self->total;
	static const char *const bad[] = {
		"1",
		"5ba11ad0-c0de-4bad-8000-00000000000",
		"5ba11ad0-c0de-4bad-8000-00000000000000",
		"5ba11ad0xc0de-4bad-8000-000000000000",
		"5ba11ad0-c0de-4bad-8000-00000000000g",
	};
	char uuid[MDEV_UUID_SIZE];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_ERRNO(__mdev_create(1, bad[i]), -EINVAL);
	mdev_uuid(1, uuid);
	mdev_create(1, uuid);
	CHECK_ERRNO(__mdev_create(1, uuid), -EEXIST);
	CHECK_ERRNO(__mdev_create(8, uuid), -EEXIST);
	expect_available(total - 1);
	mdev_remove(uuid);
	expect_available(total);
}

TEST_F(types, are_enospc_without_queues)
{
	unsigned int total = self->total;
	unsigned int i, taken = 0;
	char uuid[MDEV_UUID_SIZE];

	for (i = 0; total - taken >= 2; i++, taken += 2) {
		mdev_uuid(i, uuid);
		mdev_create(2, uuid);
	}
	expect_available(total - taken);
	mdev_uuid(i, uuid);
	CHECK_ERRNO(__mdev_create(2, uuid), -ENOSPC);
	CHECK(!mdev_exists(uuid), "%s was made of no queues", uuid);
	/* Two that are not neighbours make one of twice the size. */
	mdev_uuid(0, uuid);
	mdev_remove(uuid);
	CHECK_ERRNO(__mdev_create(4, uuid), -ENOSPC);
	mdev_uuid(2, uuid);
	mdev_remove(uuid);
	CHECK_ERRNO(__mdev_create(4, uuid), 0);
	mdev_remove(uuid);
	while (i--) {
		mdev_uuid(i, uuid);
		if (mdev_exists(uuid))
			mdev_remove(uuid);
	}
	expect_available(total);
}

HARNESS_MAIN(mdev_lend)
