// SPDX-License-Identifier: GPL-2.0
/*
 * The VT-d unit behind its PCI function: registers in BAR 0, resets, events as
 * memory writes, and the log line from which the runner learns the BAR.
 */
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include <svakit/accel_regs.h>
#include <svakit/vtd_regs.h>

#include "gmem.h"
#include "log.h"
#include "machine.h"
#include "pci.h"
#include "pci_caps.h"
#include "vtd/vtd.h"
#include "vtd_function.h"

#define QUEUE 0x10000ULL

struct fixture {
	struct machine machine;
	struct gmem *mem;
	struct vtd_function *f;
	struct pci_function *fn;
	int memfd;
	unsigned int messages;
	u64 addr;
	u32 data;
	char log[32];
};

static void on_msi_write(void *host, u64 addr, u32 data)
{
	struct fixture *x = host;

	x->messages++;
	x->addr = addr;
	x->data = data;
}

static const struct pci_host_ops host_ops = {.msi_write = on_msi_write};

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	struct vtd_config cfg;
	int fd;

	assert_non_null(x);
	strcpy(x->log, "/tmp/svahw-log-XXXXXX");
	fd = mkstemp(x->log);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(log_open(x->log), 0);

	machine_init(&x->machine, NULL);
	x->mem = gmem_new(&x->machine);
	assert_non_null(x->mem);
	vtd_config_default(&cfg);
	x->f = vtd_function_new(&cfg, &x->machine, x->mem);
	assert_non_null(x->f);
	x->fn = vtd_function_pci(x->f);
	x->fn->host_ops = &host_ops;
	x->fn->host = x;
	machine_lock(&x->machine);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	machine_unlock(&x->machine);
	vtd_function_free(x->f);
	gmem_free(x->mem);
	machine_cleanup(&x->machine);
	log_close();
	unlink(x->log);
	free(x);
	return 0;
}

static void write_config(struct fixture *x, unsigned int off, u32 val, unsigned int len)
{
	__le32 le = cpu_to_le32(val);

	pci_config_write(x->fn, off, &le, len);
}

static unsigned int times_logged(struct fixture *x, const char *line)
{
	char text[4096] = {0};
	unsigned int n = 0;
	FILE *in = fopen(x->log, "re");

	assert_non_null(in);
	assert_true(fread(text, 1, sizeof(text) - 1, in) < sizeof(text) - 1);
	fclose(in);
	for (const char *at = text; (at = strstr(at, line)); at++)
		n++;
	return n;
}

static u64 reg_read(struct fixture *x, u64 off, unsigned int len)
{
	return x->fn->ops->bar_read(x->fn, 0, off, len);
}

static void reg_write(struct fixture *x, u64 off, u64 val, unsigned int len)
{
	x->fn->ops->bar_write(x->fn, 0, off, val, len);
}

static void identity(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(pci_get16(x->fn->config, PCI_VENDOR_ID), SVK_PCI_VENDOR);
	assert_int_equal(pci_get16(x->fn->config, PCI_DEVICE_ID), SVK_PCI_DEVICE_VTD);
	assert_int_equal(pci_get32(x->fn->config, PCI_CLASS_REVISION) >> 8, SVK_PCI_CLASS_VTD);
	assert_int_equal(x->fn->bar_size[0], 16384);
	assert_int_equal(x->fn->vectors, 0);
	assert_true(pci_get16(x->fn->config, PCI_STATUS) & PCI_STATUS_IMM_READY);
	vtd_function_free(NULL);
}

static void registers(void **state)
{
	struct fixture *x = *state;
	struct vtd_config cfg;

	vtd_config_default(&cfg);
	assert_true(reg_read(x, VTD_CAP, 8) == cfg.cap);
	assert_true(reg_read(x, VTD_ECAP, 8) == cfg.ecap);
	assert_ptr_not_equal(vtd_function_unit(x->f), NULL);
	reg_write(x, VTD_IEDATA, 0x4021, 4);
	assert_int_equal(reg_read(x, VTD_IEDATA, 4), 0x4021);
	pci_reset(x->fn);
	assert_int_equal(reg_read(x, VTD_IEDATA, 4), 0);
}

