// SPDX-License-Identifier: GPL-2.0
/* The tables in debugfs, which docs/mdev.md describes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "mdev.h"

#define VIEW "/sys/kernel/debug/svakit_mdev/"
#define LINE_SIZE 512
/* More than any test has at a time. */
#define MAX_ROWS 1024

static FILE *open_view(const char *path, const char *header)
{
	FILE *file = fopen(path, "re");
	char line[LINE_SIZE];

	REQUIRE(file, "open %s: %s", path, strerror(errno));
	REQUIRE(fgets(line, sizeof(line), file), "%s is empty", path);
	line[strcspn(line, "\n")] = '\0';
	REQUIRE(!strcmp(line, header), "%s begins \"%s\", want \"%s\"", path, line, header);
	return file;
}

/* "0,3" or "-". */
static u64 parse_queues(const char *text)
{
	u64 queues = 0;
	char *end;

	while (*text && *text != '-') {
		queues |= SVK_BIT(strtoul(text, &end, 10) & 63);
		text = *end ? end + 1 : end;
	}
	return queues;
}

static bool parse_map(const char *line, struct mdev_map_row *row)
{
	char guest_pasid[16], queues[64];

	*row = (struct mdev_map_row){0};
	if (sscanf(line, "%u %15s %36s %15s %u %u %63s", &row->vm, row->parent, row->uuid,
		   guest_pasid, &row->host_pasid, &row->hwpt, queues) != 7)
		return false;
	row->guest_pasid = MDEV_NO_PASID;
	if (strcmp(guest_pasid, "-"))
		row->guest_pasid = (u32)strtoul(guest_pasid, NULL, 10);
	row->queues = parse_queues(queues);
	return true;
}

size_t mdev_map_read(struct mdev_map_row *rows, size_t room)
{
	FILE *file = open_view(VIEW "map", "# vm parent mdev guest_pasid host_pasid hwpt queues");
	char line[LINE_SIZE];
	size_t nr;

	for (nr = 0; fgets(line, sizeof(line), file); nr++) {
		REQUIRE(nr < room, "more than %zu rows in " VIEW "map", room);
		REQUIRE(parse_map(line, &rows[nr]), "no row of " VIEW "map: %s", line);
	}
	fclose(file);
	return nr;
}

bool mdev_map_find(const char *uuid, u32 guest_pasid, struct mdev_map_row *row)
{
	static struct mdev_map_row rows[MAX_ROWS];
	size_t i, nr = mdev_map_read(rows, MAX_ROWS);

	for (i = 0; i < nr; i++) {
		if (strcmp(rows[i].uuid, uuid) || rows[i].guest_pasid != guest_pasid)
			continue;
		*row = rows[i];
		return true;
	}
	return false;
}

size_t mdev_vms_read(struct mdev_vm_row *rows, size_t room)
{
	FILE *file = open_view(VIEW "vms", "# vm pid quota used");
	char line[LINE_SIZE];
	size_t nr;

	for (nr = 0; fgets(line, sizeof(line), file); nr++) {
		REQUIRE(nr < room, "more than %zu rows in " VIEW "vms", room);
		REQUIRE(sscanf(line, "%u %d %u %u", &rows[nr].vm, &rows[nr].pid, &rows[nr].quota,
			       &rows[nr].used) == 4,
			"no row of " VIEW "vms: %s", line);
	}
	fclose(file);
	return nr;
}

void mdev_expect_idle(void)
{
	static struct mdev_map_row rows[MAX_ROWS];
	struct mdev_vm_row vms[8];

	CHECK_EQ(mdev_map_read(rows, MAX_ROWS), 0);
	CHECK_EQ(mdev_vms_read(vms, ARRAY_SIZE(vms)), 0);
}
