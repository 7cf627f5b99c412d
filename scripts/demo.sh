#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# demo.sh: a real TaskManager caught in the act, on a machine that may have nothing yet.
#
#   scripts/demo.sh [FLINK_VERSION]   1.20.5 by default
#
# Installs what is missing, builds the agent, lays out Flink from its published jars and starts a
# JobManager and a TaskManager on loopback, by Flink's own main classes and with the flags Flink
# derives, the TaskManager with -agentpath. Then two jobs: one that stays within
# taskmanager.memory.task.off-heap.size (32m) and one that does not. Everything it leaves is in
# build/demo/. Exit 0 only when the healthy job caused no line and the other one the breach line.
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/.."

readonly version=${1:-1.20.5}
readonly out=$PWD/build/demo
readonly limit=120 # seconds to wait for anything
pids=()

step() { printf '\n\033[1m== %s\033[0m  (%d s)\n' "$*" "$SECONDS" >&2; }

die()
{
    echo "demo.sh: $*" >&2
    exit 1
}

cleanup()
{
    trap - EXIT
    [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
    wait || true
}

# FILE PATTERN WHAT: until the pattern stands in the file, or the process of $pid has ended.
wait_for()
{
    local deadline=$((SECONDS + limit))
    until grep -qE "$2" "$1" 2>/dev/null; do
        [ $SECONDS -lt $deadline ] || die "no $3 within $limit s; see $out"
        kill -0 "${pids[@]}" 2>/dev/null || { tail -n 20 "$out"/*/*.err >&2; die "a Flink process ended; see $out"; }
        sleep 0.2
    done
}

free_port()
{
    local port
    while port=$((20000 + RANDOM % 20000)); do
        (: < "/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

prepare()
{
    step "packages, build, Flink $version, job jar"
    scripts/deps.sh demo
    make -s all
    flink=$(scripts/flink.sh "$version")
    [ -f java-test/target/jars/leaky-job.jar ] || mvn -q -B -ntp -f java-test/pom.xml process-classes
    export JAVA_HOME
    JAVA_HOME=$(scripts/jdks.sh --home 17)
    rm -rf "$out"
    mkdir -p "$out/jm" "$out/tm" "$out/tmp" "$out/conf"
}

# One configuration for both: Flink's own, the share under test, and the agent in the TaskManager.
configure()
{
    local rest rpc
    rest=$(free_port) rpc=$(free_port)
    cp -r "$flink/conf/." "$out/conf"
    sed -i -E '/^(rest|jobmanager\.rpc)\.port:/d' "$out/conf/config.yaml"
    cat >> "$out/conf/config.yaml" <<YAML
rest.port: $rest
rest.bind-port: $rest
jobmanager.rpc.port: $rpc
io.tmp.dirs: $out/tmp
taskmanager.memory.task.off-heap.size: 32m
env.java.opts.taskmanager: -XX:+UseG1GC -agentpath:$PWD/build/libweir.so=interval=1s,dir=$out/tm
YAML
    grep -E 'task.off-heap|opts.taskmanager' "$out/conf/config.yaml"
}

start()
{
    step "JobManager and TaskManager, by Flink's own main classes"
    scripts/flink-jvm.sh jm "$flink" "$out/conf" "$out/jm" > "$out/jm/jm.out" 2> "$out/jm/jm.err" &
    pids+=($!)
    scripts/flink-jvm.sh tm "$flink" "$out/conf" "$out/tm" > "$out/tm/tm.out" 2> "$out/tm/tm.err" &
    pids+=($!)
    wait_for "$out/tm/flink-tm.log" 'Successful registration at resource manager' "registration of the TaskManager"
    tr '\0' '\n' < "/proc/${pids[1]}/cmdline" | grep -E '^-(Xm|XX:Max)' | paste -sd' '
    cat "$out/tm/tm.err"
}

# MIB COUNT: a job whose function takes COUNT direct buffers of MIB and keeps them while it runs.
run_job()
{
    local openings # the module openings that Flink's own `flink run` passes on, a list of words
    read -r -a openings < <(sed -n 's/^env.java.opts.all: //p' "$out/conf/config.yaml")
    FLINK_CONF_DIR=$out/conf "$JAVA_HOME/bin/java" "${openings[@]}" -Dlog4j.configurationFile="file:$flink/conf/log4j-cli.properties" \
        -Dlog.file="$out/client.log" -classpath "$flink/lib/*" org.apache.flink.client.cli.CliFrontend \
        run java-test/target/jars/leaky-job.jar "$1" "$2" 20 150 1 > "$out/client.out" 2>&1 ||
        { tail -n 20 "$out/client.out" >&2; die "the job could not be run; see $out/client.out"; }
}

# The newest sheet of the JSON lines that matches, as Flink's Web UI orders its rows.
sheet()
{
    local json
    json=$(cat "$out"/tm/weir-*.jsonl | grep '"event":"sheet"' | grep -E "$1" | tail -n 1) || true
    [ -n "$json" ] || die "no sheet in $out/tm"
    echo "component                used MiB   peak MiB  limit MiB"
    grep -oE '"(framework\.(heap|off-heap)|task\.(heap|off-heap)|managed|network|jvm-metaspace|jvm-overhead)":\{"limit":[0-9null]+,"used":[0-9null]+(,"peak":[0-9]+)?' <<< "$json" |
        sed -E 's/"([a-z.-]+)":\{"limit":([0-9null]+),"used":([0-9null]+)(,"peak":([0-9]+))?/\1 \2 \3 \5/' |
        awk 'function mib(n) { return n == "null" || n == "" ? "-" : sprintf("%.1f", n / 1048576) }
             { printf "%-22s %10s %10s %10s\n", $1, mib($3), mib($4), mib($2) }'
}

weir_lines() { grep -E ' (WARN |ERROR) weir - ' "$out/tm/tm.err" || true; }

healthy()
{
    step "a healthy job: one buffer of 16 MiB, share 32 MiB"
    run_job 16 1
    sheet '"task.off-heap":\{"limit":[0-9]+,"used":[1-9]'
    [ -z "$(weir_lines)" ] || { weir_lines; die "a healthy job caused a line above INFO"; }
    echo "lines above INFO: none"
}

breach()
{
    step "the same job takes four buffers: 64 MiB"
    run_job 16 4
    wait_for "$out/tm/tm.err" 'task.off-heap over its declared share' "breach line"
    sed -n '/WARN  weir - /,$p' "$out/tm/tm.err"
    sheet '"task.off-heap":\{"limit":[0-9]+,"used":(6[7-9]|[7-9][0-9]|[0-9]{3})[0-9]{6},'
    grep -q 'at com.example.Leak.flatMap(Leak.java' "$out/tm/tm.err" || die "the line does not name the function"
}

trap cleanup EXIT
trap 'exit 130' INT TERM
prepare
configure
start
healthy
breach
step "done: the function com.example.Leak.flatMap exceeded task.off-heap, and the log says so"
