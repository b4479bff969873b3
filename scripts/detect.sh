#!/usr/bin/env bash
# How small a leak can a comparison see? Plants leaks of known sizes in the job of c01 and
# counts in how many runs, with different seeds, each of them is found.
# Usage: scripts/detect.sh [RUNS, 20 unless given] [SIZES in bytes, "4 6 8 16"]
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
        result=$(scripts/compare.sh c01_client_clones --leak-bytes "$size" --seed "$seed" \
            --format json) && code=0 || code=$?
        if [ "$code" -gt 1 ]; then
            printf 'detect.sh: seed %s did not finish (exit code %s)\n' "$seed" "$code" >&2
            exit "$code"
        fi
        # The twins of a control are flat, so the only leak is the planted one.
        if grep -q '"verdict": "LEAKS"' <<<"$result"; then
            found=$((found + 1))
        fi
    done
    printf '%s bytes a request: found in %s of %s runs\n' "$size" "$found" "$runs"
done
