"""MusiCNN as its own package computes it, in TensorFlow, for the tests of `pretrained`.

    python musicnn_reference.py WHEEL SAMPLES HOP OUT

SAMPLES holds little-endian f32 at 16 kHz. Writes to the folder OUT, as little-endian f32: mel.f32 [n_frames, 96],
tags.f32 [n_windows, 50], penultimate.f32 [n_windows, 200], mean_pool.f32 and max_pool.f32 [n_windows, 753], for the
windows of 187 frames every HOP frames. Prints the seconds that TensorFlow took for all windows.

The graph is built by the `models.py` inside of the wheel and restored from the checkpoint there. The input is computed in
single precision; the package has half precision there, in which loud bands overflow.
"""

import os
import sys
import tempfile
import time
import zipfile

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import librosa  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

FRAMES = 187


def mel(samples):
    power = librosa.feature.melspectrogram(y=samples, sr=16000, n_fft=512, hop_length=256, n_mels=96).T
    return np.log10(10000 * power + 1)


class Reference:
    """The session of the network whose weights are those of MSD_musicnn."""

    def __init__(self, wheel):
        folder = tempfile.mkdtemp()
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
        sys.path.insert(0, folder)
        from musicnn import models

        tf.compat.v1.disable_eager_execution()
        tf.compat.v1.reset_default_graph()
        with tf.name_scope("model"):
            self.x = tf.compat.v1.placeholder(tf.float32, [None, FRAMES, 96])
            self.training = tf.compat.v1.placeholder(tf.bool)
            found = models.define_model(self.x, self.training, "MSD_musicnn", 50)
        logits, _, _, _, _, _, mean_pool, max_pool, penultimate = found
        self.fetches = {"tags": tf.nn.sigmoid(logits), "penultimate": penultimate, "mean_pool": mean_pool,
                        "max_pool": max_pool}
        self.session = tf.compat.v1.Session()
        tf.compat.v1.train.Saver().restore(self.session, os.path.join(folder, "musicnn", "MSD_musicnn") + "/")

    def windows(self, mel, hop, batch=1):
        starts = range(0, len(mel) - FRAMES + 1, hop)
        windows = np.stack([mel[start:start + FRAMES] for start in starts]).astype(np.float32)
        parts = [self.session.run(self.fetches, {self.x: windows[i:i + batch], self.training: False})
                 for i in range(0, len(windows), batch)]
        return {name: np.concatenate([part[name] for part in parts]) for name in self.fetches}


if __name__ == "__main__":
    wheel, path, hop, out = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    samples = np.fromfile(path, "<f4")
    reference = Reference(wheel)
    frames = mel(samples)
    reference.windows(frames[:FRAMES], hop)
    start = time.perf_counter()
    found = reference.windows(frames, hop)
    print(f"{time.perf_counter() - start:.3f}")
    found["mel"] = frames
    for name, values in found.items():
        values.astype("<f4").tofile(os.path.join(out, name + ".f32"))
