/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Children that come and go beside a load, with PASIDs of their own: some replace themselves by
 * another program, some exit, exec or are killed while their queue is busy with what they have
 * inherited.
 */
#ifndef SUITES_LIB_STORM_H
#define SUITES_LIB_STORM_H

#include "load.h"

/** enum storm_way - What a child does. */
enum storm_way {
	STORM_EXEC,
	STORM_EXIT_BUSY,
	STORM_EXEC_BUSY,
	STORM_KILLED_BUSY,
	STORM_WAYS
};

/**
 * storm_round() - Start a child of each way at once, and see all of them end.
 * @load: goes on meanwhile, which is asserted; it has left a queue for each child
 *
 * Before: ktap_expect_device_faults().
 */
void storm_round(const struct load *load);

/** storm_other() - In main(): is this the other program? It has nothing to do but to return. */
bool storm_other(int argc, char **argv);

#endif /* SUITES_LIB_STORM_H */
