#!/usr/bin/env bash
# Counts which of the leaks of `leaky` three tools report when the service has ended:
# LeakSanitizer, valgrind's memcheck and heaptrack; and how much they slow it down.
#
#   scripts/exit-tools.sh            every lesson; writes docs/output/exit-tools.txt
#   scripts/exit-tools.sh l04 l11    these lessons; prints the table
#   RUNS=1 scripts/exit-tools.sh     one run of each in place of three
#
# docs/exit-time-tools.md says what the table means.
set -euo pipefail

note() {
    printf 'exit-tools.sh: %s\n' "$*" >&2
}

fail() {
    note "$@"
    exit 3
}

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

runs=${RUNS:-3}
target=${CARGO_TARGET_DIR:-target}
cargo build --quiet --workspace --target-dir "$target" || fail "the build failed"
leaklab=$target/debug/leaklab
export AWS_EC2_METADATA_DISABLED=true

work=$(mktemp -d "${TMPDIR:-/tmp}/exit-tools.XXXXXX")
trap 'rm -rf -- "$work"' EXIT

# A control leaks nothing: what a tool reports there is its floor.
control=c01_client_clones

# A tool that is missing has an empty column.
declare -A missing=()
lsan=$(cc -print-file-name=liblsan.so 2>/dev/null || true)
# The LeakSanitizer of GCC 12 sets itself up at the first allocation. Rust's start calls
# `signal` before it allocates, which crashes. The C++ library allocates when it is loaded.
early=$(cc -print-file-name=libstdc++.so.6 2>/dev/null || true)
if [[ $lsan != /* || $early != /* ]]; then
    missing[lsan]="gcc, liblsan0 and libstdc++6"
fi
command -v valgrind >/dev/null || missing[memcheck]=valgrind
command -v heaptrack >/dev/null || missing[heaptrack]=heaptrack
for tool in "${!missing[@]}"; do
    note "$tool is missing and left out: install Debian's ${missing[$tool]}"
done

# field FILE NAME: a value of the driver's JSON, which has one a line.
field() {
    sed -n 's/^ *"'"$2"'": "\{0,1\}\([^",]*\)"\{0,1\},\{0,1\}$/\1/p' "$1"
}

# median: of the numbers on standard input, one a line.
median() {
    sort -g | awk '{ all[NR] = $1 } END { if (NR) print (all[int((NR + 1) / 2)] + all[int(NR / 2) + 1]) / 2 }'
}

# human BYTES
human() {
    awk -v bytes="$1" 'BEGIN {
        split("B kB MB GB", unit); at = 1
        while (bytes >= 1000 && at < 4) { bytes /= 1000; at++ }
        printf (at > 1 && bytes < 10 ? "%.1f %s" : "%.0f %s"), bytes, unit[at]
    }'
}

# The bytes of the lines of memcheck's summary that match a pattern.
memcheck_bytes() {
    sed -nE "/ $1: +[0-9,]+ bytes/ s/.*: +([0-9,]+) bytes.*/\\1/p" "$2" | tr -d , |
        awk '{ sum += $1 } END { print sum + 0 }'
}

# drive LESSON TOOL FOLDER: one run; leaves driven.json, lost and reachable in the folder.
drive() {
    local lesson=$1 tool=$2 folder=$3
    mkdir -p -- "$folder"
    local options=() under=()
    case $tool in
    lsan)
        options=(--env "LD_PRELOAD=$lsan:$early" --env "LSAN_OPTIONS=exitcode=0:log_path=$folder/lsan")
        ;;
    memcheck)
        under=(-- valgrind --leak-check=full "--log-file=$folder/memcheck")
        ;;
    heaptrack)
        under=(-- heaptrack -o "$folder/heaptrack")
        ;;
    esac
    "$leaklab" drive "$lesson" --format json ${options[@]+"${options[@]}"} ${under[@]+"${under[@]}"} \
        >"$folder/driven.json" || fail "$lesson did not run under $tool"
    local errors
    errors=$(field "$folder/driven.json" errors)
    if [ "$errors" -ne 0 ]; then
        note "$lesson under $tool: $errors requests were answered with errors"
    fi
    case $tool in
    lsan)
        # Where tracing is forbidden, as in some containers, it stops with an error.
        if grep -qs 'has encountered a fatal error' "$folder"/lsan.*; then
            fail "LeakSanitizer may not trace its process here; allow ptrace (docker run --cap-add SYS_PTRACE)"
        fi
        # No file: it found nothing.
        cat "$folder"/lsan.* 2>/dev/null |
            sed -n 's/^SUMMARY: LeakSanitizer: \([0-9]*\) byte.*/\1/p' | awk '{ sum += $1 } END { print sum + 0 }' >"$folder/lost"
        ;;
    memcheck)
        # What it lists by default: all but what is still reachable.
        memcheck_bytes '(definitely|indirectly|possibly) lost' "$folder/memcheck" >"$folder/lost"
        memcheck_bytes 'still reachable' "$folder/memcheck" >"$folder/reachable"
        ;;
    heaptrack)
        # 299.58K: thousands, not 1,024.
        heaptrack_print -f "$folder"/heaptrack.* -p 0 -a 0 -T 0 -l 0 2>/dev/null |
            awk '/^total memory leaked: / {
                factor["B"] = 1; factor["K"] = 1e3; factor["M"] = 1e6; factor["G"] = 1e9
                printf "%.0f\n", $4 * factor[substr($4, length($4))]
            }' >"$folder/lost"
        ;;
    esac
    if [ "$tool" != bare ] && [ ! -s "$folder/lost" ]; then
        fail "$lesson: $tool left no verdict in $folder"
    fi
}

