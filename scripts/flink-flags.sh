#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# flink-flags.sh: what Flink's own start scripts would put on the command line.
#
#   scripts/flink-flags.sh tm|jm HOME CONF [-D key=value ...]
#
# HOME is a directory made by flink.sh, CONF a configuration directory. Asks Flink's BashJavaUtils
# the way config.sh does and prints three lines on stdout:
#   1  the JVM memory flags (-Xmx ... -XX:MaxMetaspaceSize=...)
#   2  the Java options of the configuration (env.java.opts.*), as config.sh puts them together
#   3  the dynamic properties (-D taskmanager.memory...=...b ...)
# What BashJavaUtils logged, the derivation included, goes to stderr. JAVA_HOME chooses the JDK.
set -euo pipefail

PREFIX=BASH_JAVA_UTILS_EXEC_RESULT:
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

# One run of BashJavaUtils: its result lines on stdout, everything else on stderr.
java_utils()
{
    local command=$1 out
    shift
    if ! out=$("$java" -Dlog4j.configurationFile="file:$home/conf/log4j-bash-utils.properties" \
            -classpath "$home/lib/*" org.apache.flink.runtime.util.bash.BashJavaUtils \
            "$command" --configDir "$conf" "$@" 2>&1); then
        echo "$out" >&2
        echo "flink-flags.sh: BashJavaUtils $command failed" >&2
        return 1
    fi
    grep -v "^$PREFIX" <<< "$out" >&2 || true
    sed -n "s/^$PREFIX//p" <<< "$out"
}

# Value of a key in the flattened configuration, without surrounding double quotes.
config_value()
{
    sed -n "s/^$1: *//p" <<< "$config" | tail -n 1 | sed -e 's/^"//' -e 's/"$//'
}

# config.sh adds the security manager switch above 17; 24 removed it and refuses to start with it.
java_options()
{
    local role=$1 out="-XX:+IgnoreUnrecognizedVMOptions" major
    out+=" $(config_value env.java.default-opts.all) $(config_value env.java.opts.all)"
    major=$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n1)
    if [ "$major" -gt 17 ] && [ "$major" -lt 24 ]; then
        out+=" -Djava.security.manager=allow"
    fi
    out+=" $(config_value "env.java.default-opts.$role") $(config_value "env.java.opts.$role")"
    echo "$out"
}

[ $# -ge 3 ] || { sed -n '6s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
case $1 in
    tm) role=taskmanager command=GET_TM_RESOURCE_PARAMS ;;
    jm) role=jobmanager command=GET_JM_RESOURCE_PARAMS ;;
    *) echo "flink-flags.sh: the role is tm or jm, not $1" >&2; exit 2 ;;
esac
home=$2 conf=$3
shift 3

if [ -f "$conf/config.yaml" ]; then
    config=$(java_utils UPDATE_AND_GET_FLINK_CONFIGURATION -flatten "$@" 2>/dev/null)
else
    config=$(cat "$conf/flink-conf.yaml") # before 1.19: read as text, as config.sh of that time does
fi
params=$(java_utils "$command" "$@")
head -n1 <<< "$params"
java_options "$role" | tr -s ' '
tail -n1 <<< "$params"
