/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVAKIT_POKE_H
#define SVAKIT_POKE_H

#include <linux/types.h>
#include <svakit/poke_uapi.h>

struct pci_dev;
struct vm_area_struct;

/**
 * struct svk_dma - DMA memory of an open file.
 * @pdev: function that it is mapped for, NULL if it is not
 * @pages: the memory, NULL if there is none
 * @size: bytes
 * @iova: where @pdev finds it
 */
struct svk_dma {
	struct pci_dev *pdev;
	struct page *pages;
	size_t size;
	dma_addr_t iova;
};

/** svk_dma_begin() - Allocate and map. Return: 0 or -errno. */
int svk_dma_begin(struct svk_dma *d, struct svk_poke_dma *arg);
/** svk_dma_end() - Unmap for the device. Return: 0 or -ENXIO. */
int svk_dma_end(struct svk_dma *d);
/** svk_dma_free() - Unmap, and free: nobody has it mapped any more. */
void svk_dma_free(struct svk_dma *d);
/** svk_dma_mmap() - Show it to the process. Return: 0 or -errno. */
int svk_dma_mmap(struct svk_dma *d, struct vm_area_struct *vma);

#endif /* SVAKIT_POKE_H */
