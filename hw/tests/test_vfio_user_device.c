// SPDX-License-Identifier: GPL-2.0
/*
 * What a client learns of a function and does to its regions.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/vfio_user_fixture.h"
#include "trace.h"

static void device_info(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	u32 info[4] = {sizeof(info)};
	struct packet p;

	client_call(fd, VFIO_USER_DEVICE_GET_INFO, info, sizeof(info), &p);
	assert_int_equal(p.len, sizeof(info));
	memcpy(info, p.data, sizeof(info));
	assert_int_equal(info[0], sizeof(info));
	assert_int_equal(info[1], VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET);
	assert_int_equal(info[2], VFIO_PCI_NUM_REGIONS);
	assert_int_equal(info[3], VFIO_PCI_NUM_IRQS);

	info[0] = sizeof(info) - 1;
	client_expect(fd, VFIO_USER_DEVICE_GET_INFO, info, sizeof(info), EINVAL);
	close(fd);
}

static void region_info(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	struct vfio_region_info info;
	struct packet p;

	for (u32 i = 0; i < VFIO_PCI_NUM_REGIONS; i++) {
		u64 size = 0;

		if (i == VFIO_PCI_BAR0_REGION_INDEX)
			size = TOY_BAR_SIZE;
		else if (i == VFIO_PCI_CONFIG_REGION_INDEX)
			size = PCI_CONFIG_SIZE;
		info = (struct vfio_region_info){.argsz = sizeof(info), .index = i};
		client_call(fd, VFIO_USER_DEVICE_GET_REGION_INFO, &info, sizeof(info), &p);
		assert_int_equal(p.len, sizeof(info));
		memcpy(&info, p.data, sizeof(info));
		assert_int_equal(info.index, i);
		assert_int_equal(info.size, size);
		assert_int_equal(info.flags,
				 size ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE
				      : 0);
	}
	info.index = VFIO_PCI_NUM_REGIONS;
	client_expect(fd, VFIO_USER_DEVICE_GET_REGION_INFO, &info, sizeof(info), EINVAL);
	info.index = 0;
	info.argsz = sizeof(info) - 1;
	client_expect(fd, VFIO_USER_DEVICE_GET_REGION_INFO, &info, sizeof(info), EINVAL);
	close(fd);
}

static void bar_access(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);

	client_write_region(fd, 0, 0x10, 8, 0x1122334455667788);
	assert_int_equal(client_read_region(fd, 0, 0x10, 8), 0x1122334455667788);
	assert_int_equal(client_read_region(fd, 0, 0x10, 4), 0x55667788);
	assert_int_equal(client_read_region(fd, 0, 0x16, 2), 0x1122);
	assert_int_equal(client_read_region(fd, 0, 0x17, 1), 0x11);
	client_write_region(fd, 0, 0x13, 1, 0xee);
	assert_int_equal(client_read_region(fd, 0, 0x10, 4), 0xee667788);
	client_write_region(fd, 0, TOY_BAR_SIZE - 8, 8, 5);
	assert_int_equal(client_read_region(fd, 0, TOY_BAR_SIZE - 8, 8), 5);
	close(fd);
}

static void bad_accesses_are_refused(void **state)
{
	static const struct vfio_user_region_access bad[] = {
		{0, 0, 0}, /* nothing */
		{0, 0, 3}, /* no access width */
		{0, 0, 16}, /* too wide for an instruction */
		{2, 0, 4}, /* not aligned */
		{TOY_BAR_SIZE, 0, 4}, /* behind the BAR */
		{TOY_BAR_SIZE - 4, 0, 8}, /* across its end */
		{~0ULL - 3, 0, 4}, /* wraps */
		{~0ULL, 0, 0xffffffff},
		{0, 1, 4}, /* no such BAR */
		{0, 6, 4}, /* no ROM */
		{0, 8, 4}, /* no VGA */
		{0, 9, 4}, /* no such region */
		{0, 0xffffffff, 4},
		{0, 7, 4097},
		{4095, 7, 2},
		{4096, 7, 1},
	};
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	u8 data[sizeof(bad[0]) + 8] = {0};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		memcpy(data, &bad[i], sizeof(bad[i]));
		client_expect(fd, VFIO_USER_REGION_READ, data, sizeof(bad[i]), EINVAL);
		client_expect(fd, VFIO_USER_REGION_WRITE, data, sizeof(data), EINVAL);
	}
	/* The three that hit the BAR with a shape that no instruction has, read and written. */
	assert_int_equal(r->machine.count[SVK_LAB_BAD_ACCESS], 6);
	close(fd);
}

