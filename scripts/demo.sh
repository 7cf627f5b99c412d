#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# demo.sh: what Weir does, in two minutes, on a machine that may have nothing yet.
#
#   scripts/demo.sh [FLINK_VERSION]   1.20.5 by default
#
# Installs what is missing, builds the agent, lays out Flink from its published jars and starts a
# JobManager and TaskManagers on loopback, by Flink's own main classes and with the flags Flink
# derives. Six steps follow; the indented lines are those that Flink and Weir wrote. Everything it
# leaves is in build/demo/. Exit 0 only when every step showed what its heading says.
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/.."

readonly version=${1:-1.20.5}
readonly out=$PWD/build/demo limit=120 # seconds to wait for anything
readonly agent=$PWD/build/libweir.so jars=$PWD/java-test/target/jars conf=$out/conf
readonly share_key=taskmanager.memory.task.off-heap.size share=80m
readonly leaked=56 hoarded=150 asked=60 # MiB: three times 56 fit into 128 + 80, four times do not; 150 + 60 do not
# shellcheck source=scripts/flink-cluster.sh
. scripts/flink-cluster.sh
# shellcheck source=scripts/demo-throughput.sh
. scripts/demo-throughput.sh

heading()
{
    step=$*
    printf '\n\033[1m== %s\033[0m  (%d s)\n' "$step" "$SECONDS"
}

show() { sed 's/^/   /'; }

# The jars of the jobs, made again when their source is newer.
pack_jobs()
{
    local packed=$jars/.packed
    [ ! -f "$packed" ] || [ -n "$(find java-test/pom.xml java-test/src/main -newer "$packed" -print -quit)" ] || return 0
    run "the jars of the jobs" maven mvn -q -B -ntp -f java-test/pom.xml process-classes
    touch "$packed"
}