# of LESSON TOOL FILE: the median over the runs of what stands in a file of each.
of() {
    cat "$work/$1/$2"/*/"$3" | median
}

# growth LESSON TOOL: what the exact counters saw, median; where nothing stays, the peak.
growth() {
    local file name=live_growth_bytes
    if [ "$(field "$work/$1/$2/1/driven.json" signal)" = peak ]; then
        name=peak_growth_bytes
    fi
    for file in "$work/$1/$2"/*/driven.json; do
        field "$file" "$name"
    done | median
}

# speed LESSON TOOL: requests a second, median.
speed() {
    local file
    for file in "$work/$1/$2"/*/driven.json; do
        field "$file" requests_per_second
    done | median
}

"$leaklab" list | awk '{ print $1 }' >"$work/all"
lessons=()
while read -r lesson; do
    for beginning in "${@:-l}"; do
        # A burst leaves no leak to report.
        if [[ $lesson == l* && $lesson == "$beginning"* && $lesson != l16_burst ]]; then
            lessons+=("$lesson")
            break
        fi
    done
done <"$work/all"
if [ "${#lessons[@]}" -eq 0 ]; then
    note "there is no such lesson; leaklab list names all"
    exit 2
fi

tools=(lsan memcheck heaptrack)
for lesson in "$control" "${lessons[@]}"; do
    for tool in bare "${tools[@]}"; do
        [ -z "${missing[$tool]:-}" ] || continue
        for run in $(seq 1 "$runs"); do
            note "$lesson, $tool, run $run of $runs"
            drive "$lesson" "$tool" "$work/$lesson/$tool/$run"
        done
    done
done

# reports LESSON TOOL RUN: whether the tool reports the leak, which it does when it calls at
# least half of the bytes lost, over what it calls lost in the control.
reports() {
    awk -v lost="$(cat "$work/$1/$2/$3/lost")" -v floor="$(of "$control" "$2" lost)" \
        -v grown="$(growth "$1" "$2")" 'BEGIN { exit !(lost - floor >= grown / 2) }'
}

# cell LESSON TOOL: in how many runs it reports the leak, and the bytes. In most is enough.
cell() {
    local run yes=0 verdict
    for run in $(seq 1 "$runs"); do
        if reports "$1" "$2" "$run"; then
            yes=$((yes + 1))
        fi
    done
    case $yes in
    0) verdict=no ;;
    "$runs") verdict=yes ;;
    *) verdict="in $yes of $runs runs" ;;
    esac
    if [ "$((2 * yes))" -gt "$runs" ]; then
        printf '%s\n' "$1" >>"$work/reported.$2"
    fi
    printf '%s: %s of %s' "$verdict" "$(human "$(of "$1" "$2" lost)")" "$(human "$(growth "$1" "$2")")"
}

table() {
    printf '| lesson | LeakSanitizer | memcheck | still reachable | heaptrack |\n|---|---|---|---|---|\n'
    local lesson tool
    for lesson in "${lessons[@]}"; do
        printf '| %s |' "$lesson"
        for tool in "${tools[@]}"; do
            if [ -n "${missing[$tool]:-}" ]; then
                printf ' not run |'
            else
                printf ' %s |' "$(cell "$lesson" "$tool")"
            fi
            if [ "$tool" = memcheck ]; then
                [ -n "${missing[memcheck]:-}" ] && printf ' |' || printf ' %s |' "$(human "$(of "$lesson" memcheck reachable)")"
            fi
        done
        printf '\n'
    done
    printf '| in the control, which leaks nothing |'
    for tool in "${tools[@]}"; do
        [ -n "${missing[$tool]:-}" ] && printf ' |' || printf ' %s |' "$(human "$(of "$control" "$tool" lost)")"
        if [ "$tool" = memcheck ]; then
            [ -n "${missing[memcheck]:-}" ] && printf ' |' || printf ' %s |' "$(human "$(of "$control" memcheck reachable)")"
        fi
    done
    printf '\n| **leaks reported** |'
    for tool in "${tools[@]}"; do
        touch "$work/reported.$tool"
        if [ -n "${missing[$tool]:-}" ]; then
            printf ' |'
        else
            printf ' **%s of %s** |' "$(wc -l <"$work/reported.$tool" | tr -d ' ')" "${#lessons[@]}"
        fi
        [ "$tool" != memcheck ] || printf ' |'
    done
    printf '\n| requests take longer, median of the lessons |'
    for tool in "${tools[@]}"; do
        if [ -n "${missing[$tool]:-}" ]; then
            printf ' |'
        else
            printf ' %.1f times |' "$(for lesson in "${lessons[@]}"; do
                awk -v bare="$(speed "$lesson" bare)" -v under="$(speed "$lesson" "$tool")" 'BEGIN { print bare / under }'
            done | median)"
        fi
        [ "$tool" != memcheck ] || printf ' |'
    done
    printf '\n'
}

if [ "$#" -gt 0 ]; then
    table
else
    table >"$work/table"
    mv -- "$work/table" docs/output/exit-tools.txt
    note "wrote docs/output/exit-tools.txt"
fi
