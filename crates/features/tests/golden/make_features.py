"""Golden MFCCs and log-mel spectrograms: python make_features.py, in this folder; writes features.json.

tests/it/common.rs computes the same signals, so the file holds results only. Every case carries its configuration in
the crate's own serialized form.
"""

import platform

import librosa
import numpy as np
import scipy

import signals

WINDOWS = {
    "hann": "hann",
    "hamming": "hamming",
    "blackman": "blackman",
    "blackman_harris": "blackmanharris",
    "rectangular": "boxcar",
}
PADDINGS = {"zero": "constant", "reflect": "reflect", "edge": "edge"}


def window_arguments(window, win_length):
    """The serialized form of a window, and librosa's."""
    if window == "kaiser":
        return {"kaiser": {"beta": 9.5}}, ("kaiser", 9.5)
    if window == "samples":
        own = [round(float(x), 6) for x in np.linspace(0.2, 1.0, win_length) ** 2]
        return {"samples": own}, np.array(own)
    return window, WINDOWS[window]


def case(kind, signal="mix", sample_rate=22050, n_fft=1024, hop_length=512, win_length=None, window="hann",
         padding="zero", power=2, n_mels=40, f_min=0.0, f_max=None, scale="slaney", norm="slaney", reference=1.0,
         amin=1e-10, top_db=80.0, n_mfcc=13, dct_type=2, dct_norm="orthonormal", lifter=0):
    y = signals.make(signal)
    ours, theirs = window_arguments(window, win_length or n_fft)
    center = padding != "none"
    mel = librosa.feature.melspectrogram(
        y=y, sr=sample_rate, n_fft=n_fft, hop_length=hop_length, win_length=win_length, window=theirs, center=center,
        pad_mode=PADDINGS.get(padding, "constant"), power=power, n_mels=n_mels, fmin=f_min, fmax=f_max,
        htk=scale == "htk", norm="slaney" if norm == "slaney" else None)
    decibels = librosa.power_to_db(mel, ref=np.max if reference == "maximum" else reference, amin=amin, top_db=top_db)
    log_mel = {
        "sample_rate": sample_rate,
        "stft": {"n_fft": n_fft, "hop_length": hop_length, "win_length": win_length, "window": ours,
                 "padding": padding},
        "spectrum": "power" if power == 2 else "magnitude",
        "mel": {"n_mels": n_mels, "f_min": f_min, "f_max": f_max, "scale": scale, "norm": norm},
        "decibel": {"reference": "maximum" if reference == "maximum" else {"value": reference}, "amin": amin,
                    "top_db": top_db},
    }
    if kind == "log_mel":
        config, result = log_mel, decibels
    else:
        result = librosa.feature.mfcc(S=decibels, n_mfcc=n_mfcc, lifter=lifter, dct_type=dct_type,
                                      norm="ortho" if dct_norm == "orthonormal" else None)
        config = {"n_mfcc": n_mfcc, "dct_type": dct_type, "dct_norm": dct_norm, "lifter": float(lifter), "log_mel": log_mel}
    return {"signal": signal, "config": config, "expected": signals.rounded(result.T)}


MFCC = [
    dict(n_fft=2048, n_mels=128),
    dict(n_fft=2048, n_mels=128, signal="click"),
    dict(n_fft=2048, n_mels=128, signal="silence"),
    dict(n_fft=2048, n_mels=128, signal="dc"),
    dict(n_fft=2048, n_mels=128, signal="square"),
    dict(n_fft=2048, n_mels=128, signal="fade"),
    dict(n_fft=2048, n_mels=128, signal="short"),
    dict(n_fft=2048, n_mels=128, signal="denormal"),
    dict(n_mfcc=1), dict(n_mfcc=20), dict(n_mfcc=40),
    dict(lifter=22), dict(lifter=22, dct_norm="none"), dict(dct_norm="none"),
    dict(dct_type=1), dict(dct_type=1, dct_norm="none"), dict(dct_type=3), dict(dct_type=3, dct_norm="none", lifter=22),
    dict(top_db=None), dict(top_db=20.0), dict(reference=0.5), dict(reference="maximum"), dict(amin=1e-3),
    dict(n_fft=128, hop_length=64, n_mels=20, signal="short"), dict(n_fft=256, hop_length=300, n_mels=20),
    dict(n_fft=512), dict(n_fft=4096, hop_length=1024), dict(n_fft=8192, hop_length=2048),
    dict(n_fft=400, hop_length=160, sample_rate=16000, n_mels=80), dict(n_fft=1000, hop_length=333),
    dict(n_fft=1001, hop_length=500), dict(n_fft=16384, hop_length=2048), dict(n_fft=509, hop_length=1024),
    dict(win_length=400), dict(win_length=401), dict(n_fft=1200, win_length=1100),
    *[dict(window=w) for w in ["hamming", "blackman", "blackman_harris", "rectangular", "kaiser", "samples"]],
    dict(padding="reflect"), dict(padding="edge"), dict(padding="none"),
    dict(padding="reflect", n_fft=1001), dict(padding="edge", signal="short"),
    dict(scale="htk"), dict(norm="none"), dict(scale="htk", norm="none"), dict(f_min=50.0, f_max=8000.0),
    dict(f_min=300.0, f_max=3400.0, sample_rate=8000), dict(n_mels=20), dict(n_mels=64), dict(n_mels=256),
    dict(power=1), dict(power=1, scale="htk", n_fft=400), dict(sample_rate=44100), dict(sample_rate=8000),
]
LOG_MEL = [
    dict(n_fft=2048, hop_length=2048), dict(hop_length=2048, reference="maximum"), dict(hop_length=2048, top_db=None),
    dict(hop_length=2048, power=1), dict(hop_length=2048, padding="reflect", window="kaiser"),
    dict(hop_length=2048, n_mels=80, scale="htk", norm="none"), dict(n_fft=400, hop_length=1600, sample_rate=16000),
    dict(hop_length=2048, signal="fade"),
]

