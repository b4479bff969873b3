#!/usr/bin/env bash
# Runs the comparison again and again with different seeds and counts the verdicts that are
# as expected. Usage: scripts/repeat.sh RUNS [arguments of compare]
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

verdicts=0
missed=0
for seed in $(seq 1 "$runs"); do
    result=$(scripts/compare.sh --seed "$seed" --format json "$@") && code=0 || code=$?
    if [ "$code" -gt 1 ]; then
        printf 'repeat.sh: seed %s did not finish (exit code %s)\n' "$seed" "$code" >&2
        exit "$code"
    fi
    found=$(grep -c '"verdict":' <<<"$result" || true)
    # Each surprise stands on a line of its own in the list of a lesson.
    wrong=$(grep -cE '^ +"(leaky|fixed) is [A-Z]+, expected' <<<"$result" || true)
    verdicts=$((verdicts + found))
    missed=$((missed + wrong))
    printf 'seed %s: %s verdicts, %s not as expected, exit code %s\n' \
        "$seed" "$found" "$wrong" "$code"
    if [ "$code" -ne 0 ]; then
        sed -n '/"surprises": \[$/,/\]/p' <<<"$result"
    fi
done
printf '%s of %s verdicts as expected\n' "$((verdicts - missed))" "$verdicts"
[ "$missed" -eq 0 ]
