"""Writes the stores of tests/it/stores.rs as a Python user would: `python make_stores.py` in this folder.

Written with numpy 2.4.6 and pandas 3.1.1.
"""
import sys

# Or `collections.py` beside this file would be imported in place of the standard library's module.
sys.path.pop(0)

from pathlib import Path

import numpy as np
import pandas

HERE = Path(__file__).parent
features = (np.arange(24).reshape(4, 2, 3) / 8 - 1).astype(np.float32)
labels, classes = np.array([1, 1, 0, 0]), np.array(["Ærø", "jazz"])
tracks, positions = np.array(['jazz/a, "b".wav'] * 2 + ["Ærø/c.wav"] * 2), np.array([0, 2, 0, 1])
np.savez_compressed(HERE / "store.npz", features=features, labels=labels, classes=classes, tracks=tracks, positions=positions)
frame = pandas.DataFrame({"class": classes[labels], "label": labels, "path": tracks, "position": positions})
columns = [f"frame_{t}_coefficient_{k}" for t in range(2) for k in range(3)]
frame[columns] = features.reshape(4, 6)
frame.to_csv(HERE / "store.csv", index=False)
