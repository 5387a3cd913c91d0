/* SPDX-License-Identifier: GPL-2.0 */
/* Finding the accelerator, and what sysfs says about it. */
#ifndef SUITES_LIB_ACCEL_DEVICE_H
#define SUITES_LIB_ACCEL_DEVICE_H

#include <svakit/types.h>

/**
 * svk_require() - Skip the whole program unless an accelerator can be used.
 *
 * Called first in main(). Everything that is missing is named at once, with
 * the fix; the exit status is that of a skip.
 */
void svk_require(void);

/** svk_require_root() - As svk_require(), for tests that also write to sysfs. */
void svk_require_root(void);

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

/** __svk_write_file() - Write @text to sysfs file @path. Return: 0 or -errno. */
int __svk_write_file(const char *path, const char *text);

#endif /* SUITES_LIB_ACCEL_DEVICE_H */
