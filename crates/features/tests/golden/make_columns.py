"""Golden rows of the 57-column table: python make_columns.py, in this folder; writes columns.json.

The style "kaggle" has the settings that reproduce the published table. tests/it/rhythm.rs makes the same drums.
"""

import platform

import librosa
import numpy as np

import signals
from make_rhythm import RATE, drums


def row(y, pad_mode, whole):
    options = dict(pad_mode=pad_mode)
    spectra = librosa.stft(y, **options)
    parts = [librosa.istft(part, length=len(y) if whole else None) for part in librosa.decompose.hpss(spectra)]
    features = [
        librosa.feature.chroma_stft(y=y, sr=RATE, **options), librosa.feature.rms(y=y, **options),
        librosa.feature.spectral_centroid(y=y, sr=RATE, **options),
        librosa.feature.spectral_bandwidth(y=y, sr=RATE, **options),
        librosa.feature.spectral_rolloff(y=y, sr=RATE, **options), librosa.feature.zero_crossing_rate(y),
        *[librosa.util.fix_length(part, size=len(y)) for part in parts]]
    tempo = librosa.beat.beat_track(y=y, sr=RATE)[0]
    mfcc = librosa.feature.mfcc(y=y, sr=RATE, **options)
    moments = [[np.mean(f, dtype=float), np.var(f, dtype=float)] for f in features + list(mfcc)]
    return [*np.ravel(moments[:8]), float(np.ravel(tempo)[0]), *np.ravel(moments[8:])]


if __name__ == "__main__":
    versions = {"python": platform.python_version(), "librosa": librosa.__version__, "numpy": np.__version__}
    cases = []
    for bpm, seed, n in [(120, 21, 8 * RATE), (90, 22, 66149), (140, 23, 66150)]:
        y = drums(bpm, seed)[:n]
        for style, pad_mode, whole in [("librosa", "constant", True), ("kaggle", "reflect", False)]:
            cases.append({"bpm": bpm, "seed": seed, "n": n, "style": style, "expected": signals.rounded(row(y, pad_mode, whole))})
    signals.write("columns.json", {"versions": versions, "columns": cases})
