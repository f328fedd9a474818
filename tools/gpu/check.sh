#!/usr/bin/env bash
# Checks and times this project on a device, beside PyTorch on the same one: under 8 minutes on an H100.
#
#     tools/gpu/check.sh OUT [DEVICE]
#
# Writes JSON lines into the folder OUT and prints tables. DEVICE is cuda unless given; with cpu everything is small, as a
# test of these programs. The program is built before, where there is a compiler:
#
#     tools/gpu/env.sh DIR && . DIR/env
#     cargo build --release -p cepstrum-models --features cuda --example gpu_check
#
# GPU_CHECK names the program if it is not in target/release/examples, PYTHON the Python that has torch (without torch,
# that part is left out).
set -euo pipefail

if [ $# -lt 1 ]; then
    echo "usage: $0 OUT [DEVICE]" >&2
    exit 2
fi
out=$1 device=${2:-cuda}
tools=$(cd "$(dirname "$0")" && pwd)
program=${GPU_CHECK:-$tools/../../target/release/examples/gpu_check}
python=${PYTHON:-python3}
mkdir -p "$out"
size=()
if [ "$device" = cpu ]; then
    size=(tiny)
fi

# A machine without an installation of CUDA has its libraries from the wheels that PyTorch brings.
libraries=$("$python" - <<'PYTHON' || true
import glob, site
folders = [*site.getsitepackages(), site.getusersitepackages()]
print(":".join(path for folder in folders for path in glob.glob(f"{folder}/nvidia/*/lib")))
PYTHON
)
export LD_LIBRARY_PATH="${libraries:+$libraries:}${LD_LIBRARY_PATH:-}"

rc=0
"$program" "$device" "${size[@]}" >"$out/cepstrum.jsonl" || rc=$?
if "$python" -c "import torch" 2>/dev/null; then
    "$python" "$tools/pytorch_times.py" "$out/cepstrum.jsonl" "$device" "${size[@]}" >"$out/pytorch.jsonl" || rc=$?
else
    echo "no torch in $python: nothing to compare with" >&2
fi
"$python" "$tools/table.py" "$out"
exit "$rc"
