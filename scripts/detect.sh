#!/usr/bin/env bash
# Measures how small a leak a comparison can see: plants leaks of known sizes in the job of c01
# and counts in how many runs, each with its own seed, they are found.
#
#   scripts/detect.sh                 20 runs each of 4, 6, 8 and 16 bytes per request
#   scripts/detect.sh RUNS "SIZES"    the same with other numbers
#
# Needs jq.
set -euo pipefail

runs=${1:-20}
sizes=${2:-4 6 8 16}
case $runs in
'' | *[!0-9]*)
    printf 'usage: scripts/detect.sh [RUNS] ["SIZES in bytes"]\n' >&2
    exit 2
    ;;
esac

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

for size in $sizes; do
    found=0
    for seed in $(seq 1 "$runs"); do
        result=$(scripts/compare.sh c01 --leak-bytes "$size" --seed "$seed" \
            --format json) && code=0 || code=$?
        if [ "$code" -gt 1 ]; then
            printf 'detect.sh: seed %s did not finish (exit code %s)\n' "$seed" "$code" >&2
            exit "$code"
        fi
        # Both twins of a control are flat: the only leak is the planted one.
        if jq -e 'any(.lessons[] | (.twins, .failed_fixes)[]; .verdict == "LEAKS")' <<<"$result" >/dev/null; then
            found=$((found + 1))
        fi
    done
    printf '%s bytes per request: found in %s of %s runs\n' "$size" "$found" "$runs"
done
