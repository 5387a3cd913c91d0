// SPDX-License-Identifier: GPL-2.0
/* svakit-report: pictures and a page of a run's results; docs/report.md. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"
#include "pictures.h"

/* What a run or a comparison leaves, and which side that is. */
static const struct {
	const char *name;
	const char *side;
} files[] = {{"bench.jsonl", ""}, {"base.jsonl", "base"}, {"head.jsonl", "head"}};

static void read_records(struct records *records, const char *folder)
{
	char path[4096];
	size_t i;
	int line;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		FILE *in;

		snprintf(path, sizeof(path), "%s/%s", folder, files[i].name);
		in = fopen(path, "re");
		if (!in)
			continue;
		line = records_read(records, in, files[i].side);
		if (line)
			errx(2, "%s:%d: this is no record", path, line);
		fclose(in);
	}
}

int main(int argc, char **argv)
{
	struct records records = {0};

	if (argc == 4 && !strcmp(argv[1], "pictures")) {
		read_records(&records, argv[2]);
		printf("%u\n", pictures_write(&records, argv[3]));
	} else if (argc == 3 && !strcmp(argv[1], "page")) {
		read_records(&records, argv[2]);
		page_write(stdout, argv[2], &records);
	} else {
		fputs("usage: svakit-report pictures RESULTS FOLDER\n"
		      "       svakit-report page RESULTS\n",
		      stderr);
		return 2;
	}
	records_cleanup(&records);
	if (fflush(stdout))
		err(2, "output");
	return 0;
}
