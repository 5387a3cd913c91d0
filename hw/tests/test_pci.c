// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration space: identity, masks, BAR sizing, capabilities, reset.
 */
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "log.h"
#include "machine.h"
#include "pci.h"
#include "pci_caps.h"

struct fixture {
	struct machine machine;
	struct pci_function fn;
	unsigned int resets;
	unsigned int written_off;
	unsigned int written_len;
	unsigned int msix;
	unsigned int last_vec;
	u64 msi_addr;
	u32 msi_data;
};

static struct fixture fx;

static void on_reset(struct pci_function *fn)
{
	(void)fn;
	fx.resets++;
}

static void on_config_written(struct pci_function *fn, unsigned int off, unsigned int len)
{
	(void)fn;
	fx.written_off = off;
	fx.written_len = len;
}

static void on_msix(void *host, unsigned int vec)
{
	assert_ptr_equal(host, &fx);
	fx.msix++;
	fx.last_vec = vec;
}

static void on_msi_write(void *host, u64 addr, u32 data)
{
	assert_ptr_equal(host, &fx);
	fx.msi_addr = addr;
	fx.msi_data = data;
}

static const struct pci_function_ops ops = {
	.reset = on_reset,
	.config_written = on_config_written,
};

static const struct pci_host_ops host_ops = {
	.msix = on_msix,
	.msi_write = on_msi_write,
};

static int setup(void **state)
{
	static const struct pci_identity id = {0x1b36, 0x5fd1, 0x120000, 2};

	(void)state;
	memset(&fx, 0, sizeof(fx));
	machine_init(&fx.machine, NULL);
	log_set_level(LOG_ERROR);
	fx.fn.name = "test";
	fx.fn.machine = &fx.machine;
	fx.fn.ops = &ops;
	pci_init(&fx.fn, &id);
	pci_add_bar(&fx.fn, 0, 0x4000);
	pci_add_bar(&fx.fn, 2, 0x10000);
	pci_add_express(&fx.fn);
	pci_add_msix(&fx.fn, 17, 4, 0x000, 0x800);
	pci_add_pasid(&fx.fn, 20);
	pci_add_acs(&fx.fn);
	pci_add_ats(&fx.fn);
	pci_add_pri(&fx.fn, 64);
	pci_seal(&fx.fn);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	machine_cleanup(&fx.machine);
	return 0;
}

static u32 get(unsigned int off, unsigned int len)
{
	__le32 val = 0;

	pci_config_read(&fx.fn, off, &val, len);
	return le32_to_cpu(val);
}

static void put(unsigned int off, unsigned int len, u32 val)
{
	__le32 le = cpu_to_le32(val);

	pci_config_write(&fx.fn, off, &le, len);
}

static void identity(void **state)
{
	(void)state;
	assert_int_equal(get(PCI_VENDOR_ID, 4), 0x5fd11b36);
	assert_int_equal(get(PCI_CLASS_REVISION, 4), 0x12000002);
	assert_int_equal(get(PCI_HEADER_TYPE, 1), PCI_HEADER_TYPE_NORMAL);
	assert_int_equal(get(PCI_SUBSYSTEM_VENDOR_ID, 4), 0x5fd11b36);
	assert_int_equal(get(PCI_STATUS, 2), PCI_STATUS_CAP_LIST | PCI_STATUS_IMM_READY);
	assert_int_equal(get(PCI_INTERRUPT_PIN, 1), 0);
	/* None of it can be written. */
	for (unsigned int off = 0; off < 0x40; off += 4)
		put(off, 4, 0xffffffff);
	assert_int_equal(get(PCI_STATUS, 2), PCI_STATUS_CAP_LIST | PCI_STATUS_IMM_READY);
	assert_int_equal(get(PCI_VENDOR_ID, 4), 0x5fd11b36);
	assert_int_equal(get(PCI_CLASS_REVISION, 4), 0x12000002);
	assert_int_equal(get(PCI_HEADER_TYPE, 1), PCI_HEADER_TYPE_NORMAL);
	assert_int_equal(get(PCI_ROM_ADDRESS, 4), 0);
	assert_int_equal(get(PCI_COMMAND, 2), PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
						      PCI_COMMAND_PARITY | PCI_COMMAND_SERR |
						      PCI_COMMAND_INTX_DISABLE);
	assert_int_equal(get(PCI_INTERRUPT_LINE, 1), 0xff);
}

