// SPDX-License-Identifier: GPL-2.0
/* What the VMM of the next guest has asked for: its record, and who is who in it. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "asked.h"
#include "init.h"
#include "layers.h"

#define VFIO_CLASS "/sys/class/vfio-dev/"
#define MDEV_VIEW "/sys/kernel/debug/svakit_mdev/"

/** struct target - A device of the VMM, and a PASID as the VMM has it. */
struct target {
	char name[64];
	u32 pasid;
};

/* Return: n of the device's node vfio<n>, ASKED_NO_DEVICE if it has none. */
static u32 node_of(const char *name)
{
	u32 node = ASKED_NO_DEVICE;
	DIR *dir = opendir(VFIO_CLASS);
	struct dirent *d;

	while (dir && node == ASKED_NO_DEVICE && (d = readdir(dir))) {
		char link[PATH_MAX], path[PATH_MAX];
		const char *last;
		ssize_t n;

		snprintf(link, sizeof(link), VFIO_CLASS "%s/device", d->d_name);
		n = readlink(link, path, sizeof(path) - 1);
		if (n < 0)
			continue;
		path[n] = '\0';
		last = strrchr(path, '/');
		if (last && !strcmp(last + 1, name))
			node = (u32)strtoul(d->d_name + strlen("vfio"), NULL, 10);
	}
	if (dir)
		closedir(dir);
	return node;
}

/* @format: of a row: uuid, guest PASID or "-", host PASID. The first row that has it counts. */
static bool mdev_find(const char *file, const char *format, u32 hpasid, struct target *t)
{
	FILE *f = fopen(file, "re");
	char line[256], gpasid[16];
	bool found = false;
	u32 host;

	while (f && !found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, format, t->name, gpasid, &host) != 3 || host != hpasid)
			continue;
		t->pasid = gpasid[0] == '-' ? ASKED_NO_PASID : (u32)strtoul(gpasid, NULL, 10);
		found = true;
	}
	if (f)
		fclose(f);
	return found;
}

/* Who has the entry, in the VMM's words; false: nobody, as far as is known. */
static bool target_of(const struct vtd_view *e, struct target *t)
{
	snprintf(t->name, sizeof(t->name), "0000:%02x:%02x.%x", e->sid >> 8, e->sid >> 3 & 0x1f,
		 e->sid & 7);
	/* The PASID of requests without one (RID_PASID). */
	t->pasid = e->has_pasid && e->pasid ? e->pasid : ASKED_NO_PASID;
	if (!device_has_driver(t->name, "svakit_mdev"))
		return true;
	return mdev_find(MDEV_VIEW "map", "%*u %*s %63s %15s %u", e->pasid, t) ||
	       mdev_find(MDEV_VIEW "past", "%63s %15s %u", e->pasid, t);
}

bool asked_search(struct search *s)
{
	int fd = open(ASKED_PATH, O_RDONLY | O_CLOEXEC);
	struct target t;
	void *log;
	u32 node;

	if (fd < 0)
		return false;
	log = mmap(NULL, sizeof(struct asked_log), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (log == MAP_FAILED)
		return false;
	node = target_of(&s->entry, &t) ? node_of(t.name) : ASKED_NO_DEVICE;
	if (node == ASKED_NO_DEVICE)
		s->answer = ANSWER_UNKNOWN;
	else
		search_asked(s, log, node, t.pasid);
	munmap(log, sizeof(struct asked_log));
	return true;
}
