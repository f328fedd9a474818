"""Golden spectral contrast, flatness, polynomial features and tonal centroids: python make_spectral.py, in this folder;
writes spectral.json. The signals are those of signals.py.
"""

import platform

import librosa
import numpy as np

import signals
from make_features import framed


def contrast(signal="mix", f_min=200.0, n_bands=6, quantile=0.02, scale="decibel", **frames):
    y, config, arguments = framed(signal, **frames)
    found = librosa.feature.spectral_contrast(y=y, sr=config["sample_rate"], fmin=f_min, n_bands=n_bands,
                                              quantile=quantile, linear=scale == "linear", **arguments)
    config.update(f_min=f_min, n_bands=n_bands, quantile=quantile, scale=scale)
    return {"signal": signal, "config": config, "expected": signals.rounded(found.T)}


def flatness(signal="mix", power=2.0, amin=1e-10, **frames):
    y, config, arguments = framed(signal, **frames)
    found = librosa.feature.spectral_flatness(y=y, power=power, amin=amin, **arguments)
    config = {"stft": config["stft"], "power": power, "amin": amin}
    return {"signal": signal, "config": config, "expected": signals.rounded(found[0])}


def poly(signal="mix", order=1, **frames):
    y, config, arguments = framed(signal, **frames)
    found = librosa.feature.poly_features(y=y, sr=config["sample_rate"], order=order, **arguments)
    return {"signal": signal, "config": {**config, "order": order}, "expected": signals.rounded(found.T)}


def tonnetz(n_chroma):
    chroma = np.abs(signals.noise(10 * n_chroma, 8).reshape(10, n_chroma))
    chroma[3] = 0
    found = librosa.feature.tonnetz(chroma=chroma.T)
    return {"n_chroma": n_chroma, "expected": signals.rounded(found.T)}


CONTRAST = [
    dict(), dict(signal="click"), dict(signal="silence"), dict(signal="square"), dict(signal="fade"), dict(signal="short"),
    dict(scale="linear"), dict(n_fft=1024, hop_length=300), dict(n_fft=1001, hop_length=500), dict(n_fft=4096),
    dict(quantile=0.2), dict(quantile=0.9), dict(n_bands=4), dict(f_min=100.0), dict(sample_rate=8000, n_bands=4),
    dict(sample_rate=44100, quantile=0.1), dict(padding="reflect", window="hamming", win_length=1500),
]
FLATNESS = [
    dict(), dict(signal="click"), dict(signal="silence"), dict(signal="square"), dict(signal="fade"), dict(signal="dc"),
    dict(power=1.0), dict(power=0.5), dict(power=3.0), dict(amin=1e-3), dict(n_fft=1001, hop_length=500),
    dict(n_fft=512, hop_length=512, padding="none"), dict(padding="edge", window="blackman"),
]
POLY = [
    dict(), dict(order=0), dict(order=2), dict(order=3), dict(order=5), dict(signal="click"), dict(signal="silence"),
    dict(signal="square", n_fft=1024), dict(n_fft=1001, hop_length=500), dict(sample_rate=8000, padding="reflect"),
]

if __name__ == "__main__":
    versions = {"python": platform.python_version(), "librosa": librosa.__version__, "numpy": np.__version__}
    print(versions)
    golden = {"versions": versions, "contrast": [contrast(**c) for c in CONTRAST],
              "flatness": [flatness(**c) for c in FLATNESS], "poly": [poly(**c) for c in POLY],
              "tonnetz": [tonnetz(n) for n in (12, 24, 7)]}
    signals.write("spectral.json", golden)
