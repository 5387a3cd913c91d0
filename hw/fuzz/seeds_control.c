// SPDX-License-Identifier: GPL-2.0
/* Seeds of fuzz_control(): every command, its mistakes, and how lines come. */
#include <string.h>

#include "fuzz/lines.h"
#include "fuzz/seeds.h"

static void text(struct seed *o, const char *s)
{
	seed_add(o, s, strlen(s));
}

/* Pages that are used, the first of them unmapped after that. */
static void stale(struct seed *o)
{
	put(o, LINES_GUEST, 1, LINES_GUEST, 2, LINES_GUEST, 3, LINES_GUEST, 0x81);
}

static void questions(struct seed *o)
{
	text(o, "{\"cmd\":\"help\"}\n{\"cmd\":\"counters\",\"id\":1}\n");
	text(o, "{\"cmd\":\"state\",\"id\":\"a\"}\n{\"cmd\":\"clear\"}\n");
}

static void oracle(struct seed *o)
{
	stale(o);
	text(o, "{\"cmd\":\"audit\"}\n{\"cmd\":\"cache\",\"limit\":2}\n{\"cmd\":\"trace\"}\n");
	text(o, "{\"cmd\":\"audit\",\"confirm\":true}\n{\"cmd\":\"findings\",\"limit\":9}\n");
}

static void faults(struct seed *o)
{
	text(o, "{\"cmd\":\"inject\",\"spec\":\"lose,types=piotlb+pdevtlb,skip=1,count=2\"}\n");
	text(o, "{\"cmd\":\"inject\",\"spec\":\"dma-abort,pasid=1,addr=0x1000,chance=0.5\"}\n");
	text(o, "{\"cmd\":\"inject\",\"spec\":\"bit-flip\"}\n{\"cmd\":\"injected\"}\n");
	text(o, "{\"cmd\":\"disarm\"}\n");
}

static void mistakes(struct seed *o)
{
	text(o, "\n{\n{}\n[[[[[[[[[[\n{\"cmd\":1}\n{\"cmd\":\"no\",\"id\":[1e999,null]}\n");
	text(o, "{\"cmd\":\"cache\",\"limit\":-1}\n{\"cmd\":\"audit\",\"confirm\":0}\n");
	text(o, "{\"cmd\":\"inject\"}\n{\"cmd\":\"inject\",\"spec\":\"\\u0000\"}\n{\"x");
	put(o, LINES_BYTE, 0xff, LINES_BYTE, 0);
	text(o, "\":1}\n");
}

static void pieces(struct seed *o)
{
	text(o, "{\"cmd\"");
	put(o, LINES_OTHER);
	text(o, "{\"cmd\":\"clear\"}\n{");
	put(o, LINES_OTHER);
	text(o, ":\"clear\"}\n");
	put(o, LINES_TAKE, LINES_OTHER, LINES_SHUTDOWN, LINES_TAKE, LINES_CONNECT);
	text(o, "{\"cmd\":\"state\"}\n");
}

static void too_long(struct seed *o)
{
	text(o, "{\"cmd\":\"clear\"}                                                ");
	put(o, LINES_AGAIN, 80, LINES_TAKE);
}

static void unread(struct seed *o)
{
	text(o, "{\"cmd\":\"help\"}\n");
	put(o, LINES_AGAIN, 250);
	text(o, "{\"cmd\":\"help\"}\n");
	put(o, LINES_AGAIN, 150, LINES_TAKE);
}

const struct recipe seeds_control[] = {
	{"questions", questions}, {"oracle", oracle}, {"faults", faults},
	{"mistakes", mistakes},	  {"pieces", pieces}, {"too_long", too_long},
	{"unread", unread},
};

const size_t seeds_control_count = ARRAY_SIZE(seeds_control);
