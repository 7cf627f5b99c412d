#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# dist.sh: packs what `make` built into build/weir-VERSION-linux-ARCH.tar.gz: one folder, which works
# where it is unpacked, in an image that holds no more than a JRE. libunwind and what it needs lie
# beside libweir.so, as this system has them; libweir.so looks there first. The same folder stays
# beside the package, and what debuggers want in build/weir-VERSION-linux-ARCH-debug/.
#
# The same tree and compiler give the same bytes, whatever the directory, the time and the user:
# names sorted, one time (SOURCE_DATE_EPOCH, else that of the last commit), no owner, and paths of
# the build left out by the Makefile's -ffile-prefix-map. `--check` builds twice and compares.
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/.."

usage() {
    cat <<'EOF'
usage: scripts/dist.sh            packs build/libweir.so and build/weir
       scripts/dist.sh --check    builds copies of the tree in two places and compares the packages
EOF
}

die() {
    printf 'dist.sh: %s\n' "$*" >&2
    exit 1
}

version=$(sed -n 's/^.define WEIR_VERSION "\(.*\)"/\1/p' include/weir.h)
name=weir-$version-linux-$(uname -m)

# A tree without its history, as an archive of the sources is, has the time 0.
epoch() { echo "${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}"; }

# FILE: stripped into the folder; what was stripped lies in the debug folder, and is linked to.
put_binary() {
    local from=build/$1 to=build/$name/$1 debug=build/$name-debug/$1.debug
    objcopy --only-keep-debug "$from" "$debug"
    objcopy --strip-unneeded --add-gnu-debuglink="$debug" "$from" "$to"
    chmod 0755 "$to"
    chmod 0644 "$debug"
}

# This system's file of a library that libweir.so opens, or that such a one needs.
put_library() {
    local from newest
    from=$("${CC:-cc}" -print-file-name="$1")
    [ "$from" != "$1" ] || die "no $1 here; run scripts/deps.sh build"
    install -m 0755 "$(readlink -f "$from")" "build/$name/$1"
    newest=$(readelf --dyn-syms -W "$from" | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -1)
    [ "$(printf '%s\n' "$newest" GLIBC_2.34 | sort -V | tail -1)" = GLIBC_2.34 ] ||
        echo "dist: $1 of this system asks for $newest: where that is missing, stacks of native memory are short" >&2
}

pack() {
    local library
    if [ ! -r build/libweir.so ] || [ ! -x build/weir ]; then
        die "nothing to pack; run make"
    fi
    rm -rf "build/$name" "build/$name-debug" "build/$name.tar.gz"
    mkdir -p "build/$name" "build/$name-debug"
    put_binary libweir.so
    put_binary weir
    for library in libunwind-$(uname -m).so.8 libunwind.so.8 liblzma.so.5; do
        put_library "$library"
    done
    install -m 0644 LICENSE scripts/LICENSE.libyaml scripts/LICENSE.libunwind README.md "build/$name"
    scripts/check-symbols.sh "build/$name/libweir.so"
    scripts/check-symbols.sh --program "build/$name/weir"
    tar -C build --sort=name --format=ustar --mtime="@$(epoch)" --owner=0 --group=0 --numeric-owner \
        --mode='u=rwX,go=rX' -cf - "$name" | gzip -9n >"build/$name.tar.gz"
    echo "dist: build/$name.tar.gz, $(stat -c %s "build/$name.tar.gz") bytes," \
        "sha256 $(sha256sum "build/$name.tar.gz" | cut -d' ' -f1)"
}

# DIR, UMASK: a copy of the sources as they stand here, built and packed there.
build_copy() {
    mkdir -p "$1"
    git ls-files -z --cached --others --exclude-standard | xargs -0 tar -cf - | tar -C "$1" -xf -
    (cd "$1" && umask "$2" && make -s -j"$(nproc)" dist >/dev/null)
}

check() {
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    local here=$work/here there=$work/a/longer/path/over/there
    SOURCE_DATE_EPOCH=$(epoch)
    export SOURCE_DATE_EPOCH
    build_copy "$here" 022
    build_copy "$there" 077
    cmp "$here/build/$name.tar.gz" "$there/build/$name.tar.gz" || die "two builds of the same tree differ"
    echo "dist: two builds, in two places and with two umasks, are the same" \
        "$(stat -c %s "$here/build/$name.tar.gz") bytes"
}

case ${1:-} in
    '') pack ;;
    --check) check ;;
    -h | --help) usage ;;
    *) usage >&2; exit 2 ;;
esac
