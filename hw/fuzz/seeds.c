// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "fuzz/seeds.h"

void seed_add(struct seed *o, const void *data, size_t len)
{
	if (len > sizeof(o->data) - o->size)
		abort();
	memcpy(o->data + o->size, data, len);
	o->size += len;
}

void seed_put(struct seed *o, unsigned int bytes, u64 val)
{
	__le64 le = cpu_to_le64(val);

	seed_add(o, &le, bytes);
}
