#!/usr/bin/env bash
# Packs the seven crates as `cargo publish` would, and checks that each .crate stands alone: its license, README and links
# are inside, it builds with its own features only, documents, and passes its tests without a file of the repository.
# `.ci/package.sh contents` stops after the look inside.
set -euo pipefail
cd "$(dirname "$0")/.."

target="${CARGO_TARGET_DIR:-$PWD/target}"
alone="$target/package/alone"
crates=(cepstrum-dsp cepstrum-features cepstrum-dataset cepstrum-models cepstrum-eval cepstrum cepstrum-cli)
step() { printf -- '-- %s (%d s)\n' "$*" "$SECONDS"; }

step "pack"
rm -rf "$alone"
mkdir -p "$alone"
# Dirty: so that it can be run before a commit.
cargo package --workspace --no-verify --allow-dirty --quiet --target-dir "$target" 2>&1 | tee "$alone/packing.txt"
if grep "ignoring" "$alone/packing.txt"; then
    echo "a target of a manifest is not in its package" >&2
    exit 1
fi
version=$(sed -n '/^\[workspace.package\]/,/^version/s/^version = "\(.*\)"/\1/p' Cargo.toml)
for crate in "${crates[@]}"; do
    tar -xzf "$target/package/$crate-$version.crate" -C "$alone"
done

step "contents"
for crate in "${crates[@]}"; do
    (
        cd "$alone/$crate-$version"
        printf '%-18s %3d files, %4d KB packed\n' "$crate" "$(find . -type f | wc -l)" \
            "$(($(stat -c %s "$target/package/$crate-$version.crate") / 1024))"
        # The page that docs.rs and crates.io show.
        readme=$(sed -n 's/^readme = "\(.*\)"/\1/p' Cargo.toml)
        for file in LICENSE-APACHE LICENSE-MIT "$readme"; do
            [ -s "$file" ] || { echo "$crate: no $file in the package" >&2; exit 1; }
        done
        # A link to a path works neither on docs.rs nor on crates.io, which show the README elsewhere.
        if grep -nEo '\]\([^)]*\)|(src|href)="[^"]*"' "$readme" | grep -vE '\]\((https?:|#)|="(https?:|#)'; then
            echo "$crate: $readme has links to files" >&2
            exit 1
        fi
    )
done

if [ "${1-}" = contents ]; then
    exit 0
fi

# One workspace of the unpacked crates, each of which takes the others as from the registry. With the profiles and
# versions of this workspace, the dependencies that its tests have built serve again.
{
    printf '[workspace]\nmembers = ["cepstrum*-%s"]\nresolver = "3"\n\n[patch.crates-io]\n' "$version"
    for crate in "${crates[@]}"; do
        printf '%s = { path = "%s-%s" }\n' "$crate" "$crate" "$version"
    done
    awk '/^\[/ { in_profile = /^\[profile/ } in_profile' Cargo.toml
} >"$alone/Cargo.toml"
cp Cargo.lock "$alone"
cd "$alone"

for crate in "${crates[@]}"; do
    # All that compile here: `cuda` and `metal` need their own compilers.
    case $crate in
        cepstrum-models | cepstrum-cli) features=() ;;
        cepstrum) features=(--features parquet,rayon) ;;
        *) features=(--all-features) ;;
    esac
    step "$crate alone: all targets, then its documentation"
    cargo check --quiet --offline --target-dir "$target" -p "$crate" --all-targets
    RUSTDOCFLAGS="-D warnings" cargo doc --quiet --offline --target-dir "$target" -p "$crate" "${features[@]}" --no-deps
done

step "the tests of the packed crates"
cargo test --quiet --offline --target-dir "$target" --workspace --lib --tests
step "done"
