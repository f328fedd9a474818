"""Writes a folder of synthesized tracks in several formats, one in a hundred of them unusable, and their manifest.

    python make_tracks.py FOLDER 10000 [--also ESC10_FOLDER]

Needs numpy and soundfile (tried with numpy 2.3 and soundfile 0.13, libsndfile 1.2.2). The same number gives the same files.
"""

import argparse
import csv
import os
import pathlib

import numpy as np
import soundfile

RATES = [22050, 44100, 16000]
FORMATS = [("wav", "WAV", "PCM_16"), ("flac", "FLAC", "PCM_16"), ("ogg", "OGG", "VORBIS"), ("mp3", "MP3", "MPEG_LAYER_III"),
           ("aiff", "AIFF", "PCM_24"), ("opus", "OGG", "OPUS")]


def samples(number: int, rate: int, seconds: float) -> np.ndarray:
    """A chord with a beat and noise, different for each number."""
    rng = np.random.default_rng(number)
    time = np.arange(int(rate * seconds)) / rate
    sound = sum(np.sin(2 * np.pi * rng.uniform(80, 2000) * time + rng.uniform(0, 6)) for _ in range(4)) / 8
    sound *= 0.6 + 0.4 * np.sign(np.sin(2 * np.pi * rng.uniform(1, 4) * time))
    return (sound + 0.02 * rng.standard_normal(len(time))).astype(np.float32)


def spoil(path: pathlib.Path, kind: int) -> None:
    """Makes a track unusable: missing, cut, of no format, empty."""
    if kind == 0:
        path.unlink()
    elif kind == 1:
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
    elif kind == 2:
        path.write_bytes(b"no audio " * 500)
    else:
        path.write_bytes(b"")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("tracks", type=int)
    parser.add_argument("--also", type=pathlib.Path, help="folder with a folder of audio files per class")
    arguments = parser.parse_args()
    rows = []
    for number in range(arguments.tracks):
        extension, container, coding = FORMATS[number % len(FORMATS)]
        rate = 48000 if coding == "OPUS" else RATES[number % len(RATES)]
        path = arguments.folder / "music" / f"{number // 500:03}" / f"{number:06}.{extension}"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples(number, rate, 2 + number % 4), rate, format=container, subtype=coding)
        if number % 100 == 99:
            spoil(path, number // 100 % 4)
        size = path.stat().st_size if path.exists() else ""
        rows.append([str(path.relative_to(arguments.folder)), f"class{number % 10}", f"artist{number // 10}", size])
    if arguments.also:
        for path in sorted(arguments.also.rglob("*")):
            if path.is_file() and path.parent != arguments.also:
                rows.append([str(path.resolve()), path.parent.name, "", path.stat().st_size])
    with open(arguments.folder / "tracks.csv", "w", newline="") as file:
        csv.writer(file).writerows([["path", "label", "group", "bytes"], *rows])
    print(len(rows), "tracks,", sum(int(row[3] or 0) for row in rows), "bytes")


if __name__ == "__main__":
    main()
