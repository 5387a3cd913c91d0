// SPDX-License-Identifier: GPL-2.0
/* What happens to the machine of an l2.h VM as a whole, through its monitor. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ktap.h"
#include "l2.h"
#include "l2_machine.h"
#include "oracle.h"
#include "pf.h"
#include "qmp.h"

#define COMMAND 512
#define LINE 4096
/* Far more than firmware needs. */
#define FIRMWARE_RESETS 4

static void command(const struct l2 *vm, const char *json, int pass)
{
	int ret = qmp_command(vm->qmp, json, pass, NULL, 0);

	REQUIRE(!ret, "VM %s: %s: %s", vm->config.name, json, strerror(-ret));
}

void l2_qmp(const struct l2 *vm, const char *name)
{
	char json[COMMAND];

	snprintf(json, sizeof(json), "{\"execute\":\"%s\"}", name);
	command(vm, json, -1);
}

static void event(const struct l2 *vm, const char *name, const char *about)
{
	int ret = qmp_wait_event(vm->qmp, name, about);

	REQUIRE(!ret, "VM %s: no event %s: %s", vm->config.name, name, strerror(-ret));
}

/* What becomes of the machine when it is reset, and when it is shut down. */
static void set_actions(const struct l2 *vm, const char *reboot, const char *shutdown)
{
	char json[COMMAND];

	snprintf(json, sizeof(json),
		 "{\"execute\":\"set-action\",\"arguments\":"
		 "{\"reboot\":\"%s\",\"shutdown\":\"%s\"}}",
		 reboot, shutdown);
	command(vm, json, -1);
}

/* Of a machine that stands still: the vIOMMU has to be changed before its kernel sees it. */
static void reset(struct l2 *vm)
{
	int ret;

	set_actions(vm, "reset", "poweroff");
	ret = qmp_command_event(vm->qmp, "{\"execute\":\"system_reset\"}", "\"RESET\"");
	REQUIRE(!ret, "VM %s: system_reset: %s", vm->config.name, strerror(-ret));
	oracle_settle();
}

void l2_let_go(struct l2 *vm)
{
	char note[128];
	int ret = smpwc_apply(vm->qmp, vm->pid, note, sizeof(note));

	REQUIRE(!ret, "VM %s: ECAP.SMPWC: %s", vm->config.name, note);
	l2_qmp(vm, "cont");
}

/* Return: whether the machine has been shut down, to be reset, before its agent was there. */
static bool is_reset_again(struct l2 *vm)
{
	struct pollfd p[2] = {{.fd = vm->qmp, .events = POLLIN},
			      {.fd = vm->agent, .events = POLLIN}};
	char line[LINE] = "";

	while (poll(p, 2, l2_patience(L2_BOOT_MS)) > 0 && !(p[1].revents & POLLIN)) {
		if (read_line(vm->qmp, line, sizeof(line), 0))
			break;
		if (strstr(line, "\"SHUTDOWN\""))
			return true;
	}
	/* It says what is wrong if the agent is not there. */
	l2_wait(vm);
	return false;
}

/*
 * SeaBIOS, when it runs for the second time, copies itself from its ROM and resets the machine once
 * more. That is a reset of the vIOMMU, too, so the machine has to be stopped there.
 */
void l2_go(struct l2 *vm)
{
	for (int i = 0; i < FIRMWARE_RESETS; i++) {
		set_actions(vm, "shutdown", "pause");
		l2_let_go(vm);
		if (!is_reset_again(vm)) {
			set_actions(vm, "shutdown", "poweroff");
			return;
		}
		reset(vm);
	}
	REQUIRE(false, "VM %s resets itself again and again", vm->config.name);
}

void l2_reset(struct l2 *vm)
{
	l2_qmp(vm, "stop");
	reset(vm);
}

void l2_reboot(struct l2 *vm)
{
	set_actions(vm, "shutdown", "pause");
	dprintf(vm->agent, "reboot\n");
	event(vm, "\"SHUTDOWN\"", "\"guest-reset\"");
	reset(vm);
}

/* Until the VM has a driver for them, or none any more. */
static void wait_devices(struct l2 *vm, unsigned int devices, int there)
{
	for (unsigned int i = 0; i < L2_DEVICES; i++) {
		if (devices & 1u << i)
			l2_ask(vm, NULL, 0, "wait %u %d", i, there);
	}
}

void l2_unplug(struct l2 *vm, unsigned int devices)
{
	char json[COMMAND];

	for (unsigned int i = 0; i < L2_DEVICES; i++) {
		if (!(devices & 1u << i))
			continue;
		snprintf(json, sizeof(json),
			 "{\"execute\":\"device_del\",\"arguments\":{\"id\":\"accel%u\"}}", i);
		command(vm, json, -1);
	}
	/* In whatever order they go. */
	for (unsigned int i = 0; i < L2_DEVICES; i++) {
		if (devices & 1u << i)
			event(vm, "\"DEVICE_DELETED\"", "\"device\": \"accel");
	}
	wait_devices(vm, devices, 0);
	oracle_settle();
}

void l2_expect_lost(struct l2 *vm, enum l2_device device)
{
	l2_ask(vm, NULL, 0, "lost %d", device);
}

static void plug_one(struct l2 *vm, enum l2_device device, const char *host)
{
	char json[COMMAND];

	snprintf(json, sizeof(json),
		 "{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"vfio-pci\","
		 "\"id\":\"accel%u\",%s,\"iommufd\":\"iommufd0\",\"bus\":\"slot%u\"}}",
		 device, host, device);
	command(vm, json, -1);
}

void l2_plug(struct l2 *vm, unsigned int devices)
{
	char host[64];

	if (devices & L2_HAS_PF) {
		snprintf(host, sizeof(host), "\"host\":\"%.31s\"", pf_given());
		plug_one(vm, L2_PF, host);
	}
	if (devices & L2_HAS_MDEV) {
		int fd = l2_machine_mdev(&vm->config);

		command(vm, "{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"mdev\"}}", fd);
		close(fd);
		plug_one(vm, L2_MDEV, "\"fd\":\"mdev\"");
	}
	wait_devices(vm, devices, 1);
}
