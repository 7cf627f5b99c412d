#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# check-symbols.sh: what libweir.so shows to, and asks of, the process it is loaded into:
#   - exports exactly the three Agent_ entry points
#   - asks for no symbol version newer than GLIBC_2.34 (Flink's images: Ubuntu 22.04 and newer)
#   - needs no library but those of the C library
#   - at most 64 bytes of static TLS, which is scarce in a running JVM
#   - is never unloaded (NODELETE), has no executable stack and no text relocations
# With --program the same of the tool, as far as it concerns a program: versions, libraries, stack.
# Before it judges the library it proves on small broken ones that it can fail.
set -euo pipefail

readonly exports='Agent_OnAttach Agent_OnLoad Agent_OnUnload'
readonly libraries='libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 ld-linux-*.so.*'
readonly newest_glibc=2.34
readonly most_tls=64
readonly cc=${CC:-cc}

usage() { echo 'usage: scripts/check-symbols.sh [--self-test | --program FILE | LIB]    (default build/libweir.so)'; }

die() {
    printf 'check-symbols.sh: %s\n' "$*" >&2
    exit 1
}

# ---- the rules; each prints a line for what is wrong

exported() { nm -D --defined-only "$1" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u | xargs; }

check_exports() {
    local found
    found=$(exported "$1")
    [ "$found" = "$exports" ] || echo "exports '$found' instead of '$exports'"
}

# Prints "VERSION SYMBOL" for what is asked of other libraries, and bare versions that the
# dynamic linker must know, such as GLIBC_ABI_DT_RELR.
asked_versions() {
    readelf --dyn-syms -W "$1" | awk '$7 == "UND" && $8 ~ /@/ { split($8, a, "@"); print a[2], a[1] }'
    readelf -VW "$1" | awk '/Version needs section/ { needs = 1 }
                            needs && /Name: .*Flags:/ {
                                sub(/.*Name: /, "")
                                if ($1 !~ /^GLIBC_[0-9]/) print $1, "-"
                            }'
}

check_versions() {
    local version symbol
    asked_versions "$1" | sort -u | while read -r version symbol; do
        [ "$symbol" != - ] || symbol='(version need)'
        if [[ ! $version =~ ^GLIBC_([0-9.]+)$ ]]; then
            echo "asks for $symbol of $version, which is no plain GLIBC version"
        elif [ "$(printf '%s\n' "${BASH_REMATCH[1]}" "$newest_glibc" | sort -V | tail -1)" != "$newest_glibc" ]; then
            echo "asks for $symbol of $version, newer than GLIBC_$newest_glibc"
        fi
    done
}

check_libraries() {
    local needed pattern
    readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | while read -r needed; do
        for pattern in $libraries; do
            # shellcheck disable=SC2053     # a pattern on purpose
            [[ $needed != $pattern ]] || continue 2
        done
        echo "needs $needed; allowed: $libraries"
    done
}

tls_bytes() { printf '%d\n' "$(readelf -lW "$1" | awk '$1 == "TLS" { print $6 }')"; }

check_tls() {
    local bytes
    bytes=$(tls_bytes "$1")
    [ "$bytes" -le "$most_tls" ] || echo "has $bytes bytes of TLS, more than $most_tls"
}

check_flags() {
    local dynamic
    dynamic=$(readelf -dW "$1")
    [[ $dynamic == *NODELETE* ]] || echo 'is not linked with -z nodelete'
    [[ $dynamic != *TEXTREL* ]] || echo 'has text relocations'
}

check_stack() {
    local stack
    stack=$(readelf -lW "$1" | awk '$1 == "GNU_STACK" { print $7 }')
    [ "$stack" = RW ] || echo "has an executable stack, or no GNU_STACK segment (flags '$stack')"
}

program_faults() { check_versions "$1"; check_libraries "$1"; check_stack "$1"; }

library_faults() { check_exports "$1"; program_faults "$1"; check_tls "$1"; check_flags "$1"; }

check_library() { complain "$1" "$(library_faults "$1")"; }

check_program() { complain "$1" "$(program_faults "$1")"; }

