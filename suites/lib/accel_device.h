/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Finding the accelerators, and what sysfs says about them.
 *
 * The environment names the one to test by its PCI address, SVAKIT_DEVICE=0000:00:06.0,
 * and a second one for tests of two, SVAKIT_DEVICE_2. Without it, the first accelerator
 * that is found is the one. All functions here and in accel_queue.h are about the selected
 * one, at first that of SVAKIT_DEVICE.
 */
#ifndef SUITES_LIB_ACCEL_DEVICE_H
#define SUITES_LIB_ACCEL_DEVICE_H

#include <stdbool.h>

#include <svakit/types.h>

/** enum svk_which - The accelerators of a test. */
enum svk_which {
	SVK_DEVICE_FIRST,
	SVK_DEVICE_SECOND,
	SVK_DEVICES
};

/**
 * svk_require() - Skip the whole program unless an accelerator can be used.
 *
 * Called first in main(). Everything that is missing is named at once, with
 * the fix; the exit status is that of a skip. An accelerator that SVAKIT_DEVICE
 * names has to be there: without it the program fails.
 */
void svk_require(void);

/** svk_require_root() - As svk_require(), for tests that also write to sysfs, or read registers. */
void svk_require_root(void);

/** svk_require_two() - As svk_require_root(), for tests of two; the first is selected. */
void svk_require_two(void);

/**
 * svk_second_find() - Look for a second accelerator with its driver, any one if none is named.
 *
 * Return: whether there is one; it can be selected then.
 */
bool svk_second_find(void);

/** svk_units() - Return: how many remapping units the two of svk_require_two() are behind. */
unsigned int svk_units(void);

/** svk_device_select() - Select one of those required. Open queues are not concerned. */
void svk_device_select(enum svk_which which);

/** svk_device_node() - Return: path of the character device, e.g. "/dev/svakit_accel-0". */
const char *svk_device_node(void);

/** __svk_device_find() - Look again for the device, which may have come back under another name. */
int __svk_device_find(void);

/** svk_device_instances() - Return: queues that nobody has open. */
unsigned int svk_device_instances(void);

/**
 * svk_pci_path() - Path of an attribute of the PCI function.
 * @attribute: "remove", "reset", ...
 *
 * Return: a path, good until the next call.
 */
const char *svk_pci_path(const char *attribute);

/**
 * svk_pci_find() - Look for a function of the model.
 * @device: SVK_PCI_DEVICE_xxx
 * @except: not the one with this PCI address, if not NULL
 *
 * Return: path of its registers, BAR 0, good until the next call; NULL if there is none.
 */
const char *svk_pci_find(unsigned int device, const char *except);

/** svk_pci_address() - Return: PCI address of the selected accelerator. */
const char *svk_pci_address(void);

/** __svk_write_file() - Write @text to sysfs file @path. Return: 0 or -errno. */
int __svk_write_file(const char *path, const char *text);

#endif /* SUITES_LIB_ACCEL_DEVICE_H */
