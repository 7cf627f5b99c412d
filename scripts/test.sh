#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# test.sh: everything that must hold, on a machine that may have nothing yet: installs packages,
# obtains the JDKs under test, builds, checks, runs the unit tests plain and under the sanitizers,
# and the tests on real JVMs. Stops at the first failure. A stage of tests whose runner printed no
# closing line, or ran nothing, is a failure. The output of each stage stays in build/stages/.
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/.."

readonly logs=build/stages
done_stages=()

usage() {
    cat <<'EOF'
usage: scripts/test.sh          all stages (about half an hour on two cores)
       scripts/test.sh quick    unit tests and checks only
EOF
}

say() { printf '\n==== %s\n' "$*"; }

# ---- what the runners say last

# CUnit's own summary: "tests  TOTAL RAN PASSED FAILED INACTIVE", one per program.
cunit_summary() { awk '/^Run Summary:/ { on = 1 } on { print } /^Elapsed time/ { on = 0 }' "$1"; }

cunit_count() { awk '$1 == "tests" && NF == 6 { ran += $3; failed += $5 } END { print ran + 0, failed + 0 }' "$1"; }

# Surefire's summary is the "Tests run:" line that names no time; skipped tests did not run.
surefire_summary() { grep 'Tests run:' "$1" | grep -v 'Time elapsed' | tail -1; }

surefire_count() {
    surefire_summary "$1" |
        sed -n 's/.*Tests run: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\), Skipped: \([0-9]*\).*/\1 \2 \3 \4/p' |
        awk '{ print $1 - $4, $2 + $3, $4 }'
}

# Which tests left themselves out, and why: "Class.case: reason" for each, from surefire's reports.
surefire_skipped() {
    awk 'match($0, /<testcase [^>]*/) {
             name = class = substr($0, RSTART, RLENGTH)
             sub(/.* name="/, "", name); sub(/".*/, "", name)
             sub(/.*classname="/, "", class); sub(/".*/, "", class)
         }
         /<skipped/ {
             reason = $0
             sub(/.*Assumption failed: /, "", reason); sub(/.*message="/, "", reason); sub(/".*/, "", reason)
             print "  " class (name == "" ? "" : "." name) ": " reason
         }' java-test/target/surefire-reports/TEST-*.xml
}

# Prints the runner's closing lines and the count; fails if the runner ran nothing.
closing() {
    local runner=$1 log=$2 ran failed skipped
    [ "$runner" != none ] || return 0
    say "closing lines of $(basename "$log" .log)"
    "${runner}_summary" "$log" || true
    read -r ran failed skipped < <("${runner}_count" "$log") || true
    if [ "${ran:-0}" -le 0 ] || [ "${failed:-1}" != 0 ]; then
        echo "test.sh: the runner's closing line counts ${ran:-no} tests, ${failed:-?} failed" >&2
        return 1
    fi
    counted="$ran tests, ${skipped:+$skipped skipped, }"
    if [ "${skipped:-0}" != 0 ]; then
        echo "test.sh: $skipped tests left themselves out:"
        "${runner}_skipped"
    fi
}

# ---- stages

summary() {
    local IFS=,
    say "test.sh: $1 in $((SECONDS / 60)) min $((SECONDS % 60)) s:${done_stages[*]}"
}

# NAME, RUNNER whose closing line counts (cunit, surefire, none), COMMAND
stage() {
    local name=$1 runner=$2 log=$logs/$1.log begin=$SECONDS counted='' status=0
    say "$name: ${*:3}"
    "${@:3}" </dev/null 2>&1 | tee "$log" || status=$?
    if [ "$status" = 0 ]; then
        closing "$runner" "$log" || status=1
    fi
    done_stages+=(" $name $counted$((SECONDS - begin)) s")
    if [ "$status" != 0 ]; then
        summary "FAILED in $name (see $log)"
        exit 1
    fi
}

quick() {
    stage deps none scripts/deps.sh test
    stage unit cunit "${make[@]}" test-unit
    stage check none "${make[@]}" check
}

everything() {
    stage deps none scripts/deps.sh test
    stage jdks none scripts/jdks.sh --get 11 17 21 25
    stage jdks-found none scripts/jdks.sh
    stage build none "${make[@]}" all
    stage check none "${make[@]}" check
    stage dist none scripts/dist.sh --check
    stage unit cunit "${make[@]}" test-unit
    stage asan cunit "${make[@]}" asan
    stage tsan cunit "${make[@]}" tsan
    stage oracle none scripts/oracle.sh 300
    stage java surefire "${make[@]}" test-java
}

main() {
    local make
    make=(make --no-print-directory -j"$(nproc)")
    unset MAKEFLAGS MAKELEVEL T SAN     # a caller's would change what is tested
    mkdir -p "$logs"
    case ${1:-all} in
        all) everything ;;
        quick) quick ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
    summary "${#done_stages[@]} stages passed"
}

main "$@"
