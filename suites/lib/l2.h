/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VM for a test of L1: QEMU, started as PID 1 starts L2 (/run/vmm), Linux, and in it this very
 * program as its agent (l2_agent.h), which does what the test asks for. What happens to the VM as a
 * whole is done from outside: it is reset, killed, loses devices. Everything asserts.
 *
 * Guest memory is shared with the test, so that it sees what a device does to it, also when the VMM
 * is gone.
 */
#ifndef SUITES_LIB_L2_H
#define SUITES_LIB_L2_H

#include <sys/types.h>

#include <svakit/types.h>

/** enum l2_device - Accelerators of a VM, as the agent's requests number them. */
enum l2_device {
	L2_PF, /* the function itself, pf_given() */
	L2_MDEV, /* a mediated device */
	L2_DEVICES
};

/* Bits of struct l2_config.devices. */
#define L2_HAS_PF (1u << L2_PF)
#define L2_HAS_MDEV (1u << L2_MDEV)

/**
 * struct l2_config - What a VM is made of.
 * @name: for messages and files, one word
 * @devices: L2_HAS_x
 * @uuid: of the mediated device
 * @slots: the devices are in slots, from which they can be unplugged
 */
struct l2_config {
	const char *name;
	unsigned int devices;
	const char *uuid;
	bool slots;
};

/**
 * struct l2 - A VM.
 * @config: what it was made of
 * @pid: its VMM; 0 when there is none any more
 * @qmp: its monitor
 * @agent: to the agent
 * @fd: of its memory
 * @ram: its memory; guest physical address x is byte x
 * @size: bytes of it
 */
struct l2 {
	struct l2_config config;
	pid_t pid;
	int qmp;
	int agent;
	int fd;
	u8 *ram;
	u64 size;
};

/**
 * l2_require() - For HARNESS_MAIN(): skip the program unless it can start VMs with both devices.
 *
 * tests.list gives it the path where PID 1 says how. Returns in a process of its own, as pf_lend()
 * and mdev_lend() do.
 */
void l2_require(void);

/** l2_memory_missing() - Return: MiB that L1 lacks for so many VMs at once, 0 if none. */
unsigned long l2_memory_missing(unsigned int vms);

/** l2_launch() - Start the VMM and let it go; l2_wait() waits for the VM. */
void l2_launch(struct l2 *vm, const struct l2_config *config);
/** l2_wait() - Wait, with a deadline, until a VM that was started, or reset, has its agent. */
void l2_wait(struct l2 *vm);
/** l2_start() - Both. */
void l2_start(struct l2 *vm, const struct l2_config *config);

/** l2_shut_down() - The agent ends, the VM finds nothing wrong and powers off, the VMM ends. */
void l2_shut_down(struct l2 *vm);
/** l2_kill() - SIGKILL the VMM and reap it. */
void l2_kill(struct l2 *vm);
/** l2_cleanup() - Whatever is left of it: for FIXTURE_TEARDOWN(). One that is all zero is none. */
void l2_cleanup(struct l2 *vm);

/**
 * l2_ask() - Let the agent do something and wait until it has.
 * @vm: with an agent
 * @reply: numbers that it answers with
 * @max: room for them; more is a failure
 * @fmt: request, "name argument..."
 *
 * Return: how many numbers.
 */
unsigned int l2_ask(struct l2 *vm, u64 *reply, unsigned int max, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Pages of a target that are looked at, from its beginning to its end. */
#define L2_BUSY_PAGES 16

/* Where each process of l2_busy() has a page of zeros: a descriptor that does nothing. */
#define L2_ZERO_VA 0x500000000000ULL

/**
 * struct l2_busy - A process in a VM for which a device writes without an end.
 * @pasid: its PASID, as the VM numbers it
 * @page: guest physical addresses that are written
 */
struct l2_busy {
	u32 pasid;
	u64 page[L2_BUSY_PAGES];
};

/** l2_busy() - Start such a process, on @device; it is seen to write. */
void l2_busy(struct l2 *vm, enum l2_device device, struct l2_busy *busy);
/** l2_expect_written() - Expect, with a deadline, that the device goes on writing. */
void l2_expect_written(const struct l2 *vm, const struct l2_busy *busy);
/** l2_expect_unwritten() - Expect that nothing writes there any more. */
void l2_expect_unwritten(const struct l2 *vm, const struct l2_busy *busy);

/** l2_expect_copy() - A new process copies with @device, and it works. Return: its PASID. */
u32 l2_expect_copy(struct l2 *vm, enum l2_device device);

/**
 * l2_expect_alive() - @device can fetch a descriptor at @addr with @pasid.
 *
 * The premise of l2_expect_dead(). PID 1 is to expect faults: ktap_expect_device_faults().
 */
void l2_expect_alive(struct l2 *vm, enum l2_device device, u32 pasid, u64 addr);
/** l2_expect_dead() - It cannot. */
void l2_expect_dead(struct l2 *vm, enum l2_device device, u32 pasid, u64 addr);

/** l2_qmp() - A command without arguments of interest; asserts that the VMM obeys. */
void l2_qmp(const struct l2 *vm, const char *command);
/**
 * l2_reset() - Reset the machine, as from a button; the VM stands still then.
 *
 * l2_go() lets it start anew.
 */
void l2_reset(struct l2 *vm);
/** l2_reboot() - As l2_reset(), from inside: its kernel reboots. */
void l2_reboot(struct l2 *vm);
/** l2_go() - Let a VM that was reset go, l2_wait() included. */
void l2_go(struct l2 *vm);

/** l2_unplug() - Take devices, L2_HAS_x, out of their slots; the VM lets go, with a deadline. */
void l2_unplug(struct l2 *vm, unsigned int devices);
/** l2_plug() - Put them in again, and wait until the VM has a driver for them. */
void l2_plug(struct l2 *vm, unsigned int devices);
/** l2_expect_lost() - The process of l2_busy() has lost its device, and ends. */
void l2_expect_lost(struct l2 *vm, enum l2_device device);

/**
 * struct l2_host - What L1 has given away for VMs.
 * @pinned: pages that are pinned
 * @tables: pages of page tables of the unit
 * @pasids: PASID entries of the function that are present, PASID 0 not counted
 * @parent_pasids: those of the parent of mediated devices
 */
struct l2_host {
	s64 pinned;
	s64 tables;
	unsigned int pasids;
	unsigned int parent_pasids;
};

/** l2_host() - Return: that, now. */
struct l2_host l2_host(void);
/** l2_expect_host() - Expect that it is what it was. */
void l2_expect_host(const struct l2_host *was);

/** l2_host_pasids() - Return: PASID entries, other than 0, that L1 has for function @bdf. */
unsigned int l2_host_pasids(const char *bdf);
/** l2_host_has_pasid() - Return: whether L1 has an entry for @pasid of function @bdf. */
bool l2_host_has_pasid(const char *bdf, u32 pasid);

#endif /* SUITES_LIB_L2_H */
