"""Reads the event files of a folder with TensorBoard's own EventAccumulator and prints what they hold as JSON.

    python read_events.py FOLDER
"""
import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

log = EventAccumulator(sys.argv[1], size_guidance={k: 0 for k in ("scalars", "histograms", "images", "tensors")})
log.Reload()
tags = log.Tags()
texts = {}
for tag in tags["tensors"]:
    if log.SummaryMetadata(tag).plugin_data.plugin_name == "text":
        texts[tag] = [
            (e.step, tensor_util.make_ndarray(e.tensor_proto).item().decode()) for e in log.Tensors(tag)
        ]
json.dump({
    "scalars": {tag: [(e.step, e.value) for e in log.Scalars(tag)] for tag in tags["scalars"]},
    "histograms": {
        tag: [{"step": e.step, "min": v.min, "max": v.max, "num": v.num,
               "limits": list(v.bucket_limit), "counts": list(v.bucket)}
              for e in log.Histograms(tag) for v in [e.histogram_value]]
        for tag in tags["histograms"]
    },
    "images": {tag: [(e.step, e.width, e.height) for e in log.Images(tag)] for tag in tags["images"]},
    "texts": texts,
}, sys.stdout)
