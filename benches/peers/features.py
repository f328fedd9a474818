"""Features beside librosa: both sides run alternately on the same audio; one JSON line per work.

  pip install librosa==0.11.0 "numba<0.62"    # numba 0.68 crashes in librosa's peak picking
  python benches/peers/features.py                       # builds this side; synthetic audio
  python benches/peers/features.py --file song.ogg --works hpss beat_track
  python benches/peers/features.py --double              # our double precision beside our single
  taskset -c 1 python benches/peers/features.py --cpu-time    # where others use the machine (Linux): processor time of each side

{"work": ..., "peer": ..., "speedup": median over the rounds of peer time / our time, "min": ..., "max": ...}, each on one
thread and on 30 s. A round is a block of our runs and a block of the peer's, back to back, and compares their medians.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"
warnings.filterwarnings("ignore")

import librosa
import numpy as np

from mfcc import audio, timed
from ours import build

RATE = 22050


def columns(y):
    """The 57 columns, as one does it with librosa: each feature from the signal."""
    parts = librosa.effects.hpss(y)
    features = [librosa.feature.chroma_stft(y=y, sr=RATE), librosa.feature.rms(y=y), *descriptors(y)[:3],
                librosa.feature.zero_crossing_rate(y), *parts]
    tempo = librosa.beat.beat_track(y=y, sr=RATE)[0]
    return [(np.mean(f), np.var(f)) for f in [*features, *librosa.feature.mfcc(y=y, sr=RATE)]], tempo


def descriptors(y):
    return [librosa.feature.spectral_centroid(y=y, sr=RATE), librosa.feature.spectral_bandwidth(y=y, sr=RATE),
            librosa.feature.spectral_rolloff(y=y, sr=RATE), librosa.feature.zero_crossing_rate(y), librosa.feature.rms(y=y)]


WORKS = {
    "mfcc": lambda y: librosa.feature.mfcc(y=y, sr=RATE),
    "chroma_stft": lambda y: librosa.feature.chroma_stft(y=y, sr=RATE),
    "descriptors": descriptors,
    "hpss": librosa.effects.hpss,
    "onset_strength": lambda y: librosa.onset.onset_strength(y=y, sr=RATE),
    "tempo": lambda y: librosa.feature.tempo(y=y, sr=RATE),
    "beat_track": lambda y: librosa.beat.beat_track(y=y, sr=RATE),
    "spectral_contrast": lambda y: librosa.feature.spectral_contrast(y=y, sr=RATE),
    "spectral_flatness": lambda y: librosa.feature.spectral_flatness(y=y),
    "cqt": lambda y: librosa.cqt(y, sr=RATE),
    "chroma_cqt": lambda y: librosa.feature.chroma_cqt(y=y, sr=RATE),
    "tonnetz": lambda y: librosa.feature.tonnetz(y=y, sr=RATE),
    "pyin": lambda y: librosa.pyin(y, sr=RATE, fmin=65.4, fmax=2093.0),
    "columns": columns,
    "mfcc_to_audio": lambda y: librosa.feature.inverse.mfcc_to_audio(librosa.feature.mfcc(y=y, sr=RATE), sr=RATE, n_iter=32),
}
SLOW = ("hpss", "pyin", "columns", "mfcc_to_audio")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", help="audio file; without it, synthetic audio")
    parser.add_argument("--ours", help="the program feature_times; built if not given")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--works", nargs="+", choices=list(WORKS), default=list(WORKS))
    parser.add_argument("--double", action="store_true", help="compare with our own double precision")
    parser.add_argument("--cpu-time", action="store_true", help="processor time instead of wall time; Linux only")
    arguments = parser.parse_args()

    music, _ = audio(arguments.file)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "music.f32")
        music.astype("<f4").tofile(path)
        process = subprocess.Popen([arguments.ours or build("cepstrum-features", "feature_times", "--features", "measure"), path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   text=True)

        def cpu_time():
            return int(Path(f"/proc/{process.pid}/schedstat").read_text().split()[0]) / 1e9 if arguments.cpu_time else 0.0

        def ours(work):
            before = cpu_time()
            process.stdin.write(work + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if not line:
                sys.exit("feature_times has ended; its message is above")
            return cpu_time() - before if arguments.cpu_time else int(line) / 1e9

        def librosas(work):
            if not arguments.cpu_time:
                return timed(lambda: WORKS[work](music))()
            before = time.process_time()
            WORKS[work](music)
            return time.process_time() - before

        for work in arguments.works:
            theirs = (lambda: ours(work + " f64")) if arguments.double else (lambda: librosas(work))
            ours(work), theirs()
            speedups, times = [], []
            block = 1 if work in SLOW else 3
            for _ in range(arguments.rounds):
                our_time = statistics.median(ours(work) for _ in range(block))
                speedups.append(statistics.median(theirs() for _ in range(block)) / our_time)
                times.append(our_time)
            print(json.dumps({"work": work, "peer": "ours, f64" if arguments.double else f"librosa {librosa.__version__}",
                              "speedup": round(statistics.median(speedups), 2), "min": round(min(speedups), 2),
                              "max": round(max(speedups), 2), "ms": round(1e3 * statistics.median(times), 2)}), flush=True)
        process.stdin.close()
        process.wait()


if __name__ == "__main__":
    main()