# FILE, WHAT IS WRONG WITH IT: fails unless that is nothing.
complain() {
    local said=$2
    [ -n "$said" ] || return 0
    printf '%s\n' "$said" | sed "s|^|$1: |" >&2
    return 1
}

# ---- the self-test: small libraries, each with one thing wrong

# FILE, SOURCE LINE, FLAGS
build() {
    "$cc" -shared -fPIC -fvisibility=hidden -o "$1" -x c - -x none "${@:3}" <<EOF
#define EXPORT __attribute__((visibility("default")))
EXPORT int Agent_OnLoad(void) { return 0; }
EXPORT int Agent_OnAttach(void) { return 0; }
EXPORT int Agent_OnUnload(void) { return 0; }
$2
EOF
}

# A library that claims to be another: FILE, NAME, VERSION OF ITS ONE SYMBOL "borrowed"
impostor() {
    echo "$3 { borrowed; };" >"$work/map"
    echo 'void borrowed(void) { }' | "$cc" -shared -fPIC -Wl,-soname,"$2" \
        -Wl,--version-script="$work/map" -o "$1" -x c -
}

# WHAT THE RULES MUST SAY, SOURCE LINE, FLAGS
must_refuse() {
    local expected=$1
    build "$work/broken.so" "${@:2}" || die "self-test: cannot build the library for '$expected'"
    if check_library "$work/broken.so" 2>"$work/said" || ! grep -qF -- "$expected" "$work/said"; then
        cat "$work/said" >&2
        die "self-test: a broken library was not refused with '$expected'"
    fi
}

self_test() {
    local sound=('-Wl,-z,nodelete' '-Wl,-z,noexecstack')
    local borrow='void borrowed(void); void use(void); void use(void) { borrowed(); }'
    build "$work/sound.so" '_Thread_local char tls[64];' "${sound[@]}"
    check_library "$work/sound.so" || die "self-test: a sound library was refused"
    must_refuse "OnUnload helper' instead of" 'EXPORT void helper(void) { }' "${sound[@]}"
    must_refuse 'has 65 bytes of TLS' '_Thread_local char tls[65];' "${sound[@]}"
    must_refuse 'not linked with -z nodelete' '' -Wl,-z,noexecstack
    must_refuse 'executable stack' '' -Wl,-z,nodelete -Wl,-z,execstack
    must_refuse 'text relocations' '__asm__(".section .rodata\n.quad Agent_OnLoad\n.text");' \
        "${sound[@]}" -Wl,-z,notext
    impostor "$work/newer.so" libc.so.6 GLIBC_2.35
    must_refuse 'asks for borrowed of GLIBC_2.35' "$borrow" "${sound[@]}" "$work/newer.so"
    if check_program "$work/broken.so" 2>/dev/null; then
        die "self-test: a program that asks for GLIBC_2.35 was not refused"
    fi
    impostor "$work/other.so" libother.so.1 OTHER_1.0
    must_refuse 'needs libother.so.1' "$borrow" "${sound[@]}" "$work/other.so"
    must_refuse 'borrowed of OTHER_1.0' "$borrow" "${sound[@]}" "$work/other.so"
}

main() {
    local lib=${1:-build/libweir.so} program=
    case $lib in
        -h | --help) usage; exit 0 ;;
        --self-test) lib= ;;
        --program) lib="" program=${2:?which file?} ;;
        -*) usage >&2; exit 2 ;;
    esac
    lib=${lib:-$program}
    [ -z "$lib" ] || [ -r "$lib" ] || die "$lib is not there; run make"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    (self_test) 2>"$work/linker" || { cat "$work/linker" >&2; exit 1; }
    [ -n "$lib" ] || return 0
    if [ -n "$program" ]; then
        check_program "$program" || die "$program breaks the rules"
        echo "check-symbols: $program asks for nothing newer than GLIBC_$newest_glibc"
        return
    fi
    check_library "$lib" || die "$lib breaks the rules"
    echo "check-symbols: $lib exports the three entry points," \
        "asks for nothing newer than GLIBC_$newest_glibc, TLS $(tls_bytes "$lib") of $most_tls bytes"
}

main "$@"
