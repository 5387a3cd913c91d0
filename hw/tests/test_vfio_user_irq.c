// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts: eventfds of MSI-X vectors, and messages as DMA_WRITE commands.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/vfio_user_fixture.h"

#define IRQ_SET_SIZE offsetof(struct vfio_irq_set, data)
#define MSIX VFIO_PCI_MSIX_IRQ_INDEX
#define TRIGGER VFIO_IRQ_SET_ACTION_TRIGGER
#define EVENTFD VFIO_IRQ_SET_DATA_EVENTFD
#define NONE VFIO_IRQ_SET_DATA_NONE
#define BOOL VFIO_IRQ_SET_DATA_BOOL

static u32 set_irqs(int fd, const struct vfio_irq_set *wanted, const int *fds, unsigned int nfds)
{
	struct vfio_irq_set set = *wanted;
	struct packet p;

	set.argsz = IRQ_SET_SIZE;
	client_call_fds(fd, VFIO_USER_DEVICE_SET_IRQS, &set, IRQ_SET_SIZE, fds, nfds, &p);
	return p.hdr.error;
}

#define SET(f, i, s, c) \
	((struct vfio_irq_set){.flags = (f), .index = (i), .start = (s), .count = (c)})

static u64 pending(int event)
{
	u64 count = 0;

	if (read(event, &count, sizeof(count)) < 0)
		assert_int_equal(errno, EAGAIN);
	return count;
}

static void make_events(int *events, unsigned int n, int flags)
{
	for (unsigned int i = 0; i < n; i++) {
		events[i] = eventfd(0, EFD_CLOEXEC | flags);
		assert_true(events[i] >= 0);
	}
}

static void close_all(const int *fds, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		close(fds[i]);
}

static void irq_info(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	struct vfio_irq_info info;
	struct packet p;

	for (u32 i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		info = (struct vfio_irq_info){.argsz = sizeof(info), .index = i};
		client_call(fd, VFIO_USER_DEVICE_GET_IRQ_INFO, &info, sizeof(info), &p);
		assert_int_equal(p.len, sizeof(info));
		memcpy(&info, p.data, sizeof(info));
		assert_int_equal(info.count, i == MSIX ? TOY_VECTORS : 0);
		assert_int_equal(info.flags,
				 i == MSIX ? VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE : 0);
	}
	info.index = VFIO_PCI_NUM_IRQS;
	client_expect(fd, VFIO_USER_DEVICE_GET_IRQ_INFO, &info, sizeof(info), EINVAL);
	info.index = 0;
	info.argsz = 15;
	client_expect(fd, VFIO_USER_DEVICE_GET_IRQ_INFO, &info, sizeof(info), EINVAL);
	close(fd);
}

static void vectors_are_signalled(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	int events[TOY_VECTORS];

	make_events(events, TOY_VECTORS, EFD_NONBLOCK);
	/* Without eventfds an interrupt goes nowhere. */
	client_write_region(fd, 0, TOY_RAISE, 4, 1);
	assert_int_equal(set_irqs(fd, &SET(EVENTFD | TRIGGER, MSIX, 0, 4), events, 4), 0);
	client_write_region(fd, 0, TOY_RAISE, 4, 2);
	client_write_region(fd, 0, TOY_RAISE, 4, 2);
	assert_int_equal(pending(events[2]), 2);
	assert_int_equal(pending(events[1]), 0);
	/* There is no such vector. */
	client_write_region(fd, 0, TOY_RAISE, 4, TOY_VECTORS);

	/* One vector taken away, then all. */
	assert_int_equal(set_irqs(fd, &SET(EVENTFD | TRIGGER, MSIX, 2, 1), NULL, 0), 0);
	client_write_region(fd, 0, TOY_RAISE, 4, 2);
	client_write_region(fd, 0, TOY_RAISE, 4, 3);
	assert_int_equal(pending(events[2]), 0);
	assert_int_equal(pending(events[3]), 1);
	assert_int_equal(set_irqs(fd, &SET(NONE | TRIGGER, MSIX, 0, 0), NULL, 0), 0);
	client_write_region(fd, 0, TOY_RAISE, 4, 3);
	assert_int_equal(pending(events[3]), 0);
	close_all(events, TOY_VECTORS);
	close(fd);
}

static void vectors_are_replaced(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	int events[2];

	make_events(events, 2, EFD_NONBLOCK);
	assert_int_equal(set_irqs(fd, &SET(EVENTFD | TRIGGER, MSIX, 1, 1), &events[0], 1), 0);
	assert_int_equal(set_irqs(fd, &SET(EVENTFD | TRIGGER, MSIX, 1, 1), &events[1], 1), 0);
	client_write_region(fd, 0, TOY_RAISE, 4, 1);
	assert_int_equal(pending(events[0]), 0);
	assert_int_equal(pending(events[1]), 1);
	close_all(events, 2);
	close(fd);
}

