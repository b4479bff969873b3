#!/usr/bin/env bash
# Repeats the comparison with different seeds and counts everything that is not as expected.
#
#   scripts/repeat.sh 10            ten runs of every lesson
#   scripts/repeat.sh 10 c --quick  further arguments go to `leaklab compare`
#
# Exit code 0 when every run is as expected, 1 when one is not. Needs jq.
set -euo pipefail

case ${1:-} in
'' | *[!0-9]*)
    printf 'usage: scripts/repeat.sh RUNS [arguments of leaklab compare]\n' >&2
    exit 2
    ;;
esac
runs=$1
shift

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

verdicts=0 wrong=0 failed=0
for seed in $(seq 1 "$runs"); do
    result=$(scripts/compare.sh --seed "$seed" --format json "$@") && code=0 || code=$?
    if [ "$code" -gt 1 ]; then
        printf 'repeat.sh: seed %s did not finish (exit code %s)\n' "$seed" "$code" >&2
        exit "$code"
    fi
    # Mismatches are more than verdicts: metrics, answers, errors, the burst.
    mismatches=$(jq -r '.lessons[] | .id as $id | .mismatches[] | "  \($id): \(.)"' <<<"$result")
    found=$(jq '[.lessons[] | (.twins, .failed_fixes)[].verdict] | length' <<<"$result")
    again=$(jq '[.lessons[] | (.twins, .failed_fixes)[] | select(.attempts > 1)] | length' <<<"$result")
    count=$(grep -c . <<<"$mismatches" || true)
    verdicts=$((verdicts + found)) wrong=$((wrong + count))
    [ "$code" -eq 0 ] || failed=$((failed + 1))
    printf 'seed %s: %s verdicts, %s mismatches, %s measured again, exit code %s\n' \
        "$seed" "$found" "$count" "$again" "$code"
    [ -z "$mismatches" ] || printf '%s\n' "$mismatches"
done
printf '%s runs, %s verdicts: %s mismatches, %s runs with exit code 1\n' "$runs" "$verdicts" "$wrong" "$failed"
[ "$wrong" -eq 0 ] && [ "$failed" -eq 0 ]
