// SPDX-License-Identifier: GPL-2.0
/* In place of a selftest that the source of the kernel has not, or that did not build. */
#include "ktap.h"

int main(void)
{
	if (!FOLDER[0])
		ktap_skip_all("the source of the kernel under test has no selftest " TEST);
	REQUIRE(false, "the kernel's " TEST " did not build: build/suites/upstream/" FOLDER ".log");
	return KTAP_FAIL;
}
