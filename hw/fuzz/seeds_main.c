// SPDX-License-Identifier: GPL-2.0
/* Writes the inputs that each corpus starts from, as FOLDER/TARGET/NAME. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/seeds.h"

static int make_folder(const char *path)
{
	if (!mkdir(path, 0777) || errno == EEXIST)
		return 0;
	fprintf(stderr, "seeds: cannot make %s: %s\n", path, strerror(errno));
	return -1;
}

static int write_seed(const char *folder, const struct recipe *r)
{
	struct seed s = {0};
	char path[4096];
	size_t written;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, r->name);
	r->make(&s);
	f = fopen(path, "w");
	written = f ? fwrite(s.data, 1, s.size, f) : 0;
	if (!f || fclose(f) || written != s.size) {
		fprintf(stderr, "seeds: cannot write %s: %s\n", path, strerror(errno));
		return -1;
	}
	return 0;
}

static int write_seeds(const char *top, const char *target, const struct recipe *r, size_t n)
{
	char folder[2048];

	snprintf(folder, sizeof(folder), "%s/%s", top, target);
	if (make_folder(folder))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (write_seed(folder, &r[i]))
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: seeds FOLDER\n");
		return 1;
	}
	return make_folder(argv[1]) ||
	       write_seeds(argv[1], "fuzz_control", seeds_control, seeds_control_count) ||
	       write_seeds(argv[1], "fuzz_registers", seeds_registers, seeds_registers_count) ||
	       write_seeds(argv[1], "fuzz_vfio_user", seeds_vfio_user, seeds_vfio_user_count);
}
