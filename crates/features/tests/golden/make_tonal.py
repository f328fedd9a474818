"""Golden constant-Q transforms and what follows: python make_tonal.py, in this folder; writes tonal.json.

The signal is a chord of decaying partials, made as in tests/it/tonal.rs. Every 23rd value of a transform is kept.
"""

import platform

import librosa
import numpy as np

import signals

RATE = 22050
STEP = 23


def chord(n, cents=0.0):
    """Notes from A1 to E6 with overtones over a little noise; float64, but every value is a float32."""
    t = np.arange(n) / RATE
    y = 0.01 * signals.noise(n, 17)
    for i, midi in enumerate((33, 40, 57, 61, 64, 88)):
        hz = 440 * 2 ** ((midi - 69 + cents / 100) / 12)
        for overtone in (1, 2, 3):
            y = y + 0.2 / overtone * np.exp(-0.5 * i * t) * np.sin(2 * np.pi * overtone * hz * t)
    return y.astype(np.float32).astype(np.float64)


def cqt(n=RATE, cents=0.0, gamma=0, norm=1.0, scale=True, tuning=0.0, window="hann", padding="constant", **options):
    y = chord(n, cents)
    theirs = dict(sr=RATE, norm={"none": None, "maximum": np.inf}.get(norm, norm), scale=scale, tuning=tuning,
                  window=window, pad_mode=padding)
    found = librosa.vqt(y, gamma=gamma, **theirs, **{{"f_min": "fmin"}.get(k, k): v for k, v in options.items()})
    ours = {"norm": norm if isinstance(norm, str) else {"power": norm}, "scale": "length" if scale else "none",
            "tuning": "estimated" if tuning is None else {"fixed": tuning}, "window": window,
            "padding": {"constant": "zero"}.get(padding, padding),
            "bandwidth": {0: "constant_q", None: "erb"}.get(gamma, {"added": {"hz": gamma}})}
    return {"n": n, "cents": cents, "config": {**ours, **options}, "shape": list(found.T.shape),
            "real": signals.rounded(found.T.real.ravel()[::STEP]), "imaginary": signals.rounded(found.T.imag.ravel()[::STEP])}


def chroma(cents=0.0, n=RATE, norm="maximum", tuning=None, **options):
    y = chord(n, cents)
    theirs = {{"f_min": "fmin"}.get(k, k): v for k, v in options.items()}
    found = librosa.feature.chroma_cqt(y=y, sr=RATE, norm={"none": None, "maximum": np.inf}.get(norm, norm), tuning=tuning,
                                       **theirs)
    case = {"n": n, "cents": cents, "expected": signals.rounded(found.T),
            "config": {**options, "norm": norm, "tuning": "estimated" if tuning is None else {"fixed": tuning}}}
    if not options and tuning is None and norm == "maximum":
        case["tonnetz"] = signals.rounded(librosa.feature.tonnetz(y=y, sr=RATE).T)
    return case


def cens(smoothing, n_frames):
    values = np.abs(signals.noise(12 * n_frames, 18)).reshape(n_frames, 12)
    values[3] = 0
    # Twelve bins per octave from C1 on are their own classes.
    found = librosa.feature.chroma_cens(C=values.T, bins_per_octave=12, win_len_smooth=smoothing or None)
    return {"smoothing": smoothing, "n_frames": n_frames, "expected": signals.rounded(found.T)}


CQT = [
    dict(), dict(n_bins=30), dict(n_bins=1), dict(n_bins=252, bins_per_octave=36), dict(tuning=0.3), dict(tuning=None, cents=20.0),
    dict(tuning=None, cents=-30.0, bins_per_octave=24, n_bins=100), dict(hop_length=256), dict(hop_length=441, n_bins=36),
    dict(hop_length=320), dict(f_min=110.0, n_bins=24, hop_length=1024), dict(filter_scale=0.5), dict(norm=2.0),
    dict(norm="maximum"), dict(norm="none"), dict(scale=False), dict(scale=False, f_min=110.0, n_bins=24, hop_length=1024),
    dict(sparsity=0.0), dict(sparsity=0.1), dict(window="hamming"), dict(padding="reflect"), dict(gamma=None), dict(gamma=20.0),
    dict(n=5000), dict(n=100),
]
CHROMA = [dict(), dict(cents=25.0), dict(tuning=0.0), dict(norm=2.0), dict(norm="none"), dict(n_chroma=24, bins_per_octave=24),
          dict(bins_per_octave=12, n_octaves=5, f_min=65.4), dict(f_min=55.0, n_octaves=6), dict(threshold=0.5)]

if __name__ == "__main__":
    versions = {"python": platform.python_version(), "librosa": librosa.__version__, "numpy": np.__version__}
    print(versions)
    cases = [chroma(**c) for c in CHROMA]
    for case in cases:
        if not isinstance(case["config"]["norm"], str):
            case["config"]["norm"] = {"power": case["config"]["norm"]}
    golden = {"versions": versions, "cqt": [cqt(**c) for c in CQT], "chroma": cases,
              "cens": [cens(41, 60), cens(0, 10), cens(4, 30), cens(1, 20)]}
    signals.write("tonal.json", golden)
