// SPDX-License-Identifier: GPL-2.0
/*
 * Framing and negotiation: messages come out whole however they are sent, and
 * what cannot be a message ends that connection and nothing else.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/vfio_user_fixture.h"

#define CONFIG_REGION 7

static void negotiate(int fd, u16 minor, const char *json, size_t len, struct packet *p)
{
	struct vfio_user_version ver = {0, minor};
	u8 data[VFIO_USER_MAX_MSG];

	memcpy(data, &ver, sizeof(ver));
	memcpy(data + sizeof(ver), json, len);
	client_call(fd, VFIO_USER_VERSION, data, sizeof(ver) + len, p);
}

static void version_answers_what_was_asked(void **state)
{
	static const char json[] =
		"{\"capabilities\": {\"max_msg_fds\": 16, \"max_data_xfer_size\": 1048576, "
		"\"pgsizes\": 4096, \"max_dma_maps\": 65535, \"write_multiple\": true, "
		"\"migration\": {\"pgsize\": 4096}}}";
	struct rig *r = *state;
	int fd = client_connect(&r->toy[0]);
	struct packet p;

	negotiate(fd, 3, json, sizeof(json), &p);
	assert_int_equal(p.hdr.error, 0);
	/* Version 0.0, then the capabilities that have a number here. */
	assert_memory_equal(p.data, "\0\0\0\0", 4);
	assert_int_equal(p.data[p.len - 1], 0);
	assert_string_equal((char *)p.data + 4, "{\"capabilities\":{\"max_msg_fds\":16,"
						"\"max_data_xfer_size\":4096,"
						"\"max_dma_maps\":256}}");
	/* QEMU takes no reply that is longer than its request. */
	assert_true(p.len <= 4 + sizeof(json));
	close(fd);
}

static void version_without_capabilities(void **state)
{
	struct rig *r = *state;
	int fd = client_connect(&r->toy[0]);
	struct packet p;

	negotiate(fd, 0, "{}", 3, &p);
	assert_int_equal(p.hdr.error, 0);
	assert_string_equal((char *)p.data + 4, "{\"capabilities\":{}}");
	close(fd);
}

/* A text with its NUL. */
#define TEXT(s)              \
	{                    \
		s, sizeof(s) \
	}

static void version_refuses_bad_json(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} bad[] = {
		{"{}", 2}, /* no NUL */
		TEXT("{}\0{}"), /* something after it */
		TEXT(""),
		TEXT("[]"),
		TEXT("7"),
		TEXT("{\"capabilities\""),
		TEXT("{\"capabilities\":[]}"),
		TEXT("{\"capabilities\":null}"),
		TEXT("{\"capabilities\":{\"max_msg_fds\":\"16\"}}"),
		TEXT("{\"capabilities\":{\"max_msg_fds\":-1}}"),
		TEXT("{\"capabilities\":{\"max_data_xfer_size\":1}}"),
		TEXT("{\"capabilities\":{\"max_dma_maps\":1e99}}"),
		TEXT("{\"capabilities\":{}}x"),
		TEXT("{\"\xff\xfe\":{}}"),
		TEXT("[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]"),
	};
	struct rig *r = *state;
	int fd = client_connect(&r->toy[0]);
	struct packet p;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		negotiate(fd, 0, bad[i].text, bad[i].len, &p);
		assert_int_equal(p.hdr.error, EINVAL);
	}
	/* None of them counted as a negotiation. */
	negotiate(fd, 0, "{}", 3, &p);
	assert_int_equal(p.hdr.error, 0);
	/* A second one is refused, the first stays. */
	negotiate(fd, 0, "{}", 3, &p);
	assert_int_equal(p.hdr.error, EINVAL);
	client_expect(fd, VFIO_USER_DEVICE_RESET, NULL, 0, 0);
	close(fd);
}

static void version_of_another_protocol_ends(void **state)
{
	struct rig *r = *state;
	struct packet p = {.hdr.command = VFIO_USER_VERSION, .len = 4, .data = {1}};
	int fd = client_connect(&r->toy[0]);

	client_send(fd, &p);
	client_expect_end(fd, &r->toy[0]);
}

static void version_too_short(void **state)
{
	struct rig *r = *state;
	int fd = client_connect(&r->toy[0]);

	client_expect(fd, VFIO_USER_VERSION, "\0\0", 2, EINVAL);
	close(fd);
}