static void bar_is_announced(void **state)
{
	struct fixture *x = *state;

	assert_true(vtd_function_bar(x->f) == 0);
	/* Sizing, with decode off, says nothing. */
	write_config(x, PCI_BASE_ADDRESS_0, 0xffffffff, 4);
	write_config(x, PCI_BASE_ADDRESS_0, 0xfebf4000, 4);
	assert_int_equal(times_logged(x, "vtd: BAR 0 at"), 0);
	write_config(x, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
	assert_int_equal(times_logged(x, "svahw: info: vtd: BAR 0 at 0xfebf4000\n"), 1);
	assert_true(vtd_function_bar(x->f) == 0xfebf4000);
	/* Once, however often decode goes off and on. */
	write_config(x, PCI_COMMAND, 0, 2);
	write_config(x, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
	assert_int_equal(times_logged(x, "vtd: BAR 0 at"), 1);
	/* But again when it moves, and after a reset. */
	write_config(x, PCI_BASE_ADDRESS_0, 0xe0000000, 4);
	assert_int_equal(times_logged(x, "vtd: BAR 0 at 0xe0000000\n"), 1);
	pci_reset(x->fn);
	write_config(x, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
	assert_int_equal(times_logged(x, "vtd: BAR 0 at"), 2);
	assert_true(vtd_function_bar(x->f) == 0xe0000000);
	write_config(x, PCI_BASE_ADDRESS_0, 0xe0000000, 4);
	assert_int_equal(times_logged(x, "vtd: BAR 0 at 0xe0000000\n"), 2);
}

/* Put a wait descriptor that asks for the completion event into the queue, and ring. */
static void complete_one(struct fixture *x, unsigned int slot)
{
	u64 addr = QUEUE + slot * 32;

	assert_int_equal(gmem_write32(x->mem, addr, VTD_DESC_WAIT | VTD_WAIT_IF), 0);
	reg_write(x, VTD_ICS, VTD_ICS_IWC, 4);
	reg_write(x, VTD_IQT, (slot + 1) * 32, 8);
	assert_int_equal(reg_read(x, VTD_IQH, 8), (slot + 1) * 32);
}

static void events_are_memory_writes(void **state)
{
	struct fixture *x = *state;

	x->memfd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(x->memfd, 0x1000), 0);
	assert_int_equal(fcntl(x->memfd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	assert_int_equal(gmem_map(x->mem, QUEUE, 0x1000, GMEM_READ | GMEM_WRITE, x->memfd, 0), 0);
	close(x->memfd);

	reg_write(x, VTD_IQA, QUEUE | VTD_IQA_DW, 8);
	reg_write(x, VTD_IEDATA, 0x4021, 4);
	reg_write(x, VTD_IEADDR, 0xfee01004, 4);
	reg_write(x, VTD_IECTL, 0, 4);
	reg_write(x, VTD_GCMD, VTD_G_QIE, 4);

	/* Nobody made the function bus master: the event is lost, and that is said. */
	complete_one(x, 0);
	assert_int_equal(x->messages, 0);
	assert_int_equal(times_logged(x, "bus mastering is off"), 1);

	write_config(x, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
	complete_one(x, 1);
	assert_int_equal(x->messages, 1);
	assert_true(x->addr == 0xfee01004);
	assert_int_equal(x->data, 0x4021);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(identity, setup, teardown),
		cmocka_unit_test_setup_teardown(registers, setup, teardown),
		cmocka_unit_test_setup_teardown(bar_is_announced, setup, teardown),
		cmocka_unit_test_setup_teardown(events_are_memory_writes, setup, teardown),
	};

	return cmocka_run_group_tests_name("vtd_function", tests, NULL, NULL);
}
