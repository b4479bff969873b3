#!/usr/bin/env bash
# Builds the driver, the engine, both twins and the decoys, then runs `leaklab compare` with the given arguments.
#
#   scripts/compare.sh                every lesson and control
#   scripts/compare.sh l11 --quick    one lesson, with fewer rounds and requests
#   scripts/compare.sh --format json  the result on stdout, and nothing else there
#
# It works from the repository's root, so a relative --out starts there.
# Exit codes are those of `leaklab compare`; 3 also says that the build failed.
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
# cargo's progress is for people: scripts see its warnings and errors only.
quiet=--quiet
if [ -t 2 ]; then
    quiet=
fi
if [ ! -x "$target/debug/leaklab" ]; then
    printf 'compare.sh: the first build takes a few minutes\n' >&2
fi
# The option outranks cargo's own settings, so the programs lie where they are looked for.
cargo build ${quiet:+"$quiet"} --target-dir "$target" -p leaklab -p engine -p leaky -p fixed -p decoys >&2 ||
    fail "the build failed"

exec "$target/debug/leaklab" compare "$@"
