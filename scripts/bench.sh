#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# bench.sh: what the agent costs, next to the bare JVM and to -XX:NativeMemoryTracking=summary, all
# measured in one run. No timed test: a bound that is missed is a "no" in the table, not an exit
# code; "noise" where the rounds differ too much to say.
#
# Each round starts, for each row, one JVM per variant (bare, nmt, weir, next row), with the same
# JVM options; a row's figure is the median of its rounds, and so is the ratio or difference, taken
# round by round. Every run with the agent must leave a sheet that shows it at work, or the
# bench fails. The loops are dev.weir.programs.CostLoops, the Flink job is scripts/bench-flink.sh.
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/.."

readonly all_rows=(unsafe64 direct4k direct1m enforce idle throwable thread classdef malloc rocksdb start memory flink flink-rocksdb)
readonly out=$PWD/build/bench
readonly lib=$PWD/build/libweir.so
readonly jar=$PWD/java-test/target/jars/programs.jar
readonly stacklib=$PWD/build/fixture/libstack.so
readonly limit=limit.task.off-heap=1g # never reached; it wakes the agent in a JVM that is no Flink
readonly few=10000 many=1000000       # live blocks of the rows of memory
readonly jvm_options=(-Xms256m -Xmx256m -XX:+UseG1GC -XX:MaxDirectMemorySize=512m)

rounds=9 flink_rounds=5 starts=10 warmup=2000 batches=15 records=30000000 stacks='' jdk=17
rows=("${all_rows[@]}")

usage()
{
    cat <<TEXT
usage: scripts/bench.sh [OPTION]...
  --rounds N        rounds of each row (default $rounds)
  --only ROW        only this row; may be repeated: ${all_rows[*]}
  --stacks MODE     the agent's option stacks (default: the agent's own default)
  --starts N        JVM starts per variant and round of the row start (default $starts)
  --flink-rounds N  pairs of the rows flink and flink-rocksdb (default $flink_rounds; 0 leaves them out)
  --records N       records of the Flink job (default $records; a tenth of them with RocksDB)
  --jdk MAJOR       JDK of all JVMs (default $jdk)
  --warmup MS       warm-up of each loop (default $warmup)
The table is printed on stdout, progress on stderr; the single figures stay in build/bench/raw.tsv.
TEXT
}

die()
{
    echo "bench.sh: $*" >&2
    exit 1
}

number()
{
    [[ ${2:-} =~ ^[0-9]+$ ]] || { usage >&2; exit 2; }
    echo "$2"
}

options()
{
    local only=() name
    while [ $# -gt 0 ]; do
        case $1 in
            --rounds) rounds=$(number "$@") ;;
            --flink-rounds) flink_rounds=$(number "$@") ;;
            --starts) starts=$(number "$@") ;;
            --records) records=$(number "$@") ;;
            --jdk) jdk=$(number "$@") ;;
            --warmup) warmup=$(number "$@") ;;
            --stacks) stacks=${2:-} ;;
            --only)
                name=${2:-}
                [[ " ${all_rows[*]} " == *" $name "* ]] || die "no row '$name'; there are ${all_rows[*]}"
                only+=("$name") ;;
            -h | --help) usage; exit 0 ;;
            *) usage >&2; exit 2 ;;
        esac
        shift
        [ $# -gt 0 ] && shift
    done
    [ "$rounds" -gt 0 ] || die "--rounds 0 measures nothing"
    [ ${#only[@]} -eq 0 ] || rows=("${only[@]}")
    [[ ! "${rows[*]}" =~ ^flink(-rocksdb)?$ ]] || [ "$flink_rounds" -gt 0 ] || die "--flink-rounds 0 measures nothing"
}

prepare()
{
    scripts/deps.sh demo
    make -s all "${stacklib#"$PWD"/}" >&2
    mvn -q -B -ntp -f java-test/pom.xml process-classes >&2
    JAVA_HOME=$(scripts/jdks.sh --home "$jdk") || die "no JDK $jdk; scripts/jdks.sh --get $jdk"
    export JAVA_HOME
    rm -rf "$out"
    mkdir -p "$out/idle"
    touch "$out/idle/weir.off" # the hooks stay in and only call through
    [ -z "$stacks" ] || limit_and_stacks+=",stacks=$stacks"
}

# ROUND ROW VARIANT VALUE
record()
{
    [ -n "${4:-}" ] || die "$2 $3 gave no figure; see $out/err"
    printf '%s\t%s\t%s\t%s\n' "$@" >> "$out/raw.tsv"
    printf 'bench.sh: %5d s  round %s  %-11s %-7s %s\n' "$SECONDS" "$1" "$2" "$3" "$4" >&2
}

# The JVM option that makes a variant, in the array `variant_option`; the agent has its defaults.
choose()
{
    local agent=-agentpath:$lib=$limit_and_stacks,json=$out/weir.jsonl
    rm -f "$out/weir.jsonl"
    case $1 in
        bare) variant_option=() ;;
        nmt) variant_option=(-XX:NativeMemoryTracking=summary) ;;
        weir) variant_option=("$agent") ;;
        enforce) variant_option=("$agent,mode=enforce") ;;
        idle) variant_option=("$agent,dir=$out/idle") ;;
        dormant) variant_option=("-agentpath:$lib=json=$out/weir.jsonl") ;;
    esac
}

