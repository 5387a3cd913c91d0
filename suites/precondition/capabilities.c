// SPDX-License-Identifier: GPL-2.0
/*
 * Each capability that Shared Virtual Addressing needs, of the unit and of the function: with all
 * of them binding works, without one it is refused with a clean errno, again and again, and leaves
 * the function as it was. What is there is read from the hardware, so that this is right for any.
 *
 * Would have caught the lack of 780dfed68862 ("iommu/vt-d: Disallow SVA if page walk is not
 * coherent").
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "harness.h"
#include "memory.h"
#include "pci_config.h"

#define DRIVER "/sys/bus/pci/drivers/svakit_accel"
#define PCI_DEVICES "/sys/bus/pci/devices/"
#define CAP_CTRL 6 /* control register of both */
#define SIZE 4096
#define ROUNDS 3

/* VT-d specification, 11.4.2 and 11.4.3. */
#define CAP_FS1GP SVK_BIT(56)
#define CAP_FS5LP SVK_BIT(60)
#define ECAP_DT SVK_BIT(2)
#define ECAP_PASID SVK_BIT(40)
#define ECAP_SMTS SVK_BIT(43)
#define ECAP_SMPWC SVK_BIT(48)

/**
 * struct function - The function, as far as binding depends on it.
 * @bdf: PCI address
 * @ats: offset of the ATS capability, 0 if there is none
 * @pasid: likewise of the PASID capability
 */
struct function {
	char bdf[32];
	unsigned int ats;
	unsigned int pasid;
};

FIXTURE(capabilities)
{
	struct function f;
	int want; /* of binding the driver, which binds a process */
	const char *why;
};

static size_t read_file(const char *path, void *data, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	REQUIRE(fd >= 0, "open of %s: %s", path, strerror(errno));
	len = read(fd, data, size);
	REQUIRE(len >= 0, "read of %s: %s", path, strerror(errno));
	close(fd);
	return (size_t)len;
}

static u64 read_hex(const struct function *f, const char *attribute)
{
	char path[PATH_MAX], text[32] = "";

	snprintf(path, sizeof(path), PCI_DEVICES "%s/iommu/intel-iommu/%s", f->bdf, attribute);
	read_file(path, text, sizeof(text) - 1);
	return strtoull(text, NULL, 16);
}

static bool cpu_has(const char *flag)
{
	static char text[16384];
	char word[32];

	text[read_file("/proc/cpuinfo", text, sizeof(text) - 1)] = '\0';
	snprintf(word, sizeof(word), " %s ", flag);
	return strstr(text, word);
}

static void find(struct function *f)
{
	const char *name = getenv("SVAKIT_DEVICE");
	const char *path = svk_pci_find(SVK_PCI_DEVICE_ACCEL, NULL);

	if (name)
		snprintf(f->bdf, sizeof(f->bdf), "%s", name);
	else
		REQUIRE(path && sscanf(path, PCI_DEVICES "%31[^/]", f->bdf) == 1, "no accelerator");
}

/* In the order in which driver, core and intel-iommu look. */
static int expect(const struct function *f, const char **why)
{
	u64 cap = read_hex(f, "cap"), ecap = read_hex(f, "ecap");
	const struct {
		bool missing;
		int err;
		const char *what;
	} needs[] = {
		{!f->pasid, -EOPNOTSUPP, "the function has no PASID capability"},
		{!f->ats, -EOPNOTSUPP, "the function has no ATS capability"},
		{!(ecap & ECAP_SMTS), -ENOSPC, "no scalable mode, ECAP.SMTS"},
		{!(ecap & ECAP_PASID), -ENOSPC, "no ECAP.PASID"},
		{!(ecap & ECAP_SMPWC), -ENODEV, "page walks are not coherent, ECAP.SMPWC"},
		{!(cap & CAP_FS1GP) && cpu_has("pdpe1gb"), -ENODEV, "no 1 GiB pages, CAP.FS1GP"},
		{!(cap & CAP_FS5LP) && cpu_has("la57"), -ENODEV, "no 5 levels, CAP.FS5LP"},
		{!(ecap & ECAP_DT), -EINVAL, "no device-TLBs, ECAP.DT"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		if (needs[i].missing) {
			*why = needs[i].what;
			return needs[i].err;
		}
	}
	*why = "nothing is missing";
	return 0;
}

static int bind_driver(const struct function *f)
{
	return __svk_write_file(DRIVER "/bind", f->bdf);
}

static int unbind_driver(const struct function *f)
{
	return __svk_write_file(DRIVER "/unbind", f->bdf);
}

FIXTURE_SETUP(capabilities)
{
	int ret;

	harness_begin(_metadata);
	find(&self->f);
	self->f.ats = pci_config_ext_cap(self->f.bdf, PCI_CONFIG_ATS);
	self->f.pasid = pci_config_ext_cap(self->f.bdf, PCI_CONFIG_PASID);
	self->want = expect(&self->f, &self->why);
	ktap_diag("expecting %d: %s", self->want, self->why);
	/* ENODEV: the driver has refused the function */
	ret = unbind_driver(&self->f);
	CHECK_ERRNO(ret, self->want ? -ENODEV : 0);
}

FIXTURE_TEARDOWN(capabilities)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), PCI_DEVICES "%s/driver", self->f.bdf);
	if (access(path, F_OK))
		CHECK_ERRNO(bind_driver(&self->f), self->want);
	harness_end(_metadata);
}

TEST_F(capabilities, binding_has_the_errno_of_what_is_missing)
{
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_ERRNO(bind_driver(&self->f), self->want);
		if (!self->want)
			CHECK_ERRNO(unbind_driver(&self->f), 0);
	}
}

static void read_controls(const struct function *f, u32 ctrl[2])
{
	ctrl[0] = f->ats ? pci_config_read(f->bdf, f->ats + CAP_CTRL, 2) : 0;
	ctrl[1] = f->pasid ? pci_config_read(f->bdf, f->pasid + CAP_CTRL, 2) : 0;
}

TEST_F(capabilities, refused_it_changes_nothing)
{
	u32 before[2], after[2];

	read_controls(&self->f, before);
	CHECK_ERRNO(bind_driver(&self->f), self->want);
	if (!self->want)
		CHECK_ERRNO(unbind_driver(&self->f), 0);
	read_controls(&self->f, after);
	CHECK_EQ(after[0], before[0]);
	CHECK_EQ(after[1], before[1]);
}

TEST_F(capabilities, bound_it_works)
{
	struct svk_queue q;
	u8 *src, *dst;

	REQUIRE_ERRNO(bind_driver(&self->f), self->want);
	if (self->want) {
		CHECK_ERRNO(__svk_device_find(), -ENODEV);
		return;
	}
	svk_require_root();
	src = memory_map(SIZE);
	dst = memory_map(SIZE);
	memory_pattern(src, SIZE, 1);
	svk_queue_open(&q);
	CHECK_STATUS(svk_queue_run(&q, svk_desc_copy(dst, src, SIZE)), SVK_CPL_OK);
	CHECK_EQ(memory_diff(src, dst, SIZE), SIZE);
	svk_queue_close(&q);
}

static void require(void)
{
	if (geteuid())
		ktap_skip_all("only root may bind drivers");
	if (access(DRIVER, F_OK))
		ktap_skip_all("no driver svakit_accel: insmod svakit_accel.ko");
	if (!getenv("SVAKIT_DEVICE") && !svk_pci_find(SVK_PCI_DEVICE_ACCEL, NULL))
		ktap_skip_all("no accelerator: this machine has none");
}

HARNESS_MAIN(require)
