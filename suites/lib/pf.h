/* SPDX-License-Identifier: GPL-2.0 */
/* A PCI function given to vfio-pci for a while, as for a VMM. */
#ifndef SUITES_LIB_PF_H
#define SUITES_LIB_PF_H

#include <stdbool.h>

#include "process.h"

#define PF_DRIVER_SIZE 64

/** pf_find() - Return: PCI address of the first accelerator of svakit_accel, NULL if none. */
const char *pf_find(void);

/** pf_require() - As pf_find(), but skip the program unless a VMM can have the function. */
const char *pf_require(void);

/**
 * __pf_move() - Give a function to another driver.
 * @bdf: PCI address
 * @driver: its name, or "\n" for the one that claims it by id
 *
 * Return: 0 or -errno.
 */
int __pf_move(const char *bdf, const char *driver);

/** pf_driver() - Tell which driver has a function, in words of __pf_move(); nobody is "\n". */
void pf_driver(const char *bdf, char driver[PF_DRIVER_SIZE]);

/**
 * pf_run() - Run a child while a function belongs to vfio-pci.
 * @bdf: PCI address
 * @main: the child's part, as for process_start(); its assertions count
 * @arg: passed to @main
 *
 * Afterwards the function is given back, however the child ended.
 */
void pf_run(const char *bdf, void (*main)(struct process *parent, void *arg), void *arg);

/** pf_given() - Return: PCI address of the function that pf_lend() has given away. */
const char *pf_given(void);

/**
 * pf_lend() - Give an accelerator to vfio-pci for as long as the program runs: for HARNESS_MAIN().
 *
 * Returns in a process of its own; the program goes on in it, and the function, pf_given(), is
 * given back however that ends. Skips the program as pf_require() does.
 */
void pf_lend(void);

/** pf_mate() - Return: PCI address of another function in the IOMMU group of @bdf, or NULL. */
const char *pf_mate(const char *bdf);

/**
 * pf_lend_group() - As pf_lend(), of a function and its mate, pf_mate(), which VFIO takes together.
 * @bdf: becomes pf_given(); its driver may have refused it
 */
void pf_lend_group(const char *bdf);

/**
 * pf_borrow_second() - Find a second accelerator, for HARNESS_MAIN(), after svk_require().
 *
 * It is the one that SVAKIT_DEVICE_2 names, or any other than the first, for as long as the program
 * runs: natively that is the parent of the mediated devices. Returns in a process of its own, as
 * pf_lend() does. svk_require_two() is the next step.
 *
 * Return: whether there is one.
 */
bool pf_borrow_second(void);

#endif /* SUITES_LIB_PF_H */