run_java() { "$JAVA_HOME/bin/java" "${jvm_options[@]}" ${variant_option[@]+"${variant_option[@]}"} "$@" 2>> "$out/err"; }

# LIBRARY SHEET: its calls went through the hooks.
took_native()
{
    grep -qE '"name":"'"$1"'[^"]*","component":"[^"]*","why":"[^"]*","bytes":[0-9]+,"blocks":[0-9]+,"peak":[1-9]' <<< "$2" ||
        die "nothing of $1 was booked: $2"
}

# VARIANT ROW: the agent was at work, and booked what the loop took where it belongs.
at_work()
{
    local components='task\.off-heap' sheet
    case $1 in weir | enforce) ;; idle) was_idle "$2"; return ;; *) return 0 ;; esac
    sheet=$(grep '"event":"sheet","' "$out/weir.jsonl" | tail -n 1) || die "$2 $1: no sheet; see $out/err"
    if [ "$2" = classdef ]; then
        grep -qE '"definitions":\{"classes":[1-9][0-9]{3}' <<< "$sheet" || die "$2 $1: no definitions counted: $sheet"
    fi
    case $2 in
        malloc) took_native libstack "$sheet"; return ;;
        rocksdb) took_native librocksdbjni "$sheet"; return ;;
        malloc-unsafe) return 0 ;;
    esac
    case $2 in unsafe64 | direct4k | direct1m) components+='|undecided' ;; enforce) ;; *) return 0 ;; esac
    grep -qE "\"($components)\":\\{[^}]*\"peak\":[1-9]" <<< "$sheet" || die "$2 $1: nothing booked: $sheet"
}

# ROW: the agent was in and booked nothing of the loop once it had seen the file.
was_idle()
{
    grep -q '"event":"stop","[^}]*"reason":"request"' "$out/weir.jsonl" || die "$1 idle: the hooks did not idle; see $out/err"
}

# CLOCK ANSWER: a figure of what a loop printed.
figure() { sed -n "s/.*\\b$1=\\([0-9.]*\\).*/\\1/p" <<< "$2"; }

# ROUND ROW LOOP VARIANT...: a loop's figure in each variant.
loop()
{
    local round=$1 row=$2 name=$3 variant answer as
    for variant in "${@:4}"; do
        choose "$variant"
        answer=$(run_java -cp "$jar" dev.weir.programs.CostLoops "$name" "$warmup" "$batches" "$stacklib") || die "$row $variant failed; see $out/err"
        at_work "$variant" "$row"
        as=${variant/enforce/weir}
        as=${as/idle/weir}
        if [ "$row" = thread ]; then
            record "$round" thread "$as" "$(figure wall "$answer")"
            record "$round" thread-cpu "$as" "$(figure cpu "$answer")"
        else
            record "$round" "$row" "$as" "$(figure cpu "$answer")"
        fi
    done
}

# malloc+free in a JNI library; and, for what NMT adds, which does not see such calls, the Unsafe pair.
native_loop()
{
    loop "$1" malloc malloc64 bare weir
    loop "$1" malloc-unsafe unsafe64 bare nmt
}

