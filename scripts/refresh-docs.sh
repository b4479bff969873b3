#!/usr/bin/env bash
# Makes again what the documentation shows of real runs: the output of every lesson, of
# the whole comparison and of --help, the claims' verdicts, and the twins' diffs. Run it after changing a twin.
set -euo pipefail

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

# A width of its own would end up in the text, and so would colours.
export COLUMNS=80 NO_COLOR=1
unset CARGO_TARGET_DIR

scripts/compare.sh --variant all --out target/leaklab >docs/output/compare.txt
# From the whole comparison, which the lessons' own runs below replace.
target/debug/leaklab claims --format markdown >docs/claims.md || {
    printf 'refresh-docs.sh: docs/claims.md: a claim is not settled\n' >&2
    exit 1
}
for chapter in docs/lessons/*.md; do
    lesson=$(basename "$chapter" .md)
    printf 'refresh-docs.sh: %s\n' "$lesson" >&2
    # What to do next is the same everywhere and belongs to the terminal.
    scripts/compare.sh "$lesson" --variant all --out target/leaklab | sed '/^Next$/,$d' >docs/output/"$lesson".txt
done

# It reads /proc, so elsewhere the file stays as it is.
if [ -r /proc/self/maps ]; then
    target/debug/leaklab secrets >docs/output/secrets.txt
fi

# The README shows the whole comparison between two markers.
awk '
    /<!-- output begins -->/ { print; print "```text"
        while ((getline line < "docs/output/compare.txt") > 0) print line
        print "```"; skip = 1 }
    /<!-- output ends -->/ { skip = 0 }
    !skip { print }
' README.md >README.md.new
mv README.md.new README.md

UPDATE_EXPECT=1 TRYCMD=overwrite cargo test --workspace --test it -- diffs:: help_and_lists
