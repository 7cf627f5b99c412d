#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# oracle.sh: weir derive against Flink's own classes, on random configurations.
#
#   scripts/oracle.sh N [VERSION...]   N configurations per version; default: 1.16.3 1.20.5 2.3.0
#
# For each version of Flink the published jars answer the same configurations as `weir derive`:
# arguments and files through Flink's parsers, the derivation through the class its start scripts
# call. Compared are every number, the JVM flags, the dynamic properties, or whether it fails, the
# kind of failure, the option it names and the chain of exceptions. Prints a line per version; at
# the first difference the case in full, exit 1. ORACLE_SEED chooses other configurations (1).
set -euo pipefail

VERSIONS="1.16.3 1.20.5 2.3.0"
DEPENDENCY_PLUGIN=org.apache.maven.plugins:maven-dependency-plugin:3.8.1

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
weir=${WEIR_BIN:-$root/build/weir}
seed=${ORACLE_SEED:-1}
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

usage()
{
    sed -n '4,6s/^# *//p' "${BASH_SOURCE[0]}" >&2
    exit 2
}

# The class path of Flink's jars, as Maven resolves it; kept, since it never changes.
class_path()
{
    local version=$1 dir=$2
    [ -s "$dir/classpath" ] && return
    if ! mvn -B -ntp -f "$root/java-test/oracle/pom.xml" -Dflink.version="$version" \
            "$DEPENDENCY_PLUGIN:build-classpath" -Dmdep.includeScope=runtime \
            -Dmdep.outputFile="$dir/classpath.new" > "$dir/mvn.log" 2>&1; then
        tail -n 20 "$dir/mvn.log" >&2
        echo "oracle.sh: Maven could not resolve Flink $version" >&2
        return 1
    fi
    mv "$dir/classpath.new" "$dir/classpath"
}

# dev.weir.oracle.CLASS with its arguments; Flink logs nothing, the environment map is opened.
run_java()
{
    local dir=$1
    shift
    "$java" -Dfile.encoding=UTF-8 -Xshare:auto -XX:TieredStopAtLevel=1 \
        --add-opens java.base/java.lang=ALL-UNNAMED --add-opens java.base/java.util=ALL-UNNAMED \
        -cp "$dir/classes:$(cat "$dir/classpath")" "$@" 2>> "$dir/java.log"
}

# How many lines of two files differ, and the number of the first (0 when none).
differences()
{
    awk -v other="$2" '{
        if ((getline line < other) <= 0) line = "(no answer)"
        if ($0 != line && count++ == 0) first = NR
    } END { print count + 0, first + 0 }' "$1"
}

show()
{
    echo "  configuration (role, file format, file, FLINK_TM_HEAP, FLINK_JM_HEAP, arguments; between tabs):"
    sed -n "$2p" "$1/cases" | tr '\t' '\n' | sed 's/^/    /'
    echo "  Flink: $(sed -n "$2p" "$1/flink")"
    echo "  weir:  $(sed -n "$2p" "$1/weir")"
}

compare()
{
    local version=$1 dir=$root/build/oracle/$1 differing line derived answers
    mkdir -p "$dir/conf"
    : > "$dir/java.log"
    class_path "$version" "$dir"
    "${java}c" -nowarn -encoding UTF-8 -d "$dir/classes" -cp "$(cat "$dir/classpath")" \
        "$root"/java-test/oracle/src/dev/weir/oracle/*.java
    run_java "$dir" dev.weir.oracle.Generate "$count" "$seed" "$version" > "$dir/cases"
    if ! run_java "$dir" dev.weir.oracle.Oracle "$version" "$dir/conf" < "$dir/cases" > "$dir/flink"; then
        tail -n 20 "$dir/java.log" >&2
        return 1
    fi
    "$weir" derive --batch --flink "$version" < "$dir/cases" > "$dir/weir"
    answers=$(wc -l < "$dir/flink")
    derived=$(grep -c '^ok ' "$dir/flink" || true)
    read -r differing line < <(differences "$dir/flink" "$dir/weir")
    echo "oracle $version: $answers configurations, $differing differences" \
         "($derived derived, $((answers - derived)) errors)"
    if [ "$line" -gt 0 ]; then
        show "$dir" "$line"
        return 1
    fi
    [ "$answers" -eq "$count" ] || { echo "oracle.sh: $count answers were expected" >&2; return 1; }
}

[ $# -ge 1 ] || usage
case $1 in ''|*[!0-9]*|0) usage ;; esac
[ -x "$weir" ] || { echo "oracle.sh: $weir is missing: run make" >&2; exit 1; }
count=$1
shift
failed=0
if [ $# -eq 0 ]; then
    read -ra versions <<<"$VERSIONS"
else
    versions=("$@")
fi
for version in "${versions[@]}"; do
    compare "$version" || failed=1
done
exit $failed
