// SPDX-License-Identifier: GPL-2.0
#include "l2_machine.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ktap.h"
#include "l2_agent.h"
#include "mdev.h"
#include "pf.h"
#include "subtest.h"
#include "vfio.h"

#define MAX_WORDS 128
#define WORD_SIZE 512

/* What every VMM begins with, as PID 1 has said. */
static char *machine[MAX_WORDS];
static unsigned int machine_words;

/* What is behind that, of the VM that was started last. */
static char own[MAX_WORDS][WORD_SIZE];
static unsigned int own_words;

/* Where each accelerator is, with and without a slot. */
static const char *const place[L2_DEVICES] = {"03.0", "04.0"};
static const char *const slot_place[L2_DEVICES] = {"06.0", "07.0"};

static void read_machine(const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	while (file && machine_words + 1 < MAX_WORDS && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		machine[machine_words++] = strdup(line);
	}
	free(line);
	if (file)
		fclose(file);
}

void l2_require(void)
{
	const char *path = subtest_arg(0);

	if (!path)
		ktap_skip_all("usage: PATH, where PID 1 says how a VMM is started");
	read_machine(path);
	if (!machine_words)
		ktap_skip_all("nothing of L2 is here (%s): LEVEL=2", path);
	if (access("/sys/kernel/debug/iommu/intel/dmar_translation_struct", R_OK))
		ktap_skip_all("PASID entries cannot be seen: CONFIG_INTEL_IOMMU_DEBUGFS=y");
	mdev_lend();
	pf_lend();
}

const char *l2_path(const char *name, const char *kind)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "/run/vm-%s.%s", name, kind);
	return path;
}

/* PID 1 says it in MiB, as QEMU takes it. */
u64 l2_machine_ram(void)
{
	for (unsigned int i = 0; i + 1 < machine_words; i++) {
		if (!strcmp(machine[i], "-m"))
			return strtoull(machine[i + 1], NULL, 10) << 20;
	}
	REQUIRE(false, "the VMM's command line has no -m");
	return 0;
}

int l2_machine_mdev(const struct l2_config *config)
{
	int fd = -1;

	if (config->devices & L2_HAS_MDEV) {
		fd = __vfio_open_mdev(config->uuid);
		REQUIRE(fd >= 0, "opening %s: %s", config->uuid, strerror(-fd));
	}
	return fd;
}

/* Where the VM sees it: behind a slot there is a bus, the first is number 1. */
static void address(const struct l2_config *config, enum l2_device device, char *bdf, size_t size)
{
	bool only = config->devices == 1u << device;

	if (config->slots)
		snprintf(bdf, size, "0000:%02x:00.0", only ? 1 : device + 1);
	else
		snprintf(bdf, size, "0000:00:%s", place[device]);
}

void l2_machine_job(const struct l2_config *config)
{
	FILE *file = fopen(l2_path(config->name, "job"), "we");
	char bdf[32], exe[PATH_MAX] = "";
	const char *variable = "SVAKIT_DEVICE";

	REQUIRE(file && readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0,
		"the job of VM %s: %s", config->name, strerror(errno));
	fprintf(file, "2 quiet\n2 run vm.%s 3600", config->name);
	for (unsigned int i = 0; i < L2_DEVICES; i++) {
		if (!(config->devices & 1u << i))
			continue;
		address(config, i, bdf, sizeof(bdf));
		fprintf(file, " %s=%s", variable, bdf);
		variable = "SVAKIT_DEVICE_2";
	}
	fprintf(file, " %s " L2_AGENT_WORD "\n", exe);
	fclose(file);
}

static void __attribute__((format(printf, 1, 2))) add(const char *fmt, ...)
{
	va_list args;

	REQUIRE(own_words < MAX_WORDS, "the VMM's command line is too long");
	va_start(args, fmt);
	vsnprintf(own[own_words++], WORD_SIZE, fmt, args);
	va_end(args);
}

static void add_option(const char *option, const char *value)
{
	add("%s", option);
	add("%s", value);
}

static void add_device(const struct l2_config *config, enum l2_device device, const char *host)
{
	char where[32];

	if (config->slots) {
		add("-device");
		add("pcie-root-port,id=slot%d,chassis=%d,addr=%s", device, device + 1,
		    slot_place[device]);
		snprintf(where, sizeof(where), "bus=slot%d", device);
	} else {
		snprintf(where, sizeof(where), "addr=%s", place[device]);
	}
	add("-device");
	add("vfio-pci,id=accel%d,%s,iommufd=iommufd0,%s", device, host, where);
}

static void add_accelerators(const struct l2_config *config, int mdev)
{
	char host[64];

	/* PCI Express hotplug, not that of ACPI, which takes the slots of the board by default. */
	if (config->slots)
		add_option("-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off");
	if (config->devices & L2_HAS_PF) {
		snprintf(host, sizeof(host), "host=%.31s", pf_given());
		add_device(config, L2_PF, host);
	}
	if (config->devices & L2_HAS_MDEV) {
		snprintf(host, sizeof(host), "fd=%d", mdev);
		add_device(config, L2_MDEV, host);
	}
}

static void add_file(const char *name, const char *kind)
{
	add("-chardev");
	add("file,id=%s,path=%s", kind, l2_path(name, kind));
}

char *const *l2_machine_argv(const struct l2_config *config, u64 ram, const struct l2_fds *fds)
{
	static char *argv[2 * MAX_WORDS + 1];
	unsigned int n = 0;

	own_words = 0;
	add_option("-S", "-chardev");
	add("socket,id=qmp,fd=%d", fds->fd[L2_FD_QMP]);
	add_option("-mon", "chardev=qmp,mode=control");
	add("-object");
	add("memory-backend-file,id=ram,size=%llu,mem-path=/proc/self/fd/%d,share=on",
	    (unsigned long long)ram, fds->fd[L2_FD_RAM]);
	add_option("-M", "memory-backend=ram");
	add_accelerators(config, fds->fd[L2_FD_MDEV]);
	add_file(config->name, "console");
	add_option("-serial", "chardev:console");
	add_file(config->name, "events");
	add_option("-device", "virtserialport,chardev=events,name=svakit.events");
	add("-chardev");
	add("socket,id=agent,fd=%d", fds->fd[L2_FD_AGENT]);
	add_option("-device", "virtserialport,chardev=agent,name=" L2_AGENT_PORT);
	add("-drive");
	add("if=none,id=job,format=raw,readonly=on,file=%s", l2_path(config->name, "job"));
	for (unsigned int i = 0; i < machine_words; i++)
		argv[n++] = machine[i];
	for (unsigned int i = 0; i < own_words; i++)
		argv[n++] = own[i];
	argv[n] = NULL;
	return argv;
}
