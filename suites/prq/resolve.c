// SPDX-License-Identifier: GPL-2.0
/*
 * Each page that a device misses is asked for once, comes, and the work goes
 * on. Device and kernel agree on the number, and the kernel saw the addresses,
 * permissions and PASID that the device meant. Whatever is behind the page.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_device.h"
#include "accel_queue.h"
#include "device_regs.h"
#include "ktap.h"
#include "memory.h"
#include "process.h"
#include "prq.h"

#define PAGES 16
#define QUEUES 8
#define PATTERN 0x6d6d6d6d6d6d6d6dULL

static struct {
	struct svk_queue q;
	const void *regs;
	bool traced;
	size_t size;
} t;

static u8 *untouched(int flags, int fd)
{
	u8 *mem = mmap(NULL, t.size, PROT_READ | PROT_WRITE, flags, fd, 0);

	REQUIRE(mem != MAP_FAILED, "mmap of %zu bytes: %s", t.size, strerror(errno));
	return mem;
}

static struct svk_desc blocking(struct svk_desc desc)
{
	desc.ctrl |= cpu_to_le32((u32)SVK_DESC_BLOCK);
	return desc;
}

static void expect_requests(const struct prq_count *before, u64 count)
{
	struct prq_count since = prq_count_since(t.regs, before);

	CHECK_EQ(since.sent, count);
	CHECK_EQ(since.answered, count);
	CHECK_EQ(since.stray, 0);
	CHECK_EQ(since.overflow, 0);
}

/* As "addr" Linux 7.3 prints the number of the page; an address would do as well. */
static bool expect_traced_once(u64 addr, const char *access, u32 pasid)
{
	unsigned long long as[] = {addr, addr / memory_page()};
	u64 count = 0;
	char what[96];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(as); i++) {
		snprintf(what, sizeof(what), " addr=0x%llx %s pasid=0x%x ", as[i], access, pasid);
		count += prq_trace_count(what);
	}
	return CHECK(count == 1, "the kernel saw a request for 0x%llx, %s, %llu times", as[0],
		     access, (unsigned long long)count);
}

/* Every page of @mem once, with @access, last in its group, and of this process. */
static void expect_traced(const u8 *mem, const char *access)
{
	u32 pasid = svk_queue_info(&t.q).pasid;
	size_t off;

	CHECK_EQ(prq_trace_count(""), PAGES);
	for (off = 0; off < t.size; off += memory_page()) {
		if (!expect_traced_once((uintptr_t)(mem + off), access, pasid))
			break;
	}
}

static void traced(const char *name, const char *access, struct svk_desc desc, u8 *mem)
{
	struct prq_count before = prq_count(t.regs);

	ktap_case(name);
	t.traced = prq_trace_start();
	CHECK_STATUS(svk_queue_run(&t.q, blocking(desc)), SVK_CPL_OK);
	expect_requests(&before, PAGES);
	if (t.traced) {
		expect_traced(mem, access);
		prq_trace_stop();
	} else {
		ktap_diag("no tracepoint intel_iommu:prq_report, so only the device has counted");
	}
	memory_unmap(mem, t.size);
}

