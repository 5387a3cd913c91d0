// SPDX-License-Identifier: GPL-2.0
/* Memory that the kernel's own domain of a device maps. */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/sizes.h>

#include "svakit_poke.h"

int svk_dma_begin(struct svk_dma *d, struct svk_poke_dma *arg)
{
	int ret = -ENOMEM;

	if (!arg->size || !PAGE_ALIGNED(arg->size) || arg->size > SZ_1M)
		return -EINVAL;
	if (d->pages)
		return -EBUSY;
	d->pdev = pci_get_domain_bus_and_slot(arg->domain, arg->bus, arg->devfn);
	if (!d->pdev)
		return -ENODEV;
	d->size = arg->size;
	d->pages = alloc_pages(GFP_KERNEL | __GFP_ZERO | __GFP_COMP, get_order(d->size));
	if (!d->pages)
		goto put;
	d->iova = dma_map_page(&d->pdev->dev, d->pages, 0, d->size, DMA_BIDIRECTIONAL);
	ret = dma_mapping_error(&d->pdev->dev, d->iova);
	if (ret)
		goto free;
	arg->iova = d->iova;
	return 0;
free:
	__free_pages(d->pages, get_order(d->size));
	d->pages = NULL;
put:
	pci_dev_put(d->pdev);
	d->pdev = NULL;
	return ret;
}

int svk_dma_end(struct svk_dma *d)
{
	if (!d->pdev)
		return -ENXIO;
	dma_unmap_page(&d->pdev->dev, d->iova, d->size, DMA_BIDIRECTIONAL);
	pci_dev_put(d->pdev);
	d->pdev = NULL;
	return 0;
}

void svk_dma_free(struct svk_dma *d)
{
	svk_dma_end(d);
	if (d->pages)
		__free_pages(d->pages, get_order(d->size));
	d->pages = NULL;
}

int svk_dma_mmap(struct svk_dma *d, struct vm_area_struct *vma)
{
	if (!d->pages)
		return -ENXIO;
	if (vma->vm_pgoff || vma->vm_end - vma->vm_start != d->size)
		return -EINVAL;
	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(d->pages), d->size,
			       vma->vm_page_prot);
}
