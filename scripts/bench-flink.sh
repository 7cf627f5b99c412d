#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# bench-flink.sh: throughput of a Flink job in a fresh cluster, with or without the agent.
#
#   scripts/bench-flink.sh bare|weir DIR RECORDS [AGENT_OPTIONS]
#
# A JobManager and two TaskManagers with a slot each, by Flink's own main classes on loopback, so
# that half of the records cross the network stack. The job com.example.shuffle.ShuffleJob runs
# once with half the records, to warm the JVMs up, and once to be measured. Prints millions of
# records per second of the job's running time, as Flink's REST interface has it, and the seconds of
# processor time both TaskManagers took meanwhile. JAVA_HOME chooses the JDK; all it leaves is in DIR.
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/.."

[ $# -ge 3 ] || { sed -n '6s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
readonly variant=$1 out=$2 records=$3 agent_options=${4:-}
readonly version=1.20.5 limit=900 # seconds to wait for anything
pids=()

die()
{
    echo "bench-flink.sh: $*; see $out" >&2
    exit 1
}

cleanup()
{
    trap - EXIT
    [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
    wait || true
}

# FROM: a port of the 6000 from there on; ranges of their own, so that no two uses get the same.
free_port()
{
    local port
    while port=$(($1 + RANDOM % 6000)); do
        (: < "/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# The answer of Flink's REST interface; empty while there is none.
get()
{
    (
        exec 3<> "/dev/tcp/127.0.0.1/$rest"
        printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1" >&3
        cat <&3
    ) 2>/dev/null || true
}

# PATH PATTERN: until the answer matches; a failed job or an ended process ends it.
await()
{
    local deadline=$((SECONDS + limit)) answer pid
    until answer=$(get "$1") && grep -qE "$2" <<< "$answer"; do
        ! grep -qE '"state":"(FAILED|CANCELED)"' <<< "$answer" || die "the job failed"
        [ $SECONDS -lt $deadline ] || die "$1 does not say $2 within $limit s"
        for pid in "${pids[@]}"; do
            kill -0 "$pid" 2>/dev/null || die "a Flink process ended"
        done
        sleep 0.5
    done
    echo "$answer"
}

# Log configuration, class path and memory are those of every Flink here; WARN keeps the disk quiet.
configure()
{
    local agent=''
    rest=$(free_port 20000)
    rm -rf "$out"
    mkdir -p "$out/tmp" "$out/conf"
    cp -r "$flink/conf/." "$out/conf"
    [ "$variant" = bare ] || agent="-agentpath:$PWD/build/libweir.so=dir=$out${agent_options:+,$agent_options}"
    sed -i -E '/^(rest|jobmanager\.rpc)\.port:/d' "$out/conf/config.yaml"
    cat >> "$out/conf/config.yaml" <<YAML
rest.port: $rest
rest.bind-port: $rest
jobmanager.rpc.port: $(free_port 26000)
io.tmp.dirs: $out/tmp
env.java.opts.taskmanager: -XX:+UseG1GC $agent
YAML
}

start()
{
    local i
    scripts/flink-jvm.sh jm "$flink" "$out/conf" "$out/jm" > "$out/jm.out" 2> "$out/jm.err" &
    pids+=($!)
    for i in 1 2; do
        scripts/flink-jvm.sh tm "$flink" "$out/conf" "$out/tm$i" > "$out/tm$i.out" 2> "$out/tm$i.err" &
        pids+=($!)
    done
    await /overview '"slots-available":2' > /dev/null
    [ "$variant" = bare ] || [ "$(grep -l 'INFO  weir - .* watching taskmanager' "$out"/tm?.err | wc -l)" = 2 ] ||
        die "the agent is not at work in both TaskManagers"
}

# RECORDS: runs the job and prints what Flink says of it once it has finished.
run_job()
{
    local openings id # the module openings that Flink's own `flink run` passes on, a list of words
    read -r -a openings < <(sed -n 's/^env.java.opts.all: //p' "$out/conf/config.yaml")
    FLINK_CONF_DIR=$out/conf "$JAVA_HOME/bin/java" "${openings[@]}" -Dlog4j.configurationFile="file:$flink/conf/log4j-cli.properties" \
        -Dlog.file="$out/client.log" -classpath "$flink/lib/*" org.apache.flink.client.cli.CliFrontend \
        run -d java-test/target/jars/shuffle-job.jar "$1" 2 > "$out/client.out" 2>&1 || die "the job could not be run"
    id=$(sed -n 's/.*submitted with JobID \([0-9a-f]*\).*/\1/p' "$out/client.out")
    [ -n "$id" ] || die "the client names no job"
    await "/jobs/$id" '"state":"FINISHED"'
}

# Clock ticks of processor time of both TaskManagers.
ticks() { cat "/proc/${pids[1]}/stat" "/proc/${pids[2]}/stat" | sed 's/.*) //' | awk '{ sum += $12 + $13 } END { print sum }'; }

# NAME of a job state: when it was entered, in ms. Only a time has that many digits.
entered() { grep -oE "\"$1\":[0-9]{13}" <<< "$job" | head -n 1 | cut -d: -f2; }

flink=$(scripts/flink.sh "$version")
trap cleanup EXIT
trap 'exit 130' INT TERM
configure
start
run_job $((records / 2)) > /dev/null
before=$(ticks)
job=$(run_job "$records")
after=$(ticks)
awk -v records="$records" -v ms="$(($(entered FINISHED) - $(entered RUNNING)))" -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" \
    'BEGIN { printf "%.4f %.2f\n", records / ms / 1000, ticks / hz }'
