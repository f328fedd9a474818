#!/usr/bin/env bash
# The book: builds it with mdBook, checks the links of the repository and of the built pages, and runs every command of its chapters
# (blocks marked `sh`; those marked `console` need music, a network or a person) on a small synthetic set, in the order of the
# book. `.ci/book.sh CEPSTRUM` takes a built program; without one only the pages are checked.
set -euo pipefail
cd "$(dirname "$0")/.."
cepstrum=${1:-}
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")

export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
if [ "$(mdbook --version 2>/dev/null)" != "mdbook v0.5.4" ]; then
    # Unoptimized, for it runs for a second; without its server and its search.
    CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --locked --debug --force --no-default-features mdbook@0.5.4
fi
rm -rf "$target/book"
mdbook build docs/book --dest-dir "$target/book"
python3 .ci/links.py .
python3 .ci/links.py "$target/book"

[ -n "$cepstrum" ] || exit 0
cepstrum=$(realpath "$cepstrum")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin" "$scratch/work"
ln -s "$cepstrum" "$scratch/bin/cepstrum"
export PATH="$scratch/bin:$PATH"
for chapter in $(sed -n 's/.*(\(book\/[a-z-]*\.md\)).*/\1/p' docs/SUMMARY.md); do
    awk '/^```/ { runs = ($0 == "```sh"); next } runs' "docs/$chapter" >"$scratch/commands.sh"
    start=$SECONDS
    if ! (cd "$scratch/work" && bash -euo pipefail "$scratch/commands.sh") >"$scratch/output.txt" 2>&1; then
        cat "$scratch/output.txt"
        echo "docs/$chapter: a command fails" >&2
        exit 1
    fi
    echo "docs/$chapter: $(grep -c cepstrum "$scratch/commands.sh" || true) commands run in $((SECONDS - start)) s"
done
