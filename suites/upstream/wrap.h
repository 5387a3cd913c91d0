/* SPDX-License-Identifier: GPL-2.0 */
/* What the linker (--wrap) makes of functions of the selftests: ours around theirs. */
#ifndef SUITES_UPSTREAM_WRAP_H
#define SUITES_UPSTREAM_WRAP_H

struct pollfd;
struct vfio_pci_device;

int __real_main(int argc, char **argv);
int __wrap_main(int argc, char **argv);

int __real_poll(struct pollfd *fds, unsigned long count, int ms);
int __wrap_poll(struct pollfd *fds, unsigned long count, int ms);

void __real_vfio_pci_driver_probe(struct vfio_pci_device *device);
void __wrap_vfio_pci_driver_probe(struct vfio_pci_device *device);

#endif /* SUITES_UPSTREAM_WRAP_H */
