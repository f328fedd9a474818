"""Golden values of windows, filter banks, transforms, decibels and resampling: python make_dsp.py, in this folder.

Writes dsp.json. tests/it/common.rs computes the same noise.
"""

import json
import platform

import librosa
import numpy as np
import scipy
import soxr

WINDOWS = {"hann": "hann", "hamming": "hamming", "blackman": "blackman", "blackman_harris": "blackmanharris",
           "rectangular": "boxcar", "kaiser": ("kaiser", 9.5)}
PADDINGS = {"zero": "constant", "reflect": "reflect", "edge": "edge"}
RATES = [(44100, 22050), (48000, 22050), (32000, 22050), (16000, 22050), (11025, 22050), (8000, 22050),
         (44100, 16000), (22050, 16000), (48000, 44100), (44100, 11025), (48000, 16000), (44100, 48000), (88200, 22050),
         (96000, 22050), (192000, 22050), (24000, 16000), (5, 2), (88200, 48000), (8000, 44100)]


def noise(n, seed):
    out, state = np.empty(n), seed
    for i in range(n):
        state = (state * 1664525 + 1013904223) % 2**32
        out[i] = (state >> 8) / 2**24 - 0.5
    return out


def rounded(x, digits=9):
    return [rounded(v, digits) for v in x] if np.ndim(x) else float(f"{float(x):.{digits}g}")


def ours(window):
    return {"kaiser": {"beta": 9.5}} if window == "kaiser" else window


def windows():
    for name, theirs in WINDOWS.items():
        for length in (1, 8, 9):
            for symmetry, periodic in (("periodic", True), ("symmetric", False)):
                w = scipy.signal.get_window(theirs, length, fftbins=periodic)
                yield {"window": ours(name), "length": length, "symmetry": symmetry, "expected": rounded(w, 15)}


def mel():
    for sample_rate, n_fft, n_mels, f_min, f_max, scale, norm in [
            (22050, 256, 20, 0.0, None, "slaney", "slaney"), (22050, 256, 20, 0.0, None, "htk", "none"),
            (16000, 400, 10, 60.0, 7600.0, "slaney", "none"), (8000, 101, 12, 100.0, 4000.0, "htk", "slaney"),
            (22050, 128, 40, 0.0, None, "slaney", "slaney")]:
        bank = librosa.filters.mel(sr=sample_rate, n_fft=n_fft, n_mels=n_mels, fmin=f_min, fmax=f_max,
                                   htk=scale == "htk", norm="slaney" if norm == "slaney" else None, dtype=np.float64)
        config = {"n_mels": n_mels, "f_min": f_min, "f_max": f_max, "scale": scale, "norm": norm}
        edges = librosa.mel_frequencies(n_mels + 2, fmin=f_min, fmax=f_max or sample_rate / 2, htk=scale == "htk")
        empty = [m for m in range(n_mels) if edges[m] != 0 and bank[m].max() == 0]
        yield {"sample_rate": sample_rate, "n_fft": n_fft, "config": config, "empty": empty,
               "weights": [[int(np.argmax(row > 0)), rounded(row[row > 0])] for row in bank]}


def stft():
    for n, n_fft, hop, win, window, padding in [
            (100, 32, 8, None, "hann", "zero"), (100, 32, 8, 20, "hamming", "zero"), (100, 31, 10, None, "hann", "zero"),
            (100, 30, 7, 29, "blackman", "reflect"), (100, 32, 16, None, "kaiser", "edge"),
            (100, 33, 16, None, "blackman_harris", "none"), (20, 32, 8, None, "rectangular", "edge"),
            (100, 128, 40, None, "hann", "zero"), (101, 128, 64, 100, "hann", "edge"), (300, 256, 300, None, "hann", "reflect")]:
        center = padding != "none"
        x = noise(n, 3)
        spectra = librosa.stft(x, n_fft=n_fft, hop_length=hop, win_length=win, window=WINDOWS[window], center=center,
                               pad_mode=PADDINGS.get(padding, "constant")).T
        back = librosa.istft(spectra.T, hop_length=hop, win_length=win, n_fft=n_fft, window=WINDOWS[window],
                             center=center, length=n)
        yield {"n_samples": n, "config": {"n_fft": n_fft, "hop_length": hop, "win_length": win, "window": ours(window),
                                          "padding": padding},
               "real": rounded(spectra.real), "imaginary": rounded(spectra.imag), "inverse": rounded(back)}


def dct():
    cases = [(2, 1, 1, "orthonormal"), (3, 1, 1, "orthonormal"), (1, 2, 2, "orthonormal"), (1, 2, 1, "none"), (1, 17, 9, "none"),
             (1, 40, 40, "orthonormal")]
    for type in (2, 1, 3):
        cases += [(type, 16, 16, "orthonormal"), (type, 15, 15, "none"), (type, 40, 13, "orthonormal"), (type, 33, 20, "none")]
    for type, n_in, n_out, norm in cases:
        x = noise(n_in, 4)
        y = scipy.fft.dct(x, type=type, norm="ortho" if norm == "orthonormal" else None)[:n_out]
        yield {"type": type, "n_in": n_in, "n_out": n_out, "norm": norm, "expected": rounded(y)}


def decibels():
    x = noise(40, 5) ** 2
    x[7] = 0
    for reference, amin, top_db in [(1.0, 1e-10, 80.0), (0.1, 1e-3, None), ("maximum", 1e-10, 20.0), (0.0, 1e-5, 300.0)]:
        ref = np.max if reference == "maximum" else reference
        config = {"reference": "maximum" if reference == "maximum" else {"value": reference}, "amin": amin, "top_db": top_db}
        yield {"config": config, "power": rounded(librosa.power_to_db(x, ref=ref, amin=amin, top_db=top_db)),
               "amplitude": rounded(librosa.amplitude_to_db(x, ref=ref, amin=amin, top_db=top_db))}


def resampling():
    x = noise(1000, 6).astype(np.float32)
    for source, target in RATES:
        y = librosa.resample(x, orig_sr=source, target_sr=target)
        yield {"from": source, "to": target, "expected": rounded(y, 7)}


if __name__ == "__main__":
    versions = {"python": platform.python_version(), "librosa": librosa.__version__, "numpy": np.__version__,
                "scipy": scipy.__version__, "soxr": soxr.__version__}
    print(versions)
    golden = {"versions": versions, "windows": list(windows()), "mel": list(mel()), "stft": list(stft()),
              "dct": list(dct()), "decibels": list(decibels()), "resampling": list(resampling())}
    with open("dsp.json", "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")
    print("dsp.json", sum(len(v) for v in golden.values() if isinstance(v, list)), "cases")
