#!/usr/bin/env bash
# Measures how small a leak can be seen: plants leaks of known sizes and counts in how many
# runs they are found.
#
#   scripts/detect.sh                 `compare`: 20 runs each of 4, 6, 8 and 16 bytes per request
#   scripts/detect.sh RUNS "SIZES"    the same with other numbers
#   scripts/detect.sh heap RUNS "8"   `measure` of an example service by this instrument
#   scripts/detect.sh preload RUNS "24"
#   scripts/detect.sh cost PAIRS      requests per second with `preload` over those without,
#                                     in pairs, one after the other, and the median
#
# Needs jq.
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
mode=compare
case ${1:-} in
heap | preload | cost)
    mode=$1
    shift
    ;;
esac
runs=${1:-20}
sizes=${2:-4 6 8 16}
case $runs in
'' | *[!0-9]*)
    printf 'usage: scripts/detect.sh [heap|preload|cost] [RUNS] ["SIZES in bytes"]\n' >&2
    exit 2
    ;;
esac

if [ "$mode" != compare ]; then
    cargo build --quiet -p leaklab -p preload
    cargo build --quiet -p measure --example shelf
    target=${CARGO_TARGET_DIR:-target}/debug
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    printf '### forget\nPOST http://127.0.0.1:18099/forget\n\n{{$uuid}}\n' >"$folder/one.http"
fi

# Exit code and result of `measure` by an instrument.
measured() {
    "$target/leaklab" measure --requests "$folder/one.http" --out "$folder/out" \
        --instrument "$@" -- "$target/examples/shelf" 127.0.0.1:18099 \
        >"$folder/text" 2>&1 && code=0 || code=$?
    if [ "$code" -gt 1 ]; then
        cat "$folder/text" >&2
        exit "$code"
    fi
}

found_once() { # SIZE SEED
    if [ "$mode" != compare ]; then
        measured "$mode" --plant "$1"
        [ "$code" = 0 ]
        return
    fi
    result=$(scripts/compare.sh c01 --leak-bytes "$1" --seed "$2" --format json) && code=0 || code=$?
    if [ "$code" -gt 1 ]; then
        printf 'detect.sh: seed %s did not finish (exit code %s)\n' "$2" "$code" >&2
        exit "$code"
    fi
    # Both twins of a control are flat: the only leak is the planted one.
    jq -e 'any(.lessons[] | (.twins, .failed_fixes)[]; .verdict == "LEAKS")' <<<"$result" >/dev/null
}

if [ "$mode" = cost ]; then
    for pair in $(seq 1 "$runs"); do
        for instrument in process preload; do
            # Long enough that a burst of other work does not decide it.
            measured "$instrument" --count 40000
            jq '.requests[0].reached_per_second' "$folder/out/measure.json"
        done | paste -s | awk -v pair="$pair" '{
            printf "pair %d: %d without, %d with, %.2f\n", pair, $1, $2, $2 / $1 }'
    done | tee "$folder/pairs"
    awk '{ print $NF }' "$folder/pairs" | sort -n | awk '
        { ratio[NR] = $1 }
        END { printf "median: %.2f\n", (ratio[int((NR + 1) / 2)] + ratio[int(NR / 2) + 1]) / 2 }'
    exit
fi

for size in $sizes; do
    found=0
    for seed in $(seq 1 "$runs"); do
        if found_once "$size" "$seed"; then found=$((found + 1)); fi
    done
    printf '%s bytes per request: found in %s of %s runs\n' "$size" "$found" "$runs"
done
