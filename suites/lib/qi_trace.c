// SPDX-License-Identifier: GPL-2.0
/*
 * In an instance of tracefs of its own, so that PID 1, which counts descriptors
 * in the common one, is not disturbed.
 */
#include "qi_trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <svakit/vtd_regs.h>

#include "accel_device.h"
#include "clock.h"
#include "ktap.h"

#define TRACEFS "/sys/kernel/tracing/"
#define EVENT "events/intel_iommu/qi_submit/enable"
#define INSTANCE TRACEFS "instances/svakit_qi/"
#define PAGE_SHIFT 12
#define WAIT_MS 10000

void qi_trace_require(void)
{
	svk_require_root();
	if (access(TRACEFS EVENT, W_OK))
		ktap_skip_all("no tracepoint %s: CONFIG_ENABLE_DEFAULT_TRACERS=y, tracefs mounted",
			      TRACEFS EVENT);
}

static void instance_write(const char *file, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), INSTANCE "%s", file);
	REQUIRE_ERRNO(__svk_write_file(path, text), 0);
}

void qi_trace_begin(void)
{
	/* Of a test that has failed, or was killed. */
	rmdir(INSTANCE);
	REQUIRE(!mkdir(INSTANCE, 0700), "mkdir %s: %s", INSTANCE, strerror(errno));
	instance_write("trace_clock", "mono");
	instance_write(EVENT, "1");
	instance_write("tracing_on", "1");
}

/* The time stamp, SECONDS.MICROSECONDS, ends two characters before @event. */
static u64 parse_time(const char *line, const char *event)
{
	unsigned long long s, us;

	event -= 2;
	while (event > line && event[-1] != ' ')
		event--;
	return sscanf(event, "%llu.%6llu:", &s, &us) == 2 ? s * 1000000000 + us * 1000 : 0;
}

static bool parse(const char *line, struct qi_desc *desc)
{
	unsigned long long qw[4];
	const char *event = strstr(line, "qi_submit: ");
	unsigned int i;

	if (!event || sscanf(event, "qi_submit: %*s %*s %llx %llx %llx %llx", &qw[0], &qw[1],
			     &qw[2], &qw[3]) != 4)
		return false;
	for (i = 0; i < 4; i++)
		desc->qw[i] = qw[i];
	desc->at = parse_time(line, event);
	return true;
}

unsigned int qi_trace_read(struct qi_desc desc[QI_TRACE_MAX])
{
	FILE *f = fopen(INSTANCE "trace", "re");
	unsigned long kept, written;
	unsigned int n = 0;
	char line[512];

	REQUIRE(f, "open %strace: %s", INSTANCE, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "# entries-in-buffer/entries-written: %lu/%lu", &kept, &written) ==
		    2)
			REQUIRE(kept == written && written <= QI_TRACE_MAX,
				"%lu descriptors, %lu of them lost", written, written - kept);
		n += parse(line, &desc[n]);
	}
	fclose(f);
	return n;
}

void qi_trace_drop(void)
{
	REQUIRE(!rmdir(INSTANCE), "rmdir %s: %s", INSTANCE, strerror(errno));
}

unsigned int qi_trace_end(struct qi_desc desc[QI_TRACE_MAX])
{
	unsigned int n;

	instance_write("tracing_on", "0");
	n = qi_trace_read(desc);
	qi_trace_drop();
	return n;
}

void qi_trace_wait(unsigned int type, u32 pasid)
{
	int fd = open(INSTANCE "trace_pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct clock_wait wait = clock_wait_for(WAIT_MS);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	struct qi_desc desc = {.at = 0};
	char line[512];

	REQUIRE(f, "open %strace_pipe: %s", INSTANCE, strerror(errno));
	while (!qi_is(&desc, type, pasid)) {
		if (fgets(line, sizeof(line), f)) {
			parse(line, &desc);
			continue;
		}
		clearerr(f);
		REQUIRE(clock_wait_again(&wait), "no descriptor of type %u for PASID %u", type,
			pasid);
	}
	fclose(f);
}

unsigned int qi_type(const struct qi_desc *desc)
{
	return (unsigned int)(svk_get(VTD_DESC_TYPE_LO, desc->qw[0]) |
			      svk_get(VTD_DESC_TYPE_HI, desc->qw[0]) << 4);
}

u32 qi_pasid(const struct qi_desc *desc)
{
	return (u32)svk_get(VTD_DESC_PASID, desc->qw[0]);
}

u32 qi_domain(const struct qi_desc *desc)
{
	return (u32)svk_get(VTD_DESC_DID, desc->qw[0]);
}

bool qi_is(const struct qi_desc *desc, unsigned int type, u32 pasid)
{
	return qi_type(desc) == type && qi_pasid(desc) == pasid;
}

struct qi_range qi_range(const struct qi_desc *desc)
{
	u64 addr = desc->qw[1] & VTD_DEVTLB_ADDR;
	unsigned int order = 0;

	if (qi_type(desc) == VTD_DESC_PIOTLB) {
		if (svk_get(VTD_DESC_G, desc->qw[0]) != VTD_PIOTLB_G_PAGE)
			return (struct qi_range){0, ~0ULL};
		order = (unsigned int)svk_get(VTD_IVA_AM, desc->qw[1]);
	} else if (desc->qw[1] & VTD_PDEVTLB_S) {
		/* The least significant bit that is clear says of what size. */
		while (order < 64 - PAGE_SHIFT && addr & SVK_BIT(PAGE_SHIFT + order))
			order++;
		order++;
	}
	if (order >= 64 - PAGE_SHIFT)
		return (struct qi_range){0, ~0ULL};
	addr &= ~(SVK_BIT(PAGE_SHIFT + order) - 1);
	return (struct qi_range){addr, addr + SVK_BIT(PAGE_SHIFT + order) - 1};
}

bool qi_is_whole(const struct qi_desc *desc)
{
	struct qi_range range = qi_range(desc);

	return !range.first && range.last == ~0ULL;
}

bool qi_covers(const struct qi_desc *desc, const void *addr, size_t size)
{
	struct qi_range range = qi_range(desc);

	return range.first <= (uintptr_t)addr && range.last >= (uintptr_t)addr + size - 1;
}

void qi_show(const struct qi_desc *desc)
{
	struct qi_range range = qi_range(desc);

	ktap_diag("type %u PASID %u 0x%llx to 0x%llx (%016llx %016llx)", qi_type(desc),
		  qi_pasid(desc), (unsigned long long)range.first, (unsigned long long)range.last,
		  (unsigned long long)desc->qw[0], (unsigned long long)desc->qw[1]);
}