static void command_before_version_ends(void **state)
{
	struct rig *r = *state;
	struct packet p = {.hdr.command = VFIO_USER_DEVICE_RESET};
	int fd = client_connect(&r->toy[0]);

	client_send(fd, &p);
	client_expect_end(fd, &r->toy[0]);
	/* Nor may a reply come first. */
	p.hdr.command = VFIO_USER_VERSION;
	p.hdr.flags = VFIO_USER_F_TYPE_REPLY;
	fd = client_connect(&r->toy[0]);
	client_send(fd, &p);
	client_expect_end(fd, &r->toy[0]);
}

static void size_out_of_range_ends(void **state)
{
	static const u32 sizes[] = {1, 15, VFIO_USER_MAX_MSG + 1, 0x7fffffff, 0xffffffff};
	struct rig *r = *state;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct packet p = {
			.hdr = {.command = VFIO_USER_DEVICE_RESET, .size = sizes[i]},
		};
		int fd = client_open(&r->toy[0]);

		client_send(fd, &p);
		client_expect_end(fd, &r->toy[0]);
	}
}

static void unknown_type_ends(void **state)
{
	struct rig *r = *state;
	struct packet p = {.hdr = {.command = VFIO_USER_DEVICE_RESET, .flags = 2}};
	int fd = client_open(&r->toy[0]);

	client_send(fd, &p);
	client_expect_end(fd, &r->toy[0]);
}

static void reply_to_nothing_ends(void **state)
{
	struct rig *r = *state;
	struct packet p = {
		.hdr = {.command = VFIO_USER_DMA_WRITE, .flags = VFIO_USER_F_TYPE_REPLY},
	};
	int fd = client_open(&r->toy[0]);

	client_send(fd, &p);
	client_expect_end(fd, &r->toy[0]);
}

static void unknown_commands_are_refused(void **state)
{
	static const u16 commands[] = {0,
				       VFIO_USER_DEVICE_GET_REGION_IO_FDS,
				       VFIO_USER_DMA_READ,
				       VFIO_USER_DMA_WRITE,
				       14,
				       15,
				       0xffff};
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		client_expect(fd, commands[i], "12345678", 8, ENOTSUP);
	close(fd);
}

static void truncated_payloads_are_refused(void **state)
{
	static const struct {
		u16 command;
		size_t len;
	} whole[] = {
		{VFIO_USER_DMA_MAP, 32},
		{VFIO_USER_DMA_UNMAP, 24},
		{VFIO_USER_DEVICE_GET_INFO, 16},
		{VFIO_USER_DEVICE_GET_REGION_INFO, 32},
		{VFIO_USER_DEVICE_GET_IRQ_INFO, 16},
		{VFIO_USER_DEVICE_SET_IRQS, 20},
		{VFIO_USER_REGION_READ, 16},
		{VFIO_USER_REGION_WRITE, 16},
	};
	static const u8 ones[64] = {[0 ... 63] = 0xff};
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);

	/* One byte short, and empty, and complete but nonsense. */
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		client_expect(fd, whole[i].command, ones, whole[i].len - 1, EINVAL);
		client_expect(fd, whole[i].command, ones, 0, EINVAL);
		/* Every bit of GET_INFO may be set. */
		if (whole[i].command != VFIO_USER_DEVICE_GET_INFO)
			client_expect(fd, whole[i].command, ones, whole[i].len, EINVAL);
	}
	close(fd);
}

static void message_byte_by_byte(void **state)
{
	struct vfio_user_region_access access = {0, CONFIG_REGION, 4};
	struct rig *r = *state;
	int slow = client_open(&r->toy[0]);
	int quick = client_open(&r->toy[1]);
	struct packet p = {
		.hdr = {.id = 9, .command = VFIO_USER_REGION_READ, .size = 32},
	};
	u8 bytes[32];

	memcpy(bytes, &p.hdr, sizeof(p.hdr));
	memcpy(bytes + sizeof(p.hdr), &access, sizeof(access));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		assert_int_equal(send(slow, bytes + i, 1, MSG_NOSIGNAL), 1);
		/* The other client is served while this message is under way. */
		assert_int_equal(client_read_region(quick, CONFIG_REGION, 0, 2), 0x1b36);
	}
	assert_true(client_receive(slow, &p));
	assert_int_equal(p.hdr.id, 9);
	assert_int_equal(p.len, 20);
	close(slow);
	close(quick);
}

