/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The PASID table that this kernel has made for the selected accelerator, or for another function,
 * as the Intel driver shows it in debugfs. Root only.
 */
#ifndef SUITES_LIB_UNIT_TABLES_H
#define SUITES_LIB_UNIT_TABLES_H

#include <stdbool.h>

#include <svakit/types.h>

/* The entry of requests without PASID. */
#define UNIT_TABLES_RID 0

/**
 * struct unit_entry - A PASID table entry that is present.
 * @qw: its first quadwords, VTD_PE_x, VTD_PE1_x, VTD_PE2_x
 */
struct unit_entry {
	u64 qw[3];
};

/** unit_tables_require() - Skip the whole program unless they can be read. */
void unit_tables_require(void);

/** unit_tables_find() - Look for the entry of a PASID. Return: whether it is present. */
bool unit_tables_find(u32 pasid, struct unit_entry *e);

/** unit_tables_count() - Return: entries of the function @bdf that are present, of any PASID. */
unsigned int unit_tables_count(const char *bdf);

/** unit_tables_did() - Return: domain-id of the entry of a PASID; asserts that it is present. */
u32 unit_tables_did(u32 pasid);

#endif /* SUITES_LIB_UNIT_TABLES_H */
