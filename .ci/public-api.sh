#!/usr/bin/env bash
# Compares the public API of each crate with its listing, crates/*/public-api.txt; `--bless` writes the listings.
#
# The listing comes from rustdoc's JSON, which stable Rust writes only with RUSTC_BOOTSTRAP. The variable is set for
# rustdoc alone: set for cargo, it would rebuild every dependency whose build script looks at it.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
target="${CARGO_TARGET_DIR:-$PWD/target}"

cat >"$scratch/rustdoc" <<'EOF'
#!/bin/sh
RUSTC_BOOTSTRAP=1 exec rustdoc "$@"
EOF
chmod +x "$scratch/rustdoc"

cargo build --quiet --locked --manifest-path tools/public-api/Cargo.toml --target-dir "$target"

changed=
for crate in dsp features dataset models eval; do
    # Those of `models` compile for devices, which are not here, and add nothing public.
    features=--all-features
    if [ "$crate" = models ]; then
        features=--no-default-features
    fi
    RUSTDOC="$scratch/rustdoc" cargo rustdoc --quiet --lib "$features" -p "cepstrum-$crate" --target-dir "$target" \
        -- -Z unstable-options --output-format json --cap-lints allow
    "$target/debug/cepstrum-public-api" "$target/doc/cepstrum_$crate.json" >"$scratch/$crate.txt"
    listing="crates/$crate/public-api.txt"
    if [ "${1-}" = --bless ]; then
        cp "$scratch/$crate.txt" "$listing"
    elif ! diff -u "$listing" "$scratch/$crate.txt"; then
        changed=1
    fi
done

if [ -n "$changed" ]; then
    echo "the public API differs from its listing; if that is meant: .ci/public-api.sh --bless" >&2
    exit 1
fi
