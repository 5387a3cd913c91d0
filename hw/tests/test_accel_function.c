// SPDX-License-Identifier: GPL-2.0
/* The PCI face of the accelerator: identity, BARs and capabilities follow the configuration. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "accel_fixture.h"
#include "pci_caps.h"

#define EXT_CAPS 3

static struct fx *unconfigured(unsigned int queues, unsigned int pasid_width, bool ats, bool pri)
{
	struct fx_config cfg;

	fx_config_default(&cfg);
	cfg.no_enable = true;
	cfg.accel.queues = queues;
	cfg.accel.pasid_width = pasid_width;
	cfg.accel.ats = ats;
	cfg.accel.pri = pri;
	return fx_new(&cfg);
}

static void identity(void **state)
{
	struct fx *f = *state;

	assert_int_equal(pci_get16(f->fn->config, PCI_VENDOR_ID), SVK_PCI_VENDOR);
	assert_int_equal(pci_get16(f->fn->config, PCI_DEVICE_ID), SVK_PCI_DEVICE_ACCEL);
	assert_int_equal(pci_get32(f->fn->config, PCI_CLASS_REVISION),
			 SVK_PCI_CLASS_ACCEL << 8 | SVK_ACCEL_ABI_VERSION);
}

static void bars(void **state)
{
	static const struct {
		unsigned int queues;
		u32 portal;
	} sizes[] = {{1, 0x1000}, {2, 0x2000}, {16, 0x10000}, {17, 0x20000}, {64, 0x40000}};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct fx *f = unconfigured(sizes[i].queues, 20, true, true);

		assert_int_equal(f->fn->bar_size[SVK_ACCEL_BAR_CTRL], SVK_ACCEL_CTRL_SIZE);
		assert_int_equal(f->fn->bar_size[SVK_ACCEL_BAR_PORTAL], sizes[i].portal);
		assert_int_equal(f->fn->bar_size[SVK_ACCEL_BAR_MSIX], SVK_ACCEL_MSIX_SIZE);
		assert_int_equal(f->fn->vectors, sizes[i].queues + 1);
		fx_free(f);
	}
}

/* Linux waits 100 ms after a reset of a function without this bit. */
static void ready_at_once_after_reset(void **state)
{
	struct fx *f = *state;
	u16 flr = PCI_EXP_DEVCTL_BCR_FLR;

	assert_true(pci_get16(f->fn->config, PCI_STATUS) & PCI_STATUS_IMM_READY);
	fx_config16(f, PCI_STATUS, 0xffff);
	fx_config16(f, pci_find_cap(f->fn, PCI_CAP_ID_EXP) + PCI_EXP_DEVCTL, flr);
	assert_true(pci_get16(f->fn->config, PCI_STATUS) & PCI_STATUS_IMM_READY);
	/* It is true: the write that asked for the reset has done it. */
	assert_int_equal(fx_bar(f, SVK_ACCEL_BAR_CTRL, SVK_GLB_CTRL, 4), 0);
	assert_int_equal(fx_bar(f, SVK_ACCEL_BAR_CTRL, SVK_GLB_ID, 4), SVK_GLB_ID_MAGIC);
}

/* The table belongs to the other side of vfio-user. */
static void msix_bar_is_inert(void **state)
{
	struct fx *f = *state;

	fx_bar_set(f, SVK_ACCEL_BAR_MSIX, 0, ~0u, 4);
	assert_int_equal(fx_bar(f, SVK_ACCEL_BAR_MSIX, 0, 4), 0);
}

static void extended_capabilities(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 1u << EXT_CAPS; i++) {
		struct fx *f = unconfigured(16, i & 1 ? 20 : 0, i & 2, i & 4);
		const struct pci_function *fn = f->fn;

		assert_int_equal(!!pci_find_ext_cap(fn, PCI_EXT_CAP_ID_PASID), i & 1);
		assert_int_equal(!!pci_find_ext_cap(fn, PCI_EXT_CAP_ID_ATS), !!(i & 2));
		assert_int_equal(!!pci_find_ext_cap(fn, PCI_EXT_CAP_ID_PRI), !!(i & 4));
		fx_free(f);
	}
}

/* Without it Linux enables no PASID on one function of several. */
static void access_control(void **state)
{
	struct fx_config cfg;
	struct fx *f;

	(void)state;
	fx_config_default(&cfg);
	cfg.no_enable = true;
	f = fx_new(&cfg);
	assert_int_equal(pci_find_ext_cap(f->fn, PCI_EXT_CAP_ID_ACS), 0);
	fx_free(f);
	cfg.accel.acs = true;
	f = fx_new(&cfg);
	assert_int_not_equal(pci_find_ext_cap(f->fn, PCI_EXT_CAP_ID_ACS), 0);
	fx_free(f);
}

static void bad_configurations(void **state)
{
	struct fx *f = *state;
	struct accel_config cfg, good;
	unsigned int i;

	accel_config_default(&good);
	for (i = 0; i < 5; i++) {
		cfg = good;
		if (i == 0)
			cfg.queues = 0;
		else if (i == 1)
			cfg.queues = SVK_ACCEL_MAX_QUEUES + 1;
		else if (i == 2)
			cfg.pasid_width = 21;
		else if (i == 3)
			cfg.max_atc = 0;
		/* The last is a second function under the same source-id. */
		errno = 0;
		assert_null(accel_new(&cfg, &f->machine, f->mem, f->unit));
		assert_int_equal(errno, i == 4 ? EEXIST : EINVAL);
	}
}

static void free_of_nothing(void **state)
{
	(void)state;
	accel_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(identity, fx_setup, fx_teardown),
		cmocka_unit_test(bars),
		cmocka_unit_test_setup_teardown(msix_bar_is_inert, fx_setup, fx_teardown),
		cmocka_unit_test_setup_teardown(ready_at_once_after_reset, fx_setup, fx_teardown),
		cmocka_unit_test(extended_capabilities),
		cmocka_unit_test(access_control),
		cmocka_unit_test_setup_teardown(bad_configurations, fx_setup, fx_teardown),
		cmocka_unit_test(free_of_nothing),
	};

	return cmocka_run_group_tests_name("accel_function", tests, NULL, NULL);
}
