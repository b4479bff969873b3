#!/usr/bin/env bash
# The burst of l16_burst under other allocators: live bytes are the same, resident bytes are
# the allocator's choice. Writes docs/output/allocators.txt. The allocators are preloaded, so
# that it is the same program each time; Debian has them in libjemalloc2 and libmimalloc2.0.
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

scripts/compare.sh c01_client_clones --quick --out target/leaklab >/dev/null || true
driver=target/debug/leaklab

library() {
    find /usr/lib /usr/local/lib -name "$1" 2>/dev/null | sort | head -n 1
}

# megabytes FIELD <JSON: the last number of a list
megabytes() {
    tr -d ' \n' | sed -E "s/.*\"$1\":\[([0-9,null]*)\].*/\1/" | tr ',' '\n' | tail -n 1 |
        awk '{ printf "%.1f", $1 / 1e6 }'
}

# run NAME TWIN [NAME=VALUE]...
run() {
    name=$1 twin=$2
    shift 2
    settings=()
    for setting in "$@"; do
        settings+=(--env "$setting")
    done
    result=$("$driver" drive l16_burst --twin "$twin" --rounds 8 --format json "${settings[@]}")
    printf '%-44s %6s MB %8s MB\n' "$name" "$(megabytes live_bytes <<<"$result")" \
        "$(megabytes resident_bytes <<<"$result")"
}

measure() {
    printf '%-44s %9s %11s\n' 'after eight bursts of l16_burst' live resident
    run 'leaky, glibc' leaky
    run 'leaky, glibc, MALLOC_ARENA_MAX=1' leaky MALLOC_ARENA_MAX=1
    run 'leaky, glibc, MALLOC_TRIM_THRESHOLD_=131072' leaky MALLOC_TRIM_THRESHOLD_=131072
    jemalloc=$(library 'libjemalloc.so.2')
    if [ -n "$jemalloc" ]; then
        run 'leaky, jemalloc' leaky "LD_PRELOAD=$jemalloc"
    else
        printf 'allocators.sh: no jemalloc: apt-get install libjemalloc2\n' >&2
    fi
    mimalloc=$(library 'libmimalloc.so.2*')
    if [ -n "$mimalloc" ]; then
        run 'leaky, mimalloc' leaky "LD_PRELOAD=$mimalloc"
    else
        printf 'allocators.sh: no mimalloc: apt-get install libmimalloc2.0\n' >&2
    fi
    run 'fixed, glibc' fixed
}

measure | tee docs/output/allocators.txt.new
mv docs/output/allocators.txt.new docs/output/allocators.txt
