# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the model lets fail, and how one speaks to it from outside.

# expect_record REGEX FILE...: in each of these files of the last run.
expect_record() {
	local regex=$1 file

	shift
	for file; do
		grep -qE -- "$regex" "results/latest/$file" ||
			unlike "$file" "$(<"results/latest/$file")" "$regex"
	done
}

# each fault of INJECT is an option of svahw, and is recorded; so is the seed
test_inject_and_seed() {
	runner INJECT=' lose,count=2  lose-not,chance=0.5 ' SEED=0x7f
	expect_end 0 4 0 0
	expect_line '^faults +  ?lose,count=2  lose-not,chance=0\.5 , seed 0x7f$'
	expect_record '--seed 0x7f' svahw.cmd
	expect_record '--inject lose\\?,count=2' svahw.cmd
	expect_record '--inject lose-not\\?,chance=0\.5' svahw.cmd
	expect_record 'setting: SEED=0x7f$' environment.txt
	expect_record 'setting: INJECT= lose,count=2' environment.txt
	expect_record 'SEED=0x7f' repro.sh
}

# each word of HW is an option of svahw, and is recorded; one that svahw does not know is named
test_hw_options() {
	runner HW=' --ecap=-smpwc  --pasid-width=7 '
	expect_end 0 4 0 0
	expect_record '--ecap=-smpwc' svahw.cmd
	expect_record '--pasid-width=7' svahw.cmd
	expect_record 'setting: HW= --ecap=-smpwc' environment.txt
	expect_record 'HW=' repro.sh
	runner HW=--ecap=-smpwk
	expect_end_of_setup HW "svahw: --ecap: '-smpwk' is no change of a field"
}

# where HW places the accelerators, QEMU does, and the table of the remapping unit
test_hw_places_accelerators() {
	runner HW='--accel-bdf=00:0c.0 --accel-bdf=00:0c.1 --pasid-width=20,0'
	expect_end 0 4 0 0
	expect_record '--accel-bdf 00:0c\.0' svahw.cmd
	expect_record '--accel-bdf 00:0c\.1' svahw.cmd
	expect_record '/accel\.sock.*addr.*0c\.0.*multifunction' qemu.cmd
	expect_record '/accel-2\.sock.*addr.*0c\.1.*multifunction' qemu.cmd
	expect_record 'config_acs=01xx@00:0c\.0.*01xx@00:0c\.1' qemu.cmd
	expect_record '1 run l1.*SVAKIT_DEVICE=0000:00:0c\.0' job
	runner HW='--accel-bdf=00:0b.0 --accel-bdf=00:0c.0'
	expect_end 0 4 0 0
	! grep -q 'multifunction\|config_acs' results/latest/qemu.cmd || unlike qemu.cmd 'one device' 'two devices'
	runner HW=--accel-bdf=00:06.0
	expect_end_of_setup HW 'HW=--accel-bdf=00:06.0: want --accel-bdf=00:DEV.FN twice, or not at all'
}

# a second unit has a function and a place in the table of its own, and its address is learned, too
test_hw_units() {
	runner HW=--units=2
	expect_end 0 4 0 0
	expect_message 'learning'
	expect_record '--units 2' svahw.cmd
	expect_record '/vtd-2\.sock.*addr.*04\.0' qemu.cmd
	runner HW=--units=2
	expect_end 0 4 0 0
	! grep -q 'learning' err || unlike messages 'learning again' 'the addresses of the first run'
	runner HW=
	! grep -q 'vtd-2' results/latest/qemu.cmd || unlike qemu.cmd 'a second unit' 'one unit'
}

# without SEED each run draws one; its repro.sh has the same
test_seed_is_drawn() {
	local seed

	runner FAKE_GUEST=fail INJECT=lose
	expect_end 1 2 2 0
	seed=$(sed -n 's/^faults .* seed \([0-9]*\)$/\1/p' out)
	[[ -n $seed ]] || unlike seed 'none' 'a number'
	expect_record "--seed $seed " svahw.cmd
	STATUS=0
	results/latest/repro.sh >out 2>err || STATUS=$?
	expect_end 0 2 0 0
	expect_line "^faults +lose, seed $seed\$"
	runner
	! grep -q "seed $seed\$" out || unlike 'seed of the next run' "$seed" 'another one'
}

# a fault that svahw does not know is named before anything starts, in its words
test_inject_unknown() {
	runner INJECT='lose,count=2 loot'
	expect_end_of_setup INJECT "svahw: --inject: 'loot' does not begin with a kind of fault"
	runner SEED=1e3
	expect_end_of_setup start 'SEED=1e3: want a number below 10\^19, or up to 16 digits after 0x'
}

