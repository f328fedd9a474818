#!/usr/bin/env bash
# Makes a CUDA home in DIR without a system installation, to compile and link `--features cuda` where there is no GPU:
#
#     tools/gpu/env.sh DIR
#     . DIR/env
#     cargo build --release --features cuda
#
# NVIDIA's compiler and headers come from PyPI, whose wheels unzip into one tree. The libraries that only a machine with a
# card has (the driver, cuBLAS, cuRAND, NVRTC) are replaced by empty ones with the same names and symbols: enough to link a
# program, not to run it. Needs python3 with pip, cc, and cargo for the list of symbols.
set -euo pipefail

version=13.0
wheels=(nvidia-cuda-nvcc nvidia-nvvm nvidia-cuda-crt nvidia-cuda-runtime nvidia-cuda-cccl nvidia-curand)

if [ $# -ne 1 ]; then
    echo "usage: $0 DIR" >&2
    exit 2
fi
mkdir -p "$1"
dir=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
home="$dir/nvidia/cu13"

if [ ! -x "$home/bin/nvcc" ]; then
    mkdir -p "$dir/wheels"
    for wheel in "${wheels[@]}"; do
        # cuRAND counts its own versions.
        case $wheel in
            nvidia-curand) wanted="$wheel==10.4.*" ;;
            *) wanted="$wheel==$version.*" ;;
        esac
        python3 -m pip download --quiet --no-deps --only-binary=:all: --dest "$dir/wheels" "$wanted"
    done
    python3 - "$dir" <<'PYTHON'
import pathlib, sys, zipfile

folder = pathlib.Path(sys.argv[1])
for wheel in sorted((folder / "wheels").glob("*.whl")):
    zipfile.ZipFile(wheel).extractall(folder)
PYTHON
    # A wheel has no permissions.
    find "$home/bin" "$home/nvvm/bin" -type f -exec chmod +x {} +
fi

# The compiler looks for lib64, the wheels have lib.
mkdir -p "$home/lib64"
ln -sf "$home"/lib/libcudart* "$home/lib64/"
for library in "$home"/lib/libcudart.so.*; do
    ln -sf "$library" "$home/lib64/libcudart.so"
done

# cudarc declares every function that a program could call.
sources=$(cargo metadata --manifest-path "$root/Cargo.toml" --format-version 1 --features cuda 2>/dev/null |
    python3 -c '
import json, pathlib, sys
packages = json.load(sys.stdin)["packages"]
print(next(pathlib.Path(p["manifest_path"]).parent / "src" for p in packages if p["name"] == "cudarc"))')

stub() { # NAME MODULE SONAME
    grep -rhoE '\bfn (cu|nvrtc)[A-Za-z0-9_]*' "$sources/$2/sys" | awk '{ print $2 }' | sort -u |
        awk '{ print "void " $1 "(void) {}" }' >"$dir/$1.c"
    [ -s "$dir/$1.c" ] || { echo "no function of $2 in $sources" >&2; exit 1; }
    cc -shared -fPIC -w -o "$home/lib64/lib$1.so" -Wl,-soname,"$3" "$dir/$1.c"
}
stub cuda driver libcuda.so.1
stub cublas cublas libcublas.so.13
stub cublasLt cublaslt libcublasLt.so.13
stub curand curand libcurand.so.10
stub nvrtc nvrtc libnvrtc.so.13

# 90 is an H100 or H200; set CUDA_COMPUTE_CAP before for another card.
cat >"$dir/env" <<ENV
export CUDA_HOME="$home"
export CUDA_PATH="\$CUDA_HOME"
export CUDA_COMPUTE_CAP="\${CUDA_COMPUTE_CAP:-90}"
export CUDARC_CUDA_VERSION=13000
export PATH="\$CUDA_HOME/bin:\$CUDA_HOME/nvvm/bin:\$PATH"
ENV
"$home/bin/nvcc" --version
echo "now: . $dir/env"
