"""The crate rosa 0.1 beside this one: speed, and the largest difference of each from librosa; one JSON line per work.

  pip install librosa==0.11.0 "numba<0.62"
  python benches/peers/rosa.py                       # builds benches/rosa; synthetic audio
  python benches/peers/rosa.py --file song.ogg --rounds 20

{"work": ..., "speedup": rosa's time / ours in f32, "speedup_f64": rosa's time / ours in f64, "difference_f32": ...,
"difference_f64": ..., "difference_rosa": ...}, each on one thread and on 30 s. The three run in turn, and times are medians.
A difference is the largest from librosa in double precision, relative to librosa's largest value; null where a result has
another shape than librosa's.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import librosa
import numpy as np

from features import RATE
from mfcc import audio

FOLDER = Path(__file__).resolve().parents[1] / "rosa"
FEATURES = librosa.feature


def descriptors(y):
    found = [FEATURES.spectral_centroid(y=y, sr=RATE), FEATURES.spectral_bandwidth(y=y, sr=RATE),
             FEATURES.spectral_rolloff(y=y, sr=RATE), FEATURES.zero_crossing_rate(y), FEATURES.rms(y=y)]
    return np.concatenate(found)


def onsets(y):
    return librosa.onset.onset_strength(y=y, sr=RATE)


WORKS = {
    "mfcc": lambda y: FEATURES.mfcc(y=y, sr=RATE),
    "chroma_stft": lambda y: FEATURES.chroma_stft(y=y, sr=RATE),
    "descriptors": descriptors,
    "spectral_contrast": lambda y: FEATURES.spectral_contrast(y=y, sr=RATE),
    "spectral_flatness": lambda y: FEATURES.spectral_flatness(y=y),
    "onset_strength": onsets,
    "tempo": lambda y: FEATURES.tempo(onset_envelope=onsets(y), sr=RATE),
    "beat_track": lambda y: librosa.beat.beat_track(onset_envelope=onsets(y), sr=RATE)[1],
    "cqt": lambda y: np.abs(librosa.cqt(y, sr=RATE)),
    "chroma_cqt": lambda y: FEATURES.chroma_cqt(y=y, sr=RATE),
    "tonnetz": lambda y: FEATURES.tonnetz(y=y, sr=RATE),
    "yin": lambda y: librosa.yin(y, fmin=65.4, fmax=2093, sr=RATE),
}


def difference(found, expected):
    """Descriptors have units of their own: each row is compared with its own largest value."""
    if found.size != expected.size:
        return None
    rows = np.atleast_2d(expected)
    ours = found.reshape(rows.shape[1], rows.shape[0]).T
    scale = np.abs(rows).max(axis=1, keepdims=True) if len(rows) == 5 else np.abs(rows).max()
    return float(f"{np.max(np.abs(ours - rows) / scale):.2g}")


def build():
    command = ["cargo", "build", "--release", "--manifest-path", str(FOLDER / "Cargo.toml"), "--message-format",
               "json-render-diagnostics"]
    messages = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    built = [json.loads(line).get("executable") for line in messages.splitlines()]
    return [path for path in built if path][-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", help="audio file; without it, synthetic audio")
    parser.add_argument("--program", help="the program cepstrum-bench-rosa; built if not given")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()

    music, _ = audio(arguments.file)
    program = arguments.program or build()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "music.f32")
        music.astype("<f4").tofile(path)
        with subprocess.Popen([program, path, folder, str(arguments.rounds)], stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                times = json.loads(line)
                work = times["work"]
                expected = WORKS[work](music.astype(np.float64))
                result = {"work": work, "speedup": round(times["rosa_ms"] / times["f32_ms"], 1),
                          "speedup_f64": round(times["rosa_ms"] / times["f64_ms"], 1), **times}
                for side in ("f32", "f64", "rosa"):
                    found = np.fromfile(os.path.join(folder, f"{work}.{side}"), "<f8")
                    result[f"difference_{side}"] = difference(found, expected)
                print(json.dumps(result), flush=True)
    sys.exit(process.returncode)


if __name__ == "__main__":
    main()
