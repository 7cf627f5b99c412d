#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# jdks.sh: which HotSpot JDKs this machine has, and how to get the ones it lacks.
#
# A JDK that the system's own suites do not hold is taken from another suite of the same
# distribution through a private apt configuration, and unpacked, not installed, into a cache:
# the machine's packages and its default java stay as they are. The mirror is the one the
# machine's apt already uses. A JDK that needs a newer glibc than the machine's gets that
# suite's C library beside it, and its programs are patched to start with it, so that
# HOME/bin/java just runs, without a chroot or a wrapper.
#
# The patch: ELF interpreter and DT_RPATH of the programs in bin/ and lib/. The JDK's libraries
# stay untouched: none has a DT_RUNPATH, so the program's DT_RPATH holds for them and for agents.
set -euo pipefail

readonly here=${BASH_SOURCE[0]%/*}
readonly cache=${WEIR_JDK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/weir/jdks}
readonly system_jdks=${WEIR_SYSTEM_JDKS:-/usr/lib/jvm}  # where the system's packages put theirs
readonly required=(17 25)                               # --get fails without these
work=

# These would change what java prints and does below.
unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS

usage() {
    cat <<EOF
usage: scripts/jdks.sh                prints "MAJOR HOME" for each HotSpot JDK that runs here
       scripts/jdks.sh --home MAJOR   prints the HOME of one, or fails
       scripts/jdks.sh --get [MAJOR...]
                                      gets those that are missing (default: 11 17 21 25);
                                      succeeds if ${required[*]} are there in the end
Looks at JAVA_HOME, $system_jdks and $cache
(settings: WEIR_SYSTEM_JDKS, WEIR_JDK_CACHE).
EOF
}

say() { printf 'jdks.sh: %s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

# ---- listing

# Prints the major version of a HotSpot JDK that runs; fails for anything else.
major_of() {
    local out re='version "(1\.)?([0-9]+)'
    [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 1
    out=$("$1/bin/java" -version 2>&1) || return 1
    [[ $out == *' Server VM '* && $out =~ $re ]] || return 1    # OpenJ9 has no "Server VM"
    echo "${BASH_REMATCH[2]}"
}

candidates() {
    local home
    for home in "${JAVA_HOME:-}" "$system_jdks"/* "$cache"/*/usr/lib/jvm/java-*; do
        [ -d "$home" ] && readlink -f "$home"
    done | awk '!seen[$0]++'
}

# One line per major version; the first candidate wins.
list() {
    local home major
    while read -r home; do
        major=$(major_of "$home") && printf '%s %s\n' "$major" "$home"
    done < <(candidates) | sort -s -n -u -k1,1
}

home_of() { list | awk -v major="$1" '$1 == major { print $2; found = 1 } END { exit !found }'; }

# ---- the private apt

# Prints "BASE SUITE" for each suite of the machine's apt, whether or not its lists are here.
machine_suites() {
    apt-get update --print-uris 2>/dev/null |
        sed -n "s|^'\(.*\)/dists/\([^/]*\)/InRelease'.*|\1 \2|p"
}

# Prints the lines of a sources list that may hold a JDK of the major version.
sources_for() {
    local distribution codename keyring release main security
    # shellcheck source=/dev/null
    read -r distribution codename < <(. /etc/os-release && echo "$ID" "${VERSION_CODENAME:-none}")
    keyring=/usr/share/keyrings/$distribution-archive-keyring.gpg
    if [ -e "$keyring" ]; then keyring="[signed-by=$keyring]"; else keyring=; fi
    if [ "$distribution" != debian ]; then          # Ubuntu keeps all of them in its own suites
        machine_suites | sed "s|^|deb $keyring |; s|\$| main universe|"
        return
    fi
    case $1 in
        11) release=bullseye ;;
        17) release=bookworm ;;
        21 | 25) release=trixie ;;
        *) return 0 ;;
    esac
    main=$(machine_suites | awk -v suite="$codename" '$2 == suite { base = $1 } END { print base }')
    security=$(machine_suites | awk '$2 ~ /-security$/ { base = $1 } END { print base }')
    [ -z "$main" ] || echo "deb $keyring $main $release main"
    [ -z "$security" ] || echo "deb $keyring $security $release-security main"
}

# An apt that sees $work/sources.list and nothing of the machine's own state.
private_apt_setup() {
    mkdir -p "$work"/state/lists/partial "$work"/cache/archives/partial "$work/debs"
    : >"$work/status"
    apt_options=(
        -q -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=3 -o Acquire::Languages=none
        -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
        -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
        -o Dir::State="$work/state" -o Dir::State::status="$work/status"
        -o Dir::Cache="$work/cache")
}

has_candidate() {
    apt-cache "${apt_options[@]}" policy "$1" | grep 'Candidate: [^(]' >/dev/null
}

suites() { awk '{ print $(NF - (/universe/ ? 2 : 1)) }' "$1" | xargs; }

download() { (cd "$work/debs" && apt-get "${apt_options[@]}" download "$@" >&2); }