# Million keys written and read per second of processor time, with the RocksDB that Flink ships.
rocksdb()
{
    local round=$1 variant answer name
    for variant in bare weir; do
        choose "$variant"
        answer=$(run_java -cp "$jar:$(echo "${jar%/*}"/frocksdbjni-6.*.jar)" dev.weir.programs.RocksLoops "$out/db" "$batches" 60000) ||
            die "rocksdb $variant failed; see $out/err"
        at_work "$variant" rocksdb
        for name in put get all; do
            record "$round" "rocksdb-$name" "$variant" "$(awk -v ns="$(figure "$name" "$answer")" 'BEGIN { print 1000 / ns }')"
        done
    done
}

# Milliseconds from the start of a JVM to its end; variants take turns at every start.
start()
{
    local round=$1 variant i begin
    rm -f "$out"/start.*
    for ((i = 0; i < starts; i++)); do
        for variant in bare nmt weir dormant; do
            choose "$variant"
            begin=${EPOCHREALTIME/[.,]/}
            run_java -cp "$jar" dev.weir.programs.Empty || die "start $variant failed; see $out/err"
            echo $((${EPOCHREALTIME/[.,]/} - begin)) >> "$out/start.$variant"
            at_work "$variant" start
            [ "$variant" != dormant ] || [ ! -e "$out/weir.jsonl" ] || die "start dormant: the agent was not dormant"
        done
    done
    for variant in bare nmt weir dormant; do
        record "$round" start "$variant" "$(sort -n "$out/start.$variant" | awk '{ v[NR] = $1 }
            END { m = int((NR + 1) / 2); print (NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2) / 1000 }')"
    done
}

# What the agent says of itself with FEW and MANY live blocks, and what the process then holds.
memory()
{
    local round=$1 variant blocks rss bytes
    for variant in bare nmt weir; do
        choose "$variant"
        rss=() bytes=()
        for blocks in $few $many; do
            rss+=("$(run_java -XX:+AlwaysPreTouch -cp "$jar" dev.weir.programs.CostLoops live "$blocks" | sed -n 's/^rss=//p')")
            [ "$variant" = weir ] || continue
            at_work weir memory
            bytes+=("$(grep '"event":"sheet"' "$out/weir.jsonl" | sed -n '$s/.*"agent":{"bytes":\([0-9]*\).*/\1/p')")
            rm -f "$out/weir.jsonl"
        done
        [[ "${rss[*]}" =~ ^[0-9]+\ [0-9]+$ ]] || die "memory $variant failed; see $out/err"
        record "$round" rss "$variant" "$(awk -v k="${rss[0]}" 'BEGIN { print k / 1024 }')"
        record "$round" rss-more "$variant" "$(awk -v a="${rss[0]}" -v b="${rss[1]}" -v n=$((many - few)) 'BEGIN { print (b - a) * 1024 / n }')"
        [ "$variant" = weir ] || continue
        [[ "${bytes[*]}" =~ ^[0-9]+\ [0-9]+$ ]] || die "memory: no sheet says the agent's bytes"
        record "$round" memory weir "$(awk -v b="${bytes[0]}" 'BEGIN { print b / 1048576 }')"
        record "$round" memory-more weir "$(awk -v a="${bytes[0]}" -v b="${bytes[1]}" -v n=$((many - few)) 'BEGIN { print (b - a) / n }')"
    done
}

# ROUND ROW RECORDS BACKEND: bare first in odd rounds, the agent first in even ones, with its defaults.
flink()
{
    local round=$1 row=$2 variant order=(bare weir) figures
    [ $((round % 2)) = 1 ] || order=(weir bare)
    for variant in "${order[@]}"; do
        figures=$(scripts/bench-flink.sh "$variant" "$out/flink" "$3" "${stacks:+stacks=$stacks}" "$4") || die "$row $variant failed"
        record "$round" "$row" "$variant" "${figures% *}"
        record "$round" "$row-cpu" "$variant" "${figures#* }"
    done
}

measure()
{
    local round row
    for ((round = 1; round <= rounds || round <= flink_rounds; round++)); do
        for row in "${rows[@]}"; do
            case $row in
                flink) [ "$round" -gt "$flink_rounds" ] || flink "$round" flink "$records" hashmap; continue ;;
                flink-rocksdb) [ "$round" -gt "$flink_rounds" ] || flink "$round" "$row" $((records / 10)) rocksdb; continue ;;
            esac
            [ "$round" -le "$rounds" ] || continue
            case $row in
                enforce) loop "$round" enforce unsafe64 bare enforce ;;
                idle) loop "$round" idle unsafe64 bare idle ;;
                malloc) native_loop "$round" ;;
                start | memory | rocksdb) "$row" "$round" ;;
                *) loop "$round" "$row" "$row" bare nmt weir ;;
            esac
        done
    done
}

# What the figures hold for.
conditions()
{
    local default
    default=$(build/weir options | awk '$1 == "stacks" { on = 1 } on && $1 == "absent:" { print $2; exit }')
    echo "machine  $(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), Linux $(uname -r)"
    echo "JVM      $("$JAVA_HOME/bin/java" -version 2>&1 | sed -n 2p), ${jvm_options[*]}"
    echo "agent    $(build/weir version), mode=warn, stacks=${stacks:-$default}${stacks:+ (its default: $default)}"
    echo "clock    the loop's own processor time; wall time of thread, start and flink"
    echo "load     $load before, $(cut -d' ' -f1-3 /proc/loadavg) after $SECONDS s; what was there before is others' work"
}

# Also of a run that ended early: what it measured until then is not lost.
table()
{
    local status=$?
    trap - EXIT
    [ -s "$out/raw.tsv" ] || exit "$status"
    conditions | tee "$out/conditions"
    echo
    awk -f scripts/bench-table.awk "$out/raw.tsv" | tee "$out/table"
    [ "$status" = 0 ] || echo "bench.sh: not everything was measured" >&2
    exit "$status"
}

options "$@"
limit_and_stacks=$limit
prepare
load=$(cut -d' ' -f1-3 /proc/loadavg)
trap table EXIT
trap 'exit 130' INT TERM
measure
