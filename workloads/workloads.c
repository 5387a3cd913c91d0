// SPDX-License-Identifier: GPL-2.0
#include "workloads.h"

/* clang-format off */
#define FIO_SIZE {"size", "Bytes of a file", NULL, "32M", "8M"}

const struct bench workloads[] = {
	{"fio_seq", "fio: a file written and read in order, 1 MiB at a time", workload_fio_seq,
	 NULL, {FIO_SIZE}, 10},
	{"fio_random", "fio: blocks of 4 KiB in any order", workload_fio_random, NULL, {FIO_SIZE},
	 10},
	{"fio_mixed", "fio: reads, writes, trims and syncs, by processes and threads",
	 workload_fio_mixed, NULL, {FIO_SIZE}, 10},
	{"fio_verify", "fio: every block has a CRC-32C", workload_fio_verify, NULL, {FIO_SIZE}, 10},
	{"server", "requests to processes that have a queue each", workload_server, NULL, {
		{"workers", "Processes", NULL, "1,4,2,MUL", "1,4,4,MUL"},
		{"size", "Bytes of a request", NULL, "4K,256K,8,MUL", "4K,64K,16,MUL"},
	}, 200},
	{"fork_exec", "children with PASIDs come and go beside a load", workload_fork_exec, NULL, {
		{"pasids", "PASIDs of processes that do nothing", NULL, "0,8,8,ADD", "0"},
	}, 20},
	{"memory_pressure", "a load has less memory than it wants", workload_memory_pressure, NULL,
	 {{0}}, 20},
	{0}
};

/* clang-format on */