# The newest libc6 that any of the downloaded packages asks for.
glibc_needed() {
    local deb
    for deb in "$work"/debs/*.deb; do
        dpkg-deb -f "$deb" Depends
    done | sed -n 's/.*libc6 (>= \([0-9.]*\)).*/\1/p' | sort -V | tail -1
}

glibc_suffices() {
    local have
    read -r _ have < <(getconf GNU_LIBC_VERSION)
    dpkg --compare-versions "$have" ge "$1"
}

# ---- unpacking

# Debian's JDKs link their configuration into /etc; let the links stay inside the tree.
relink() {
    local root=$1 link target
    find "$root/usr/lib/jvm" -type l -lname '/*' | while read -r link; do
        target=$root$(readlink "$link")
        [ ! -e "$target" ] || ln -sfnr "$target" "$link"
    done
}

# Makes the programs of a JDK start with the C library unpacked beside it, once it is at $3.
patch_programs() {
    local root=$1 home=$2 final=$3 program loader libs
    for program in "$home"/bin/* "$home"/lib/jspawnhelper "$home"/lib/jexec; do
        loader=$(patchelf --print-interpreter "$program" 2>/dev/null) || continue
        loader=$(find "$root/usr/lib" -name "${loader##*/}" -type f -print -quit)
        [ -n "$loader" ] || die "the packages hold no dynamic linker for $program"
        loader=$final${loader#"$root"}
        libs=${loader%/*}
        # shellcheck disable=SC2016     # $ORIGIN is for the dynamic linker
        patchelf --set-interpreter "$loader" \
            --force-rpath --set-rpath '$ORIGIN:$ORIGIN/../lib:'"$libs" "$program"
    done
}

# Runs what a test needs of a JDK: class data sharing, a native agent, a child process.
try_out() {
    local home=$1
    cat >"$work/TryOut.java" <<'EOF'
public class TryOut {
    public static void main(String[] args) throws Exception {
        System.exit(new ProcessBuilder("true").inheritIO().start().waitFor());
    }
}
EOF
    "$home/bin/java" -Xshare:on -version || "$home/bin/java" -Xshare:dump || return 1
    "$home/bin/java" -agentlib:jdwp=transport=dt_socket,server=y,suspend=n,quiet=y \
        "$work/TryOut.java"
}

# The tree gets its name when it is whole, so that one left by an interrupted run is never listed.
unpack() {
    local major=$1 own_libc=$2 final=$cache/$1 root=$cache/.$1.part deb home
    rm -rf "$root" "$final"
    mkdir -p "$root"
    for deb in "$work"/debs/*.deb; do
        dpkg-deb -x "$deb" "$root"
    done
    home=$(find "$root/usr/lib/jvm" -mindepth 1 -maxdepth 1 -type d -name "java-$major-*")
    [ -n "$home" ] || die "the packages hold no java-$major"
    rm -rf "${root:?}/usr/share" "$home/jmods" "$home/docs" "$home/man"     # 80 MB nothing here uses
    relink "$root"
    [ "$own_libc" = no ] || patch_programs "$root" "$home" "$final"
    mv "$root" "$final"
    try_out "$final${home#"$root"}" >"$work/log" 2>&1 && return
    rm -rf "$final"
    die "JDK $major is unpacked but does not run here: $(tail -1 "$work/log")"
}

# ---- getting

# The JDK 17 is also what Weir is built with, so it is installed where that is possible.
get_one() {
    local major=$1 package=openjdk-$1-jdk-headless own_libc=no apt_options
    if [ "$major" = 17 ] && "$here/deps.sh" java; then
        return
    fi
    say "getting a JDK $major"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    sources_for "$major" >"$work/sources.list"
    [ -s "$work/sources.list" ] || die "no suite is known that holds a JDK $major"
    private_apt_setup
    apt-get "${apt_options[@]}" update >&2 || say "not every suite could be read; going on"
    has_candidate "$package" || die "not found: $package in $(suites "$work/sources.list")"
    download "$package" "openjdk-$major-jre-headless"
    if ! glibc_suffices "$(glibc_needed)"; then
        own_libc=yes
        "$here/deps.sh" jdks
        download libc6 zlib1g libstdc++6 libgcc-s1
    fi
    unpack "$major" "$own_libc"
    say "JDK $major is ready"
}

get() {
    local major have
    have=" $(list | cut -d' ' -f1 | xargs) "
    for major in "$@"; do
        [[ $have == *" $major "* ]] && continue
        mkdir -p "$cache"
        # A process of its own, so that its first error ends it and nothing else; one at a time.
        flock "$cache/.lock" "$0" --get-one "$major" </dev/null || say "no JDK $major: see above"
    done
    have=" $(list | cut -d' ' -f1 | xargs) "
    for major in "${required[@]}"; do
        [[ $have == *" $major "* ]] || die "a JDK $major is needed and was not obtained"
    done
}

main() {
    case ${1:-} in
        '') list ;;
        --home) home_of "${2:?which major version?}" ;;
        --get) shift; [ $# -gt 0 ] || set -- 11 17 21 25; get "$@" ;;
        --get-one) [ -n "$(home_of "$2" || true)" ] || get_one "$2" ;;
        -h | --help) usage ;;
        *) usage >&2; exit 2 ;;
    esac
}

main "$@"
