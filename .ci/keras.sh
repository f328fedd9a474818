#!/usr/bin/env bash
# The converters between Keras's model files and ours, checked against Keras's own predictions. The model files of ours
# that are named as arguments make the round trip as well. About a minute.
# Takes tensorflow-cpu and tf-keras from $CEPSTRUM_PYTHON, or else installs them in a virtual environment of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

python="${CEPSTRUM_PYTHON:-python3}"
if ! "$python" -c "import importlib.util as u, sys; sys.exit(not (u.find_spec('keras') and u.find_spec('tf_keras')))"
then
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    python3 -m venv "$scratch"
    "$scratch/bin/pip" install --quiet tensorflow-cpu==2.21.0 tf-keras==2.21.0
    python="$scratch/bin/python"
fi

# `cargo test --workspace` has built it already.
cargo build --quiet --workspace --example predict
export TF_CPP_MIN_LOG_LEVEL=3
"$python" tools/check_keras.py "${CARGO_TARGET_DIR:-target}/debug/examples/predict" "$@"
