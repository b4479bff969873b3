#!/usr/bin/env bash
# Measures the burst of l16 under several allocators and writes docs/output/allocators.txt.
# Live bytes stay the same; resident bytes are the allocator's choice. The allocators are
# preloaded, so the program is the same each time. Debian has them in libjemalloc2 and libmimalloc2.0.
# Needs jq.
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

target=${CARGO_TARGET_DIR:-target}
cargo build --quiet --workspace --target-dir "$target"
export AWS_EC2_METADATA_DISABLED=true

# row NAME TWIN [NAME=VALUE]: one run; prints live and resident bytes after the last burst.
row() {
    local name=$1 twin=$2
    shift 2
    "$target/debug/leaklab" run-under l16 --twin "$twin" --rounds 8 --format json ${1:+--env "$1"} |
        jq -r '[.live_bytes[-1], .resident_bytes[-1]] | map(. / 1e6 | tostring) | join(" ")' |
        while read -r live resident; do
            printf '%-44s %6.1f MB %8.1f MB\n' "$name" "$live" "$resident"
        done
}

# preloaded NAME LIBRARY PACKAGE: the same with another allocator, if it is installed.
preloaded() {
    local library
    library=$(find /usr/lib /usr/local/lib -name "$2" 2>/dev/null | sort | head -n 1)
    if [ -n "$library" ]; then
        row "leaky, $1" leaky "LD_PRELOAD=$library"
    else
        printf 'allocators.sh: %s is missing: apt-get install %s\n' "$1" "$3" >&2
    fi
}

measure() {
    printf '%-44s %9s %11s\n' 'after eight bursts of l16' live resident
    row 'leaky, glibc' leaky
    row 'leaky, glibc, MALLOC_ARENA_MAX=1' leaky MALLOC_ARENA_MAX=1
    row 'leaky, glibc, MALLOC_TRIM_THRESHOLD_=131072' leaky MALLOC_TRIM_THRESHOLD_=131072
    preloaded jemalloc 'libjemalloc.so.2' libjemalloc2
    preloaded mimalloc 'libmimalloc.so.2*' libmimalloc2.0
    row 'fixed, glibc' fixed
}

measure | tee docs/output/allocators.txt.new
mv docs/output/allocators.txt.new docs/output/allocators.txt
