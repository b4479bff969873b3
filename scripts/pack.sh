#!/usr/bin/env bash
# Packs an archive with which a laptop of the same system is ready without network: the
# committed sources, all crates, what they build to, and the book as pages if mdbook is
# installed.
#
#   scripts/pack.sh    writes target/leaklab-SYSTEM.tar.zst, or .tar.gz without zstd
#
# On the laptop, which needs the same Rust and a C compiler:
#
#   tar xf leaklab-SYSTEM.tar.zst && cd leaklab && target/debug/leaklab doctor
#
# The first pack builds everything in target/pack; later ones take seconds of building.
set -euo pipefail

fail() {
    printf 'pack.sh: %s\n' "$*" >&2
    exit 3
}

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
unset CARGO_TARGET_DIR
root=$PWD
folder=target/pack/leaklab
ending=gz compress=(gzip)
if command -v zstd >/dev/null; then
    ending=zst compress=(zstd --quiet -T0 -9)
fi
archive=$root/target/leaklab-$(uname -s)-$(uname -m).tar.$ending

mkdir -p "$folder"
# What is built and vendored stays; of the sources, nothing that was removed since.
find "$folder" -mindepth 1 -maxdepth 1 ! -name target ! -name vendor -exec rm -rf {} +
git archive HEAD | tar -xf - -C "$folder" || fail "git cannot read the commit"

cd -- "$folder"
# The crates first: with the settings that they need, cargo would look for them here.
settings=$(cargo vendor --quiet --locked --versioned-dirs vendor) ||
    fail "cargo cannot load the crates"
mkdir -p .cargo
printf '%s\n\n[net]\noffline = true\n' "$settings" >.cargo/config.toml

# What the exercises and the comparison run; the first comparison shows that it works.
cargo build --quiet -p preload -p decoys || fail "the build failed"
./scripts/compare.sh l09 --quick >/dev/null || fail "the comparison of l09 failed"
rm -rf target/debug/incremental target/leaklab
if command -v mdbook >/dev/null; then
    mdbook build --dest-dir "$PWD/book" docs >/dev/null || fail "mdbook failed"
fi
rustc --version >PACKED.txt

tar -cf - -C .. leaklab | "${compress[@]}" >"$archive.part" ||
    fail "cannot write $archive"
mv -- "$archive.part" "$archive"
printf 'pack.sh: %s, %s MB, for %s\n' \
    "$archive" "$(($(wc -c <"$archive") / 1000000))" "$(cat PACKED.txt)"
