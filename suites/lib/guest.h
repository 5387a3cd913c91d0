/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A process as VMM: guest memory, an iommufd context that knows it, and the
 * first-stage page tables that a guest's kernel would build in it. Guest
 * physical address (GPA) x is byte x of the memory. Nothing executes; the
 * devices are the only ones to use the tables.
 */
#ifndef SUITES_LIB_GUEST_H
#define SUITES_LIB_GUEST_H

#include <svakit/types.h>

#define GUEST_PAGE 0x1000ULL

/**
 * struct guest - A VM.
 * @ram: guest memory, shared with children, so that a parent sees what a device does to them
 * @size: bytes of it
 * @used: bytes given out by guest_alloc(); GPA 0 never is
 * @iommufd: context; -1 until guest_start()
 * @ioas: address space that has the memory at its GPAs
 */
struct guest {
	u8 *ram;
	u64 size;
	u64 used;
	int iommufd;
	u32 ioas;
};

/** guest_init() - Guest memory, all zero, not yet known to a context. */
void guest_init(struct guest *g, u64 size);
/** guest_cleanup() - Stop, and give the memory back. */
void guest_cleanup(struct guest *g);

/** guest_start() - Open a context and map the memory into an address space of it. */
void guest_start(struct guest *g);
/** guest_stop() - Close the context; devices bound to it keep it until they are closed. */
void guest_stop(struct guest *g);

/** guest_alloc() - Return: GPA of @size fresh, zeroed bytes, page aligned. */
u64 guest_alloc(struct guest *g, u64 size);
/** guest_at() - Return: the memory at @gpa. */
void *guest_at(const struct guest *g, u64 gpa);

/**
 * struct guest_space - A process of the guest: a first-stage table, 4 levels.
 * @g: VM
 * @root: GPA of its top table
 */
struct guest_space {
	struct guest *g;
	u64 root;
};

/** guest_space_init() - An empty address space. */
void guest_space_init(struct guest_space *s, struct guest *g);

/**
 * guest_space_map() - Map pages, readable and writable for the user.
 * @s: address space
 * @va: page aligned, below 2^47; nothing is mapped there
 * @gpa: page aligned
 * @size: bytes, whole pages
 *
 * A not present entry is not cached by the unit, so nothing is to be invalidated.
 */
void guest_space_map(const struct guest_space *s, u64 va, u64 gpa, u64 size);

/** guest_space_unmap() - Make entries not present; the caller invalidates, or detaches. */
void guest_space_unmap(const struct guest_space *s, u64 va, u64 size);

/** guest_space_alloc() - Allocate and map. Return: GPA. */
u64 guest_space_alloc(const struct guest_space *s, u64 va, u64 size);

/**
 * guest_space_nest() - Make the table known to the unit.
 * @s: address space
 * @dev: device in the VM's context that it is made for
 * @parent: second stage
 *
 * Return: id of the nested hwpt, which can be attached to a PASID.
 */
u32 guest_space_nest(const struct guest_space *s, u32 dev, u32 parent);

/** guest_parent() - Return: a second stage with all of the memory, for guest_space_nest(). */
u32 guest_parent(const struct guest *g, u32 dev);

#endif /* SUITES_LIB_GUEST_H */
