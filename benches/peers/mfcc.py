"""The MFCC path beside its peers: both sides run alternately on the same audio; one JSON line per comparison.

  pip install librosa==0.11.0
  python benches/peers/mfcc.py                     # builds this side; synthetic audio
  python benches/peers/mfcc.py --file song.ogg --rounds 60
  python benches/peers/mfcc.py --works mfcc resample

{"work": ..., "peer": ..., "speedup": median over the rounds of peer time / our time, "min": ..., "max": ...}. A round is
a block of our runs and a block of the peer's, back to back, and compares their medians. Thus drift in the machine's speed
favors neither side, and neither is measured with caches that the other has filled.
Everything runs on one thread, except `batch 2 threads`, which compares two of our threads with one and means nothing
unless two processors are free. `fft floor` compares whole MFCCs with realfft's transforms of the same frames alone.

`--peer PROGRAM` compares with another build of mfcc_times instead, for example before and after a change.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import librosa
import numpy as np
import soxr

from ours import build

SECONDS = 30
# Runs of each side per round.
BLOCK = 5


def synthetic(rate):
    """Chords with overtones, plucked twice a second, over a little noise."""
    t = np.arange(SECONDS * rate) / rate
    rng = np.random.default_rng(0)
    y = 0.01 * rng.standard_normal(len(t))
    for beat in range(2 * SECONDS):
        inside = slice(beat * rate // 2, (beat + 1) * rate // 2)
        local = t[inside] - beat / 2
        for note in (0, 4, 7, 12):
            hz = 110 * 2 ** ((note + 5 * (beat // 4 % 3)) / 12)
            for overtone in range(1, 9):
                y[inside] += 0.08 / overtone * np.exp(-3 * overtone * local) * np.sin(2 * np.pi * overtone * hz * local)
    return y.astype(np.float32)


def audio(path):
    """30 s at 22,050 and at 44,100 Hz."""
    if path is None:
        return synthetic(22050), synthetic(44100)
    both = [librosa.load(path, sr=rate, duration=SECONDS)[0] for rate in (22050, 44100)]
    return [np.tile(y, -(-SECONDS * rate // len(y)))[:SECONDS * rate] for y, rate in zip(both, (22050, 44100))]


class Ours:
    """A running mfcc_times."""

    def __init__(self, binary, music, original, folder):
        paths = [os.path.join(folder, name) for name in ("22050.f32", "44100.f32")]
        for path, samples in zip(paths, (music, original)):
            samples.astype("<f4").tofile(path)
        self.process = subprocess.Popen([binary, *paths], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, work):
        self.process.stdin.write(work + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit("mfcc_times has ended; its message is above")
        return int(line) / 1e9

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def timed(function):
    def run():
        start = time.perf_counter()
        function()
        return time.perf_counter() - start
    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", help="audio file; without it, synthetic audio")
    parser.add_argument("--ours", help="the program mfcc_times; built if not given")
    parser.add_argument("--peer", help="another build of mfcc_times, to compare with instead of other libraries")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--works", nargs="+", choices=["mfcc", "floor", "resample", "batch"],
                        default=["mfcc", "floor", "resample", "batch"])
    arguments = parser.parse_args()

    music, original = audio(arguments.file)
    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(arguments.ours or build("cepstrum-features", "mfcc_times", "--features", "rayon"), music, original, folder)
        works = {
            "mfcc": ("mfcc 30 s", f"librosa {librosa.__version__}", "mfcc",
                     timed(lambda: librosa.feature.mfcc(y=music, sr=22050, n_mfcc=13))),
            "floor": ("fft floor", "realfft, transforms alone", "mfcc", lambda: ours.run("floor")),
            "resample": ("resample 44100 22050", f"soxr {soxr.__version__} HQ", "resample",
                         timed(lambda: soxr.resample(original, 44100, 22050, quality="HQ"))),
            "batch": ("batch 2 threads", "ours, 1 thread", "batch 2", lambda: ours.run("batch 1")),
        }
        sides = [ours]
        if arguments.peer:
            other = Ours(arguments.peer, music, original, folder)
            sides.append(other)
            works = {name: (title, arguments.peer, mine, lambda mine=mine: other.run(mine))
                     for name, (title, _, mine, _) in works.items()}
            works["floor"] = ("fft floor", arguments.peer, "floor", lambda: other.run("floor"))
        for name in arguments.works:
            title, peer, mine, theirs = works[name]
            ours.run(mine), theirs()
            speedups = []
            for _ in range(arguments.rounds):
                our_time = statistics.median(ours.run(mine) for _ in range(BLOCK))
                speedups.append(statistics.median(theirs() for _ in range(BLOCK)) / our_time)
            print(json.dumps({"work": title, "peer": peer, "speedup": round(statistics.median(speedups), 3),
                              "min": round(min(speedups), 3), "max": round(max(speedups), 3)}), flush=True)
        for side in sides:
            side.close()


if __name__ == "__main__":
    main()
