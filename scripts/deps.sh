#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# deps.sh: the one place that knows which Debian and Ubuntu packages Weir needs, and why.
# Installs what is missing (Debian 12, Ubuntu 22.04 and newer); does nothing, and asks no
# mirror, when nothing is. Each package is looked for by what it provides, so that a compiler
# or a Maven that came some other way is accepted.
set -euo pipefail

usage() {
    cat <<'EOF'
usage: scripts/deps.sh [--list] GROUP...
  build   what `make` needs: compiler, libraries, a JDK of 17 or newer with jni.h and jvmti.h
  java    what the Java side needs: such a JDK and Maven
  check   what `make check` needs: clang, clang-tidy, clang-format
  jdks    what `scripts/jdks.sh --get` needs beside the system's own tools
  test    all of these, and what the tests use
  demo    build and java
  --list  print the packages that are missing and install nothing
EOF
}

die() {
    printf 'deps.sh: %s\n' "$*" >&2
    exit 1
}

# package, what shows that it is there, groups
table() {
    cat <<'EOF'
gcc                      command:gcc                    build
libc6-dev                header:stdlib.h                build
binutils                 command:readelf                build
make                     command:make                   build
libunwind-dev            header:libunwind.h             build
libunwind8               library:libunwind.so.8         build
libyaml-dev              header:yaml.h                  build
openjdk-17-jdk-headless  jdk:17                         build java
maven                    command:mvn                    java
clang                    command:clang                  check
clang-tidy               command:clang-tidy             check
clang-format             command:clang-format           check
python3-yaml             python:yaml                    check
patchelf                 command:patchelf               jdks
libcunit1-dev            header:CUnit/CUnit.h           test
g++                      command:c++                    test
gettext-base             command:envsubst               check
git                      command:git                    test
libjemalloc2             library:libjemalloc.so.2       test
libtcmalloc-minimal4     library:libtcmalloc_minimal.so.4 test
EOF
}

has_header() {
    local dir
    for dir in /usr/include /usr/include/*-linux-gnu /usr/local/include; do
        [ -e "$dir/$1" ] && return 0
    done
    return 1
}

has_library() {
    local dir
    for dir in /usr/lib/*-linux-gnu /usr/lib /usr/lib64; do
        [ -e "$dir/$1" ] && return 0
    done
    return 1
}

# A JDK of this release or a newer one that can compile Java and has the headers of the native side.
has_jdk() {
    local home release
    for home in "${JAVA_HOME:-/nonexistent}" /usr/lib/jvm/*; do
        [ -x "$home/bin/javac" ] && [ -e "$home/include/jvmti.h" ] || continue
        release=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$home/release" 2>/dev/null)
        [ "${release:-0}" -lt "$1" ] || return 0
    done
    return 1
}

# Debian 13 and what follows it have no JDK 17 any more.
offered() {
    local package
    for package in "$@"; do
        if [ "$package" = openjdk-17-jdk-headless ] &&
            ! apt-cache policy "$package" 2>/dev/null | grep 'Candidate: [0-9]' >/dev/null; then
            package=openjdk-21-jdk-headless
        fi
        echo "$package"
    done
}

present() {
    local kind=${1%%:*} what=${1#*:}
    case $kind in
        command) command -v "$what" >/dev/null ;;
        header) has_header "$what" ;;
        python) python3 -c "import $what" 2>/dev/null ;;
        library) has_library "$what" ;;
        jdk) has_jdk "$what" ;;
        *) die "unknown probe $1" ;;
    esac
}

# Which groups of the table a group on the command line stands for.
expand() {
    case $1 in
        build | java | check | jdks) echo "$1" ;;
        test) echo build java check jdks test ;;
        demo) echo build java ;;
        *) die "unknown group '$1'; --help lists them" ;;
    esac
}

missing() {
    local wanted=" $* " package probe groups group
    while read -r package probe groups; do
        for group in $groups; do
            [[ $wanted == *" $group "* ]] || continue
            present "$probe" || echo "$package"
            break
        done
    done < <(table)
}

# How to become root, as words in `root`; fails if there is no way without a question.
find_root() {
    root=()
    [ "$(id -u)" = 0 ] && return 0
    root=(sudo -n)
    command -v sudo >/dev/null && sudo -n true 2>/dev/null
}

install_packages() {
    local root apt packages
    command -v apt-get >/dev/null || die "no apt-get here; needed: $*"
    apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y
         -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
    if ! find_root; then
        printf 'deps.sh: missing packages, and no right to install them. Run:\n' >&2
        echo "sudo apt-get update && sudo apt-get install -y --no-install-recommends $*" >&2
        exit 1
    fi
    "${root[@]}" "${apt[@]}" update >&2 || die "apt-get update failed"
    mapfile -t packages < <(offered "$@")
    printf 'deps.sh: installing %s\n' "${packages[*]}" >&2
    "${root[@]}" "${apt[@]}" install --no-install-recommends "${packages[@]}" >&2 ||
        die "apt-get could not install: ${packages[*]}"
}

main() {
    local list=no groups=() packages arg words
    for arg in "$@"; do
        case $arg in
            --list) list=yes ;;
            -h | --help) usage; exit 0 ;;
            *) words=$(expand "$arg") || exit 2
               groups+=("$words") ;;
        esac
    done
    [ ${#groups[@]} -gt 0 ] || { usage >&2; exit 2; }
    mapfile -t packages < <(missing "${groups[@]}")
    [ ${#packages[@]} -gt 0 ] || return 0
    if [ "$list" = yes ]; then
        printf '%s\n' "${packages[@]}"
        return 0
    fi
    install_packages "${packages[@]}"
    mapfile -t packages < <(missing "${groups[@]}")
    [ ${#packages[@]} -eq 0 ] || die "installed, yet not found: ${packages[*]}"
}

main "$@"
