// SPDX-License-Identifier: GPL-2.0
/*
 * A device that a VM has open is removed, alone or with its parent: the VM is
 * asked to let go, the removal waits for it and then ends. The module cannot be
 * unloaded meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accel_device.h"
#include "harness.h"
#include "mdev.h"
#include "process.h"
#include "vm.h"

#define PASID 41
#define DRIVER "/sys/bus/pci/drivers/svakit_mdev/"

static char uuid[MDEV_UUID_SIZE];

static void remove_main(struct process *parent, void *arg)
{
	(void)arg;
	process_hear(parent);
	REQUIRE_ERRNO(__mdev_remove(uuid), 0);
}

static void unbind_main(struct process *parent, void *arg)
{
	(void)arg;
	process_hear(parent);
	REQUIRE_ERRNO(__svk_write_file(DRIVER "unbind", mdev_parent()), 0);
}

/* A VM is asked, goes on working as long as it likes, and closes. */
static void remove_while_open(void (*remover)(struct process *parent, void *arg))
{
	struct process child;
	struct vm_process p;
	struct vaccel_queue q;
	struct vm vm;
	s32 event;

	/* Before the device is opened: a child would hold it, too. */
	process_start(&child, remover, NULL);
	vm_init(&vm, VM_RAM, __vfio_open_mdev(uuid));
	event = vfio_eventfd();
	vfio_set_eventfds(&vm.a.v, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, &event);
	vm_process_init(&p, &vm);
	vm_process_attach(&p, &vm, PASID);
	vaccel_queue_open(&q, &vm.a, 0, &p.s, PASID);

	process_tell(&child, 1);
	CHECK(vfio_eventfd_wait(event), "nobody asks for the device");
	vm_expect_dma(&q, &p.s);
	CHECK_EQ(waitpid(child.pid, NULL, WNOHANG), 0);
	vm_cleanup(&vm);
	process_end(&child);
	CHECK(!mdev_exists(uuid), "%s is still there", uuid);
	close(event);
	mdev_expect_idle();
}

static void works_after_binding_again(void)
{
	struct vm_process p;
	struct vaccel_queue q;
	struct vm vm;

	harness_step("works_after_binding_again");
	mdev_create(1, uuid);
	vm_init(&vm, VM_RAM, __vfio_open_mdev(uuid));
	vm_process_init(&p, &vm);
	vm_process_attach(&p, &vm, PASID);
	vaccel_queue_open(&q, &vm.a, 0, &p.s, PASID);
	vm_expect_dma(&q, &p.s);
	vm_cleanup(&vm);
	mdev_remove(uuid);
}

FIXTURE(removal)
{
	unsigned int before; /* queues that were free */
};

FIXTURE_SETUP(removal)
{
	harness_begin(_metadata);
	self->before = mdev_available(1);
	mdev_uuid(1, uuid);
	mdev_create(1, uuid);
}

FIXTURE_TEARDOWN(removal)
{
	CHECK_EQ(mdev_available(1), self->before);
	harness_end(_metadata);
}

TEST_F(removal, waits_for_close)
{
	remove_while_open(remove_main);
}

TEST_F(removal, of_the_parent_waits_for_close)
{
	remove_while_open(unbind_main);
	CHECK(access(mdev_type_path(1, "create"), F_OK), "types of a parent that has gone");
	REQUIRE_ERRNO(__svk_write_file(DRIVER "bind", mdev_parent()), 0);
	CHECK_EQ(mdev_available(1), self->before);
	works_after_binding_again();
}

TEST_F(removal, of_the_module_is_refused_while_open)
{
	struct vm vm;

	vm_init(&vm, VM_RAM, __vfio_open_mdev(uuid));
	CHECK(syscall(SYS_delete_module, "svakit_mdev", O_NONBLOCK) && errno == EWOULDBLOCK,
	      "delete_module: errno %d, want EWOULDBLOCK", errno);
	CHECK_EQ(vaccel_read32(&vm.a, SVK_GLB_ID), SVK_GLB_ID_MAGIC);
	vm_cleanup(&vm);
	mdev_remove(uuid);
}

HARNESS_MAIN(mdev_lend)
