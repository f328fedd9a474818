"""Golden onsets, tempi and beats: python make_rhythm.py, in this folder; writes rhythm.json.

The beats are drums at several tempi, made as in tests/it/rhythm.rs.
"""

import platform

import librosa
import numpy as np

import signals
from make_features import framed

RATE = 22050
SECONDS = 8


def drums(bpm, seed):
    """Decaying noise on each beat, softer on the off-beats, over a tone; float64, but every value is a float32."""
    n = SECONDS * RATE
    noise = signals.noise(n, seed)
    t = np.arange(n) / RATE
    half = 30 / bpm
    index = np.floor(t / half)
    since = t - index * half
    loudness = np.where(index % 2 == 0, 1.0, 0.3)
    y = loudness * noise * np.exp(-since * 40) + 0.1 * np.sin(2 * np.pi * 330 * t)
    return y.astype(np.float32).astype(np.float64)


def onset(signal="mix", lag=1, max_size=1, aggregate="mean", trend="kept", n_mels=40, **frames):
    y, config, arguments = framed(signal, **frames)
    mel = librosa.feature.melspectrogram(y=y, sr=config["sample_rate"], n_mels=n_mels, **arguments)
    found = librosa.onset.onset_strength(
        S=librosa.power_to_db(mel), sr=config["sample_rate"], lag=lag, max_size=max_size, detrend=trend == "removed",
        aggregate=np.mean if aggregate == "mean" else np.median, center=arguments["center"],
        n_fft=arguments["n_fft"], hop_length=arguments["hop_length"])
    config = {"log_mel": {**config, "mel": {"n_mels": n_mels}}, "lag": lag, "max_size": max_size,
              "aggregate": aggregate, "trend": trend}
    return {"signal": signal, "config": config, "expected": signals.rounded(found)}


def multi():
    y = signals.make("mix")
    ranges = [(0, 10), (10, 40), (64, 128), (5, 6)]
    found = librosa.onset.onset_strength_multi(y=y, sr=RATE, channels=[slice(*r) for r in ranges])
    return {"channels": ranges, "expected": signals.rounded(found.T)}


def peaks(pre_max, post_max, pre_avg, post_avg, delta, wait, seed):
    settings = dict(pre_max=pre_max, post_max=post_max, pre_avg=pre_avg, post_avg=post_avg, delta=delta, wait=wait)
    x = signals.noise(300, seed)
    return {"settings": settings, "seed": seed, "expected": librosa.util.peak_pick(x, **settings).tolist()}


def tempogram(win_length, window, norm, n=60):
    envelope = np.abs(signals.noise(n, 11))
    found = librosa.feature.tempogram(onset_envelope=envelope, win_length=win_length, window=window,
                                      norm={"none": None, "maximum": np.inf}.get(norm, norm))
    serialized = norm if isinstance(norm, str) else {"power": norm}
    return {"n": n, "config": {"win_length": win_length, "window": window, "norm": serialized},
            "expected": signals.rounded(found.T.ravel()[::7])}


def beats(bpm, seed, hop_length=512, start_bpm=120.0, tightness=100.0, trim=True, fixed=None):
    y = drums(bpm, seed)
    envelope = librosa.onset.onset_strength(y=y, sr=RATE, hop_length=hop_length, aggregate=np.median)
    tempo, frames = librosa.beat.beat_track(y=y, sr=RATE, hop_length=hop_length, start_bpm=start_bpm,
                                            tightness=tightness, trim=trim, bpm=fixed)
    mean = librosa.onset.onset_strength(y=y, sr=RATE, hop_length=hop_length)
    local = librosa.feature.tempo(onset_envelope=mean, sr=RATE, hop_length=hop_length, aggregate=None)
    onsets = librosa.onset.onset_detect(onset_envelope=mean, sr=RATE, hop_length=hop_length)
    return {"bpm": bpm, "seed": seed,
            "config": {"onset": {"log_mel": {"stft": {"hop_length": hop_length}}, "aggregate": "median"},
                       "start_bpm": start_bpm, "tightness": tightness, "trim": "weak" if trim else "silent",
                       "bpm": fixed},
            "envelope": signals.rounded(envelope[::5]), "tempo": float(np.ravel(tempo)[0]), "beats": frames.tolist(),
            "mean_tempo": float(librosa.feature.tempo(onset_envelope=mean, sr=RATE, hop_length=hop_length)[0]),
            "local_tempo": signals.rounded(local[::9]), "onsets": onsets.tolist(),
            "backtracked": librosa.onset.onset_backtrack(onsets, mean).tolist()}


