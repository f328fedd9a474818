"""Makes the golden audio of tests/decode_formats.rs: `python make_decode.py` in this folder.

Each file NAME comes with NAME.f32: libsndfile's decoding, channels averaged, little-endian float32.
`python make_decode.py DIR` instead fills DIR with every format, width, rate and number of channels that libsndfile
writes, some 300 files, for `CEPSTRUM_DECODE_MATRIX=DIR cargo test -p cepstrum-dataset --test decode_formats`.
"""
import json
import sys
from pathlib import Path

import numpy as np
import soundfile

HERE = Path(__file__).parent
RATE = 22_050
t = np.arange(RATE // 4) / RATE
left = 0.4 * np.sin(2 * np.pi * 330 * t) + 0.2 * np.sin(2 * np.pi * 1234 * t + 1)
right = 0.5 * np.sin(2 * np.pi * 220 * t) * np.exp(-3 * t)



def write(path, signal, rate, **options):
    soundfile.write(path, signal, rate, **options)
    decoded, decoded_rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert decoded_rate == rate
    path.with_name(path.name + ".f32").write_bytes(np.mean(decoded, axis=1).astype("<f4").tobytes())


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

versions = {"numpy": np.__version__, "soundfile": soundfile.__version__, "libsndfile": soundfile.__libsndfile_version__}
(HERE / "versions.json").write_text(json.dumps(versions) + "\n")
print(versions)
