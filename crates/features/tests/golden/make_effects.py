"""Golden separations, silences, emphasis and statistics: python make_effects.py, in this folder; writes effects.json.

Of each signal every 97th sample is kept, of each mask every 97th value.
"""

import platform

import librosa
import numpy as np

import signals
from make_features import framed

STEP = 97


def hpss(signal="mix", kernel=(31, 31), power=2.0, margin=(1.0, 1.0), n_fft=512, hop_length=128, **frames):
    y, config, arguments = framed(signal, n_fft=n_fft, hop_length=hop_length, **frames)
    spectra = librosa.stft(y, **arguments)
    options = dict(kernel_size=kernel, power=power, margin=margin)
    masks = librosa.decompose.hpss(np.abs(spectra), mask=True, **options)
    back = {k: v for k, v in arguments.items() if k != "pad_mode"}
    parts = [librosa.istft(part, length=len(y), **back) for part in librosa.decompose.hpss(spectra, **options)]
    config = {"stft": config["stft"], "harmonic_length": kernel[0], "percussive_length": kernel[1],
              "mask": "hard" if power == np.inf else {"soft": {"power": power}},
              "harmonic_margin": margin[0], "percussive_margin": margin[1]}
    return {"signal": signal, "config": config,
            "masks": [signals.rounded(mask.T.ravel()[::STEP]) for mask in masks],
            "parts": [signals.rounded(part[::STEP]) for part in parts]}


def silence(signal, **options):
    y = np.concatenate([np.zeros(1500), signals.make(signal)[:2500], 1e-4 * signals.noise(3000, 4), signals.make(signal)[:777]])
    return {"signal": signal, "config": options, "trim": librosa.effects.trim(y, **options)[1].tolist(),
            "split": librosa.effects.split(y, **options).tolist()}


def emphasis(coef):
    y = signals.noise(20, 6)
    return {"coef": coef, "preemphasis": signals.rounded(librosa.effects.preemphasis(y, coef=coef)),
            "deemphasis": signals.rounded(librosa.effects.deemphasis(y, coef=coef))}


def summary(n_frames):
    x = signals.noise(3 * n_frames, 14).reshape(n_frames, 3)
    quantiles = [0.0, 0.1, 0.25, 0.5, 0.99, 1.0]
    rows = [x.mean(axis=0), x.std(axis=0), x.var(axis=0), *np.quantile(x, quantiles, axis=0)]
    return {"n_frames": n_frames, "quantiles": quantiles, "expected": signals.rounded(np.array(rows))}


NOTES = ["C4", "Bb3-50", "C", "c#5", "A-1", "A4+25", "Cb4", "F##2", "B♭3", "E𝄪4", "A!3", "G+10"]


def conversions():
    hz = [27.5, 100.0, 440.0, 1234.5, 11025.0]
    times = [0.0, 0.5, 1.2345, 29.99]
    return {"notes": [[n, float(librosa.note_to_midi(n, round_midi=False))] for n in NOTES],
            "hz": [[f, float(librosa.hz_to_midi(f)), librosa.hz_to_note(f)] for f in hz],
            "times": [[t, int(librosa.time_to_samples(t, sr=22050)), int(librosa.time_to_frames(t, sr=22050, hop_length=512))]
                      for t in times]}


SILENCE = [dict(signal="mix", top_db=60), dict(signal="mix", top_db=20), dict(signal="fade", top_db=40, frame_length=512,
           hop_length=128), dict(signal="silence", top_db=60), dict(signal="mix", top_db=0, frame_length=333, hop_length=100)]
HPSS = [
    dict(), dict(signal="click"), dict(signal="silence"), dict(signal="square"), dict(signal="short"),
    dict(kernel=(17, 8)), dict(kernel=(1, 31)), dict(kernel=(101, 5)), dict(power=1.0), dict(power=3.5),
    dict(power=np.inf), dict(margin=(2.0, 3.0)), dict(margin=(1.0, 5.0), power=np.inf), dict(n_fft=1001, hop_length=250),
    dict(padding="reflect", window="hamming", win_length=400), dict(n_fft=2048, hop_length=512),
]

if __name__ == "__main__":
    versions = {"python": platform.python_version(), "librosa": librosa.__version__, "numpy": np.__version__}
    print(versions)
    golden = {"versions": versions, "hpss": [hpss(**c) for c in HPSS], "silence": [silence(**c) for c in SILENCE],
              "emphasis": [emphasis(c) for c in (0.97, 0.0, -0.5, 1.0)], "summary": [summary(n) for n in (1, 2, 50)],
              "conversions": [conversions()]}
    signals.write("effects.json", golden)