static void write_carries_its_count(void **state)
{
	struct vfio_user_region_access access = {0x20, 0, 4};
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	u8 data[sizeof(access) + 8] = {0};

	memcpy(data, &access, sizeof(access));
	memset(data + sizeof(access), 0xff, 8);
	client_expect(fd, VFIO_USER_REGION_WRITE, data, sizeof(access) + 3, EINVAL);
	client_expect(fd, VFIO_USER_REGION_WRITE, data, sizeof(access) + 8, EINVAL);
	client_expect(fd, VFIO_USER_REGION_WRITE, data, sizeof(access), EINVAL);
	assert_int_equal(client_read_region(fd, 0, 0x20, 8), 0);
	close(fd);
}

static void config_space(void **state)
{
	struct vfio_user_region_access access = {0, VFIO_PCI_CONFIG_REGION_INDEX, 4096};
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	struct packet p;

	/* QEMU reads it whole. */
	client_call(fd, VFIO_USER_REGION_READ, &access, sizeof(access), &p);
	assert_int_equal(p.len, sizeof(access) + 4096);
	assert_memory_equal(p.data + sizeof(access), r->toy[0].fn.config, 4096);

	client_write_region(fd, VFIO_PCI_CONFIG_REGION_INDEX, PCI_BASE_ADDRESS_0, 4, 0xffffffff);
	assert_int_equal(client_read_region(fd, VFIO_PCI_CONFIG_REGION_INDEX, PCI_BASE_ADDRESS_0,
					    4),
			 0xfffff000);
	assert_int_equal(r->toy[0].config_writes, 1);
	close(fd);
}

static void reset_command(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);

	client_write_region(fd, 0, 0, 4, 1);
	client_write_region(fd, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	client_expect(fd, VFIO_USER_DEVICE_RESET, NULL, 0, 0);
	assert_int_equal(r->toy[0].resets, 1);
	assert_int_equal(client_read_region(fd, 0, 0, 4), 0);
	assert_int_equal(client_read_region(fd, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, 2), 0);
	close(fd);
}

static void accesses_are_traced(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	pthread_mutex_lock(&r->machine.lock);
	r->machine.trace = trace_new(16);
	pthread_mutex_unlock(&r->machine.lock);
	client_write_region(fd, 0, 0x40, 4, 0xabc);
	client_read_region(fd, 0, 0x40, 4);
	/* Configuration accesses are too many to be worth their place. */
	client_read_region(fd, VFIO_PCI_CONFIG_REGION_INDEX, 0, 4);

	out = open_memstream(&text, &len);
	assert_non_null(out);
	pthread_mutex_lock(&r->machine.lock);
	assert_int_equal(trace_dump(r->machine.trace, out), 0);
	trace_free(r->machine.trace);
	r->machine.trace = NULL;
	pthread_mutex_unlock(&r->machine.lock);
	fclose(out);
	assert_non_null(strstr(text, "# 2 events, 0 of them overwritten\n"));
	assert_non_null(strstr(text, " reg function=0 bar=0 offset=0x40 write 0xabc\n"));
	assert_non_null(strstr(text, " reg function=0 bar=0 offset=0x40 read 0xabc\n"));
	free(text);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(device_info, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(region_info, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(bar_access, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(bad_accesses_are_refused, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(write_carries_its_count, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(config_space, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(reset_command, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(accesses_are_traced, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests_name("vfio_user_device", tests, NULL, NULL);
}
