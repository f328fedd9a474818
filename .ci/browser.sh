#!/usr/bin/env bash
# The page of `cepstrum serve` and models as ONNX files, in headless Chromium: cli/tests/browser. Needs python3 and a Chromium;
# without one it says so and ends well, unless CEPSTRUM_REQUIRE_BROWSER=1. axe-core and onnxruntime-web come from npm, if there
# is one. `.ci/browser.sh CEPSTRUM [DIR]` takes a program that was built with the feature `serve`; DIR keeps the pictures.
set -euo pipefail
cd "$(dirname "$0")/.."
cepstrum=$(realpath "${1:?the program cepstrum, built with --features serve}")

skip() {
    echo "NOT CHECKED: the page in a browser ($1)"
    [ "${CEPSTRUM_REQUIRE_BROWSER:-}" = 1 ] && exit 1
    exit 0
}
chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
[ -n "$chromium" ] || skip "no Chromium: apt-get install chromium, or set CHROMIUM"
export CHROMIUM="$chromium"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet playwright==1.65.2 || skip "pip cannot install playwright"
axe=()
if command -v npm >/dev/null && npm install --silent --prefix "$scratch/npm" axe-core@4 onnxruntime-web@1 >/dev/null; then
    axe=(--axe "$scratch/npm/node_modules/axe-core/axe.min.js")
fi

mkdir "$scratch/set"
(
    cd "$scratch/set"
    "$cepstrum" synth music --tracks 5 --seconds 6 --quiet >/dev/null
    "$cepstrum" extract music set.safetensors --quiet >/dev/null
    "$cepstrum" train music --models logistic --quiet >/dev/null
)
"$scratch/venv/bin/python" cli/tests/browser/page.py "$cepstrum" "$scratch/set" "${axe[@]}" ${2:+--shots "$2"}
if [ ${#axe[@]} -gt 0 ]; then
    "$scratch/venv/bin/python" cli/tests/browser/onnx_web.py "$cepstrum" "$scratch/set" \
        "$scratch/npm/node_modules/onnxruntime-web/dist"
else
    echo "NOT CHECKED: axe-core and onnxruntime-web (no npm)"
fi
