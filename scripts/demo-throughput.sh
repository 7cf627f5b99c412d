#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# demo-throughput.sh: the last step of demo.sh, a short measurement; sourced by it, with flink-cluster.sh.
#
# Two clusters are up at once, a bare one and one with Weir, everything else alike. A pair is one job
# in each, now this one first, now that. Its throughput is that of the job's running time as Flink
# has it; beside it stands the processor time of the TaskManagers, which other work on the machine
# disturbs less. scripts/bench.sh measures it with fresh JVMs and more rounds.
# shellcheck disable=SC2154 # what demo.sh sets

readonly pairs=7 records=3000000

# NAME of a job state, ANSWER of Flink: when it was entered, in ms. Only a time has that many digits.
entered() { grep -oE "\"$1\":[0-9]{13}" <<< "$2" | head -n 1 | cut -d: -f2; }

# NAME: clock ticks of processor time that the process has taken.
ticks() { sed 's/.*) //' "/proc/${pids[$1]}/stat" | awk '{ print $12 + $13 }'; }

# CONF NAME: runs the job in the TaskManager NAME and prints its milliseconds and its ticks.
measured()
{
    local job answer before
    before=$(ticks "$2")
    job=$(submit "$1" "$jars/shuffle-job.jar" '' "$records" 1)
    await "end of the measured job" job_is "$1" "$job" FINISHED
    answer=$(rest "$1" GET "/jobs/$job")
    echo $(($(entered FINISHED "$answer") - $(entered RUNNING "$answer"))) $(($(ticks "$2") - before))
}

start_both()
{
    bare=$out/conf-bare
    new_conf "$bare"
    configure "$bare" env.java.opts.taskmanager -XX:+UseG1GC
    configure "$bare" "$share_key" "$share"
    configure "$conf" "$share_key" "$share"
    start jm-bare scripts/flink-jvm.sh jm "$flink" "$bare" "$out/jm-bare"
    start tm-bare scripts/flink-jvm.sh tm "$flink" "$bare" "$out/tm-bare"
    replace TERM tm-5
    await "bare TaskManager" slots_are "$bare" 1
}

# Each line of the file has milliseconds and ticks, bare and then with Weir.
measure_pairs()
{
    local pair with without
    for pair in 1 2 3; do # until the JVMs are warm
        measured "$bare" tm-bare
        measured "$conf" tm-5
    done > "$out/warm-up"
    for ((pair = 1; pair <= pairs; pair++)); do
        [ $((pair % 2)) = 1 ] || with=$(measured "$conf" tm-5)
        without=$(measured "$bare" tm-bare)
        [ $((pair % 2)) = 0 ] || with=$(measured "$conf" tm-5)
        echo "$without $with" >> "$out/pairs"
    done
}

# FIELD: of the bare job by that of the one with Weir: median of an odd number, smallest, largest.
ratio()
{
    awk -v f="$1" '{ print $f / $(f + 2) }' "$out/pairs" | sort -n |
        awk '{ r[NR] = $1 } END { printf "%.3f of bare (%.3f to %.3f)", r[(NR + 1) / 2], r[1], r[NR] }'
}

throughput()
{
    local bare
    heading "6 of 6: throughput, $pairs pairs of a job of $records records, one bare and one with Weir"
    start_both
    measure_pairs
    [ "$(wc -l < "$out/pairs")" = "$pairs" ] || die "not every job was measured"
    check_silent "the measured job"
    awk -v n="$records" '{ printf "bare %.2f, with Weir %.2f million records/s\n", n / $1 / 1000, n / $3 / 1000 }' "$out/pairs" | show
    echo "records per second of processor time: $(ratio 2); load average $(cut -d' ' -f1 /proc/loadavg), $(nproc) processors" | show
    printf '\nThroughput with Weir: %s, median of %d pairs\n' "$(ratio 1)" "$pairs"
}