static void client_triggers(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	int events[TOY_VECTORS];
	struct {
		u8 set[IRQ_SET_SIZE];
		u8 wanted[3];
	} msg = {.wanted = {1, 0, 1}};
	struct vfio_irq_set set = SET(BOOL | TRIGGER, MSIX, 1, 3);

	make_events(events, TOY_VECTORS, EFD_NONBLOCK);
	assert_int_equal(set_irqs(fd, &SET(EVENTFD | TRIGGER, MSIX, 0, 4), events, 4), 0);
	assert_int_equal(set_irqs(fd, &SET(NONE | TRIGGER, MSIX, 1, 2), NULL, 0), 0);
	assert_int_equal(pending(events[0]), 0);
	assert_int_equal(pending(events[1]), 1);
	assert_int_equal(pending(events[2]), 1);

	set.argsz = sizeof(msg);
	memcpy(msg.set, &set, IRQ_SET_SIZE);
	client_expect(fd, VFIO_USER_DEVICE_SET_IRQS, &msg, sizeof(msg), 0);
	assert_int_equal(pending(events[1]), 1);
	assert_int_equal(pending(events[2]), 0);
	assert_int_equal(pending(events[3]), 1);
	client_expect(fd, VFIO_USER_DEVICE_SET_IRQS, &msg, sizeof(msg) - 1, EINVAL);
	close_all(events, TOY_VECTORS);
	close(fd);
}

static void bad_sets_are_refused(void **state)
{
	static const struct {
		u32 flags, index, start, count, error;
	} bad[] = {
		{EVENTFD | TRIGGER, MSIX, 0, 5, EINVAL},
		{EVENTFD | TRIGGER, MSIX, 5, 0, EINVAL},
		{EVENTFD | TRIGGER, MSIX, 1, 4, EINVAL},
		{EVENTFD | TRIGGER, MSIX, 1, 0xffffffff, EINVAL},
		{EVENTFD | TRIGGER, MSIX, 0xffffffff, 1, EINVAL},
		{EVENTFD | TRIGGER, 0, 0, 1, EINVAL},
		{EVENTFD | TRIGGER, 99, 0, 0, EINVAL},
		{NONE | TRIGGER, MSIX, 1, 0, EINVAL},
		{BOOL | TRIGGER, MSIX, 0, 0, EINVAL},
		{BOOL | TRIGGER, MSIX, 0, 1, EINVAL},
		{TRIGGER, MSIX, 0, 1, EINVAL},
		{EVENTFD, MSIX, 0, 1, EINVAL},
		{EVENTFD | NONE | TRIGGER, MSIX, 0, 1, EINVAL},
		{EVENTFD | TRIGGER | 0x100, MSIX, 0, 1, EINVAL},
		{NONE | VFIO_IRQ_SET_ACTION_MASK, MSIX, 0, 1, ENOTSUP},
		{NONE | VFIO_IRQ_SET_ACTION_UNMASK, MSIX, 0, 1, ENOTSUP},
	};
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(
			set_irqs(fd, &SET(bad[i].flags, bad[i].index, bad[i].start, bad[i].count),
				 NULL, 0),
			bad[i].error);
	close(fd);
}

static void wrong_descriptors_are_refused(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	int mem = memfd_make(0x1000, true);
	int mixed[2];
	int pipefd[2];

	assert_int_equal(pipe2(pipefd, O_CLOEXEC), 0);
	make_events(mixed, 1, EFD_NONBLOCK);
	mixed[1] = pipefd[1];
	/* A write to a pipe could block the model. */
	assert_int_equal(set_irqs(fd, &SET(EVENTFD | TRIGGER, MSIX, 0, 1), &pipefd[1], 1), EINVAL);
	assert_int_equal(set_irqs(fd, &SET(EVENTFD | TRIGGER, MSIX, 0, 1), &mem, 1), EINVAL);
	/* Of several, one bad one spoils all. */
	assert_int_equal(set_irqs(fd, &SET(EVENTFD | TRIGGER, MSIX, 0, 2), mixed, 2), EINVAL);
	client_write_region(fd, 0, TOY_RAISE, 4, 0);
	assert_int_equal(pending(mixed[0]), 0);
	/* Their number must be that of the vectors. */
	assert_int_equal(set_irqs(fd, &SET(EVENTFD | TRIGGER, MSIX, 0, 2), mixed, 1), EINVAL);
	assert_int_equal(set_irqs(fd, &SET(EVENTFD | TRIGGER, MSIX, 0, 1), mixed, 2), EINVAL);
	close(mixed[0]);
	close_all(pipefd, 2);
	close(mem);
	close(fd);
}

static void full_eventfd_does_not_block(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	u64 full = ~0ULL - 1;
	int event;

	/* Blocking as the client made it. */
	make_events(&event, 1, 0);
	assert_int_equal(write(event, &full, sizeof(full)), sizeof(full));
	assert_int_equal(set_irqs(fd, &SET(EVENTFD | TRIGGER, MSIX, 0, 1), &event, 1), 0);
	client_write_region(fd, 0, TOY_RAISE, 4, 0);
	assert_int_equal(pending(event), full);
	close(event);
	close(fd);
}

