"""Golden values of the way back from features to sound: python make_inverse.py, in this folder.

Writes inverse.json. Printed with librosa 0.11.0, numpy 2.4.6, scipy 1.17.1 under Python 3.11.7.
"""

import platform
import warnings

import librosa
import numpy as np
import scipy

import signals

warnings.filterwarnings("ignore")
SR = 22050


def mfcc_to_mel():
    for n_mfcc, dct_type, lifter, n_mels in [(13, 2, 0, 40), (20, 2, 22, 128), (40, 2, 0, 40), (13, 1, 0, 40), (13, 3, 0, 40)]:
        mfcc = librosa.feature.mfcc(y=signals.make("mix"), sr=SR, n_mfcc=n_mfcc, dct_type=dct_type, lifter=lifter, n_fft=1024,
                                    hop_length=2048, n_mels=n_mels)
        mel = librosa.feature.inverse.mfcc_to_mel(mfcc, n_mels=n_mels, dct_type=dct_type, lifter=lifter)
        yield {"n_mfcc": n_mfcc, "dct_type": dct_type, "lifter": float(lifter), "n_mels": n_mels,
               "mfcc": signals.rounded(mfcc.T), "expected": signals.rounded(mel.T)}


def relative(x, y):
    return float(np.linalg.norm(x - y) / np.linalg.norm(y))


def mel_to_stft():
    """The error of the mel spectrogram of librosa's result, relative to the mel spectrogram that was given."""
    for signal, n_fft, n_mels, power in [("mix", 2048, 128, 2), ("mix", 2048, 40, 2), ("square", 1024, 80, 2), ("click", 512, 40, 1),
                                         ("mix", 512, 128, 2)]:
        y = signals.make(signal)
        mel = librosa.feature.melspectrogram(y=y, sr=SR, n_fft=n_fft, hop_length=512, n_mels=n_mels, power=power)
        stft = librosa.feature.inverse.mel_to_stft(mel, sr=SR, n_fft=n_fft, power=power)
        again = librosa.filters.mel(sr=SR, n_fft=n_fft, n_mels=n_mels, dtype=np.float64) @ stft**power
        yield {"signal": signal, "n_fft": n_fft, "n_mels": n_mels, "power": power, "error": relative(again, mel)}


def griffin_lim():
    """librosa's own signal after a few iterations from zero phases, in double precision."""
    y = signals.make("short")
    for n_iter, momentum in [(0, 0.99), (1, 0.99), (3, 0.99), (3, 0.0), (3, 1.5)]:
        S = np.abs(librosa.stft(y, n_fft=64, hop_length=16))
        back = librosa.griffinlim(S, n_iter=n_iter, n_fft=64, hop_length=16, momentum=momentum, init=None, length=len(y))
        yield {"n_iter": n_iter, "momentum": momentum, "expected": signals.rounded(back)}


def griffin_lim_errors():
    """The mean error of the spectrogram over four hundred seeds, from random phases."""
    for signal, n_iter in [("mix", 32)]:
        y = signals.make(signal)
        S = np.abs(librosa.stft(y))
        errors = []
        for seed in range(400):
            back = librosa.griffinlim(S, n_iter=n_iter, length=len(y), random_state=seed)
            errors.append(relative(np.abs(librosa.stft(back)), S))
        yield {"signal": signal, "n_iter": n_iter, "error": float(np.mean(errors)), "deviation": float(np.std(errors))}


if __name__ == "__main__":
    versions = {"python": platform.python_version(), "librosa": librosa.__version__, "numpy": np.__version__,
                "scipy": scipy.__version__}
    signals.write("inverse.json", {"versions": versions, "mfcc_to_mel": list(mfcc_to_mel()), "mel_to_stft": list(mel_to_stft()),
                                   "griffin_lim": list(griffin_lim()), "griffin_lim_errors": list(griffin_lim_errors())})
