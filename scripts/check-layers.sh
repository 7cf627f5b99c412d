#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# check-layers.sh: proves which way includes point. A folder is a layer; the table below says
# which layers each may include. Beside it: an include is written from agent/ or include/ (from
# tests/ inside tests/), never with `..`; some system headers belong to one layer; no two modules
# (a .c with its .h) include each other around a circle; each header compiles alone.
# Before it judges the tree it proves on small broken trees that it can fail.
set -euo pipefail

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
readonly here
readonly cc=${CC:-cc}
readonly header_flags=(-std=c11 -D_DEFAULT_SOURCE -Wall -Wextra -Werror -fsyntax-only
                       -Iagent -Iinclude)

# layer: what it may include, as layers or single modules. `top` is agent/*.[ch].
declare -rA allowed=(
    [include]='include'
    [base]='base include'
    [model]='model base/buf base/poison include'
    [core]='core base model include'
    [native]='native base core include'
    [jvm]='jvm base model core native/elfgot native/libs include'
    [out]='out base model include'
    [top]='top base model core native jvm out include'
    [cli]='cli base model out include'
    [tests]='tests base model core native out include'
)

# system header, as a pattern: the only layers that may include it.
system_rules='
jni.h jvmti.h jni_md.h jvmticmlr.h classfile_constants.h : jvm top
libunwind*.h                                             : native
yaml.h                                                   : model
CUnit/*                                                  : tests
stdatomic.h pthread.h threads.h                          : base core native jvm top cli tests
fcntl.h unistd.h sys/* dlfcn.h                           : base core native jvm top cli tests
'

usage() {
    cat <<'EOF'
usage: scripts/check-layers.sh [--self-test | --root DIR]
  proves the include rules over agent/, include/ and tests/; no argument: self-test, then the tree
EOF
}

# ---- the rules, in the tree that is the current directory

complain() {
    printf '%s: %s\n' "$1" "$2" >&2
    errors=$((errors + 1))
}

files() {
    local dirs=() dir
    for dir in agent include tests; do
        [ ! -d "$dir" ] || dirs+=("$dir")
    done
    find "${dirs[@]}" -type f -name "$1" | sort
}

# Sets `layer`.
layer_of() {
    case $1 in
        agent/*/*) layer=${1#agent/}; layer=${layer%%/*} ;;
        agent/*) layer=top ;;
        *) layer=${1%%/*} ;;
    esac
}

# Prints "FILE:LINE FORM NAME" for each include, where FORM is quote, angle or other.
includes() {
    # shellcheck disable=SC2016     # the program is awk's
    files '*.[ch]' | xargs -r awk '
        /^[ \t]*#[ \t]*include[ \t_"<]/ {
            form = "other"; name = $0
            sub(/^[ \t]*#[ \t]*include(_next)?[ \t]*/, "", name)
            if (name ~ /^"[^"]*"/)      { form = "quote"; name = substr(name, 2); sub(/".*/, "", name) }
            else if (name ~ /^<[^>]*>/) { form = "angle"; name = substr(name, 2); sub(/>.*/, "", name) }
            print FILENAME ":" FNR, form, name
        }'
}

# Sets `target` to the file an include of ours means; fails if there is none to be found.
resolve() {
    local from=$1 name=$2 dir dirs=(agent include)
    [ "$from" != tests ] || dirs+=(tests)
    for dir in "${dirs[@]}"; do
        target=$dir/$name
        [ ! -e "$target" ] || return 0
    done
    return 1
}

