"""Golden values of presets, by their owners' formulas: python make_presets.py, in this folder; writes presets.json.

Whisper's is that of whisper/audio.py (`log_mel_spectrogram`), in NumPy: a Hann window, centered frames with the signal mirrored,
the last frame dropped, `log10` of at least 1e-10, at most 8 below the maximum, `(x + 4) / 4`. Its filters are librosa's.
"""

import platform

import librosa
import numpy as np

import signals

STEP = 13


def whisper(signal, n_mels):
    y = np.concatenate([signals.make(signal), np.zeros(4000)])
    padded = np.pad(y, 200, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    frames = np.lib.stride_tricks.sliding_window_view(padded, 400)[::160]
    power = np.abs(np.fft.rfft(frames * window))[:-1] ** 2
    mel = power @ librosa.filters.mel(sr=16000, n_fft=400, n_mels=n_mels, dtype=np.float64).T
    log = np.log10(np.maximum(mel, 1e-10))
    log = (np.maximum(log, log.max() - 8) + 4) / 4
    return {"signal": signal, "n_mels": n_mels, "shape": list(log.shape), "expected": signals.rounded(log.ravel()[::STEP])}


if __name__ == "__main__":
    versions = {"python": platform.python_version(), "librosa": librosa.__version__, "numpy": np.__version__}
    golden = {"versions": versions, "whisper": [whisper("mix", 80), whisper("mix", 128), whisper("fade", 80)]}
    signals.write("presets.json", golden)
