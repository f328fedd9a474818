"""Runs ONNX files: `python run_onnx.py DIR` compares each NAME.onnx of DIR with NAME.json and prints the differences.

NAME.json holds `features` [segments, frames, coefficients] and our `logits`. The last line is JSON: the largest difference
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
    features = np.array(case["features"], dtype=np.float32)
    assert [i.name for i in session.get_inputs()] == ["features"]
    probabilities, logits = session.run(["probabilities", "logits"], {"features": features})
    again = np.exp(logits - logits.max(1, keepdims=True))
    assert np.allclose(probabilities, again / again.sum(1, keepdims=True), atol=1e-6)
    assert json.loads(session.get_modelmeta().custom_metadata_map["classes"]) == case["classes"]
    ours = np.array(case["logits"])
    differences[path.stem] = float(np.abs(logits - ours).max() / max(1, np.abs(ours).max()))
print(json.dumps(differences))
