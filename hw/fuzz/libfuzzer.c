// SPDX-License-Identifier: GPL-2.0
/* The entry point that libFuzzer calls; built once for each target, named by FUZZ_TARGET. */
#include <stdint.h>

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return FUZZ_TARGET(data, size);
}
