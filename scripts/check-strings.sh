#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# check-strings.sh: the option strings of the README must reach the JVM as they stand there.
#
# Flink's scripts run Java options through `eval echo`; the Docker entry point runs FLINK_PROPERTIES
# through `tr -d '[:space:]'`, an unquoted echo and envsubst. Both are done here to every
# -agentpath string of the README, in a directory full of files that a pattern could match.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

fail()
{
    echo "check-strings.sh: $*" >&2
    exit 1
}

# What Flink's config.sh and its Docker entry point would make of a string.
# shellcheck disable=SC2046,SC2086,SC2116,SC2005
through_scripts() { eval echo $1; }
# shellcheck disable=SC2046,SC2086,SC2116,SC2005
through_docker() { echo $(echo $1 | tr -d '[:space:]') | envsubst; }

check()
{
    [ "$(through_scripts "$1")" = "$1" ] || fail "eval echo changes: $1"
    [ "$(through_docker "$1")" = "$1" ] || fail "the Docker entry point changes: $1"
}

# A check that cannot fail is none: these must be changed by one or the other.
self_test()
{
    local bad
    # shellcheck disable=SC2016
    for bad in '-agentpath:/x=dir=$HOME' '-agentpath:/x=a=1;b' '-agentpath:/x=json=*' '-agentpath:/x=a=1, b'; do
        if (check "$bad") 2>/dev/null; then
            fail "self-test: $bad passed"
        fi
    done
}

command -v envsubst > /dev/null || fail "envsubst is missing: apt-get install gettext-base"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -- '-agentpath:'
touch -- a b '-agentpath:/x=json=z'
self_test
mapfile -t strings < <(grep -oE -- '-agentpath:[^ `]+' "$root/README.md" | sort -u)
[ ${#strings[@]} -ge 4 ] || fail "only ${#strings[@]} option strings found in README.md"
for s in "${strings[@]}"; do
    check "$s"
done
echo "check-strings: ${#strings[@]} option strings of the README pass through eval echo and the Docker entry point unchanged"
