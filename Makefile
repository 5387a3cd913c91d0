# SPDX-License-Identifier: GPL-2.0
#
# The front door: every target is a program of ci/. `make help` says what there is.

# Settings; the environment and the command line give them alike.
export INSTALL_PATH FORMAT LEVEL VIA ORACLE HW APPEND INJECT SEED LOSE FORGET ACCEL KERNEL KSRC L1_KERNEL L2_KERNEL QEMU FIO DEBUG TEST COLL QUICK FULL EXACT EVENTS REPEAT SHOW GDB V RESULTS SVAHW TIME_FACTOR BASE HEAD RUNS THRESHOLDS

help:
	@ci/help

run:
	@ci/run

bench:
	@ci/bench

workloads:
	@ci/workloads

gate:
	@ci/gate

report:
	@ci/report

prove-gate:
	@ci/prove-gate

fuzz:
	@ci/fuzz $(or $(SECONDS),60)

prove:
	@ci/prove $(if $(LAST),--last $(LAST))

mutants:
	@ci/mutants $(MUTANT)

check:
	@ci/check

repro:
	@ci/repro

list:
	@ci/list

kselftest-tarball:
	@guest-images/kselftest

doctor:
	@ci/doctor

shell:
	@ci/shell

clean:
	@$(MAKE) --no-print-directory -s -C hw clean
	@rm -rf build
	@printf 'removed build/; results/ and the cache (%s) are kept\n' "$${XDG_CACHE_HOME:-~/.cache}/svakit"

.PHONY: help run bench workloads gate report prove-gate fuzz prove mutants check repro list kselftest-tarball doctor shell clean
