"""Golden pitches: python make_pitch.py, in this folder; writes pitch.json.

The signal is a gliding tone with overtones between two silences, made as in tests/it/pitch.rs.
"""

import platform

import librosa
import numpy as np

import signals

RATE = 22050


def glide():
    """Two seconds from 200 to 400 Hz, over noise, with silence before and after; every value is a float32."""
    n = 2 * RATE
    t = np.arange(n) / RATE
    phase = 2 * np.pi * (200 * t + 50 * t * t)
    y = 0.3 * np.sin(phase) + 0.2 * np.sin(2 * phase) + 0.1 * np.sin(3 * phase) + 0.01 * signals.noise(n, 31)
    y = np.concatenate([np.zeros(6000), y, 0.05 * signals.noise(6000, 32)])
    return y.astype(np.float32).astype(np.float64)


def yin(f_min=65.4, f_max=2093.0, trough_threshold=0.1, padding="zero", **options):
    found = librosa.yin(glide(), sr=RATE, fmin=f_min, fmax=f_max, trough_threshold=trough_threshold,
                        center=padding != "none", pad_mode={"zero": "constant"}.get(padding, padding), **options)
    return {"config": {"f_min": f_min, "f_max": f_max, "trough_threshold": trough_threshold, "padding": padding, **options},
            "expected": signals.rounded(found)}


def pyin(f_min=65.4, f_max=2093.0, frame_length=2048, hop_length=512, **options):
    f0, voiced, probability = librosa.pyin(glide(), sr=RATE, fmin=f_min, fmax=f_max, frame_length=frame_length,
                                           hop_length=hop_length, **options)
    yin = {"f_min": f_min, "f_max": f_max, "frame_length": frame_length, "hop_length": hop_length}
    return {"config": {"yin": yin, **options}, "f0": [None if np.isnan(f) else signals.rounded(f) for f in f0],
            "probability": signals.rounded(probability)}


if __name__ == "__main__":
    versions = {"python": platform.python_version(), "librosa": librosa.__version__, "numpy": np.__version__}
    print(versions)
    golden = {
        "versions": versions,
        "yin": [yin(), yin(f_min=100.0, f_max=800.0, frame_length=1024, hop_length=300), yin(trough_threshold=0.3),
                yin(padding="reflect"), yin(padding="none", frame_length=1500, hop_length=500)],
        "pyin": [pyin(), pyin(f_min=100.0, f_max=800.0, frame_length=1024, hop_length=300), pyin(resolution=0.25),
                 pyin(n_thresholds=40, beta_parameters=(1, 9)), pyin(switch_prob=0.1, no_trough_prob=0.2),
                 pyin(max_transition_rate=10.0, boltzmann_parameter=1.0)],
    }
    signals.write("pitch.json", golden)
