#!/usr/bin/env bash
# Fuzzes both twins with schemathesis: every check, every phase, ids that exist.
#
#   scripts/fuzz.sh                  2,000 requests or more to each twin
#   scripts/fuzz.sh 500              fewer
#   scripts/fuzz.sh 2000 42          with this seed; by default it differs from run to run
#   scripts/fuzz.sh 2000 42 fixed    one twin
#
# Exit code 0 without findings, 1 with one, 2 when something is missing. The reports are
# in target/fuzz. scripts/fuzz/ has the configuration and the reason for each exception.
set -euo pipefail

version=4.32.5
cases=${1:-2000}
seed=${2:-$RANDOM}
twins=("${@:3}")
[ "${#twins[@]}" -gt 0 ] || twins=(leaky fixed)
case $cases$seed in
*[!0-9]*)
    printf 'usage: scripts/fuzz.sh [REQUESTS [SEED [TWIN…]]]\n' >&2
    exit 2
    ;;
esac

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

found=$(schemathesis --version 2>/dev/null) || found=nothing
if [ "${found##* }" != "$version" ]; then
    printf 'fuzz.sh: needs schemathesis %s, found %s; run: pip install schemathesis==%s\n' \
        "$version" "$found" "$version" >&2
    exit 2
fi
cargo build --quiet -p leaklab -p engine -p leaky -p fixed
exec python3 scripts/fuzz/run.py "$cases" "$seed" "${twins[@]}"
