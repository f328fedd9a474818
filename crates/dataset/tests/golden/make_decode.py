"""Writes the golden audio of tests/it/decode_formats.rs: `python make_decode.py` in this folder.

Each file NAME comes with NAME.f32: the decoding of libsndfile (of ffmpeg for M4A and Matroska), channels averaged,
little-endian float32. `python make_decode.py DIR` instead fills DIR with every format, width, rate and number of
channels that the two write, for `CEPSTRUM_DECODE_MATRIX=DIR cargo test -p cepstrum-dataset --test it decode_formats`.
Needs `pip install soundfile imageio-ffmpeg`.
"""
import sys

# Or `collections.py` beside this file would be imported in place of the standard library's module.
sys.path.pop(0)

import json
import subprocess
import tempfile
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import soundfile

HERE = Path(__file__).parent
RATE = 22_050
t = np.arange(RATE // 4) / RATE
left = 0.4 * np.sin(2 * np.pi * 330 * t) + 0.2 * np.sin(2 * np.pi * 1234 * t + 1)
right = 0.5 * np.sin(2 * np.pi * 220 * t) * np.exp(-3 * t)


def ffmpeg(*arguments):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def keep(path, decoded):
    path.with_name(path.name + ".f32").write_bytes(np.mean(decoded, axis=1).astype("<f4").tobytes())


def write(path, signal, rate, **options):
    soundfile.write(path, signal, rate, **options)
    decoded, decoded_rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert decoded_rate == rate
    keep(path, decoded)


def write_by_ffmpeg(path, signal, rate, codec, *options):
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        soundfile.write(wav.name, signal, rate, subtype="PCM_16")
        ffmpeg("-i", wav.name, "-c:a", codec, "-map_metadata", "-1", "-fflags", "+bitexact", *options, path)
    channels = 1 if signal.ndim == 1 else signal.shape[1]
    decoder = ["-c:a", codec] if codec == "libopus" else []
    keep(path, np.frombuffer(ffmpeg(*decoder, "-i", path, "-f", "f32le", "-"), "<f4").reshape(-1, channels))


MATRIX = {
    "wav": ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"],
    "aiff": ["PCM_S8", "PCM_16", "PCM_24", "PCM_32"],
    "au": ["ULAW", "PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"],
    "flac": ["PCM_S8", "PCM_16", "PCM_24"],
    "ogg": ["VORBIS"],
    "mp3": ["MPEG_LAYER_III"],
}


def matrix(folder):
    n = 0
    for rate in [8_000, 16_000, 22_050, 44_100, 48_000, 96_000]:
        time = np.arange(rate // 5) / rate
        for channels in [1, 2, 3, 6]:
            tones = [0.5 * np.sin(2 * np.pi * 200 * (k + 1) * time + k) for k in range(channels)]
            signal = np.stack(tones, 1)
            for extension, subtypes in MATRIX.items():
                for subtype in subtypes:
                    # MP3 has at most two channels and 48 kHz.
                    if extension == "mp3" and (channels > 2 or rate > 48_000):
                        continue
                    path = folder / f"{subtype.lower()}_{rate}_{channels}.{extension}"
                    write(path, signal, rate, subtype=subtype)
                    n += 1
            # ffmpeg mixes three channels down to two.
            for codec in ["aac", "alac"] if channels != 3 else []:
                write_by_ffmpeg(folder / f"{codec}_{rate}_{channels}.m4a", signal, rate, codec)
                n += 1
    print(n, "files in", folder)


if len(sys.argv) > 1:
    matrix(Path(sys.argv[1]))
    sys.exit()

for name, signal, options in [
    ("tone.flac", left, {"subtype": "PCM_16"}),
    ("tone_24.flac", left, {"subtype": "PCM_24"}),
    ("tone.aiff", left, {"subtype": "PCM_16"}),
    ("tone.ogg", left, {}),
    ("tone_stereo.ogg", np.stack([left, right], 1), {}),
    ("tone.mp3", left, {}),
]:
    write(HERE / name, signal, RATE, **options)
for name, signal, codec, *options in [
    ("tone_aac.m4a", left, "aac"),
    # With the headers before the audio; the other M4A files have them after it.
    ("tone_stereo_aac.m4a", np.stack([left, right], 1), "aac", "-movflags", "+faststart"),
    ("tone_alac.m4a", left, "alac"),
    ("tone_flac.mka", left, "flac", "-flags:a", "+bitexact"),
    ("tone_vorbis.webm", left, "libvorbis", "-flags:a", "+bitexact"),
    # Decoded by libopus, as ffmpeg's own decoder of Opus is 0.005 off.
    ("tone_opus.opus", np.stack([left, right], 1), "libopus", "-flags:a", "+bitexact"),
]:
    write_by_ffmpeg(HERE / name, signal, RATE, codec, *options)

versions = {
    "numpy": np.__version__,
    "soundfile": soundfile.__version__,
    "libsndfile": soundfile.__libsndfile_version__,
    "imageio-ffmpeg": imageio_ffmpeg.__version__,
    "ffmpeg": imageio_ffmpeg.get_ffmpeg_version(),
}
(HERE / "versions.json").write_text(json.dumps(versions) + "\n")
print(versions)