prepare()
{
    echo "packages, build, Flink $version, job jars: the first time this takes a few minutes"
    scripts/deps.sh demo
    make -s all
    rm -rf "$out"
    mkdir -p "$out/flink/lib" "$out/tm"
    run "the jars of Flink" layout scripts/flink.sh "$version"
    pack_jobs
    JAVA_HOME=$(scripts/jdks.sh --home 17 || scripts/jdks.sh --home 21)
    export JAVA_HOME
    # A lib/ of its own, with the library that the leaking job uses.
    flink=$out/flink
    cp -r "$(cat "$out/layout.out")/conf" "$flink"
    ln -s "$(cat "$out/layout.out")"/lib/*.jar "$jars/acme-cache.jar" "$flink/lib"
    new_conf "$conf"
    configure "$conf" "$share_key" "$share"
}

# NAME [AGENT_OPTIONS]: the only TaskManager. All of them keep their files in one directory, as in a container.
taskmanager()
{
    configure "$conf" env.java.opts.taskmanager "-XX:+UseG1GC -agentpath:$agent${2:+=$2}"
    start "$1" scripts/flink-jvm.sh tm "$flink" "$conf" "$out/tm"
    await "TaskManager" slots_are "$conf" 1
    grep -q 'INFO  weir - .* watching taskmanager' "$out/$1.err" || die "Weir is not at work in $1"
    present=$1
}

# SIGNAL NAME [AGENT_OPTIONS]: another one in its place; not before the JobManager misses the present one.
replace()
{
    end "$present" "$1"
    await "end of the TaskManager" slots_are "$conf" 0
    taskmanager "$2" "${3:-}"
}

weir_lines() { grep -E '^[-0-9]+ [0-9:,]+ [A-Z]+ +weir - ' "$out/$present.err" | sed 1d; } # without that of the start

# WHAT: Weir has said nothing but that it is there.
check_silent()
{
    local lines
    lines=$(weir_lines)
    [ -z "$lines" ] || { echo "$lines" >&2; die "$1 caused a line"; }
}

# The rows that Flink's own Web UI cannot fill in, read from the black box of the TaskManager.
sheet()
{
    local files=("$out"/tm/weir-*-"${pids[$present]}"-*.ledger)
    build/weir read "${files[0]}" | grep -E '^(component|framework.off-heap|task.off-heap|network) '
}

task_off_heap_is() { sheet | grep -q "^task.off-heap  *$1"; }

# PATTERN: the first line that matches and what belongs to it, up to the next line with a time.
entry() { awk -v p="$1" 'on && /^[0-9]+-[0-9]+-[0-9]+ / { exit } $0 ~ p { on = 1 } on' "$out/$present.err"; }

# What an OutOfMemoryError's report answers; the pools and the stack follow it in the file.
report() { entry 'ERROR weir - direct OutOfMemoryError' | sed '/^  direct pool/,$d'; }

flinks_text() { grep -m 1 'java.lang.OutOfMemoryError: Direct buffer memory.*can mean two things' "$out/tm/flink-tm.log"; }

healthy()
{
    local job
    heading "1 of 6: a healthy job takes 16 MiB of direct memory, its share is $share"
    job=$(submit "$conf" "$jars/leaky-job.jar" '' 16 1 30 100 1)
    await "buffer of the job" task_off_heap_is '16\.0'
    sheet | show
    await "end of the job" job_is "$conf" "$job" FINISHED
    check_silent "a healthy job"
    echo "Lines that Weir wrote: none."
}

# COUNT: Flink's options for it, as the inside of a JSON object.
restarts()
{
    local key=restart-strategy
    echo "\"$key.type\":\"fixed-delay\",\"$key.fixed-delay.attempts\":\"$1\",\"$key.fixed-delay.delay\":\"100 ms\""
}

leak()
{
    local job attempt gate=$out/gate-leak
    heading "2 of 6: a job leaks $leaked MiB per restart, until it fails"
    mkdir "$gate"
    job=$(submit "$conf" "$jars/restart-job.jar" "$(restarts 3)" keep "$leaked" "$gate" 1)
    for attempt in 0 1 2; do
        await "memory of attempt $attempt" test -e "$gate/held-$attempt-0"
        : > "$gate/fail-$attempt"
    done
    await "failure of the job" job_is "$conf" "$job" FAILED
    await "text of Flink" flinks_text > "$out/flinks_text"
    await "report of Weir" grep -q '^  said ' "$out/$present.err"
    echo "Flink says:"
    fold -s -w 120 "$out/flinks_text" | sed 's/ $//' | show
    echo "Weir had warned:"
    weir_lines | sed '/ OutOfMemoryError: /,$d' | show
    echo "Weir says:"
    report | show
    report | head -n 1 | grep -q 'direct OutOfMemoryError: LEAK of ended attempts, not a small budget' ||
        die "the first line does not say leak"
    report | grep -q 'com.acme.cache.KeepAlive.take(KeepAlive.java' || die "the report does not name who took the memory"
}

killed()
{
    local digest
    heading "3 of 6: kill -9, and what the next start in the same directory says"
    replace KILL tm-2
    digest=$(entry 'WARN  weir - previous JVM ended without stop')
    grep -E 'previous JVM |^component |^(framework|task)\.off-heap |^network |^owner .* of task\.off-heap: |^last ' <<< "$digest" | show
    grep -q "^task.off-heap  *$((3 * leaked))\.0 .*OVER" <<< "$digest" || die "the digest does not have the last sheet"
    grep -q '^last .*LEAK of ended attempts' <<< "$digest" || die "the digest does not say what was last"
}

# GATE: a hoarder takes nearly all; as soon as it has, another task asks.
crowd()
{
    mkdir "$1"
    job=$(submit "$conf" "$jars/crowd-job.jar" '' "$hoarded" "$asked" "$1")
    await "memory of the hoarder" test -e "$1/hoarded"
    : > "$1/ask"
}

budget()
{
    local job fix
    heading "4 of 6: a job that needs more than it was given, then the printed fix and the same job again"
    crowd "$out/gate-sick"
    await "failure of the job" job_is "$conf" "$job" FAILED
    await "report of Weir" grep -q '^  said ' "$out/$present.err"
    report | show
    report | head -n 1 | grep -q 'direct OutOfMemoryError: BUDGET too small, no leak' || die "the first line does not say budget"
    fix=$(report | sed -nE 's/^  fix +(taskmanager\.[a-z.-]+: [0-9]+[kmg]?)( .*)?$/\1/p')
    [ -n "$fix" ] || die "the report has no fix to apply"
    configure "$conf" "${fix%%: *}" "${fix##*: }"
    replace TERM tm-3
    echo "TaskManager with $fix:"
    crowd "$out/gate-cured"
    await "second request" test -e "$out/gate-cured/served"
    await "sheet of the job" task_off_heap_is $((hoarded + asked + 1))
    sheet | show
    cancel "$conf" "$job"
    check_silent "the job with the fix"
    echo "Lines that Weir wrote: none."
}

enforce()
{
    local job pid denial
    heading "5 of 6: mode=enforce, a job asks for more than its share, another one after it does not"
    replace TERM tm-4 mode=enforce
    pid=${pids[tm-4]}
    job=$(submit "$conf" "$jars/leaky-job.jar" '' 64 4 1000 20 1)
    await "failure of the job" job_is "$conf" "$job" FAILED
    denial=$(exceptions "$conf" "$job" | grep -om 1 'java.lang.OutOfMemoryError: weir: task.off-heap: .*') ||
        die "the job did not fail with Weir's text"
    printf 'job %s FAILED, TaskManager pid %d\n%s\n' "$job" "$pid" "$denial" | show
    job=$(submit "$conf" "$jars/leaky-job.jar" '' 64 2 20 20 1)
    await "end of the next job" job_is "$conf" "$job" FINISHED
    grep -q TaskManagerRunner "/proc/$pid/cmdline" || die "the TaskManager did not outlive the failed job"
    slots_are "$conf" 1 || die "the next job ran in another TaskManager"
    echo "job $job FINISHED, TaskManager pid $pid" | show
}

trap end_all EXIT
trap 'exit 130' INT TERM
prepare
SECONDS=0
heading "JobManager and TaskManager of Flink $version"
start jm scripts/flink-jvm.sh jm "$flink" "$conf" "$out/jm"
taskmanager tm-1
entry 'watching taskmanager' | show
healthy
leak
killed
budget
enforce
throughput
