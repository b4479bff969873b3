#!/usr/bin/env bash
# Writes everything in the documentation that comes from real runs or from the code: outputs,
# the charts, the README's tables, the claims, the indexes, --help and the twins' diffs.
# Run it after changing a twin or a chapter's front matter. Needs python3.
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

# The outputs are 80 columns wide and plain, whatever the terminal is.
export COLUMNS=80 NO_COLOR=1
unset CARGO_TARGET_DIR

# The lessons' own runs must not replace the whole comparison.
out=$(mktemp -d "${TMPDIR:-/tmp}/refresh-docs.XXXXXX")
trap 'rm -rf -- "$out"' EXIT

scripts/compare.sh --failed-fix all --out target/leaklab >docs/output/compare.txt
target/debug/leaklab claims --format markdown >docs/claims.md || {
    printf 'refresh-docs.sh: docs/claims.md: a claim is not settled\n' >&2
    exit 1
}

for chapter in docs/lessons/*.md; do
    lesson=$(basename "$chapter" .md)
    scripts/chart.py target/leaklab/comparison.json "$lesson" >docs/charts/"$lesson".svg
    printf 'refresh-docs.sh: %s\n' "$lesson" >&2
    # "Next" belongs to the terminal.
    scripts/compare.sh "$lesson" --failed-fix all --out "$out" | sed '/^Next$/,$d' >docs/output/"$lesson".txt
done

# It reads /proc, so on other systems the file stays as it is.
if [ -r /proc/self/maps ]; then
    target/debug/leaklab secrets >docs/output/secrets.txt
fi

UPDATE_EXPECT=1 cargo test -p tidy -- generated::
TRYCMD=overwrite cargo test -p leaklab --test it -- commands_print_what_is_documented