static void writes_and_reads(void)
{
	u8 *mem = untouched(MAP_PRIVATE | MAP_ANONYMOUS, -1);

	traced("kernel_sees_each_write", "-w--l", svk_desc_fill(mem, PATTERN, t.size), mem);
	mem = untouched(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	traced("kernel_sees_each_read", "r---l", svk_desc_crc32c(mem, 0, t.size), mem);
}

/* Memory of a file: the same page for everybody. */
static void shared_memory(void)
{
	struct prq_count before;
	int fd = memfd_create("pages", MFD_CLOEXEC);
	u8 *mem, *other;

	ktap_case("shared_memory");
	REQUIRE(fd >= 0 && !ftruncate(fd, (off_t)t.size), "memfd: %s", strerror(errno));
	mem = untouched(MAP_SHARED, fd);
	other = untouched(MAP_SHARED, fd);
	before = prq_count(t.regs);
	CHECK_STATUS(svk_queue_run(&t.q, blocking(svk_desc_fill(mem, PATTERN, t.size))),
		     SVK_CPL_OK);
	expect_requests(&before, PAGES);
	CHECK_EQ(memory_diff_byte(other, t.size, PATTERN & 0xff), t.size);
	memory_unmap(mem, t.size);
	memory_unmap(other, t.size);
	close(fd);
}

static void child_looks(struct process *parent, void *arg)
{
	process_tell(parent, 1);
	process_hear(parent);
	CHECK_EQ(memory_diff_byte(arg, t.size, 0x11), t.size);
}

/* What the device writes after a fork() is the parent's alone. */
static void copy_on_write(void)
{
	u8 *mem = untouched(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	struct prq_count before;
	struct process child;

	ktap_case("copy_on_write");
	memset(mem, 0x11, t.size);
	process_start(&child, child_looks, mem);
	process_hear(&child);
	before = prq_count(t.regs);
	CHECK_STATUS(svk_queue_run(&t.q, blocking(svk_desc_fill(mem, PATTERN, t.size))),
		     SVK_CPL_OK);
	expect_requests(&before, PAGES);
	CHECK_EQ(memory_diff_byte(mem, t.size, PATTERN & 0xff), t.size);
	process_tell(&child, 1);
	process_end(&child);
	memory_unmap(mem, t.size);
}

/* The record of a descriptor may be missing, too. */
static void completion_record(void)
{
	u8 *mem = untouched(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	struct svk_desc desc = blocking(svk_desc_nop());
	struct prq_count before = prq_count(t.regs);
	struct svk_cpl *cpl = (void *)mem;
	struct svk_result res;

	ktap_case("completion_record");
	desc.ctrl |= cpu_to_le32((u32)SVK_DESC_CPL_RECORD);
	desc.cpl = cpu_to_le64((uintptr_t)cpl);
	svk_queue_submit(&t.q, desc);
	/* Not by a look at the record, which would bring the page. */
	prq_wait_sent(t.regs, &before, 1);
	REQUIRE_ERRNO(__svk_cpl_wait(cpl, SVK_QUEUE_WAIT_MS, &res), 0);
	CHECK_STATUS(res, SVK_CPL_OK);
	memory_unmap(mem, t.size);
}

/* All wait at the same time; each is answered, and for its own page. */
static void many_at_once(void)
{
	u8 *mem = untouched(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	struct svk_queue q[QUEUES];
	struct prq_count before;
	struct prq_hold hold;
	u32 ticket[QUEUES];
	unsigned int i;

	ktap_case("many_at_once");
	for (i = 0; i < QUEUES; i++)
		svk_queue_open(&q[i]);
	before = prq_count(t.regs);
	prq_hold_begin(&hold, PRQ_IN_QUEUE);
	for (i = 0; i < QUEUES; i++)
		ticket[i] = svk_queue_submit(
			&q[i], blocking(svk_desc_fill(mem + i * memory_page(), i, memory_page())));
	prq_wait_sent(t.regs, &before, QUEUES);
	CHECK_EQ(prq_count_since(t.regs, &before).answered, 0);
	prq_hold_end(&hold);
	for (i = 0; i < QUEUES; i++) {
		CHECK_STATUS(svk_queue_wait(&q[i], ticket[i]), SVK_CPL_OK);
		CHECK_EQ(*(u64 *)(mem + i * memory_page()), i);
		svk_queue_close(&q[i]);
	}
	expect_requests(&before, QUEUES);
	memory_unmap(mem, t.size);
}

int main(void)
{
	svk_require_root();
	ktap_start(6);
	t.size = PAGES * memory_page();
	t.regs = svk_regs_map();
	svk_queue_open(&t.q);
	writes_and_reads();
	shared_memory();
	copy_on_write();
	completion_record();
	many_at_once();
	svk_queue_close(&t.q);
	svk_regs_unmap(t.regs);
	return ktap_finish();
}