may_include() {
    local from=$1 target=$2 layer entry module
    layer_of "$target"
    module=${target#agent/}
    for entry in ${allowed[$from]}; do
        if [ "$entry" = "$layer" ] || [ "$entry" = "${module%.*}" ]; then
            return 0
        fi
    done
    return 1
}

check_own() {
    local where=$1 from=$2 name=$3 target
    if [[ /$name/ == */../* || /$name/ == */./* || $name == /* ]]; then
        complain "$where" "\"$name\": write it from agent/ or include/, without dots"
    elif ! resolve "$from" "$name"; then
        complain "$where" "\"$name\": not found from agent/ or include/"
    elif [[ $target != *.h && ! ( $target == *.inc && ${target%/*} == "${where%/*}" ) ]]; then
        complain "$where" "\"$name\": only headers are included, and .inc data of the same folder"
    elif ! may_include "$from" "$target"; then
        complain "$where" "$from must not include $target (may: ${allowed[$from]})"
    else
        echo "${where%:*} $target" >>"$edges"
    fi
}

check_system() {
    local where=$1 from=$2 name=$3 patterns layers pattern
    if [ -e "agent/$name" ] || [ -e "include/$name" ]; then
        complain "$where" "<$name>: our own headers are included with quotes"
        return
    fi
    while IFS=: read -r patterns layers; do
        for pattern in $patterns; do
            # shellcheck disable=SC2053     # a pattern on purpose
            if [[ $name == $pattern && " $layers " != *" $from "* ]]; then
                complain "$where" "$from must not include <$name> (only:$layers)"
            fi
        done
    done <<<"$system_rules"
}

check_includes() {
    local where form name layer
    set -f          # patterns of system_rules are not file names
    while read -r where form name; do
        layer_of "${where%:*}"
        if [ -z "${allowed[$layer]:-}" ]; then
            complain "$where" "folder $layer is no layer; see the table in check-layers.sh"
            continue
        fi
        case $form in
            quote) check_own "$where" "$layer" "$name" ;;
            angle) check_system "$where" "$layer" "$name" ;;
            *) complain "$where" "include of something that is no file name: $name" ;;
        esac
    done < <(includes)
    set +f
}

# A circle of modules: tsort finds one if there is one.
check_circles() {
    local circle
    if ! circle=$(sed 's/\.[ch]\( \|$\)/\1/g' "$edges" | awk '$1 != $2' | tsort 2>&1 >/dev/null); then
        complain "circle of includes" "$(sed 's/^tsort: //; /input contains a loop/d' <<<"$circle" | xargs)"
    fi
}

header_compiles() {
    local flags=() layer
    layer_of "$1"
    case $layer in
        jvm | top) flags=(-isystem "$jdk/include" -isystem "$jdk/include/linux") ;;
        tests) flags=(-Itests) ;;
    esac
    printf '#include "%s"\n' "$PWD/$1" | "$cc" "${header_flags[@]}" "${flags[@]}" -x c - ||
        echo "$1" >>"$failed_headers"
}

check_headers() {
    local header running=0
    : >"$failed_headers"
    while read -r header; do
        header_compiles "$header" &
        running=$((running + 1))
        [ $((running % 4)) != 0 ] || wait
    done < <(files '*.h')
    wait
    while read -r header; do
        complain "$header" "does not compile alone"
    done <"$failed_headers"
}

# Checks the tree that is the current directory; prints what is wrong.
check_tree() {
    local errors=0 edges=$work/edges failed_headers=$work/headers
    : >"$edges"
    check_includes
    check_circles
    check_headers
    [ "$errors" = 0 ]
}

# ---- the self-test: small trees, each with one thing wrong

put() {
    mkdir -p "${1%/*}"
    printf '%s\n' "${@:2}" >"$1"
}

sound_tree() {
    put include/weir.h '#include <stdint.h>' 'uint64_t weir(void);'
    put agent/base/buf.h '#include "weir.h"' '#include <stdlib.h>'
    put agent/base/buf.c '#include "base/buf.h"'
    put agent/model/size.h '#include "base/buf.h"'
    put agent/native/libs.h '#include "base/buf.h"'
    put agent/jvm/env.h '#include <jvmti.h>' '#include "native/libs.h"' 'extern jvmtiEnv *e;'
    put agent/main.c '#include "jvm/env.h"' '#include "model/size.h"'
    put agent/jvm/bytes.inc '1, 2'
    put agent/jvm/natives.c 'const char b[] = {' '#include "jvm/bytes.inc"' '};'
    put tests/suite.h 'int suite(void);'
    put tests/buf.c '#include "suite.h"' '#include "base/buf.h"'
}

# Goes into an empty directory.
new_tree() {
    rm -rf "${work:?}/tree"
    mkdir "$work/tree"
    cd "$work/tree"
    sound_tree
}

# Expects the rules to refuse the sound tree with one line files added: WHAT THEY MUST SAY,
# then FILE LINE pairs.
must_refuse() {
    local expected=$1
    new_tree
    shift
    while [ $# -gt 0 ]; do
        put "$1" "$2"
        shift 2
    done
    if (check_tree) >"$work/said" 2>&1 || ! grep -qF -- "$expected" "$work/said"; then
        cat "$work/said" >&2
        die "self-test: a broken tree was not refused with '$expected'"
    fi
}

self_test() {
    new_tree
    check_tree || die "self-test: a sound tree was refused"
    must_refuse 'model must not include agent/base/log.h' \
        agent/base/log.h 'int log_line(void);' agent/model/a.c '#include "base/log.h"'
    must_refuse 'native must not include agent/jvm/env.h' agent/native/a.c '#include "jvm/env.h"'
    must_refuse 'jvm must not include agent/native/hook.h' \
        agent/native/hook.h 'int hook(void);' agent/jvm/a.c '  #  include "native/hook.h"'
    must_refuse 'core must not include <jni.h>' agent/core/a.c '#include <jni.h>'
    must_refuse 'model must not include <sys/stat.h>' agent/model/a.c '#include <sys/stat.h>'
    must_refuse 'without dots' agent/core/a.c '#include "../base/buf.h"'
    must_refuse 'not found from' agent/base/a.c '#include "buf.h"'
    must_refuse 'is no layer' agent/util/a.c '#include "weir.h"'
    must_refuse 'only headers' agent/base/a.c '#include "base/buf.c"'
    must_refuse 'only headers' agent/core/bytes.inc '1, 2' agent/main.c '#include "core/bytes.inc"'
    must_refuse 'with quotes' agent/core/a.c '#include <base/buf.h>'
    must_refuse 'no file name' agent/core/a.c '#include HEADER'
    must_refuse 'circle of includes: agent/base/' \
        agent/base/buf.c '#include "base/c.h"' agent/base/c.h 'int c(void);' \
        agent/base/c.c '#include "base/buf.h"'
    must_refuse 'does not compile alone' agent/core/a.h 'uint64_t nobody_said_what_that_is;'
}

die() {
    printf 'check-layers.sh: %s\n' "$*" >&2
    exit 1
}

main() {
    local root=$here/..
    case ${1:-} in
        '' | --self-test) ;;
        --root) root=${2:?which directory?} ;;
        *) usage >&2; exit 2 ;;
    esac
    jdk=$("$here/jdks.sh" --home 17) || die "no JDK 17 for jni.h and jvmti.h; see scripts/deps.sh build"
    root=$(cd "$root" && pwd)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    [ "${1:-}" = --root ] || self_test
    [ "${1:-}" = --self-test ] && return
    cd "$root"
    check_tree || die "the include rules are broken"
    echo "check-layers: $(includes | wc -l) includes of $(files '*.[ch]' | wc -l) files keep the rules"
}

main "$@"
