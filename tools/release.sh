#!/usr/bin/env bash
# A release of the program `cepstrum` for Linux: a static binary with the page, completions, manual pages and the licenses of all that
# is in it, packed as dist/cepstrum-VERSION-TARGET.tar.gz. Prints the sizes. The target is musl where `rustup target add` has it,
# otherwise glibc, linked statically.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -n '/^\[workspace.package\]/,/^version/s/^version = "\(.*\)"/\1/p' Cargo.toml)
machine=$(uname -m)
target="$machine-unknown-linux-musl"
if ! rustup target list --installed | grep -qx "$target" && ! rustup target add "$target" 2>/dev/null; then
    echo "$target cannot be had here; linking glibc statically"
    target="$machine-unknown-linux-gnu"
fi
# With a --target of its own, flags do not reach macros and build scripts, which must stay dynamic.
RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static" cargo build --release --locked -p cepstrum-cli --features serve --target "$target"
binary="${CARGO_TARGET_DIR:-target}/$target/release/cepstrum"
if ldd "$binary" 2>/dev/null | grep -q '=>'; then
    echo "$binary is not static:" >&2
    ldd "$binary" >&2
    exit 1
fi

name="cepstrum-$version-$target"
mkdir -p dist
rm -rf "dist/$name" "dist/$name.tar.gz"
mkdir -p "dist/$name/completions"
cp "$binary" LICENSE-APACHE LICENSE-MIT CHANGELOG.md "dist/$name/"
cp cli/README.md "dist/$name/README.md"
strip "dist/$name/cepstrum"
"dist/$name/cepstrum" man "dist/$name/man1" --quiet >/dev/null
for shell in bash zsh fish; do "dist/$name/cepstrum" completions "$shell" >"dist/$name/completions/cepstrum.$shell"; done
python3 tools/licenses.py "$target" >"dist/$name/THIRD-PARTY-LICENSES.txt"

tar -C dist --sort=name --owner=0 --group=0 --numeric-owner -czf "dist/$name.tar.gz" "$name"
printf '%s: program %.1f MB, packed with licenses %.1f MB\n' "dist/$name.tar.gz" \
    "$(stat -c %s "dist/$name/cepstrum" | awk '{ print $1 / 1e6 }')" \
    "$(stat -c %s "dist/$name.tar.gz" | awk '{ print $1 / 1e6 }')"
(cd dist && sha256sum "$name.tar.gz" | tee "$name.tar.gz.sha256")
