// SPDX-License-Identifier: GPL-2.0
/*
 * A mediated device is plugged into this VM while a process uses another one,
 * and unplugged while the process uses both: each works as long as it is
 * there, the new one stops when it goes, and the other is not concerned.
 *
 * usage: live_pasids PCI-ADDRESS PORT
 *
 * PORT leads to whoever can do it: "add" or "del" goes there, "ok" comes back.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "clock.h"
#include "harness.h"
#include "memory.h"

#define SIZE (64 * 1024)
#define LONG_SIZE (1024 * 1024)
/* A slot waits five seconds before it powers off, in case the button is pressed again. */
#define HOTPLUG_WAIT_MS 30000

static int port;

static void ask(const char *what)
{
	struct pollfd in = {.fd = port, .events = POLLIN};
	size_t len = strlen(what), used = 0;
	char answer[128] = "";

	REQUIRE_EQ(write(port, what, len), (ssize_t)len);
	while (!strchr(answer, '\n')) {
		ssize_t n;

		REQUIRE(poll(&in, 1, HOTPLUG_WAIT_MS) == 1, "%.3s: no answer within %d ms", what,
			HOTPLUG_WAIT_MS);
		n = read(port, answer + used, sizeof(answer) - 1 - used);
		REQUIRE(n > 0, "%.3s: reading the answer: %s", what, strerror(errno));
		used += (size_t)n;
	}
	REQUIRE(!strcmp(answer, "ok\n"), "%.3s: %s", what, answer);
}

/* Until the hotplugged device has a driver, or none any more. */
static void wait_device(int want)
{
	struct clock_wait wait = clock_wait_for(HOTPLUG_WAIT_MS);
	int ret;

	svk_device_select(SVK_DEVICE_SECOND);
	while ((ret = __svk_device_find()) != want)
		REQUIRE(clock_wait_again(&wait), "looking for the device: %d, want %d", ret, want);
}

FIXTURE(hotplug)
{
	struct svk_queue steady;
	struct svk_queue fresh;
	u8 *src;
	u8 *dst;
};

static void expect_copy(FIXTURE_DATA(hotplug) *self, struct svk_queue *q, u64 seed)
{
	memory_pattern(self->src, SIZE, seed);
	CHECK_STATUS(svk_queue_run(q, svk_desc_copy(self->dst, self->src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(self->src, self->dst, SIZE), SIZE);
}

FIXTURE_SETUP(hotplug)
{
	harness_begin(_metadata);
	self->src = memory_map(SIZE);
	self->dst = memory_map(SIZE);
}

FIXTURE_TEARDOWN(hotplug)
{
	harness_end(_metadata);
}

static void comes(FIXTURE_DATA(hotplug) *self)
{
	harness_step("it_comes");
	wait_device(-ENODEV);
	svk_device_select(SVK_DEVICE_FIRST);
	svk_queue_open(&self->steady);
	ktap_note("pasid", "%u", svk_queue_info(&self->steady).pasid);
	expect_copy(self, &self->steady, 1);
	ask("add\n");
	wait_device(0);
	expect_copy(self, &self->steady, 2);

	harness_step("it_works_for_the_same_process");
	svk_queue_open(&self->fresh);
	CHECK_EQ(svk_queue_info(&self->fresh).pasid, svk_queue_info(&self->steady).pasid);
	expect_copy(self, &self->fresh, 3);
	expect_copy(self, &self->steady, 4);
}

static void goes(FIXTURE_DATA(hotplug) *self)
{
	u8 *target = memory_map(LONG_SIZE), *seen = memory_map(LONG_SIZE);
	struct svk_cpl *cpl = memory_map(sizeof(*cpl));
	struct svk_accel_info info;

	harness_step("it_goes_with_a_busy_queue");
	svk_queue_submit_long(&self->fresh, target, LONG_SIZE, cpl);
	ask("del\n");
	wait_device(-ENODEV);
	memcpy(seen, target, LONG_SIZE);
	CHECK_ERRNO(__svk_queue_info(self->fresh.fd, &info), -ENXIO);
	svk_queue_close(&self->fresh);

	harness_step("the_other_goes_on");
	expect_copy(self, &self->steady, 5);
	CHECK_EQ(memory_diff(seen, target, LONG_SIZE), LONG_SIZE);
	svk_queue_close(&self->steady);
}

/* A slot takes its time. */
TEST_F_TIMEOUT(hotplug, is_nothing_to_live_pasids, 85)
{
	comes(self);
	goes(self);
}

static void require(void)
{
	const char *address = harness_arg(0), *path = harness_arg(1);

	if (!address || !path)
		ktap_skip_all("usage: live_pasids PCI-ADDRESS PORT");
	port = open(path, O_RDWR | O_CLOEXEC);
	if (port < 0)
		ktap_skip_all("nobody to ask for hotplug: %s: %s", path, strerror(errno));
	setenv("SVAKIT_DEVICE_2", address, 1);
	svk_require_root();
}

HARNESS_MAIN(require)
