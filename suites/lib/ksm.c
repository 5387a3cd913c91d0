// SPDX-License-Identifier: GPL-2.0
#include "ksm.h"

#include <unistd.h>

#include "clock.h"
#include "ktap.h"
#include "oracle.h"

#define KSM "/sys/kernel/mm/ksm/"
#define SCAN_MS 60000

void ksm_require(void)
{
	if (access(KSM "run", W_OK))
		ktap_skip_all("no %srun: CONFIG_KSM=y", KSM);
}

void ksm_begin(struct ksm *k)
{
	knob_set(&k->pages, KSM "pages_to_scan", "256");
	knob_set(&k->sleep, KSM "sleep_millisecs", "1");
	knob_set(&k->smart, KSM "smart_scan", "0");
	knob_set(&k->run, KSM "run", "1");
}

void ksm_end(struct ksm *k)
{
	knob_restore(&k->run);
	knob_restore(&k->smart);
	knob_restore(&k->sleep);
	knob_restore(&k->pages);
}

void ksm_scan(unsigned int scans)
{
	struct clock_wait wait = clock_wait_for(SCAN_MS);
	u64 want = knob_read(KSM "full_scans") + scans;

	while (knob_read(KSM "full_scans") < want)
		REQUIRE(clock_wait_again(&wait), "KSM has not scanned all memory %u times in %d ms",
			scans, SCAN_MS);
	oracle_settle();
}

u64 ksm_merged(void)
{
	return knob_read(KSM "pages_sharing");
}
