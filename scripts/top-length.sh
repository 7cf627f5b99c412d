#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# top-length.sh: the longest C functions, longest first, as "LINES FILE:LINE NAME". Lines are
# those from the one with the function's name to its closing brace. Relies on the layout of this
# project: the opening and the closing brace of a function stand in column 0.
set -euo pipefail

usage() {
    cat <<'EOF'
usage: scripts/top-length.sh [-n COUNT] [--limit LINES] [FILE...]
  -n COUNT       how many to print (default 10; 0: all)
  --limit LINES  print those that are longer instead, and fail if there are any
  FILE...        default: every .c and .h of agent/, include/ and tests/
EOF
}

die() {
    printf 'top-length.sh: %s\n' "$*" >&2
    exit 2
}

# `head` is the text since the last thing that cannot belong to a function's head; its name is
# the first word before a parenthesis, __attribute__ apart.
functions() {
    # shellcheck disable=SC2016     # the program is awk's
    awk '
        function forget() { head = ""; start = 0 }
        FNR == 1 { inside = 0; forget() }
        inside && /^}/ {
            printf "%d %s:%d %s\n", FNR - start + 1, FILENAME, start, name
            inside = 0; forget(); next
        }
        inside { next }
        /^\{/ {
            gsub(/__attribute__ *\(\(([^()]|\([^()]*\))*\)\) */, "", head)
            if (match(head, /[A-Za-z_][A-Za-z_0-9]* *\(/)) {
                name = substr(head, RSTART, RLENGTH)
                sub(/ *\($/, "", name)
                inside = 1
            } else {
                printf "%s:%d: a brace in column 0 that opens no function\n", FILENAME, FNR >"/dev/stderr"
                bad = 1
            }
            next
        }
        /^[ \t]*$/ || /^#/ || /^}/ || /^\/\*/ || /^ \*/ || /;[ \t]*$/ { forget(); next }
        { head = head " " $0 }
        start == 0 && /\(/ { start = FNR }
        END { exit bad }' "$@"
}

main() {
    local count=10 limit='' files=() lines over
    while [ $# -gt 0 ]; do
        case $1 in
            -n) count=${2:?how many?}; shift ;;
            --limit) limit=${2:?how many lines?}; shift ;;
            -h | --help) usage; exit 0 ;;
            -*) usage >&2; exit 2 ;;
            *) files+=("$1") ;;
        esac
        shift
    done
    if [ ${#files[@]} -eq 0 ]; then
        cd "${BASH_SOURCE[0]%/*}/.."
        mapfile -t files < <(find agent include tests -name '*.[ch]' | sort)
    fi
    [ ${#files[@]} -gt 0 ] || die "no C files"
    lines=$(functions "${files[@]}") || die "cannot read the functions of ${#files[@]} files"
    [ -n "$lines" ] || die "no functions in ${#files[@]} files: is a brace not in column 0?"
    lines=$(sort -k1,1rn -k2,2 <<<"$lines")
    if [ -z "$limit" ]; then
        awk -v n="$count" 'n == 0 || NR <= n' <<<"$lines"
        return
    fi
    over=$(awk -v limit="$limit" '$1 > limit' <<<"$lines")
    if [ -n "$over" ]; then
        printf '%s\n' "$over"
        printf 'top-length.sh: %d functions are longer than %d lines\n' \
            "$(wc -l <<<"$over")" "$limit" >&2
        exit 1
    fi
    echo "top-length: $(wc -l <<<"$lines") functions, the longest $(head -1 <<<"$lines")"
}

main "$@"
