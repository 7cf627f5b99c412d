#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# gen-options.sh: keeps the option table of README.md equal to the one the agent parses with.
#
#   scripts/gen-options.sh           rewrites the block between <!-- options:begin --> and <!-- options:end -->
#   scripts/gen-options.sh --check   changes nothing; exit 1 and the difference if the block is not up to date
#
# The block is what `build/weir options --markdown` prints (WEIR_BIN names another binary, README another file).
# Exit 2: no usable block or no binary.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readme=${README:-$root/README.md}
weir=${WEIR_BIN:-$root/build/weir}
begin='<!-- options:begin -->'
end='<!-- options:end -->'

die()
{
    echo "gen-options.sh: $1" >&2
    exit "${2:-2}"
}

case "${1:-}" in
    '' | --check) ;;
    *) die "unknown argument $1; takes nothing or --check" ;;
esac

# An absent README is a failed check, not a passed one.
[ -f "$readme" ] || die "there is no ${readme#"$root"/}: nothing to put the options into" 1
[ -x "$weir" ] || die "there is no ${weir#"$root"/}: run make first"
if [ "$(grep -cxF -e "$begin" "$readme")" != 1 ] || [ "$(grep -cxF -e "$end" "$readme")" != 1 ]; then
    die "${readme#"$root"/} needs one line '$begin' and one line '$end'"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$weir" options --markdown >"$work/block" || die "$weir options --markdown failed"
[ -s "$work/block" ] || die "$weir options --markdown printed nothing"

awk -v begin="$begin" -v end="$end" -v block="$work/block" '
    $0 == end { if (!inside) exit 3; inside = 0 }
    !inside { print }
    $0 == begin { inside = 1; while ((getline line < block) > 0) print line }
    END { if (inside) exit 3 }
' "$readme" >"$work/readme" || die "${readme#"$root"/}: '$end' must follow '$begin'"

if cmp -s "$readme" "$work/readme"; then
    exit 0
fi
if [ "${1:-}" = --check ]; then
    diff -u "$readme" "$work/readme" >&2 || true
    die "the options in ${readme#"$root"/} are out of date: run scripts/gen-options.sh" 1
fi
cat "$work/readme" >"$readme" # keeps the file's mode and links