static void receive_message(int fd, u32 data, struct packet *p)
{
	struct vfio_user_dma_access access;

	assert_true(client_receive(fd, p));
	assert_int_equal(p->hdr.command, VFIO_USER_DMA_WRITE);
	assert_int_equal(p->hdr.flags, VFIO_USER_F_TYPE_COMMAND);
	assert_int_equal(p->len, sizeof(access) + 4);
	memcpy(&access, p->data, sizeof(access));
	assert_int_equal(access.addr, TOY_MSI_ADDR);
	assert_int_equal(access.count, 4);
	assert_memory_equal(p->data + sizeof(access), &data, 4);
}

static void answer(int fd, const struct packet *p, u32 error)
{
	struct packet reply = {.hdr = p->hdr};

	reply.hdr.flags = VFIO_USER_F_TYPE_REPLY | (error ? VFIO_USER_F_ERROR : 0);
	reply.hdr.error = error;
	reply.hdr.size = 0;
	/* QEMU echoes address and count; an error is the header alone. */
	reply.len = error ? 0 : sizeof(struct vfio_user_dma_access);
	memcpy(reply.data, p->data, reply.len);
	client_send(fd, &reply);
}

static void enable_bus_master(int fd)
{
	client_write_region(fd, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
}

static void messages_become_dma_writes(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	struct packet p, second;

	client_write_region(fd, 0, TOY_MSI_COUNT, 4, 1);
	/* Not before the function is bus master. */
	client_write_region(fd, 0, TOY_MSI, 4, 0x30);
	enable_bus_master(fd);
	client_write_region(fd, 0, TOY_MSI, 4, 0x31);
	receive_message(fd, 0x31, &p);
	client_write_region(fd, 0, TOY_MSI, 4, 0x32);
	receive_message(fd, 0x32, &second);
	assert_int_not_equal(p.hdr.id, second.hdr.id);
	/* Answers may come out of order; a refusal does no harm. */
	answer(fd, &second, EFAULT);
	answer(fd, &p, 0);
	client_expect(fd, VFIO_USER_DEVICE_RESET, NULL, 0, 0);
	/* An answer given twice is one to nothing. */
	answer(fd, &p, 0);
	client_expect_end(fd, &r->toy[0]);
}

static void unanswered_messages_are_bounded(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	struct packet first, p;

	enable_bus_master(fd);
	client_write_region(fd, 0, TOY_MSI_COUNT, 4, 60);
	client_write_region(fd, 0, TOY_MSI, 4, 100);
	receive_message(fd, 100, &first);
	for (u32 i = 1; i < 60; i++)
		receive_message(fd, 100 + i, &p);
	client_write_region(fd, 0, TOY_MSI, 4, 200);
	for (u32 i = 0; i < 4; i++)
		receive_message(fd, 200 + i, &p);
	/* 64 are unanswered, 56 wait, so of these 60 only 8 find a place. */
	client_write_region(fd, 0, TOY_MSI, 4, 300);
	for (u32 i = 0; i < 56; i++) {
		answer(fd, &first, 0);
		receive_message(fd, 204 + i, &first);
	}
	for (u32 i = 0; i < 8; i++) {
		answer(fd, &first, 0);
		receive_message(fd, 300 + i, &first);
	}
	answer(fd, &first, 0);
	client_expect(fd, VFIO_USER_DEVICE_RESET, NULL, 0, 0);
	close(fd);
}

/* As the accelerator's engine does: not from the event loop. */
static void message_from_another_thread(void **state)
{
	struct rig *r = *state;
	int fd = client_open(&r->toy[0]);
	struct packet p;

	enable_bus_master(fd);
	pthread_mutex_lock(&r->machine.lock);
	pci_write_msi(&r->toy[0].fn, TOY_MSI_ADDR, 0x55);
	pthread_mutex_unlock(&r->machine.lock);
	receive_message(fd, 0x55, &p);
	answer(fd, &p, 0);
	assert_int_equal(r->machine.count[SVK_LAB_IRQ], 1);
	close(fd);
}

static void ring(void *who)
{
	const u64 one = 1;

	assert_int_equal(write(*(int *)who, &one, sizeof(one)), sizeof(one));
}

/* The loop sleeps, and wakes up for what the model does later. */
static void timers(void **state)
{
	struct rig *r = *state;
	int event = eventfd(0, EFD_CLOEXEC);
	struct timer t = {.expired = ring, .who = &event};
	u64 count;

	assert_true(event >= 0);
	for (unsigned int i = 0; i < 3; i++) {
		machine_lock(&r->machine);
		timer_start(&r->machine, &t, i * 1000000);
		machine_unlock(&r->machine);
		assert_int_equal(read(event, &count, sizeof(count)), sizeof(count));
		assert_int_equal(count, 1);
	}
	close(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(timers, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(irq_info, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(vectors_are_signalled, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(vectors_are_replaced, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(client_triggers, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(bad_sets_are_refused, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(wrong_descriptors_are_refused, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(full_eventfd_does_not_block, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(messages_become_dma_writes, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(unanswered_messages_are_bounded, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(message_from_another_thread, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests_name("vfio_user_irq", tests, NULL, NULL);
}