# expect_end_of_setup STAGE REGEX
expect_end_of_setup() {
	[[ $STATUS == 2 ]] || unlike 'exit status' "$STATUS" 2
	expect_message "error in stage \"$1\": $2"
}

# the control socket is where sockets are, and results lead to it as long as the run lasts
test_control_socket_of_a_run() {
	local link

	runner
	expect_record '--control [^ ]*/tmp/svakit\.[^ ]*/control\.sock' svahw.cmd
	link=$(find results -name control.sock)
	[[ -z $link ]] || unlike 'after the run' "$link" 'no link'
}

# model_start: the real svahw with its control socket, as a run would have it.
model_start() {
	(
		SVAHW='' V=''
		source "$TOP/ci/lib/images.sh"
		svahw_build
	)
	mkdir -p model results/20260101-000000-1 results/20260102-000000-1
	ln -s 20260102-000000-1 results/latest
	ln -s "$WORK/model/control.sock" results/20260101-000000-1/control.sock
	mkfifo ready
	"$TOP/build/hw/svahw" --socket-dir model --control model/control.sock \
		--ready-fd 3 3>ready >svahw.out 2>&1 </dev/null &
	MODEL_PID=$!
	trap model_stop EXIT
	head -c 1 ready >/dev/null
}

model_stop() {
	[[ -n $MODEL_PID ]] || return 0
	kill "$MODEL_PID"
	wait "$MODEL_PID" || true
	MODEL_PID=
}

# expect_answer STATUS REGEX ARGUMENT...: of ci/control.
expect_answer() {
	local status=$1 regex=$2

	shift 2
	STATUS=0
	timeout 20 "$TOP/ci/control" "$@" >out 2>err </dev/null || STATUS=$?
	[[ $STATUS == "$status" ]] || unlike "exit status of $*" "$STATUS" "$status"
	if ((status == 2)); then
		expect_message "$regex"
	else
		expect_line "$regex"
	fi
}

# every command of ci/control is one that svahw takes, with its value
test_control_asks() {
	model_start
	expect_answer 0 '^\{"ok":true,"time":[0-9]+,"unit"' state
	expect_answer 0 '"desc":0' counters
	expect_answer 0 '^\{"ok":true\}$' clear
	expect_answer 0 '"stale":0' audit
	expect_answer 0 '"findings":0' audit confirm
	expect_answer 0 '"findings":\[\]' findings 3
	expect_answer 0 '"entries":\[\]' cache 5
	expect_answer 0 '^\{"ok":true\}$' inject lose,types=piotlb,count=2
	expect_answer 0 '"armed":\[\{"kind":"lose","skip":0,"count":2\}\]' injected
	expect_answer 0 '^\{"ok":true\}$' disarm
	expect_answer 0 '"armed":\[\]' injected
	expect_answer 0 '^\{"ok":true,"id":7\}$' '{"cmd":"clear","id":7}'
	expect_answer 0 '"cmd":"help"' help
	model_stop
}

# what svahw refuses, and what cannot be asked
test_control_refused() {
	model_start
	expect_answer 1 'there is no command' nonsense
	expect_answer 1 'there is no command' 'a"b\c'
	expect_answer 1 'does not begin with a kind of fault' inject loose
	expect_answer 1 'svahw keeps no trace' trace
	expect_answer 2 "cache 'x': want a number" cache x
	expect_answer 2 "audit 'x': want confirm, or nothing" audit x
	expect_answer 2 'state takes no value' state 1
	expect_answer 2 '^Usage: ci/control'
	model_stop
}

# the socket: of the newest run that has one, of a folder, by its name, or none
test_control_finds() {
	model_start
	expect_answer 0 '^\{"ok":true\}$' -s results/20260101-000000-1 clear
	expect_answer 0 '^\{"ok":true\}$' -s model/control.sock clear
	expect_answer 2 'no socket there: results/latest/control\.sock' -s results/latest clear
	mv model/control.sock 'model/a,b:c.sock'
	expect_answer 0 '^\{"ok":true\}$' -s 'model/a,b:c.sock' clear
	expect_answer 2 'no run is going on in .*/results' clear
	mv 'model/a,b:c.sock' model/control.sock
	# One that was killed leaves a socket at which nobody answers.
	kill -KILL "$MODEL_PID"
	wait "$MODEL_PID" || true
	MODEL_PID=
	expect_answer 2 'nobody answers at .*/model/control\.sock' clear
}
