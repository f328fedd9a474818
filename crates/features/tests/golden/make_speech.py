"""Golden values of speech features, by their owners' numbers: python make_speech.py, in this folder; writes speech.json.

  pip install kaldi-native-fbank==1.23.0 numpy

Kaldi's are those of kaldi-native-fbank, the port of Kaldi's code by its authors, with dither 0, in single precision. VGGish's and
YAMNet's are their formulas in NumPy: frames inside the signal, a periodic Hann window, magnitudes of 512 points, 64 triangles
straight on the mel scale 1127 ln(1 + f / 700) from 125 to 7500 Hz, ln(x + 0.01) and ln(x + 0.001). torchaudio's are those of
transforms.MFCC: a mirrored signal, 128 triangles straight in Hz on the HTK scale, decibels of at least 1e-10 and at most 80 below
the largest, an orthonormal cosine transform.
"""

import platform

import kaldi_native_fbank
import numpy as np

import signals

STEP = 7


def case(signal, config, values):
    return {"signal": signal, "config": config, "shape": list(values.shape),
            "expected": signals.rounded(np.asarray(values, np.float64).ravel()[::STEP])}


def frames_of(computer, signal):
    computer.accept_waveform(16000, (32768 * signals.make(signal)).tolist())
    computer.input_finished()
    return np.array([computer.get_frame(i) for i in range(computer.num_frames_ready)])


def set_frames(options, config):
    options.frame_opts.dither = 0
    options.frame_opts.snip_edges = config.get("edges", "snip") == "snip"
    options.frame_opts.remove_dc_offset = config.get("offset", "removed") == "removed"
    options.frame_opts.preemph_coeff = config.get("preemphasis", 0.97)
    options.frame_opts.window_type = config.get("window", "povey")
    options.mel_opts.num_bins = config.get("n_mels", 23)
    options.mel_opts.low_freq = config.get("f_min", 20)
    options.mel_opts.high_freq = config.get("f_max", 0)
    options.raw_energy = config.get("energy") == "raw"


def fbank(signal, **config):
    options = kaldi_native_fbank.FbankOptions()
    set_frames(options, config)
    options.use_energy = "energy" in config
    options.use_power = config.get("spectrum", "power") == "power"
    return case(signal, config, frames_of(kaldi_native_fbank.OnlineFbank(options), signal))


def kaldi_mfcc(signal, n_mfcc=13, lifter=22.0, **config):
    options = kaldi_native_fbank.MfccOptions()
    set_frames(options, config)
    options.use_energy = config.get("energy", "none") != "none"
    options.num_ceps, options.cepstral_lifter = n_mfcc, lifter
    values = frames_of(kaldi_native_fbank.OnlineMfcc(options), signal)
    return case(signal, {"n_mfcc": n_mfcc, "lifter": lifter, "fbank": config}, values)


def google(signal, offset):
    y = signals.make(signal)
    frames = np.lib.stride_tricks.sliding_window_view(y, 400)[::160]
    magnitude = np.abs(np.fft.rfft(frames * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)), 512))
    mel = lambda hz: 1127 * np.log(1 + hz / 700)
    edges, bins = np.linspace(mel(125), mel(7500), 66), mel(np.linspace(0, 8000, 257))[:, None]
    rise = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rise, fall))
    weights[0] = 0
    return case(signal, {}, np.log(magnitude @ weights + offset))


def torchaudio(signal):
    padded = np.pad(signals.make(signal), 200, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, 400)[::200]
    power = np.abs(np.fft.rfft(frames * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)))) ** 2
    mel = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 130)
    edges, bins = 700 * (10 ** (mel / 2595) - 1), np.linspace(0, 8000, 201)[:, None]
    rise = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    db = 10 * np.log10(np.maximum(power @ np.maximum(0, np.minimum(rise, fall)), 1e-10))
    db = np.maximum(db, db.max() - 80)
    k, n = np.arange(40)[:, None], np.arange(128)
    dct = np.cos(np.pi / 128 * (n + 0.5) * k) * np.where(k == 0, np.sqrt(1 / 128), np.sqrt(2 / 128))
    return case(signal, {}, db @ dct.T)


if __name__ == "__main__":
    versions = {"python": platform.python_version(), "kaldi-native-fbank": kaldi_native_fbank.__version__,
                "numpy": np.__version__}
    signals.write("speech.json", {
        "versions": versions,
        "fbank": [
            fbank("mix"), fbank("fade", n_mels=80), fbank("click", edges="mirror"), fbank("silence"),
            fbank("mix", energy="raw"), fbank("square", energy="windowed", preemphasis=0.0, offset="kept"),
            fbank("mix", window="hamming", f_min=100.0, f_max=4000.0, spectrum="magnitude", edges="mirror"),
        ],
        "kaldi_mfcc": [
            kaldi_mfcc("mix", energy="raw"), kaldi_mfcc("fade", energy="windowed", edges="mirror"),
            kaldi_mfcc("mix", n_mfcc=20, lifter=0.0, n_mels=40, energy="none"), kaldi_mfcc("dc", energy="raw"),
        ],
        "vggish": [google("mix", 0.01), google("fade", 0.01)],
        "yamnet": [google("mix", 0.001), google("silence", 0.001)],
        "torchaudio": [torchaudio("mix"), torchaudio("fade")],
    })
