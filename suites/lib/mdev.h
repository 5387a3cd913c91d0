/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mediated devices of svakit_mdev: the parent, its types, and the module's view
 * of who has which PASID. Functions whose names begin with "__" return 0 or
 * -errno, the others assert.
 */
#ifndef SUITES_LIB_MDEV_H
#define SUITES_LIB_MDEV_H

#include <svakit/types.h>

/* As text, with the end. */
#define MDEV_UUID_SIZE 37
#define MDEV_BDF_SIZE 16

#define MDEV_MAX_QUEUES 8 /* of the largest type */

/** mdev_missing() - Return: why no device can be made, or NULL; the parent is known then. */
const char *mdev_missing(void);

/**
 * mdev_lend() - Let a program make mediated devices: for HARNESS_MAIN().
 *
 * Without a parent the program is skipped. Returns in a process of its own; the program goes on in
 * it, and whatever way that ends, devices that it left behind are removed, and the parent, its
 * allocator and the quota are what they were.
 */
void mdev_lend(void);

/** mdev_parent() - Return: PCI address of the parent. */
const char *mdev_parent(void);
/** mdev_parent_path() - Return: path of an attribute of the parent, good until the next call. */
const char *mdev_parent_path(const char *attribute);

/**
 * mdev_uuid() - The n-th uuid of the tests.
 * @n: 0 to 0xffff
 * @uuid: result
 */
void mdev_uuid(unsigned int n, char uuid[MDEV_UUID_SIZE]);

/** mdev_type_path() - Return: path of an attribute of a type, good until the next call. */
const char *mdev_type_path(unsigned int queues, const char *attribute);
/** mdev_type_read() - Read an attribute of a type, without its final newline. */
void mdev_type_read(unsigned int queues, const char *attribute, char *text, size_t size);
/** mdev_available() - Return: available_instances of the type with @queues queues. */
unsigned int mdev_available(unsigned int queues);

/** __mdev_create() - Make a device of the type with @queues queues. */
int __mdev_create(unsigned int queues, const char *uuid);
/** mdev_create() - As __mdev_create(). */
void mdev_create(unsigned int queues, const char *uuid);
/** __mdev_remove() - Remove a device; blocks while it is open. */
int __mdev_remove(const char *uuid);
/** mdev_remove() - As __mdev_remove(). */
void mdev_remove(const char *uuid);
/** mdev_exists() - Return: whether there is such a device. */
bool mdev_exists(const char *uuid);

/* Stands for "requests without PASID" where a guest PASID is expected. */
#define MDEV_NO_PASID (~0u)

/**
 * struct mdev_map_row - A row of debugfs svakit_mdev/map.
 * @vm: number of the VM
 * @parent: PCI address
 * @uuid: device
 * @guest_pasid: or MDEV_NO_PASID
 * @host_pasid: what the hardware sends
 * @hwpt: id of the table
 * @queues: bit n: queue n is enabled with it
 */
struct mdev_map_row {
	u32 vm;
	char parent[MDEV_BDF_SIZE];
	char uuid[MDEV_UUID_SIZE];
	u32 guest_pasid;
	u32 host_pasid;
	u32 hwpt;
	u64 queues;
};

/**
 * mdev_map_read() - Read all rows.
 * @rows: result
 * @room: rows that fit; more is a failure
 *
 * Return: rows.
 */
size_t mdev_map_read(struct mdev_map_row *rows, size_t room);
/** mdev_map_find() - Look for the row of a guest PASID. Return: whether it is there. */
bool mdev_map_find(const char *uuid, u32 guest_pasid, struct mdev_map_row *row);

/**
 * struct mdev_vm_row - A row of debugfs svakit_mdev/vms.
 * @vm: its number
 * @pid: process that bound the first device
 * @quota: host PASIDs that it may have
 * @used: host PASIDs that it has
 */
struct mdev_vm_row {
	u32 vm;
	int pid;
	u32 quota;
	u32 used;
};

/** mdev_vms_read() - As mdev_map_read(). */
size_t mdev_vms_read(struct mdev_vm_row *rows, size_t room);

/** mdev_expect_idle() - Expect that no VM and no mapping is left. */
void mdev_expect_idle(void);

/** __mdev_set_quota() - Quota of VMs whose first device is bound from now on. */
int __mdev_set_quota(unsigned int quota);
/** __mdev_set_allocator() - Where host PASIDs of the parent come from: "global", "vcs". */
int __mdev_set_allocator(const char *name);
/** mdev_allocator_is() - Return: whether that one is chosen. */
bool mdev_allocator_is(const char *name);

#endif /* SUITES_LIB_MDEV_H */
