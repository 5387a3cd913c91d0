// SPDX-License-Identifier: GPL-2.0
/* Interrupts that are lost or late: vectors of a function, events of the unit. */
#include "inject/inject.h"
#include "pci.h"
#include "tests/fault_fixture.h"
#include "tests/vtd_fixture.h"

#define SID 0x30
#define VECTORS 17
#define MSI_DATA(event) (0x20u + (event))

struct rig {
	struct vt *vt;
	struct pci_function fn;
	unsigned int raised[VECTORS];
};

static void on_msix(void *host, unsigned int vec)
{
	((struct rig *)host)->raised[vec]++;
}

static void on_reset(struct pci_function *fn)
{
	(void)fn;
}

static const struct pci_host_ops host_ops = {.msix = on_msix};
static const struct pci_function_ops ops = {.reset = on_reset};

static int setup(void **state)
{
	static const struct pci_identity id = {0x1b36, 0x5fd1, 0x120000, 2};
	static const unsigned int ctl[] = {VTD_FECTL, VTD_IECTL, VTD_PECTL};
	static struct rig r;
	int ret = vt_setup(state);

	if (ret)
		return ret;
	r = (struct rig){.vt = *state};
	fault_clock(&r.vt->m);
	r.fn.name = "test";
	r.fn.sid = SID;
	r.fn.machine = &r.vt->m;
	r.fn.ops = &ops;
	r.fn.host_ops = &host_ops;
	r.fn.host = &r;
	pci_init(&r.fn, &id);
	pci_add_msix(&r.fn, VECTORS, 4, 0x000, 0x800);
	pci_seal(&r.fn);
	for (unsigned int i = 0; i < ARRAY_SIZE(ctl); i++) {
		vt_write32(r.vt, ctl[i] + 4, MSI_DATA(i));
		vt_write32(r.vt, ctl[i] + 8, 0xfee00000);
		vt_write32(r.vt, ctl[i], 0);
	}
	*state = &r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;
	void *vt = r->vt;

	pci_stop(&r->fn);
	return vt_teardown(&vt);
}

static void lost_vector(void **state)
{
	struct rig *r = *state;

	fault_arm(&r->vt->m, "irq-lost,vector=3");
	pci_raise_msix(&r->fn, 2);
	pci_raise_msix(&r->fn, 3);
	assert_int_equal(r->raised[2], 1);
	assert_int_equal(r->raised[3], 0);
	assert_int_equal(r->vt->m.count[SVK_LAB_IRQ], 1);
	pci_raise_msix(&r->fn, 3);
	assert_int_equal(r->raised[3], 1);
	fault_arm(&r->vt->m, "irq-lost");
	pci_raise_msix(&r->fn, 5);
	assert_int_equal(r->raised[5], 0);
}

static void whose_vector(void **state)
{
	struct rig *r = *state;

	fault_arm(&r->vt->m, "irq-lost,sid=00:07.0");
	pci_raise_msix(&r->fn, 1);
	assert_int_equal(r->raised[1], 1);
	fault_arm(&r->vt->m, "irq-lost,unit");
	pci_raise_msix(&r->fn, 1);
	assert_int_equal(r->raised[1], 2);
	fault_arm(&r->vt->m, "irq-lost,sid=00:06.0");
	pci_raise_msix(&r->fn, 1);
	assert_int_equal(r->raised[1], 2);
}

static void late_vectors(void **state)
{
	struct rig *r = *state;
	struct machine *m = &r->vt->m;

	fault_arm(m, "irq-late,delay=20,vector=1");
	pci_raise_msix(&r->fn, 1);
	fault_arm(m, "irq-late,delay=10,vector=2,count=2");
	pci_raise_msix(&r->fn, 2);
	fault_pass(m, 5);
	/* On its way already. */
	pci_raise_msix(&r->fn, 2);
	fault_arm(m, "irq-late,delay=40,vector=4");
	pci_raise_msix(&r->fn, 4);
	assert_int_equal(r->raised[1] + r->raised[2], 0);
	fault_pass(m, 5);
	assert_int_equal(r->raised[2], 1);
	assert_int_equal(r->raised[1], 0);
	fault_pass(m, 10);
	assert_int_equal(r->raised[1], 1);
	fault_pass(m, 100);
	assert_int_equal(r->raised[4], 1);
	assert_int_equal(r->raised[1] + r->raised[2], 2);
	pci_raise_msix(&r->fn, 2);
	assert_int_equal(r->raised[2], 2);
}

