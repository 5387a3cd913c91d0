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
#include "ktap.h"
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

static void remove_waits_for_close(unsigned int before)
{
	ktap_case("remove_waits_for_close");
	mdev_create(1, uuid);
	remove_while_open(remove_main);
	CHECK_EQ(mdev_available(1), before);
}

static void unbind_waits_for_close(unsigned int before)
{
	ktap_case("unbind_waits_for_close");
	mdev_create(1, uuid);
	remove_while_open(unbind_main);
	CHECK(access(mdev_type_path(1, "create"), F_OK), "types of a parent that has gone");
	REQUIRE_ERRNO(__svk_write_file(DRIVER "bind", mdev_parent()), 0);
	CHECK_EQ(mdev_available(1), before);
}

static void works_after_binding_again(void)
{
	struct vm_process p;
	struct vaccel_queue q;
	struct vm vm;

	ktap_case("works_after_binding_again");
	mdev_create(1, uuid);
	vm_init(&vm, VM_RAM, __vfio_open_mdev(uuid));
	vm_process_init(&p, &vm);
	vm_process_attach(&p, &vm, PASID);
	vaccel_queue_open(&q, &vm.a, 0, &p.s, PASID);
	vm_expect_dma(&q, &p.s);
	vm_cleanup(&vm);
	mdev_remove(uuid);
}

static void module_stays_while_open(void)
{
	struct vm vm;

	ktap_case("module_stays_while_open");
	mdev_create(1, uuid);
	vm_init(&vm, VM_RAM, __vfio_open_mdev(uuid));
	CHECK(syscall(SYS_delete_module, "svakit_mdev", O_NONBLOCK) && errno == EWOULDBLOCK,
	      "delete_module: errno %d, want EWOULDBLOCK", errno);
	CHECK_EQ(vaccel_read32(&vm.a, SVK_GLB_ID), SVK_GLB_ID_MAGIC);
	vm_cleanup(&vm);
	mdev_remove(uuid);
}

static int test(void)
{
	unsigned int before = mdev_available(1);

	ktap_start(4);
	mdev_uuid(1, uuid);
	remove_waits_for_close(before);
	unbind_waits_for_close(before);
	works_after_binding_again();
	module_stays_while_open();
	return ktap_finish();
}

int main(void)
{
	return mdev_run(test);
}
