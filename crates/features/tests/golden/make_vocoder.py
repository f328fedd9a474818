"""Golden stretched and shifted signals: python make_vocoder.py, in this folder; writes vocoder.json.

Every 29th sample is kept.
"""

import platform

import librosa
import numpy as np

import signals
from make_features import framed

STEP = 29


def case(effect, amount, signal="mix", **frames):
    y, config, arguments = framed(signal, **{"n_fft": 1024, "hop_length": 256, **frames})
    del arguments["pad_mode"]  # zeros, the default, which istft does not know
    if effect == "time_stretch":
        found = librosa.effects.time_stretch(y, rate=amount, **arguments)
    else:
        found = librosa.effects.pitch_shift(y, sr=22050, n_steps=amount, **arguments)
    return {"signal": signal, "amount": amount, "stft": config["stft"], "length": len(found),
            "expected": signals.rounded(found[::STEP])}


if __name__ == "__main__":
    versions = {"python": platform.python_version(), "librosa": librosa.__version__, "numpy": np.__version__}
    stretches = [(0.5,), (0.8,), (1.0,), (1.3,), (2.0,), (7.9,), (1.1, "click"), (0.9, "silence"), (1.2, "fade")]
    golden = {"versions": versions,
              "time_stretch": [case("time_stretch", *c) for c in stretches]
              + [case("time_stretch", 1.25, n_fft=512, hop_length=100, window="hamming", win_length=400)],
              "pitch_shift": [case("pitch_shift", n) for n in (0.0, 4.0, -3.0, 12.0, -12.0, 0.5)]}
    signals.write("vocoder.json", golden)
