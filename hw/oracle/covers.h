/* SPDX-License-Identifier: GPL-2.0 */
/* What invalidation descriptors name; without any state. */
#ifndef HW_ORACLE_COVERS_H
#define HW_ORACLE_COVERS_H

#include <svakit/types.h>

#include "vtd/inspect.h"

/**
 * struct oracle_tags - What an invalidation names.
 * @has_did: @has_pasid: @has_sid: which it has
 * @any_pasid: of every PASID
 * @did: domain-id
 * @sid: source-id
 * @pasid: 20 bits
 */
struct oracle_tags {
	bool has_did;
	bool has_pasid;
	bool any_pasid;
	bool has_sid;
	u16 did;
	u16 sid;
	u32 pasid;
};

/** oracle_range() - Addresses that a descriptor names. Return: false if it names none. */
bool oracle_range(const u64 *q, u64 *first, u64 *last);
/** oracle_tags() - What else it names. Return: false if it concerns another cache. */
bool oracle_tags(const u64 *q, enum vtd_view_kind kind, struct oracle_tags *t);
/** oracle_covers() - Whether executing a descriptor removes an entry (6.5.2). */
bool oracle_covers(const u64 *q, const struct vtd_view *e);

#endif /* HW_ORACLE_COVERS_H */
