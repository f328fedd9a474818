"""What the separation of harmonic and percussive parts needs, running medians and inverse transforms without a length: python make_separation.py, in this folder; writes separation.json.
"""

import json
import platform

import librosa
import numpy as np
import scipy

from make_dsp import PADDINGS, WINDOWS, noise, rounded


def medians():
    for n, size in [(40, 31), (40, 1), (40, 2), (40, 8), (10, 31), (3, 17), (1, 5), (100, 17)]:
        x = noise(n, 9)
        yield {"n": n, "size": size, "expected": rounded(scipy.ndimage.median_filter(x, size=size, mode="reflect"))}


def inverses():
    for n, n_fft, hop, win, window, padding in [
            (100, 32, 8, None, "hann", "zero"), (103, 32, 8, 20, "hamming", "reflect"), (100, 31, 10, None, "hann", "zero"),
            (100, 32, 16, None, "hann", "none"), (20, 32, 8, None, "rectangular", "edge"), (5, 32, 8, None, "hann", "zero")]:
        center = padding != "none"
        x = noise(n, 3)
        spectra = librosa.stft(x, n_fft=n_fft, hop_length=hop, win_length=win, window=WINDOWS[window], center=center,
                               pad_mode=PADDINGS.get(padding, "constant"))
        back = librosa.istft(spectra, hop_length=hop, win_length=win, n_fft=n_fft, window=WINDOWS[window], center=center)
        yield {"n_samples": n, "config": {"n_fft": n_fft, "hop_length": hop, "win_length": win, "window": window,
                                          "padding": padding}, "expected": rounded(back)}


if __name__ == "__main__":
    versions = {"python": platform.python_version(), "librosa": librosa.__version__, "numpy": np.__version__,
                "scipy": scipy.__version__}
    golden = {"versions": versions, "medians": list(medians()), "inverses": list(inverses())}
    with open("separation.json", "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")
