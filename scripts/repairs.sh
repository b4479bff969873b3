#!/usr/bin/env bash
# Puts the repairs of crates/acceptance/tests/repairs into a copy of the workspace, one of each
# lesson at a time, and has `leaklab learn check` judge each. Prints a table; exit code 1 if a
# verdict is not the one that the repair's file names.
#
#   scripts/repairs.sh                       all of them: about 40 minutes
#   scripts/repairs.sh l09 l04/join-set      those of a lesson, or one
#   scripts/repairs.sh >docs/output/repairs.txt
#
# What each check printed is in target/repairs/checks. The copy has a target folder of its own
# with hard links, so only `leaky` is compiled, and the workspace's programs stay as they
# are. Needs git and the GNU versions of cp and find.
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
unset CARGO_TARGET_DIR
export CARGO_INCREMENTAL=0 NO_COLOR=1 COLUMNS=80

repairs=crates/acceptance/tests/repairs
copy=target/repairs
built=${LEAKLAB_PROGRAMS:-target/debug}
for program in leaklab leaklab-engine leaky fixed; do
    if [ ! -x "$built/$program" ]; then
        cargo build --quiet -p leaklab -p leaky -p fixed -p engine
        break
    fi
done

# The times of files decide what cargo builds again, so they are kept.
rm -rf -- "$copy"
mkdir -p "$copy/target/debug/deps" "$copy/checks"
cp -a Cargo.toml Cargo.lock crates docs "$copy"
cp -a "$built/.fingerprint" "$built/build" "$copy/target/debug"
find "$built/deps" -maxdepth 1 -type f ! -name '*.d' -exec cp -l -t "$copy/target/debug/deps" {} +
# Cargo writes these in place.
find "$built/deps" -maxdepth 1 -type f -name '*.d' -exec cp -a -t "$copy/target/debug/deps" {} +
rm -f "$copy"/target/debug/deps/leaky-*
for program in leaklab leaklab-engine leaky fixed; do
    ln "$built/$program" "$copy/target/debug"
done
leaklab=$PWD/$copy/target/debug/leaklab

# A line of a repair's head: what `Title: …` or another word says.
field() { sed -n "s/^$2: //p" "$1" | head -n 1; }

# Builds are done here, one for many repairs, so that `learn` need not.
learn() { (cd "$copy" && CARGO=true "$leaklab" learn "$@" 2>&1) || true; }

left=()
for file in "$repairs"/*/*.rs.patch; do
    id=$(basename "$(dirname "$file")")
    name=$(basename "$file" .rs.patch)
    chosen=$(($# == 0))
    for choice in "$@"; do
        case "$id/$name" in "$choice" | "$choice"[_/]* | "${choice%%/*}"_*/"${choice#*/}") chosen=1 ;; esac
    done
    [ "$chosen" = 0 ] || left+=("$file")
done

# Puts a repair into the copy.
apply() {
    local file=crates/leaky/src/lessons/$2.rs whole
    whole=$(field "$1" File)
    if [ -n "$whole" ]; then
        cp "$whole" "$copy/$file"
    else
        # Not in this repository's tree, so git takes the paths as they are.
        sed "s#^--- leaky\$#--- a/$file#; s#^+++ repaired\$#+++ b/$file#" "$1" |
            GIT_CEILING_DIRECTORIES=$PWD/target git -C "$copy" apply
    fi
    touch "$copy/$file"
}

# Has a repair judged, and prints its line.
judge() {
    local file=$1 id=$2 name log expected found measured line mark=
    name=$(basename "$file" .rs.patch)
    log=$copy/checks/$id.$name.txt
    read -ra options <<<"$(field "$file" Check)"
    learn check "$id" ${options[@]+"${options[@]}"} >"$log"
    expected=$(field "$file" Verdict)
    found=$(sed -n "s/^\([A-Z][A-Z ]*\)  $id\$/\1/p" "$log" | head -n 1)
    total=$((total + 1))
    if [ "$found" != "$expected" ]; then
        wrong=$((wrong + 1))
        mark="  ! expected $expected, see $log"
    fi
    measured=$(sed -n 's/^  now     //p' "$log" | sed 's/, at.*//')
    line=$(printf '%-42s %-11s  %s' "$id/$name" "${found:-NONE}" "$measured")
    printf '%s%s\n' "${line%"${line##*[! ]}"}" "$mark"
}

wrong=0 total=0
printf '%-42s %-11s  %s\n' REPAIR VERDICT 'MEASURED AS'
# What each leak weighs before any repair.
for id in $(for file in ${left[@]+"${left[@]}"}; do basename "$(dirname "$file")"; done | sort -u); do
    learn start "$id" --predict 1 >"$copy/checks/$id.txt"
done
while [ ${#left[@]} -gt 0 ]; do
    cp -a crates/leaky/src/lessons/*.rs "$copy/crates/leaky/src/lessons"
    round=() later=() taken=' ' alone=
    for file in "${left[@]}"; do
        id=$(basename "$(dirname "$file")")
        own=$(field "$file" Alone)
        # Some change the whole service, so they have a build of their own.
        if [ -n "$alone" ] || [[ $taken = *" $id "* ]] || { [ -n "$own" ] && [ ${#round[@]} -gt 0 ]; }; then
            later+=("$file")
            continue
        fi
        apply "$file" "$id"
        round+=("$file") taken="$taken$id " alone=$own
    done
    left=(${later[@]+"${later[@]}"})
    if ! (cd "$copy" && "${CARGO:-cargo}" build --quiet --offline -p leaky) 2>"$copy/checks/build.txt"; then
        printf 'repairs.sh: one of these does not compile:\n' >&2
        printf '  %s\n' "${round[@]}" >&2
        grep -E -A3 '^error' "$copy/checks/build.txt" >&2
        wrong=$((wrong + ${#round[@]}))
        continue
    fi
    for file in "${round[@]}"; do
        judge "$file" "$(basename "$(dirname "$file")")"
    done
done
printf '%s repairs, %s judged otherwise than expected\n' "$total" "$wrong"
[ "$wrong" -eq 0 ] && [ "$total" -gt 0 ]
