#!/usr/bin/env bash
# The workspace of the cluster, on which the others do not depend: at most 25 minutes.
set -euo pipefail
cd "$(dirname "$0")/../cluster"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

step() { printf '\n== cluster: %s (%d s)\n' "$*" "$SECONDS"; }
# The limit holds for all steps together.
limited() { timeout --foreground $((1500 - SECONDS)) "$@"; }

step "formatting"
cargo fmt --check

step "moto, the S3 server of the tests"
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet 'moto[s3,server]'
export CEPSTRUM_MOTO="$scratch/venv/bin/moto_server" CEPSTRUM_REQUIRE_MOTO=1

step "tests"
limited cargo test --locked

step "the simulation of docs/scale.md"
limited cargo run --quiet --locked --example simulate -- --shards 40 --executors 2 --cores 1 --task-seconds 1

step "lints"
limited cargo clippy --locked --all-targets -- -D warnings

echo "cluster: passed after $SECONDS s"
