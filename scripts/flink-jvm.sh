#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# flink-jvm.sh: becomes a real JobManager or TaskManager JVM, in the foreground.
#
#   scripts/flink-jvm.sh tm|jm HOME CONF LOGDIR [-D key=value ...]
#
# Same main classes, flags, argument order and environment as Flink's taskmanager.sh and
# jobmanager.sh with start-foreground; java options go through the same `eval echo`. The script
# execs java, so its process id is that of the JVM. JAVA_HOME chooses the JDK.
set -euo pipefail

[ $# -ge 4 ] || { sed -n '6s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
role=$1 home=$2 conf=$3 logdir=$4
shift 4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$logdir"

if ! params=$("$here/flink-flags.sh" "$role" "$home" "$conf" "$@" 2> "$logdir/$role-flags.log"); then
    cat "$logdir/$role-flags.log" >&2
    exit 1
fi
{ read -r memory; read -r options; read -r dynamic; } <<< "$params"

export FLINK_CONF_DIR=$conf JVM_ARGS=$memory DYNAMIC_PARAMETERS=$dynamic
logs=$(cat "$logdir/$role-flags.log")
export FLINK_INHERITED_LOGS="
RESOURCE_PARAMS extraction logs:
jvm_params: $memory
dynamic_configs: $dynamic
logs: $logs
"
# A foreground start takes variables of the user's options from the environment, as Flink does.
export FLINK_LOG_PREFIX=$logdir/flink-$role
options=$(eval echo "$options")

# Word splitting of the three strings is what Flink's scripts do, too.
# shellcheck disable=SC2206
if [ "$role" = tm ]; then
    main=org.apache.flink.runtime.taskexecutor.TaskManagerRunner
    args=(--configDir "$conf" $dynamic "$@")
else
    main=org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint
    args=($dynamic --configDir "$conf" --executionMode cluster "$@")
fi
# shellcheck disable=SC2086
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" $memory $options \
    -Dlog.file="$FLINK_LOG_PREFIX.log" \
    -Dlog4j.configurationFile="file:$home/conf/log4j-console.properties" \
    -classpath "$home/lib/*" "$main" "${args[@]}"