RATES = [(44100, 22050), (48000, 22050), (32000, 22050), (16000, 22050), (11025, 22050), (8000, 22050), (44100, 16000)]


def resampled():
    for source, target in RATES:
        y = librosa.resample(signals.make("mix"), orig_sr=source, target_sr=target)
        yield {"from": source, "to": target, "expected": signals.rounded(librosa.feature.mfcc(y=y, sr=target, n_mfcc=13).T)}


DESCRIPTORS = [
    dict(), dict(signal="click"), dict(signal="silence"), dict(signal="square"), dict(signal="fade"), dict(signal="dc"),
    dict(n_fft=1024, hop_length=300), dict(n_fft=1001, hop_length=500), dict(padding="reflect"), dict(padding="none"),
    dict(window="hamming", win_length=1500), dict(sample_rate=44100, roll_percent=0.5), dict(roll_percent=0.99),
]
CHROMA = [
    dict(), dict(tuning=0.0), dict(tuning=-0.3), dict(signal="square"), dict(signal="silence"), dict(signal="click"),
    dict(signal="fade", tuning=0.25), dict(n_fft=4096, hop_length=1024), dict(n_fft=1001, hop_length=512),
    dict(padding="reflect", window="blackman"), dict(sample_rate=44100), dict(sample_rate=8000),
]
DELTA = [(9, 1), (9, 2), (3, 1), (5, 2), (7, 3), (5, 4), (29, 1)]


def framed(signal="mix", sample_rate=22050, n_fft=2048, hop_length=512, win_length=None, window="hann", padding="zero"):
    """The signal, our configuration and librosa's arguments."""
    ours, theirs = window_arguments(window, win_length or n_fft)
    config = {"sample_rate": sample_rate, "stft": {"n_fft": n_fft, "hop_length": hop_length, "win_length": win_length,
                                                   "window": ours, "padding": padding}}
    arguments = dict(n_fft=n_fft, hop_length=hop_length, win_length=win_length, window=theirs, center=padding != "none",
                     pad_mode=PADDINGS.get(padding, "constant"))
    return signals.make(signal), config, arguments


def descriptors(signal="mix", roll_percent=0.85, **frames):
    y, config, arguments = framed(signal, **frames)
    sr, of_frames = config["sample_rate"], dict(hop_length=arguments["hop_length"], center=arguments["center"])
    length = arguments["n_fft"]
    found = {
        "centroid": librosa.feature.spectral_centroid(y=y, sr=sr, **arguments),
        "bandwidth": librosa.feature.spectral_bandwidth(y=y, sr=sr, **arguments),
        "rolloff": librosa.feature.spectral_rolloff(y=y, sr=sr, roll_percent=roll_percent, **arguments),
        "zero_crossing_rate": librosa.feature.zero_crossing_rate(y, frame_length=length, **of_frames),
        "rms": librosa.feature.rms(y=y, frame_length=length, **of_frames),
    }
    config["roll_percent"] = roll_percent
    return {"signal": signal, "config": config, "expected": {k: signals.rounded(v[0]) for k, v in found.items()}}


def chroma(signal="mix", tuning=None, **frames):
    y, config, arguments = framed(signal, **frames)
    found = librosa.feature.chroma_stft(y=y, sr=config["sample_rate"], tuning=tuning, **arguments)
    config["tuning"] = "estimated" if tuning is None else {"fixed": tuning}
    return {"signal": signal, "config": config, "expected": signals.rounded(found.T)}


def delta(width, order):
    data = signals.noise(90, 3).reshape(30, 3)
    found = librosa.feature.delta(data, width=width, order=order, axis=0)
    return {"width": width, "order": order, "expected": signals.rounded(found)}


if __name__ == "__main__":
    versions = {"python": platform.python_version(), "librosa": librosa.__version__, "numpy": np.__version__,
                "scipy": scipy.__version__}
    print(versions)
    golden = {"versions": versions, "mfcc": [case("mfcc", **c) for c in MFCC],
              "log_mel": [case("log_mel", **c) for c in LOG_MEL], "resampled": list(resampled()),
              "descriptors": [descriptors(**c) for c in DESCRIPTORS], "chroma": [chroma(**c) for c in CHROMA],
              "delta": [delta(*c) for c in DELTA]}
    signals.write("features.json", golden)
