"""Runs ONNX files: `python run_onnx.py DIR` compares each NAME.onnx of DIR with NAME.json and prints the differences.

NAME.json holds `features` [segments, frames, coefficients] or `samples` [segments, samples], and our `logits`. The last line is JSON: the largest difference
of each file, in units of its largest logit where that is above 1. Needs `pip install onnxruntime`; tests/it/onnx.rs runs it.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

differences = {}
for path in sorted(Path(sys.argv[1]).glob("*.onnx")):
    case = json.loads(path.with_suffix(".json").read_text())
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = "features" if "features" in case else "samples"
    assert [i.name for i in session.get_inputs()] == [name]
    values = np.array(case[name], dtype=np.float32)
    probabilities, logits = session.run(["probabilities", "logits"], {name: values})
    again = np.exp(logits - logits.max(1, keepdims=True))
    assert np.allclose(probabilities, again / again.sum(1, keepdims=True), atol=1e-6)
    assert json.loads(session.get_modelmeta().custom_metadata_map["classes"]) == case["classes"]
    ours = np.array(case["logits"])
    differences[path.stem] = float(np.abs(logits - ours).max() / max(1, np.abs(ours).max()))
print(json.dumps(differences))