def pulse(win_length, n, bpm, tempo_min=30.0, tempo_max=300.0):
    period = 60 * RATE / 512 / bpm
    envelope = np.abs(signals.noise(n, 41)) * 0.2 + (np.arange(n) % round(period) == 0)
    spectra = librosa.feature.fourier_tempogram(onset_envelope=envelope, win_length=win_length)
    found = librosa.beat.plp(onset_envelope=envelope, win_length=win_length, tempo_min=tempo_min, tempo_max=tempo_max)
    return {"n": n, "period": round(period), "config": {"win_length": win_length, "tempo_min": tempo_min, "tempo_max": tempo_max},
            "magnitudes": signals.rounded(np.abs(spectra.T).ravel()[::61]), "shape": list(spectra.T.shape),
            "expected": signals.rounded(found)}


def energies(**options):
    x = np.abs(signals.noise(150, 42)).reshape(50, 3) * 1e5
    x[10:20] = 0
    found = librosa.pcen(x.T, sr=RATE, hop_length=512, **options)
    return {"config": options, "expected": signals.rounded(found.T)}


def stacked(n_steps, delay):
    x = signals.noise(20, 43).reshape(10, 2)
    found = librosa.feature.stack_memory(x.T, n_steps=n_steps, delay=delay)
    return {"n_steps": n_steps, "delay": delay, "expected": signals.rounded(found.T)}


def normalized(norm, fill):
    x = signals.noise(40, 12).reshape(8, 5)
    x[2] = 0
    found = librosa.util.normalize(x, norm={"none": None, "maximum": np.inf, "minimum": -np.inf, "count": 0}.get(norm, norm),
                                   fill={"kept": None, "zero": False, "constant": True}[fill], axis=1)
    serialized = norm if isinstance(norm, str) else {"power": norm}
    return {"norm": serialized, "fill": fill, "expected": signals.rounded(found)}


ONSET = [
    dict(), dict(signal="click"), dict(signal="silence"), dict(signal="square"), dict(signal="fade"), dict(signal="short"),
    dict(lag=2), dict(lag=40), dict(max_size=3), dict(max_size=4, lag=2), dict(max_size=99), dict(aggregate="median"),
    dict(aggregate="median", n_mels=41), dict(trend="removed"), dict(padding="none", n_fft=1024),
    dict(padding="reflect", n_fft=1024, hop_length=200), dict(n_fft=512, hop_length=512), dict(sample_rate=8000),
]

if __name__ == "__main__":
    versions = {"python": platform.python_version(), "librosa": librosa.__version__, "numpy": np.__version__}
    print(versions)
    golden = {
        "versions": versions, "onset": [onset(**c) for c in ONSET], "multi": [multi()],
        "peaks": [peaks(1, 1, 4, 5, 0.07, 1, 1), peaks(3, 3, 3, 5, 0.5, 10, 2), peaks(0, 1, 0, 1, 0.0, 0, 3),
                  peaks(20, 20, 50, 50, 0.1, 0, 4), peaks(1, 500, 500, 500, 0.0, 500, 5)],
        "tempogram": [tempogram(16, "hann", "maximum"), tempogram(17, "hamming", "maximum"),
                      tempogram(100, "hann", "none"), tempogram(33, "hann", 2.0), tempogram(16, "hann", "maximum", 1)],
        "beats": [beats(120, 21), beats(90, 22), beats(76.5, 23), beats(171, 24), beats(133, 25, hop_length=256),
                  beats(100, 26, start_bpm=60.0), beats(100, 27, tightness=1000.0), beats(110, 28, trim=False),
                  beats(110, 29, fixed=110.0), beats(140, 30, fixed=70.0)],
        "pulse": [pulse(384, 500, 120), pulse(64, 200, 100), pulse(100, 300, 140, tempo_min=None, tempo_max=200.0)],
        "pcen": [energies(), energies(gain=0.5), energies(bias=0.0), energies(power=0.0), energies(power=0.3, eps=1e-3),
                 energies(time_constant=0.06, bias=10.0)],
        "stack": [stacked(2, 1), stacked(3, 2), stacked(4, -3), stacked(1, 5), stacked(20, 1)],
        "normalize": [normalized(norm, fill) for norm in ("none", "maximum", "minimum", 1.0, 2.0, 0.5, 3.0)
                      for fill in ("kept", "zero", "constant")] + [normalized("count", "kept"), normalized("count", "zero")],
    }
    signals.write("rhythm.json", golden)