static void messages_in_one_piece(void **state)
{
	struct vfio_user_region_access access = {0, CONFIG_REGION, 2};
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	u8 bytes[40 * 32];
	struct packet p;

	for (u16 i = 0; i < 40; i++) {
		struct vfio_user_header hdr = {
			.id = i, .command = VFIO_USER_REGION_READ, .size = 32};

		memcpy(bytes + i * 32, &hdr, sizeof(hdr));
		memcpy(bytes + i * 32 + sizeof(hdr), &access, sizeof(access));
	}
	assert_int_equal(send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL), sizeof(bytes));
	for (u16 i = 0; i < 40; i++) {
		assert_true(client_receive(fd, &p));
		assert_int_equal(p.hdr.id, i);
	}
	close(fd);
}

/* All of them arrive at once; their replies fill the way back long before the last. */
static void replies_larger_than_the_way_back(void **state)
{
	struct vfio_user_region_access access = {0, CONFIG_REGION, 4096};
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	static u8 bytes[200 * 32];
	struct packet p;

	for (u16 i = 0; i < 200; i++) {
		struct vfio_user_header hdr = {
			.id = i, .command = VFIO_USER_REGION_READ, .size = 32};

		memcpy(bytes + i * 32, &hdr, sizeof(hdr));
		memcpy(bytes + i * 32 + sizeof(hdr), &access, sizeof(access));
	}
	assert_int_equal(send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL), sizeof(bytes));
	for (u16 i = 0; i < 200; i++) {
		assert_true(client_receive(fd, &p));
		assert_int_equal(p.hdr.id, i);
		assert_int_equal(p.len, sizeof(access) + 4096);
	}
	close(fd);
}

static void no_reply_is_honoured(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	struct packet p = {
		.hdr = {.command = VFIO_USER_DEVICE_RESET, .flags = VFIO_USER_F_NO_REPLY},
	};

	client_send(fd, &p);
	/* Nor is there one for an error. */
	p.hdr.command = 99;
	client_send(fd, &p);
	assert_int_equal(client_read_region(fd, CONFIG_REGION, 0, 2), 0x1b36);
	assert_int_equal(r->toy[0].resets, 1);
	close(fd);
}

static void client_that_does_not_read(void **state)
{
	struct vfio_user_region_access access = {0, CONFIG_REGION, 4096};
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	int other = client_open(&r->toy[1]);
	struct packet p = {.hdr.command = VFIO_USER_REGION_READ, .len = sizeof(access)};
	unsigned int sent = 0, received = 0;
	struct vfio_user_header hdr = {.command = VFIO_USER_REGION_READ, .size = 32};
	u8 bytes[32];

	memcpy(p.data, &access, sizeof(access));
	memcpy(bytes, &hdr, sizeof(hdr));
	memcpy(bytes + sizeof(hdr), &access, sizeof(access));
	/* Ask until both directions are full, which takes some hundred KiB. */
	while (send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(bytes)) {
		if (++sent % 64 == 0)
			assert_int_equal(client_read_region(other, CONFIG_REGION, 0, 2), 0x1b36);
		assert_true(sent < 1000000);
	}
	assert_int_equal(client_read_region(other, CONFIG_REGION, 0, 2), 0x1b36);
	/* Then everything asked for arrives, in order and whole. */
	while (received < sent) {
		assert_true(client_receive(fd, &p));
		assert_int_equal(p.len, sizeof(access) + 4096);
		received++;
	}
	close(fd);
	close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(version_answers_what_was_asked, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(version_without_capabilities, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(version_refuses_bad_json, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(version_of_another_protocol_ends, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(version_too_short, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(command_before_version_ends, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(size_out_of_range_ends, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(unknown_type_ends, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(reply_to_nothing_ends, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(unknown_commands_are_refused, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(truncated_payloads_are_refused, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(message_byte_by_byte, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(messages_in_one_piece, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(replies_larger_than_the_way_back, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(no_reply_is_honoured, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(client_that_does_not_read, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests_name("vfio_user_frame", tests, NULL, NULL);
}
