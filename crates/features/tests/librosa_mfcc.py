"""librosa's samples and MFCCs of audio files, for tests that compare with them on the spot.

  librosa_mfcc.py OUT_DIR FILE...
Writes, little-endian f32, OUT_DIR/<file name>.samples (mono, 22,050 Hz) and .mfcc (frames x 13), and prints versions.
"""
import os
import sys

import librosa
import soxr

print("librosa", librosa.__version__, "soxr", soxr.__version__)
out, files = sys.argv[1], sys.argv[2:]
for path in files:
    samples, rate = librosa.load(path, sr=22050)
    mfcc = librosa.feature.mfcc(y=samples, sr=rate, n_fft=2048, hop_length=512, n_mfcc=13)
    name = os.path.join(out, os.path.basename(path))
    samples.astype("<f4").tofile(name + ".samples")
    mfcc.T.astype("<f4").tofile(name + ".mfcc")
