#!/usr/bin/env bash
# Builds blind services, measures each at its defaults, and grades what the measurement found.
#
#   scripts/mysteries.sh 10                  seeds 1 to 10, twelve routes each: about 30 minutes
#   scripts/mysteries.sh 10 --level hard     another level
#
# Exit code 0 when each gets all points. Measurements are kept in target/mysteries.
set -euo pipefail

case ${1:-} in
'' | *[!0-9]*)
    printf 'usage: scripts/mysteries.sh SEEDS [--level LEVEL]\n' >&2
    exit 2
    ;;
esac
seeds=$1
shift

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
export NO_COLOR=1
leaklab=${LEAKLAB_PROGRAMS:-target/debug}/leaklab
[ -x "$leaklab" ] || cargo build --quiet -p leaklab -p engine

service=
trap 'kill ${service:+"$service"} 2>/dev/null || true' EXIT
short=0
for seed in $(seq 1 "$seeds"); do
    out=target/mysteries/$seed
    rm -rf -- "$out"
    mkdir -p "$out"
    # Its first line says that it listens.
    coproc SERVICE { exec "$leaklab" mystery --seed "$seed" --listen 127.0.0.1:0 \
        --out "$out/service" "$@" 2>"$out/service.txt"; }
    service=$SERVICE_PID
    if ! read -r _ <&"${SERVICE[0]}"; then
        cat "$out/service.txt" >&2
        exit 3
    fi
    before=$SECONDS
    "$leaklab" measure --requests "$out/service/mystery.http" --out "$out" \
        >"$out/measure.txt" 2>&1 || true
    took=$((SECONDS - before))
    kill -TERM "$service" && wait "$service" || true
    "$leaklab" mystery grade --seed "$seed" "$@" "$out/measure.json" >"$out/grade.txt" ||
        short=$((short + 1))
    printf 'seed %s: %s, measured in %s s\n' "$seed" "$(tail -n 1 "$out/grade.txt")" "$took"
done
service=
printf '%s of %s with all points\n' "$((seeds - short))" "$seeds"
[ "$short" -eq 0 ]
