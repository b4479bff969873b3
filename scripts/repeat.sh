#!/usr/bin/env bash
# Repeats the comparison with different seeds and counts everything that is not as expected.
#
#   scripts/repeat.sh 10            ten runs of every lesson
#   scripts/repeat.sh 10 --stress   the same while stress-ng loads processor, disk and memory
#   scripts/repeat.sh 10 c --quick  further arguments go to `leaklab compare`
#
# Exit code 0 when every run is as expected, 1 when one is not. Under stress, INCONCLUSIVE with
# its reason is as expected, and counted. Needs jq, and stress-ng for --stress.
set -euo pipefail

case ${1:-} in
'' | *[!0-9]*)
    printf 'usage: scripts/repeat.sh RUNS [--stress] [arguments of leaklab compare]\n' >&2
    exit 2
    ;;
esac
runs=$1
shift

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

if [ "${1:-}" = --stress ]; then
    shift
    # Built before, because a build is slow under stress.
    scripts/compare.sh --help >/dev/null
    folder=$(mktemp -d)
    # Two busy programs for each core, two that write to the disk, one that fills memory.
    stress-ng --quiet --temp-path "$folder" --cpu 4 --hdd 2 --hdd-bytes 64m \
        --vm 1 --vm-bytes 512m &
    stress=$!
    trap 'kill "$stress" 2>/dev/null; wait "$stress" 2>/dev/null || true; rm -rf "$folder"' EXIT
    allowed=INCONCLUSIVE
fi

verdicts=0 wrong=0 failed=0 open=0
for seed in $(seq 1 "$runs"); do
    result=$(scripts/compare.sh --seed "$seed" --format json "$@") && code=0 || code=$?
    if [ "$code" -gt 1 ]; then
        printf 'repeat.sh: seed %s did not finish (exit code %s)\n' "$seed" "$code" >&2
        exit "$code"
    fi
    # Mismatches are more than verdicts: metrics, answers, errors, the burst.
    mismatches=$(jq -r '.lessons[] | .id as $id | .mismatches[] | "  \($id): \(.)"' <<<"$result")
    count() { jq "[.lessons[] | (.twins, .failed_fixes)[] | select($1)] | length" <<<"$result"; }
    found=$(count true) again=$(count '.attempts > 1')
    repeated=$(count '.pressure.repeated != []')
    inconclusive=$(grep -c " is ${allowed:-none}, " <<<"$mismatches" || true)
    unexpected=$(($(grep -c . <<<"$mismatches" || true) - inconclusive))
    verdicts=$((verdicts + found)) wrong=$((wrong + unexpected)) open=$((open + inconclusive))
    # A run whose lessons are all as expected ends with 0, and every other one with 1.
    [ "$code" -eq 0 ] || [ -n "$mismatches" ] || failed=$((failed + 1))
    printf 'seed %s: %s verdicts, %s mismatches, %s inconclusive, %s took several attempts, %s sent rounds again, exit code %s\n' \
        "$seed" "$found" "$unexpected" "$inconclusive" "$again" "$repeated" "$code"
    [ -z "$mismatches" ] || printf '%s\n' "$mismatches"
done
printf '%s runs, %s verdicts: %s mismatches, %s inconclusive under stress, %s runs with exit code 1 and no reason\n' \
    "$runs" "$verdicts" "$wrong" "$open" "$failed"
[ "$wrong" -eq 0 ] && [ "$failed" -eq 0 ]
