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
	{0}
};

/* clang-format on */
