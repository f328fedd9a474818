"""Golden values of MusiCNN on synthetic sound: python make_musicnn.py WHEEL, in this folder; writes musicnn.json.

tests/it/musicnn.rs computes the same sound. Needs librosa 0.11.0, tensorflow-cpu 2.21.0 and tf-keras 2.21.0.
"""

import json
import platform
import sys

import librosa
import numpy as np
import tensorflow as tf

import musicnn_reference

HOP = 61


def sound():
    """Five seconds: two swept partials, beats, and noise of a linear congruential generator, rounded to single precision."""
    n = 80000
    t = np.arange(n) / 16000
    noise, state = np.empty(n), 1
    for i in range(n):
        state = (state * 1664525 + 1013904223) % 2**32
        noise[i] = (state >> 8) / 2**24 - 0.5
    swept = 0.4 * np.sin(2 * np.pi * (220 + 40 * t) * t) + 0.2 * np.sin(2 * np.pi * (900 + 150 * t) * t)
    return (swept * np.exp(-4 * (t % 0.5)) + 0.1 * noise * (t % 0.25 < 0.05)).astype(np.float32)


def rounded(x):
    return [rounded(v) for v in x] if np.ndim(x) else float(f"{float(x):.7g}")


if __name__ == "__main__":
    mel = musicnn_reference.mel(sound())
    found = musicnn_reference.Reference(sys.argv[1]).windows(mel, HOP)
    golden = {"versions": {"python": platform.python_version(), "librosa": librosa.__version__,
                           "numpy": np.__version__, "tensorflow": tf.__version__},
              "hop": HOP, "mel": {str(t): rounded(mel[t]) for t in [0, 1, 100, len(mel) - 1]},
              **{name: rounded(values) for name, values in found.items()}}
    with open("musicnn.json", "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")
