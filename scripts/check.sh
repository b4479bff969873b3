#!/usr/bin/env bash
# The gate: format, lints, tests, documentation. It stops at the first failure.
set -euo pipefail

current="before the first step"

step() {
    current=$*
    printf '== %s\n' "$current"
    "$@"
}

conclude() {
    status=$?
    if [ -z "$current" ]; then
        printf 'check.sh: all steps passed\n'
    elif [ "$status" -eq 0 ]; then
        # After a signal, the status is that of the command before it.
        printf 'check.sh: interrupted: %s\n' "$current"
    else
        printf 'check.sh: failed (exit code %s): %s\n' "$status" "$current"
    fi
}
trap conclude EXIT

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

step cargo fmt --all --check
# Their `mod` lines come from a macro, which rustfmt does not expand.
step rustfmt --check --edition 2024 crates/*/src/lessons/*.rs
step cargo clippy --workspace --all-targets --all-features -- -D warnings
step cargo test --workspace
step env RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps
current=
