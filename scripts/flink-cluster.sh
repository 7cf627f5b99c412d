#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# flink-cluster.sh: functions for a script that runs a Flink; to be sourced, does nothing by itself.
#
# The script sets `out` (a directory for everything that is left), `limit` (seconds to wait for
# anything), `flink` (a directory made by flink.sh) and JAVA_HOME, perhaps `step` (what it is at, for
# the message when it fails), and traps EXIT with `end_all`.
# Every process is the leader of a session of its own, so that it ends with all that it started.
# shellcheck disable=SC2154

declare -A pids=() # of the processes by name
waiting=           # what the progress line on the terminal says, empty when there is none

die()
{
    progress_end
    printf '%s: FAILED%s: %s\n' "${0##*/}" "${step:+ in \"$step\"}" "$*" >&2
    printf '%s: what the processes wrote is in %s\n' "${0##*/}" "$out" >&2
    exit 1
}

# On a terminal one line that changes every second, in a file a line every 20 seconds.
progress()
{
    local seconds=$1 what=$2
    if [ -t 2 ]; then
        [ "$waiting" = "$seconds" ] || printf '\r\033[K   ... %s, %d s' "$what" "$seconds" >&2
        waiting=$seconds
    elif [ "$seconds" -ge 20 ] && [ $((seconds % 20)) = 0 ] && [ "$waiting" != "$seconds" ]; then
        printf '   ... %s, %d s\n' "$what" "$seconds" >&2
        waiting=$seconds
    fi
}

progress_end()
{
    [ -z "$waiting" ] || [ ! -t 2 ] || printf '\r\033[K' >&2
    waiting=
}

# WHAT COMMAND...: until the command succeeds; a process that has ended ends it, too.
await()
{
    local what=$1 began=$SECONDS name
    shift
    until "$@"; do
        [ $((SECONDS - began)) -lt "$limit" ] || die "no $what within $limit s"
        for name in "${!pids[@]}"; do
            kill -0 "${pids[$name]}" 2>/dev/null || "$@" || { tail -n 20 "$out/$name.err" >&2; die "$name ended before $what"; }
        done
        progress $((SECONDS - began)) "$what"
        sleep 0.2
    done
    progress_end
}

# NAME COMMAND...: in the background, its output in NAME.out and NAME.err.
start()
{
    local name=$1
    shift
    setsid "$@" > "$out/$name.out" 2> "$out/$name.err" < /dev/null &
    pids[$name]=$!
}

# WHAT NAME COMMAND...: runs it to its end; in the background, so that progress can be shown.
run()
{
    local what=$1 name=$2 pid
    shift
    start "$@"
    pid=${pids[$name]}
    await "$what" ended "$pid"
    unset "pids[$name]"
    wait "$pid" || { tail -n 20 "$out/$name.err" >&2; die "$what: it failed"; }
}

ended() { ! kill -0 "$1" 2>/dev/null; }

# NAME SIGNAL: and waits until it is gone. The shell's own word on a killed job is not wanted.
end()
{
    local pid=${pids[$1]}
    unset "pids[$1]"
    kill "-$2" -- "-$pid" 2>/dev/null || kill "-$2" "$pid" 2>/dev/null || true
    { wait "$pid" || true; } 2>/dev/null
}

# Politely at first. A session may outlive its leader, so it is asked for by its number.
end_all()
{
    local name deadline=$((SECONDS + 5))
    trap '' INT TERM
    trap - EXIT
    progress_end
    for name in "${!pids[@]}"; do
        kill -TERM -- "-${pids[$name]}" "${pids[$name]}" 2>/dev/null || true
    done
    for name in "${!pids[@]}"; do
        while kill -0 -- "-${pids[$name]}" 2>/dev/null && [ $SECONDS -lt $deadline ]; do
            sleep 0.1
        done
        end "$name" KILL
    done
}

# Below the kernel's own range, so that no outgoing connection takes it before Flink does.
free_port()
{
    local port
    while port=$((20000 + RANDOM % 12000)); do
        (: < "/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# CONF KEY VALUE: the key is there once.
configure()
{
    sed -i "/^${2//./\\.}:/d" "$1/config.yaml"
    echo "$2: $3" >> "$1/config.yaml"
}

# CONF: Flink's own configuration with ports that are free.
new_conf()
{
    mkdir -p "$1" "$out/tmp"
    cp -r "$flink/conf/." "$1"
    configure "$1" rest.port "$(free_port)"
    configure "$1" rest.bind-port "$(rest_port "$1")"
    configure "$1" jobmanager.rpc.port "$(free_port)"
    configure "$1" heartbeat.interval 1s # a TaskManager that was killed is missed after two
    configure "$1" heartbeat.timeout 10s
    configure "$1" io.tmp.dirs "$out/tmp"
    configure "$1" web.tmpdir "$out/tmp"
}

rest_port() { sed -n 's/^rest.port: //p' "$1/config.yaml"; }

# CONF METHOD PATH [TYPE FILE]: the answer of Flink's REST interface; empty while there is none.
rest()
{
    local port type=${4:-} file=${5:-/dev/null}
    port=$(rest_port "$1")
    (
        exec 3<> "/dev/tcp/127.0.0.1/$port"
        printf '%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n' "$2" "$3" >&3
        [ -z "$type" ] || printf 'Content-Type: %s\r\n' "$type" >&3
        printf 'Content-Length: %d\r\n\r\n' "$(stat -Lc %s "$file")" >&3
        cat "$file" >&3
        cat <&3
    ) 2>/dev/null || true
}

# CONF JAR: uploads it as the Web UI does and prints the id that Flink gave it.
upload()
{
    local form=$out/tmp/upload
    {
        printf -- '--weir-jar-upload\r\nContent-Disposition: form-data; name="jarfile"; filename="%s"\r\n' "${2##*/}"
        printf 'Content-Type: application/x-java-archive\r\n\r\n'
        cat "$2"
        printf '\r\n--weir-jar-upload--\r\n'
    } > "$form"
    rest "$1" POST /jars/upload 'multipart/form-data; boundary=weir-jar-upload' "$form" |
        sed -n 's/.*"filename":"[^"]*\/\([^"/]*\)".*/\1/p'
}

# CONF JAR SETTINGS ARGUMENT...: runs the job and prints its id. SETTINGS is the inside of a JSON object.
submit()
{
    local cluster=$1 jar=$2 settings=$3 id answer
    shift 3
    id=$(upload "$cluster" "$jar")
    printf '{"programArgsList":[%s],"flinkConfiguration":{%s}}' "$(printf '"%s",' "$@" | sed 's/,$//')" "$settings" \
        > "$out/tmp/run"
    answer=$(rest "$cluster" POST "/jars/$id/run" application/json "$out/tmp/run")
    id=$(sed -n 's/.*"jobid":"\([0-9a-f]*\)".*/\1/p' <<< "$answer")
    [ -n "$id" ] || die "${jar##*/} was not run: $answer"
    echo "$id"
}

# CONF JOB STATE
job_is() { rest "$1" GET "/jobs/$2" | grep -q "\"state\":\"$3\""; }

# CONF COUNT: exactly so many slots, all free; that of a TaskManager that is gone may not count.
slots_are() { rest "$1" GET /overview | grep -q "\"slots-total\":$2,\"slots-available\":$2,"; }

# CONF JOB: the lines of what Flink knows of its failure.
exceptions() { rest "$1" GET "/jobs/$2/exceptions" | sed 's/\\n/\n/g'; }

# CONF JOB
cancel()
{
    rest "$1" PATCH "/jobs/$2" > /dev/null
    await "cancellation" job_is "$1" "$2" CANCELED
}
