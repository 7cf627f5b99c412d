#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# bench-flink.sh: throughput of a Flink job in a fresh cluster, with or without the agent.
#
#   scripts/bench-flink.sh bare|weir DIR RECORDS [AGENT_OPTIONS [BACKEND]]
#
# A JobManager and two TaskManagers with a slot each, by Flink's own main classes on loopback, so
# that half of the records cross the network stack. The job com.example.shuffle.ShuffleJob runs
# once with half the records, to warm the JVMs up, and once to be measured. Prints millions of
# records per second of the job's running time, as Flink's REST interface has it, and the seconds of
# processor time both TaskManagers took meanwhile. JAVA_HOME chooses the JDK; all it leaves is in DIR.
# BACKEND: hashmap, or rocksdb: the job's sums in RocksDB, in managed memory, as Flink has it by default.
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/.."

[ $# -ge 3 ] || { sed -n '6s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
readonly variant=$1 out=$2 records=$3 agent_options=${4:-} backend=${5:-hashmap}
readonly version=1.20.5 limit=900 # seconds to wait for anything
readonly conf=$out/conf

# shellcheck source=scripts/flink-cluster.sh
. scripts/flink-cluster.sh

# Log configuration, class path and memory are those of every Flink here; WARN keeps the disk quiet.
set_up()
{
    local agent=''
    rm -rf "$out"
    new_conf "$conf"
    sed -i '/^heartbeat\./d' "$conf/config.yaml" # as every cluster has them
    [ "$variant" = bare ] || agent="-agentpath:$PWD/build/libweir.so=dir=$out${agent_options:+,$agent_options}"
    configure "$conf" state.backend.type "$backend"
    configure "$conf" env.java.opts.taskmanager "-XX:+UseG1GC $agent"
}

start_all()
{
    local name
    start jm scripts/flink-jvm.sh jm "$flink" "$conf" "$out/jm"
    for name in tm1 tm2; do
        start $name scripts/flink-jvm.sh tm "$flink" "$conf" "$out/$name"
    done
    await "cluster" slots_are "$conf" 2
    [ "$variant" = bare ] || [ "$(grep -l 'INFO  weir - .* watching taskmanager' "$out"/tm?.err | wc -l)" = 2 ] ||
        die "the agent is not at work in both TaskManagers"
}

# JOB: what Flink says of it, in `job`, once it has finished.
finished()
{
    job=$(rest "$conf" GET "/jobs/$1")
    ! grep -qE '"state":"(FAILED|CANCELED)"' <<< "$job" || die "the job failed"
    grep -q '"state":"FINISHED"' <<< "$job"
}

# RECORDS
run_job()
{
    local id
    id=$(submit "$conf" java-test/target/jars/shuffle-job.jar '' "$1" 2)
    await "end of the job" finished "$id"
}

# Clock ticks of processor time of both TaskManagers.
ticks() { cat "/proc/${pids[tm1]}/stat" "/proc/${pids[tm2]}/stat" | sed 's/.*) //' | awk '{ sum += $12 + $13 } END { print sum }'; }

# NAME of a job state: when it was entered, in ms. Only a time has that many digits.
entered() { grep -oE "\"$1\":[0-9]{13}" <<< "$job" | head -n 1 | cut -d: -f2; }

# A Flink with RocksDB in its lib/, as the distribution's flink-dist has it.
with_rocksdb()
{
    local jars=$PWD/java-test/target/jars
    mkdir -p "$out.home/lib"
    ln -sfn "$1/conf" "$out.home/conf"
    ln -sf "$1"/lib/*.jar "$jars/flink-statebackend-rocksdb-$version.jar" "$jars"/frocksdbjni-6.*.jar "$out.home/lib"
    echo "$out.home"
}

# What it says of itself, in both TaskManagers.
took_native()
{
    [ "$variant" = bare ] || [ "$backend" != rocksdb ] ||
        [ "$(grep -lE '"name":"librocksdbjni[^"]*","component":"managed"' "$out"/*.jsonl | wc -l)" = 2 ] ||
        die "RocksDB was not hooked in both TaskManagers"
}

flink=$(scripts/flink.sh "$version")
[ "$backend" != rocksdb ] || flink=$(with_rocksdb "$flink")
trap end_all EXIT
trap 'exit 130' INT TERM
set_up
start_all
run_job $((records / 2))
before=$(ticks)
run_job "$records"
after=$(ticks)
end_all
took_native # as the last sheets say
awk -v records="$records" -v ms="$(($(entered FINISHED) - $(entered RUNNING)))" -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" \
    'BEGIN { printf "%.4f %.2f\n", records / ms / 1000, ticks / hz }'
