"""Runs models as ONNX files in headless Chromium with onnxruntime-web, and compares them with `cepstrum classify`.

`python onnx_web.py CEPSTRUM DIR ORT`: DIR as page.py has it, ORT the folder `dist` of the npm package `onnxruntime-web`.
"""

import http.server
import json
import math
import shutil
import subprocess
import sys
import threading
import wave
from functools import partial
from pathlib import Path

from playwright.sync_api import sync_playwright

from page import chromium_path

RUN = """async ([model, samples, n]) => {
    ort.env.wasm.numThreads = 1;
    const session = await ort.InferenceSession.create(model);
    const input = new ort.Tensor("float32", Float32Array.from(samples), [samples.length / n, n]);
    const { logits } = await session.run({ samples: input });
    return [Array.from(logits.data), logits.dims[1]];
}"""

TOLERANCE = 1e-4


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server of files that does not tell of every request."""

    def log_message(self, *_):
        pass


def temperature(model):
    """The temperature of segments in the file's metadata: a key, then a tag of Protocol Buffers, a length, and the value."""
    behind = model.index(b"segment_temperature") + len(b"segment_temperature")
    return float(model[behind + 2 : behind + 2 + model[behind + 1]])


def softmax(logits):
    powers = [math.exp(logit - max(logits)) for logit in logits]
    return [power / sum(powers) for power in powers]


def main():
    cepstrum, folder, ort = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    site = folder / "site"
    site.mkdir(exist_ok=True)
    for file in ort.glob("ort*wasm*"):
        shutil.copy(file, site)
    (site / "index.html").write_text("<!doctype html><title>A model in a browser</title>")
    command = [cepstrum, "export", folder / "genre.safetensors", "--from-samples", "--onnx", site / "genre.onnx", "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    song = folder / "music" / "dub" / "dub.00000.wav"
    told = subprocess.run([cepstrum, "classify", folder / "genre.safetensors", song, "--json"], check=True, stdout=subprocess.PIPE)
    expected = [share for segment in json.loads(told.stdout)["segments"] for share in segment]
    with wave.open(str(song)) as file:
        raw = file.readframes(file.getnframes())
    samples = [int.from_bytes(raw[at : at + 2], "little", signed=True) / 32768 for at in range(0, len(raw), 2)]
    handler = partial(Quiet, directory=site)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.add_script_tag(url="/ort.wasm.min.js")
        logits, n_classes = page.evaluate(RUN, ["genre.onnx", samples, 66_150])
        browser.close()
    hot = temperature((site / "genre.onnx").read_bytes())
    rows = [logits[at : at + n_classes] for at in range(0, len(logits), n_classes)]
    found = [share for row in rows for share in softmax([logit / hot for logit in row])]
    difference = max(abs(a - b) for a, b in zip(found, expected, strict=True))
    print(f"onnxruntime-web: {len(expected)} probabilities, largest difference {difference:.1e}")
    assert difference < TOLERANCE


main()
