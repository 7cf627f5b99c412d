#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# flink-image.sh: a TaskManager as in Flink's official image, without Docker and without the image:
# the same layout, made of what this machine has, in mount and process namespaces of its own.
#
#   scripts/flink-image.sh make ROOT DIST          lays out ROOT (kept when it is there); DIST: make dist's folder
#   scripts/flink-image.sh tm ROOT FLINK CONF [-D key=value ...]
#                                                  becomes a TaskManager in it; needs root. FLINK: of
#                                                  flink.sh; CONF: what differs from its conf/
#
# As in the image: a JRE in /opt/java/openjdk, made with jlink (no jcmd, no jdk.attach, no compiler);
# Flink in /opt/flink; uid and gid 9999 without a capability or a further group; the JVM is pid 1;
# jemalloc of Debian's package preloaded by LD_PRELOAD; the root read-only, but for tmpfs on /tmp and
# /opt/flink/log. The only programs are java's and Weir's, in /opt/weir: there is no shell.
# Main class, flags and argument order are those of Flink's own scripts (flink-flags.sh). The host's
# network is shared, so that a JobManager outside is reached. JAVA_HOME: the JDK 17 the JRE is made of.
set -euo pipefail
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)

MODULES=java.se,jdk.unsupported,jdk.zipfs,jdk.crypto.ec,jdk.management,jdk.management.agent,jdk.naming.dns
MODULES+=,jdk.net,jdk.charsets,jdk.localedata,jdk.httpserver,jdk.jfr,jdk.security.auth,jdk.security.jgss,jdk.xml.dom
FLINK_ID=9999

die() {
    printf 'flink-image.sh: %s\n' "$*" >&2
    exit 1
}

jemalloc() {
    local lib
    for lib in /usr/lib/*-linux-gnu/libjemalloc.so.2; do
        [ -e "$lib" ] && echo "$lib" && return
    done
    die "libjemalloc.so.2 is missing; see scripts/deps.sh test"
}

# The libraries that the JRE and jemalloc ask for, under the names they ask for, and the dynamic linker.
libraries() {
    find "$1/opt/java/openjdk" -name '*.so' -print0 | xargs -0 ldd "$(jemalloc)" "$1/opt/java/openjdk/bin/java" 2>/dev/null |
        sed -n 's/.*=> \(\/[^ ]*\) (.*/\1/p; s/^[ \t]*\(\/[^ ]*\) (.*/\1/p' | grep -v "^$1" | sort -u
}

put_file() {
    mkdir -p "$2$(dirname "$1")"
    cp -L "$1" "$2$1"
}

make_root() {
    local root=$1 dist=$2 jdk file
    if [ ! -e "$root/.complete" ]; then
        jdk=${JAVA_HOME:-$("$here/jdks.sh" --home 17)}
        rm -rf "${root:?}"
        mkdir -p "$root"/{proc,dev,tmp,etc,opt/java,opt/weir,opt/flink/{lib,conf,log}}
        "$jdk/bin/jlink" --add-modules "$MODULES" --output "$root/opt/java/openjdk"
        while read -r file; do
            put_file "$file" "$root"
        done < <(libraries "$root"; jemalloc)
        echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
        cp /etc/hosts /etc/resolv.conf "$root/etc/"
        printf 'root:x:0:0::/:/\nflink:x:%s:%s::/opt/flink:/\n' $FLINK_ID $FLINK_ID >"$root/etc/passwd"
        printf 'root:x:0:\nflink:x:%s:\n' $FLINK_ID >"$root/etc/group"
        chmod -R go=rX "$root"
        touch "$root/.complete"
    fi
    rm -rf "${root:?}/opt/weir"
    cp -r "$dist" "$root/opt/weir"
    chmod -R go=rX "$root/opt/weir"
}

# Inside the namespaces, as root: mounts, then the words behind ROOT, FLINK, the library to preload and
# `pivot`, as uid 9999. Its own
# /dev, because that of a host may be mounted nodev or hold more than an image's.
# shellcheck disable=SC2016     # expanded by that shell
inside='
    set -e
    root=$1 flink=$2 preload=$3 pivot=$4; shift 4
    mount --bind "$root" "$root"
    mount --bind "$flink/lib" "$root/opt/flink/lib"
    mount --bind "$flink/conf" "$root/opt/flink/conf"
    mount -o remount,bind,ro "$root/opt/flink/lib"
    mount -o remount,bind,ro "$root/opt/flink/conf"
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=0755 dev "$root/dev"
    for node in "null 3" "zero 5" "random 8" "urandom 9"; do
        mknod -m 0666 "$root/dev/${node% *}" c 1 "${node#* }"
    done
    mount -t tmpfs -o mode=1777 tmp "$root/tmp"
    mount -t tmpfs -o mode=0755,uid=9999,gid=9999 log "$root/opt/flink/log"
    mount -o remount,bind,ro "$root"
    cd "$root"
    LD_PRELOAD=$preload exec setpriv --no-new-privs --inh-caps=-all perl -e "$pivot" "$@"'

# As container runtimes do: the new root over the old one, then the old one is gone, so that nothing
# outside has a path inside. With the new root no program of ours is left to do it: perl, which every
# Debian has, is in memory already.
# shellcheck disable=SC2016     # perl's variables
pivot='
    use POSIX ();
    my ($pivot_root, $umount2) = (POSIX::uname())[4] eq "aarch64" ? (41, 39) : (155, 166);
    my ($here, $detach) = (".", 2);
    syscall($pivot_root, $here, $here) == 0 or die "pivot_root: $!";
    syscall($umount2, $here, $detach) == 0 or die "umount: $!";
    chdir "/opt/flink" or die "chdir: $!";
    $) = "9999 9999";
    POSIX::setgid(9999) and POSIX::setuid(9999) or die "setuid: $!";
    exec @ARGV or die "exec: $!"'