static void reset_forgets_late_ones(void **state)
{
	struct rig *r = *state;

	fault_arm(&r->vt->m, "irq-late,delay=20,count=2");
	pci_raise_msix(&r->fn, 1);
	pci_reset(&r->fn);
	fault_pass(&r->vt->m, 100);
	assert_int_equal(r->raised[1], 0);
	/* A client that has gone meanwhile is no harm. */
	pci_raise_msix(&r->fn, 1);
	r->fn.host_ops = NULL;
	fault_pass(&r->vt->m, 100);
	assert_int_equal(r->raised[1], 0);
}

static void wait_interrupt(struct vt *vt)
{
	vt_submit(vt, vt_type(VTD_DESC_WAIT) | VTD_WAIT_IF, 0);
}

static void lost_event(void **state)
{
	struct rig *r = *state;
	struct vt *vt = r->vt;

	fault_arm(&vt->m, "irq-lost,unit,event=invalidation");
	vt_expect(vt, VT_NO_PASID, 0x1000, false, VTD_FR_SRT_2, 0);
	assert_int_equal(vt->msi_data, MSI_DATA(SVK_IRQ_EVENT_FAULT));
	wait_interrupt(vt);
	/* Status says so, and the unit believes that software has been told. */
	assert_int_equal(vt->msis, 1);
	assert_int_equal(vt_read32(vt, VTD_ICS), VTD_ICS_IWC);
	assert_int_equal(vt_read32(vt, VTD_IECTL), 0);
	wait_interrupt(vt);
	assert_int_equal(vt->msis, 1);
	vt_write32(vt, VTD_ICS, VTD_ICS_IWC);
	wait_interrupt(vt);
	assert_int_equal(vt->msis, 2);
	assert_int_equal(vt->msi_data, MSI_DATA(SVK_IRQ_EVENT_INVALIDATION));
}

static void late_event(void **state)
{
	struct rig *r = *state;
	struct vt *vt = r->vt;

	fault_arm(&vt->m, "irq-late,unit,delay=30,count=2");
	wait_interrupt(vt);
	vt_expect(vt, VT_NO_PASID, 0x1000, false, VTD_FR_SRT_2, 0);
	assert_int_equal(vt->msis, 0);
	/* Where it was to go when it came about. */
	vt_write32(vt, VTD_IEDATA, 0x77);
	fault_pass(&vt->m, 29);
	assert_int_equal(vt->msis, 0);
	fault_pass(&vt->m, 1);
	assert_int_equal(vt->msis, 2);
	assert_int_equal(vt->msi_data, MSI_DATA(SVK_IRQ_EVENT_FAULT));
	fault_arm(&vt->m, "irq-late,unit,delay=30,count=2");
	for (unsigned int i = 0; i < 2; i++) {
		vt_write32(vt, VTD_ICS, VTD_ICS_IWC);
		wait_interrupt(vt);
	}
	fault_pass(&vt->m, 30);
	assert_int_equal(vt->msis, 3);
	assert_int_equal(vt->msi_data, 0x77);
}

/* A page request event, which is late when the unit is reset, is never sent. */
static void reset_forgets_late_event(void **state)
{
	struct rig *r = *state;
	const struct vtd_page_request req = {
		.sid = VT_SID, .has_pasid = true, .last = true, .read = true, .pasid = 5};
	struct vt *vt = r->vt;
	u64 ctx;

	vt_simple_pt(vt, VT_SID, 5, VT_DID);
	ctx = vt_context(vt, VT_SID);
	vt_put(vt, ctx, vt_get(vt, ctx) | VTD_CE_PRE);
	vt_write64(vt, VTD_PQA, vt_page(vt));
	fault_arm(&vt->m, "irq-late,unit,event=page-request,delay=30");
	assert_true(vtd_page_request(vt->v, &req));
	assert_int_equal(fault_struck(&vt->m, SVK_INJECT_IRQ_LATE), 1);
	vtd_reset(vt->v);
	fault_pass(&vt->m, 100);
	assert_int_equal(vt->msis, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lost_vector),
		TEST(whose_vector),
		TEST(late_vectors),
		TEST(reset_forgets_late_ones),
		TEST(lost_event),
		TEST(late_event),
		TEST(reset_forgets_late_event),
	};

	return cmocka_run_group_tests_name("irq_fail", tests, NULL, NULL);
}
