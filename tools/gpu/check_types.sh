#!/usr/bin/env bash
# Type-checks the feature `cuda` where there is neither a card nor CUDA: `cargo check` with a stand-in for the compiler of
# candle's kernels, whose outputs are empty. A real build is that of env.sh.
#
#     tools/gpu/check_types.sh DIR      # DIR holds the build, and serves the next check
#
# The build must not be shared with a real one, which would take the empty kernels for its own.
set -euo pipefail

if [ $# -ne 1 ]; then
    echo "usage: $0 DIR" >&2
    exit 2
fi
mkdir -p "$1/home/bin"
dir=$(cd "$1" && pwd)
cat >"$dir/home/bin/nvcc" <<'NVCC'
#!/bin/sh
case "$*" in
    *--version*) echo "Cuda compilation tools, release 13.0, V13.0.88"; exit ;;
esac
while [ $# -gt 0 ]; do
    case $1 in
        -o) : >"$2"; shift ;;
        --output-directory) folder=$2; shift ;;
        *.cu) source=$1 ;;
    esac
    shift
done
if [ -n "${folder-}" ]; then
    : >"$folder/$(basename "$source" .cu).ptx"
fi
NVCC
chmod +x "$dir/home/bin/nvcc"

export CUDA_HOME="$dir/home" CUDA_PATH="$dir/home" CUDA_COMPUTE_CAP=90 CUDARC_CUDA_VERSION=13000
export PATH="$dir/home/bin:$PATH" CARGO_TARGET_DIR="$dir/target"
cd "$(dirname "$0")/../.."
cargo check -p cepstrum-models --features cuda --lib --examples