task_manager() {
    local root=$1 flink=$2 conf=$3 work memory options dynamic logs args
    shift 3
    [ "$(id -u)" = 0 ] || die "mounts need root"
    work=$conf.image # stays: this script becomes the JVM
    rm -rf "${work:?}"
    mkdir -p "$work/conf"
    ln -s "$flink/lib" "$work/lib"
    cp "$flink"/conf/* "$work/conf/"
    cp "$conf"/* "$work/conf/"
    chmod -R go=rX "$work"
    { read -r memory; read -r options; read -r dynamic; } < <("$here/flink-flags.sh" tm "$flink" "$work/conf" "$@" 2>"$work/flags.log") ||
        { cat "$work/flags.log" >&2; die "no flags"; }
    export FLINK_CONF_DIR=/opt/flink/conf FLINK_LOG_DIR=/opt/flink/log JVM_ARGS=$memory DYNAMIC_PARAMETERS=$dynamic
    logs=$(cat "$work/flags.log")
    export FLINK_INHERITED_LOGS="
RESOURCE_PARAMS extraction logs:
jvm_params: $memory
dynamic_configs: $dynamic
logs: $logs
"
    options=$(eval echo "$options")
    # Word splitting of the three strings is what Flink's scripts do, too.
    # shellcheck disable=SC2206
    args=(/opt/java/openjdk/bin/java $memory $options
          -Dlog.file=/opt/flink/log/flink--taskexecutor-0-image.log
          -Dlog4j.configurationFile=file:/opt/flink/conf/log4j-console.properties
          -classpath '/opt/flink/lib/*' org.apache.flink.runtime.taskexecutor.TaskManagerRunner
          --configDir /opt/flink/conf $dynamic "$@")
    exec unshare --mount --propagation private --pid --fork --kill-child \
        sh -c "$inside" sh "$root" "$work" "$(jemalloc)" "$pivot" "${args[@]}"
}

case ${1:-} in
    make) [ $# -eq 3 ] || die "make ROOT DIST"; make_root "$2" "$3" ;;
    tm) [ $# -ge 4 ] || die "tm ROOT FLINK CONF"; task_manager "${@:2}" ;;
    *) sed -n '7,10s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
