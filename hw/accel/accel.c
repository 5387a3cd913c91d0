// SPDX-License-Identifier: GPL-2.0
/* Life of an accelerator's function: construction, configuration space, resets. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "accel/accel_internal.h"
#include "machine.h"
#include "vtd/inspect.h"

/* Of the first accelerator, in traces; 0 is the VT-d function. */
#define ACCEL_FUNCTION_INDEX 1

static u64 accel_bar_read(struct pci_function *fn, unsigned int bar, u64 off, unsigned int len)
{
	if (pci_removed(fn))
		return ~0ULL;
	switch (bar) {
	case SVK_ACCEL_BAR_CTRL:
		return accel_ctrl_read(fn->priv, off, len);
	case SVK_ACCEL_BAR_PORTAL:
		return accel_portal_read(fn->priv, off, len);
	default:
		/* The host side of vfio-user keeps the MSI-X table and the PBA. */
		return 0;
	}
}

static void accel_bar_write(struct pci_function *fn, unsigned int bar, u64 off, u64 val,
			    unsigned int len)
{
	if (pci_removed(fn))
		return;
	if (bar == SVK_ACCEL_BAR_CTRL)
		accel_ctrl_write(fn->priv, off, val, len);
	else if (bar == SVK_ACCEL_BAR_PORTAL)
		accel_portal_write(fn->priv, off, val, len);
}

void accel_reset_registers(struct accel *a)
{
	unsigned int i;

	a->glb_ctrl = 0;
	a->glb_err = 0;
	accel_lab_inject_reset(a);
	for (i = 0; i < a->cfg.queues; i++)
		accel_queue_reset(a, &a->queue[i]);
}

static void accel_function_reset(struct pci_function *fn)
{
	struct accel *a = fn->priv;

	/* Before the queues: a function that is reset says no good-bye. */
	accel_pri_reset(a);
	accel_reset_registers(a);
	accel_config_sync(a);
}

static void accel_function_pri_reset(struct pci_function *fn)
{
	accel_pri_reset(fn->priv);
}

static void accel_config_written(struct pci_function *fn, unsigned int off, unsigned int len)
{
	(void)off;
	(void)len;
	accel_config_sync(fn->priv);
}

static const struct pci_function_ops accel_pci_ops = {
	.bar_read = accel_bar_read,
	.bar_write = accel_bar_write,
	.reset = accel_function_reset,
	.pri_reset = accel_function_pri_reset,
	.config_written = accel_config_written,
};

static void accel_dropped(void *ctx, const struct atc_entry *e)
{
	struct accel *a = ctx;
	struct vtd_view view;

	atc_view(e, a->cfg.sid, &view);
	vtd_dropped(a->unit, &view);
}

static bool accel_invalidate(void *endpoint, const struct vtd_devtlb_inv *inv)
{
	struct accel *a = endpoint;

	if (pci_removed(&a->fn))
		return false;
	a->machine->count[SVK_LAB_ATC_DROPPED] +=
		atc_invalidate(&a->atc, inv, vtd_watched(a->unit) ? accel_dropped : NULL, a);
	return true;
}

static bool accel_each(void *endpoint, bool (*visit)(void *ctx, const struct vtd_view *e),
		       void *ctx)
{
	struct accel *a = endpoint;

	return atc_each(&a->atc, a->cfg.sid, visit, ctx);
}

static void accel_response(void *endpoint, const struct vtd_page_response *resp)
{
	struct accel *a = endpoint;

	if (!pci_removed(&a->fn))
		accel_pri_response(a, resp);
}

static const struct vtd_endpoint_ops accel_endpoint_ops = {
	.invalidate = accel_invalidate,
	.response = accel_response,
	.each = accel_each,
};

void accel_config_default(struct accel_config *cfg)
{
	*cfg = (struct accel_config){
		.vendor = SVK_PCI_VENDOR,
		.device = SVK_PCI_DEVICE_ACCEL,
		.sid = 6 << 3,
		.queues = 16,
		.pasid_width = 20,
		.ats = true,
		.pri = true,
		.max_atc = 1 << 20,
	};
}