static void command_bits(void **state)
{
	(void)state;
	assert_false(pci_memory_enabled(&fx.fn));
	assert_false(pci_bus_master(&fx.fn));
	put(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_true(pci_memory_enabled(&fx.fn));
	assert_false(pci_bus_master(&fx.fn));
	put(PCI_COMMAND, 1, PCI_COMMAND_MASTER);
	assert_false(pci_memory_enabled(&fx.fn));
	assert_true(pci_bus_master(&fx.fn));
	assert_int_equal(fx.written_off, PCI_COMMAND);
	assert_int_equal(fx.written_len, 1);
}

static void bar_sizing(void **state)
{
	static const u32 sizes[PCI_BARS] = {0x4000, 0, 0x10000};

	(void)state;
	for (unsigned int bar = 0; bar < PCI_BARS; bar++) {
		unsigned int off = PCI_BASE_ADDRESS_0 + 4 * bar;

		assert_int_equal(get(off, 4), 0);
		put(off, 4, 0xffffffff);
		assert_int_equal(get(off, 4), sizes[bar] ? ~(sizes[bar] - 1) : 0);
		put(off, 4, 0xfe123456);
		assert_int_equal(pci_bar_address(&fx.fn, bar),
				 sizes[bar] ? 0xfe123456 & ~(sizes[bar] - 1) : 0);
	}
	/* A byte at a time, as some firmware does. */
	put(PCI_BASE_ADDRESS_0 + 3, 1, 0xc0);
	assert_int_equal(pci_bar_address(&fx.fn, 0), 0xc0120000);
}

static void capability_chain(void **state)
{
	unsigned int seen = 0;

	(void)state;
	for (unsigned int at = get(PCI_CAPABILITY_LIST, 1); at; at = get(at + 1, 1)) {
		assert_in_range(at, 0x40, 0xfc);
		assert_int_equal(at & 3, 0);
		assert_true(++seen <= 2);
	}
	assert_int_equal(seen, 2);
	assert_int_equal(pci_find_cap(&fx.fn, PCI_CAP_ID_MSI), 0);
}

static void express_capability(void **state)
{
	unsigned int at = pci_find_cap(&fx.fn, PCI_CAP_ID_EXP);

	(void)state;
	assert_int_not_equal(at, 0);
	assert_int_equal(get(at + PCI_EXP_FLAGS, 2), PCI_EXP_TYPE_RC_END << 4 | 2);
	assert_true(get(at + PCI_EXP_DEVCAP, 4) & PCI_EXP_DEVCAP_FLR);
	assert_true(get(at + PCI_EXP_DEVCAP2, 4) & PCI_EXP_DEVCAP2_EE_PREFIX);
	put(at + PCI_EXP_DEVCAP, 4, 0);
	assert_true(get(at + PCI_EXP_DEVCAP, 4) & PCI_EXP_DEVCAP_FLR);
	put(at + PCI_EXP_DEVCTL, 2, 0x7fff);
	assert_int_equal(get(at + PCI_EXP_DEVCTL, 2), 0x78ff);
	/* Another capability does not reach into this one. */
	assert_true(pci_find_cap(&fx.fn, PCI_CAP_ID_MSIX) >= at + 0x3c);
}

static void status_is_write_one_to_clear(void **state)
{
	unsigned int devsta = pci_find_cap(&fx.fn, PCI_CAP_ID_EXP) + PCI_EXP_DEVSTA;

	(void)state;
	pci_set16(fx.fn.config, PCI_STATUS,
		  PCI_STATUS_CAP_LIST | PCI_STATUS_DETECTED_PARITY | PCI_STATUS_REC_MASTER_ABORT);
	put(PCI_STATUS, 2, 0);
	assert_int_equal(get(PCI_STATUS, 2), PCI_STATUS_CAP_LIST | PCI_STATUS_DETECTED_PARITY |
						     PCI_STATUS_REC_MASTER_ABORT);
	put(PCI_STATUS, 2, PCI_STATUS_REC_MASTER_ABORT | PCI_STATUS_CAP_LIST);
	assert_int_equal(get(PCI_STATUS, 2), PCI_STATUS_CAP_LIST | PCI_STATUS_DETECTED_PARITY);
	put(PCI_STATUS, 2, 0xffff);
	assert_int_equal(get(PCI_STATUS, 2), PCI_STATUS_CAP_LIST);

	pci_set16(fx.fn.config, devsta, PCI_EXP_DEVSTA_URD | PCI_EXP_DEVSTA_CED);
	put(devsta, 2, PCI_EXP_DEVSTA_URD);
	assert_int_equal(get(devsta, 2), PCI_EXP_DEVSTA_CED);
}

static void msix_capability(void **state)
{
	unsigned int at = pci_find_cap(&fx.fn, PCI_CAP_ID_MSIX);

	(void)state;
	assert_int_equal(get(at + PCI_MSIX_FLAGS, 2), 16);
	assert_int_equal(get(at + PCI_MSIX_TABLE, 4), 4);
	assert_int_equal(get(at + PCI_MSIX_PBA, 4), 0x804);
	put(at + PCI_MSIX_FLAGS, 2, 0xffff);
	assert_int_equal(get(at + PCI_MSIX_FLAGS, 2),
			 16 | PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
}

static void extended_capability_chain(void **state)
{
	static const u16 ids[] = {PCI_EXT_CAP_ID_PASID, PCI_EXT_CAP_ID_ACS, PCI_EXT_CAP_ID_ATS,
				  PCI_EXT_CAP_ID_PRI};
	unsigned int at = PCI_CFG_SPACE_SIZE;

	(void)state;
	for (int i = 0; i < 4; i++) {
		u32 header = get(at, 4);

		assert_int_equal(PCI_EXT_CAP_ID(header), ids[i]);
		assert_int_equal(PCI_EXT_CAP_VER(header), 1);
		assert_int_equal(pci_find_ext_cap(&fx.fn, ids[i]), at);
		at = PCI_EXT_CAP_NEXT(header);
	}
	assert_int_equal(at, 0);
	assert_int_equal(pci_find_ext_cap(&fx.fn, PCI_EXT_CAP_ID_ERR), 0);
}

static void ats_capability(void **state)
{
	unsigned int at = pci_find_ext_cap(&fx.fn, PCI_EXT_CAP_ID_ATS);

	(void)state;
	assert_true(get(at + PCI_ATS_CAP, 2) & PCI_ATS_CAP_PAGE_ALIGNED);
	assert_int_equal(PCI_ATS_CAP_QDEP(get(at + PCI_ATS_CAP, 2)), 0);
	assert_false(pci_ats_enabled(&fx.fn));
	put(at + PCI_ATS_CTRL, 2, 0xffff);
	assert_int_equal(get(at + PCI_ATS_CTRL, 2), 0x801f);
	assert_true(pci_ats_enabled(&fx.fn));
}

static void pri_capability(void **state)
{
	unsigned int at = pci_find_ext_cap(&fx.fn, PCI_EXT_CAP_ID_PRI);

	(void)state;
	assert_int_equal(get(at + PCI_PRI_STATUS, 2),
			 PCI_PRI_STATUS_STOPPED | PCI_PRI_STATUS_PASID);
	assert_int_equal(get(at + PCI_PRI_MAX_REQ, 4), 64);
	put(at + PCI_PRI_ALLOC_REQ, 4, 32);
	assert_int_equal(get(at + PCI_PRI_ALLOC_REQ, 4), 32);
	assert_false(pci_pri_enabled(&fx.fn));
	put(at + PCI_PRI_CTRL, 2, 0xffff);
	/* The reset bit reads zero. */
	assert_int_equal(get(at + PCI_PRI_CTRL, 2), PCI_PRI_CTRL_ENABLE);
	assert_true(pci_pri_enabled(&fx.fn));
}

static void pasid_capability(void **state)
{
	unsigned int at = pci_find_ext_cap(&fx.fn, PCI_EXT_CAP_ID_PASID);

	(void)state;
	assert_int_equal(get(at + PCI_PASID_CAP, 2), 20 << 8);
	assert_false(pci_pasid_enabled(&fx.fn));
	put(at + PCI_PASID_CTRL, 2, 0xffff);
	assert_int_equal(get(at + PCI_PASID_CTRL, 2), PCI_PASID_CTRL_ENABLE);
	assert_true(pci_pasid_enabled(&fx.fn));
}

static void acs_capability(void **state)
{
	unsigned int at = pci_find_ext_cap(&fx.fn, PCI_EXT_CAP_ID_ACS);

	(void)state;
	assert_int_equal(get(at + PCI_ACS_CAP, 2), PCI_ACS_RR | PCI_ACS_CR);
	assert_int_equal(get(at + PCI_ACS_CTRL, 2), 0);
	put(at + PCI_ACS_CTRL, 2, 0xffff);
	assert_int_equal(get(at + PCI_ACS_CTRL, 2), PCI_ACS_RR | PCI_ACS_CR);
}

static void function_level_reset(void **state)
{
	unsigned int devctl = pci_find_cap(&fx.fn, PCI_CAP_ID_EXP) + PCI_EXP_DEVCTL;
	unsigned int ats = pci_find_ext_cap(&fx.fn, PCI_EXT_CAP_ID_ATS);
	u16 reset_value = get(devctl, 2);

	(void)state;
	put(PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	put(ats + PCI_ATS_CTRL, 2, PCI_ATS_CTRL_ENABLE);
	put(devctl, 2, 0x0001);
	assert_int_equal(fx.resets, 0);
	put(devctl, 2, PCI_EXP_DEVCTL_BCR_FLR);
	assert_int_equal(fx.resets, 1);
	assert_int_equal(get(devctl, 2), reset_value);
	assert_int_equal(get(PCI_COMMAND, 2), 0);
	assert_false(pci_ats_enabled(&fx.fn));
	/* By its own byte too; neighbouring writes do not start one. */
	put(devctl + 1, 1, 0x80);
	assert_int_equal(fx.resets, 2);
	put(devctl, 1, 0x80);
	put(devctl - 4, 4, 0xffffffff);
	put(devctl + 2, 2, 0xffff);
	assert_int_equal(fx.resets, 2);
	put(devctl, 4, 0x8000);
	assert_int_equal(fx.resets, 3);
}

static void reset_restores(void **state)
{
	u8 before[PCI_CONFIG_SIZE];

	(void)state;
	memcpy(before, fx.fn.config, sizeof(before));
	for (unsigned int off = 0; off < PCI_CONFIG_SIZE; off += 4)
		put(off, 4, 0x7fff7fff);
	assert_memory_not_equal(before, fx.fn.config, sizeof(before));
	fx.resets = 0;
	pci_reset(&fx.fn);
	assert_memory_equal(before, fx.fn.config, sizeof(before));
	assert_int_equal(fx.resets, 1);
}

static void interrupts(void **state)
{
	(void)state;
	/* Nobody is there to take them. */
	pci_raise_msix(&fx.fn, 0);
	put(PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	pci_write_msi(&fx.fn, 0xfee00000, 1);
	assert_int_equal(fx.machine.count[SVK_LAB_IRQ], 0);

	fx.fn.host_ops = &host_ops;
	fx.fn.host = &fx;
	pci_raise_msix(&fx.fn, 16);
	assert_int_equal(fx.last_vec, 16);
	pci_raise_msix(&fx.fn, 17);
	assert_int_equal(fx.msix, 1);
	pci_write_msi(&fx.fn, 0xfee0100c, 0x4021);
	assert_int_equal(fx.msi_addr, 0xfee0100c);
	assert_int_equal(fx.msi_data, 0x4021);
	assert_int_equal(fx.machine.count[SVK_LAB_IRQ], 2);

	put(PCI_COMMAND, 2, 0);
	pci_write_msi(&fx.fn, 0xfee00000, 7);
	assert_int_equal(fx.msi_data, 0x4021);
	assert_int_equal(fx.machine.count[SVK_LAB_IRQ], 2);
}

/* The unit's function: a header, one BAR and the express capability. */
static void function_without_extras(void **state)
{
	static const struct pci_identity id = {0x1b36, 0x5fd0, 0x088000, 1};
	static const struct pci_function_ops quiet = {.reset = on_reset};

	(void)state;
	fx.fn.ops = &quiet;
	pci_init(&fx.fn, &id);
	pci_add_express(&fx.fn);
	pci_seal(&fx.fn);
	put(PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	assert_int_equal(fx.fn.vectors, 0);
	assert_int_equal(pci_find_cap(&fx.fn, PCI_CAP_ID_MSIX), 0);
	assert_int_equal(get(PCI_CFG_SPACE_SIZE, 4), 0);
	assert_false(pci_ats_enabled(&fx.fn));
	assert_false(pci_pri_enabled(&fx.fn));
	assert_false(pci_pasid_enabled(&fx.fn));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(identity, setup, teardown),
		cmocka_unit_test_setup_teardown(command_bits, setup, teardown),
		cmocka_unit_test_setup_teardown(bar_sizing, setup, teardown),
		cmocka_unit_test_setup_teardown(capability_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(express_capability, setup, teardown),
		cmocka_unit_test_setup_teardown(status_is_write_one_to_clear, setup, teardown),
		cmocka_unit_test_setup_teardown(msix_capability, setup, teardown),
		cmocka_unit_test_setup_teardown(extended_capability_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(ats_capability, setup, teardown),
		cmocka_unit_test_setup_teardown(pri_capability, setup, teardown),
		cmocka_unit_test_setup_teardown(pasid_capability, setup, teardown),
		cmocka_unit_test_setup_teardown(acs_capability, setup, teardown),
		cmocka_unit_test_setup_teardown(function_level_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(reset_restores, setup, teardown),
		cmocka_unit_test_setup_teardown(interrupts, setup, teardown),
		cmocka_unit_test_setup_teardown(function_without_extras, setup, teardown),
	};

	return cmocka_run_group_tests_name("pci", tests, NULL, NULL);
}
