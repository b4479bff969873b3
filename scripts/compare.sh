#!/usr/bin/env bash
# Builds the driver, the engine and both twins (and the failed fixes where they are asked
# for), then runs `leaklab compare` with the given arguments.
#
#   scripts/compare.sh                every lesson and control
#   scripts/compare.sh l11 --quick    one lesson, with fewer rounds and requests
#   scripts/compare.sh --format json  the result on stdout, and nothing else there
#
# It works from the repository's root, so a relative --out starts there.
# Exit codes are those of `leaklab compare`; a failed build is 3 as well.
set -euo pipefail

fail() {
    printf 'compare.sh: %s\n' "$*" >&2
    exit 3
}

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

command -v cargo >/dev/null ||
    fail "cargo is missing: install Rust 1.95 or later with rustup (https://rustup.rs) and open a new terminal"
# ring and SQLite are partly C, and the linker is called through cc.
command -v cc >/dev/null ||
    fail "the C compiler cc is missing: 'apt-get install build-essential' (Debian, Ubuntu), 'dnf install gcc' (Fedora), 'xcode-select --install' (macOS)"

target=${CARGO_TARGET_DIR:-target}

# The option outranks cargo's own settings, so the programs are where the script expects them.
packages=(-p leaklab -p engine -p leaky -p fixed)
case " $* " in
*" --failed-fix"* | *" --leak-bytes"*) packages+=(-p decoys) ;;
esac
build() {
    cargo build --target-dir "$target" "${packages[@]}"
}

# A terminal shows cargo's progress bar. A pipe gets a line for every 20 crates, and one for
# each of ours, which are few and slow.
count() {
    local crates=0 line name
    # Not awk: mawk, which is Debian's, waits for 4 kB of lines.
    while IFS= read -r line; do
        case $line in
        *' Compiling '*)
            crates=$((crates + 1))
            if [ "$((crates % 20))" = 0 ]; then
                printf 'compare.sh: built %d of about %d crates\n' "$crates" "$1"
            fi
            if [[ $line == *'('* ]]; then
                name=${line#*Compiling }
                printf 'compare.sh: building %s\n' "${name%% *}"
            fi
            ;;
        *' Downloading '* | *' Downloaded '* | *' Finished '* | *' Locking '* | *' Updating '*) ;;
        *) printf '%s\n' "$line" ;;
        esac
    done
}

if [ ! -x "$target/debug/leaklab" ]; then
    printf 'compare.sh: the first build takes several minutes; later ones take seconds\n' >&2
fi
if [ -t 2 ]; then
    build >&2 || fail "the build failed"
else
    total=$(cargo tree --workspace --edges normal,build --prefix none 2>/dev/null |
        sed 's/ (\*)$//' | sort -u | wc -l | tr -d ' ')
    build 2>&1 >/dev/null | count "$total" >&2 || fail "the build failed"
fi

exec "$target/debug/leaklab" compare "$@"