/* BAR 2 holds one page a queue; the size of a BAR is a power of two. */
static u32 portal_bar_size(unsigned int queues)
{
	u32 size = SVK_ACCEL_PAGE;

	while (size < queues * SVK_ACCEL_PAGE)
		size *= 2;
	return size;
}

static void accel_function_init(struct accel *a)
{
	const struct pci_identity id = {
		.vendor = a->cfg.vendor,
		.device = a->cfg.device,
		.class_code = SVK_PCI_CLASS_ACCEL,
		.revision = SVK_ACCEL_ABI_VERSION,
	};
	struct pci_function *fn = &a->fn;

	if (a->cfg.index)
		snprintf(a->name, sizeof(a->name), "accel-%u", a->cfg.index + 1);
	else
		snprintf(a->name, sizeof(a->name), "accel");
	fn->name = a->name;
	fn->index = ACCEL_FUNCTION_INDEX + a->cfg.index;
	fn->sid = a->cfg.sid;
	fn->machine = a->machine;
	fn->mem = a->mem;
	fn->ops = &accel_pci_ops;
	fn->priv = a;
	pci_init(fn, &id);
	pci_add_bar(fn, SVK_ACCEL_BAR_CTRL, SVK_ACCEL_CTRL_SIZE);
	pci_add_bar(fn, SVK_ACCEL_BAR_PORTAL, portal_bar_size(a->cfg.queues));
	pci_add_bar(fn, SVK_ACCEL_BAR_MSIX, SVK_ACCEL_MSIX_SIZE);
	pci_add_express(fn);
	pci_add_msix(fn, a->cfg.queues + 1, SVK_ACCEL_BAR_MSIX, SVK_ACCEL_MSIX_TABLE,
		     SVK_ACCEL_MSIX_PBA);
	if (a->cfg.ats)
		pci_add_ats(fn);
	if (a->cfg.pri)
		pci_add_pri(fn, ACCEL_PRI_OUTSTANDING);
	if (a->cfg.pasid_width)
		pci_add_pasid(fn, a->cfg.pasid_width);
	if (a->cfg.acs)
		pci_add_acs(fn);
	pci_seal(fn);
}

static int accel_attach(struct accel *a)
{
	int rc;

	machine_lock(a->machine);
	rc = vtd_attach(a->unit, a->cfg.sid, &accel_endpoint_ops, a);
	machine_unlock(a->machine);
	return rc;
}

static int accel_init(struct accel *a)
{
	unsigned int i;
	int rc;

	if (!a->cfg.queues || a->cfg.queues > SVK_ACCEL_MAX_QUEUES || a->cfg.pasid_width > 20)
		return -EINVAL;
	for (i = 0; i < a->cfg.queues; i++)
		a->queue[i].index = i;
	accel_lab_inject_reset(a);
	rc = atc_init(&a->atc, a->cfg.max_atc);
	if (rc)
		return rc;
	accel_function_init(a);
	rc = accel_engine_start(a);
	if (rc)
		goto err_atc;
	rc = accel_attach(a);
	if (!rc)
		return 0;
	accel_engine_stop(a);
err_atc:
	atc_cleanup(&a->atc);
	return rc;
}

struct accel *accel_new(const struct accel_config *cfg, struct machine *m, struct gmem *mem,
			struct vtd *unit)
{
	struct accel *a = calloc(1, sizeof(*a));
	int rc;

	if (!a)
		return NULL;
	a->cfg = *cfg;
	a->machine = m;
	a->mem = mem;
	a->unit = unit;
	rc = accel_init(a);
	if (!rc)
		return a;
	free(a);
	errno = -rc;
	return NULL;
}

void accel_free(struct accel *a)
{
	if (!a)
		return;
	machine_lock(a->machine);
	vtd_detach(a->unit, a->cfg.sid);
	machine_unlock(a->machine);
	accel_engine_stop(a);
	machine_lock(a->machine);
	pci_stop(&a->fn);
	machine_unlock(a->machine);
	atc_cleanup(&a->atc);
	free(a);
}

struct pci_function *accel_function(struct accel *a)
{
	return &a->fn;
}

u16 accel_sid(const struct accel *a)
{
	return a->cfg.sid;
}
