#!/usr/bin/env python3
"""Checks both converters against Keras's own predictions; `.ci/keras.sh` runs it.

  pip install tensorflow-cpu==2.21.0 tf-keras==2.21.0
  cargo build --workspace --example predict
  python tools/check_keras.py target/debug/examples/predict [MODEL.safetensors ...]

The thirteen networks of the reference experiment, this project's own two, one with a Normalization layer and two files
of Keras 2 are built with random weights (batch-normalization statistics included), saved as `.h5` and `.keras`, and
converted. The `predict` example then computes the probabilities of MFCC-like segments, which must equal Keras's to 1e-5.
Converted back, the networks must predict as before and hold the same bits. Model files of our own, if any are named, make
the same round trip from the other side. Last come models that must be refused.
"""

import json
import os
import subprocess
import sys
import tempfile
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
from keras import layers

import cepstrum_model
import cepstrum_to_keras
import keras_to_cepstrum
from cepstrum_model import ModelError

# On probabilities: both sides add in f32, in another order, and each is 1e-6 to 6e-6 from a sum in f64.
TOLERANCE = 1e-5
SHAPE = (130, 13)
N_CLASSES, N_SEGMENTS = 10, 32
GENRES = "blues,classical,country,disco,hiphop,jazz,metal,pop,reggae,rock".split(",")

# Number, widths, L2 factor, dropout rate, batch normalization, parameters.
FFNNS = [
    (1, (512, 256, 128, 64, 32), 0.0, 0.0, False, 1_040_682),
    (2, (256, 128, 64, 32), 0.001, 0.3, False, 476_458),
    (3, (512, 256, 128, 64), 0.0, 0.0, False, 1_038_922),
    (4, (256, 128, 64), 0.001, 0.3, False, 474_698),
    (5, (512, 256, 128, 64), 0.0, 0.0, True, 1_049_522),
    (6, (512, 256, 128, 64), 0.001, 0.0, True, 1_049_522),
]
CNNS = [
    ((32, 32, 32, 32), 32_362),
    ((64, 32, 32, 32), 42_026),
    ((128, 64, 64, 32), 111_850),
    ((256, 128, 64, 64), 370_122),
    ((256, 128, 64, 32), 351_530),
    ((32, 64, 128, 256), 218_442),
    ((64, 128, 256, 256), 406_218),
]


def ffnn(keras, widths, l2, dropout, batch_norm):
    """A feed-forward network as the reference experiment's notebook writes it, with this Keras (2 or 3)."""
    layers = keras.layers
    penalty = {"kernel_regularizer": keras.regularizers.l2(l2)} if l2 else {}
    model = keras.Sequential([layers.Flatten(input_shape=SHAPE)])
    if batch_norm:
        model.add(layers.BatchNormalization())
    for width in widths:
        model.add(layers.Dense(width, activation="relu", **penalty))
        if dropout:
            model.add(layers.Dropout(dropout))
        if batch_norm:
            model.add(layers.BatchNormalization())
    model.add(layers.Dense(N_CLASSES, activation="softmax"))
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def cnn(keras, filters):
    """A convolutional network as the reference experiment's notebook writes it, with this Keras (2 or 3)."""
    layers = keras.layers
    model = keras.Sequential()
    for index, (n, kernel, window) in enumerate(zip(filters, (3, 3, 2, 1), (2, 3, 3, 2))):
        shape = {} if index else {"input_shape": (*SHAPE, 1)}
        penalty = keras.regularizers.l2(1e-4)
        model.add(layers.Conv2D(n, (kernel, kernel), activation="relu", kernel_regularizer=penalty, **shape))
        model.add(layers.MaxPooling2D((window, window), strides=(2, 2), padding="same"))
        model.add(layers.BatchNormalization())
        model.add(layers.Dropout(0.2))
    model.add(layers.Flatten())
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(N_CLASSES, activation="softmax"))
    model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def own(name):
    """One of this project's own networks, `crnn` or `compact`; `crnn` gets a Normalization layer in front."""
    blocks = [(48, (3, 3), (2, 2), 0.1), (64, (3, 3), (2, 2), 0.2)]
    blocks += [(96, (3, 2), (2, 1), 0.2)] if name == "compact" else []
    model = keras.Sequential([keras.Input((*SHAPE, 1))])
    if name == "crnn":
        mean, variance = np.linspace(-100, 20, SHAPE[1]), np.linspace(9000, 30, SHAPE[1])
        model.add(layers.Normalization(axis=2, mean=mean.tolist(), variance=variance.tolist()))
    for filters, kernel, window, dropout in blocks:
        model.add(layers.Conv2D(filters, kernel, activation="relu"))
        model.add(layers.MaxPooling2D(window, window, "same"))
        model.add(layers.BatchNormalization())
        model.add(layers.Dropout(dropout))
    if name == "crnn":
        model.add(layers.Reshape((model.output_shape[1], -1)))
        model.add(layers.GRU(64))
    else:
        model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(N_CLASSES))
    model.add(layers.Softmax())
    return model


def randomize(model, x, seed):
    """Draws every weight anew, as if trained.

    Batch normalization gets about the statistics of the segments `x`, and the logits vary over them with a standard
    deviation of 1.
    """
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    norms = [layer for layer in model.layers if type(layer).__name__ == "BatchNormalization"]
    momenta = [layer.momentum for layer in norms]
    for layer in norms:
        layer.momentum = 0.0  # the moving statistics become those of the next batch
    model(x.reshape(-1, *model.input_shape[1:]), training=True)
    for layer, momentum in zip(norms, momenta):
        layer.momentum = momentum
        _, _, mean, variance = layer.get_weights()
        size, deviation = mean.shape, np.sqrt(variance)
        mean = mean + deviation * rng.normal(0, 0.2, size)
        variance = variance * rng.uniform(0.7, 1.4, size)
        layer.set_weights([rng.uniform(0.5, 1.5, size), rng.normal(0, 0.3, size), mean, variance])
    for layer in model.layers:
        if type(layer).__name__ in ("Dense", "Conv2D", "GRU"):
            layer.set_weights([w if w.ndim > 1 else rng.normal(0, 0.1, w.shape) for w in layer.get_weights()])
    last = [layer for layer in model.layers if layer.weights][-1]
    for _ in range(3):  # the probabilities of the first rounds may be 0
        kernel, bias = last.get_weights()
        logits = np.log(np.maximum(predict(model, x), 1e-30))
        center = logits.mean(axis=0)
        scale = 1 / max((logits - center).std(), 1e-3)
        last.set_weights([kernel * scale, (bias - center) * scale])


def mfcc_like(n_segments):
    """Segments with the size of MFCCs, which vary as much from segment to segment as from frame to frame.

    The first coefficient is about -120 +- 100; the deviation of the others falls from 60 to 8.
    """
    rng = np.random.default_rng(12)
    deviation = np.concatenate([[100], 60 / np.arange(1, SHAPE[1]) ** 0.8])
    mean = np.concatenate([[-120, 90], np.zeros(SHAPE[1] - 2)])
    segment, frame = rng.normal(size=(n_segments, 1, SHAPE[1])), rng.normal(size=(n_segments, *SHAPE))
    return (mean + deviation * (segment + frame)).astype(np.float32)


def predict(model, x):
    return np.asarray(model(x.reshape(-1, *model.input_shape[1:]), training=False))


class Check:
    """A folder with the segments, and the program under test."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.x = mfcc_like(N_SEGMENTS)
        self.segments = os.path.join(folder, "segments.f32")
        self.x.astype("<f4").tofile(self.segments)
        self.worst = 0.0

    def path(self, name):
        return os.path.join(self.folder, name)

    def ours(self, path):
        out = subprocess.run([self.program, path, self.segments], capture_output=True, text=True)
        if out.returncode:
            raise SystemExit(f"{self.program}: {out.stderr}")
        return json.loads(out.stdout)

    def network(self, name, model, expected=None, extensions=("h5", "keras")):
        """Checks one network both ways; `expected` is its number of parameters, where the experiment states it."""
        if expected is not None:
            assert model.count_params() == expected, (name, model.count_params(), expected)
        randomize(model, self.x, sum(name.encode()))
        theirs = predict(model, self.x)
        assert theirs.std(axis=0).max() > 0.05, f"{name}: every segment has the same probabilities"
        files = []
        for extension in extensions:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # HDF5 is legacy to Keras
                model.save(self.path(f"{name}.{extension}"))
            converted, _ = convert(self.path(f"{name}.{extension}"), GENRES)
            files.append(self.path(f"{name}.{extension}.safetensors"))
            cepstrum_model.write(files[-1], converted)
        contents = [open(file, "rb").read() for file in files]
        assert all(
            content == contents[0] for content in contents
        ), f"{name}: the formats give different files"
        answer = self.ours(files[0])
        assert answer["classes"] == GENRES
        assert answer["config"] == cepstrum_model.REFERENCE_FEATURES, answer["config"]
        difference = self.compare(name, theirs, np.asarray(answer["probabilities"], np.float32))
        returned = self.there_and_back(name, files[0], theirs)
        print(f"{name:26} {difference:8.1e} {returned:8.1e}", flush=True)

    def model_file(self, path):
        """Checks the way of one of our own model files to Keras and back."""
        model = cepstrum_model.read(path)
        keras_model, notes = cepstrum_to_keras.convert(model)
        ours = np.asarray(self.ours(path)["probabilities"], np.float32)
        difference = self.compare(path, predict(keras_model, self.x), ours)
        again, _ = keras_to_cepstrum.convert(keras_model, model.classes, model.config or "none")
        assert (again.layers, again.classes, again.config) == (
            model.layers,
            model.classes,
            model.config,
        ), path
        for weight, value in model.tensors.items():
            if not weight.startswith(cepstrum_model.DETECTOR):
                assert np.array_equal(
                    again.tensors[weight].view("u4"), value.view("u4")
                ), f"{path}: {weight} differs"
        print(f"{os.path.basename(path):52} {difference:8.1e}  {'; '.join(notes)}", flush=True)

    def there_and_back(self, name, file, theirs):
        model = cepstrum_model.read(file)
        largest = 0.0
        for extension in ("keras", "h5"):
            keras_model, notes = cepstrum_to_keras.convert(model)
            assert notes == [], notes
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                keras_model.save(self.path(f"back.{extension}"))
            reloaded = keras.models.load_model(self.path(f"back.{extension}"))
            largest = max(largest, self.compare(f"{name}, back", theirs, predict(reloaded, self.x)))
            again, _ = convert(self.path(f"back.{extension}"), GENRES)
            assert again.layers == model.layers, (again.layers, model.layers)
            assert again.tensors.keys() == model.tensors.keys()
            for weight, value in model.tensors.items():
                assert np.array_equal(
                    again.tensors[weight].view("u4"), value.view("u4")
                ), f"{name}: {weight} differs"
        return largest

    def compare(self, name, theirs, ours):
        difference = float(np.abs(ours - theirs).max())
        assert (
            ours.shape == theirs.shape and difference <= TOLERANCE
        ), f"{name}: {difference:.1e} > {TOLERANCE:.0e}"
        self.worst = max(self.worst, difference)
        return difference

    def command_lines(self):
        """Both programs as a user calls them: what they write, and that an error leaves nothing behind."""
        source, there, back = self.path("source.keras"), self.path("there.safetensors"), self.path("back.h5")
        own("compact").save(source)
        names = ",".join(GENRES)
        assert keras_to_cepstrum.main([source, "--classes", names, "--out", there]) == 0
        assert cepstrum_to_keras.main([there, "--out", back]) == 0
        assert np.array_equal(*(predict(keras.models.load_model(path), self.x) for path in (source, back)))
        with open(self.path("back.json"), encoding="utf-8") as file:
            assert json.load(file) == {"classes": GENRES, "config": cepstrum_model.REFERENCE_FEATURES}
        failed = self.path("failed.safetensors")
        assert keras_to_cepstrum.main([source, "--classes", "a,b", "--out", failed]) == 1
        assert keras_to_cepstrum.main([self.segments, "--out", failed]) == 1
        assert not os.path.exists(failed)

    def defaults(self):
        """The reference features that the converter writes in full are what the program fills in."""
        model = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(2)])
        short = {"features": {"mfcc": {}}, "segment": {"per_track": {"count": 10, "seconds": 3.0}}}
        converted, notes = keras_to_cepstrum.convert(model, ["a", "b"], short)
        assert notes == ["no softmax at the end: the outputs are taken to be logits"], notes
        cepstrum_model.write(self.path("short.safetensors"), converted)
        assert self.ours(self.path("short.safetensors"))["config"] == cepstrum_model.REFERENCE_FEATURES


def convert(path, classes):
    return keras_to_cepstrum.convert(keras_to_cepstrum.load(path), classes)


def refusals():
    """Models that have no counterpart, each with a piece of the error that must name the layer and the cause."""
    image, flat = (12, 8, 1), (6,)
    output = object()  # stands for a softmax of three classes

    def build(shape, *rest):
        rest = [layers.Dense(3, activation="softmax") if layer is output else layer for layer in rest]
        return keras.Sequential([keras.Input(shape), *rest])

    def conv(**options):
        return [image, layers.Conv2D(4, 3, name="c", **options), layers.Flatten(), output]

    sequential = [
        (conv(padding="same"), "c: padding 'same' is not supported"),
        (conv(strides=2), "c: strides (2, 2) is not supported"),
        (conv(dilation_rate=2), "c: dilation_rate (2, 2)"),
        (conv(activation="tanh"), "c: unsupported activation `tanh`"),
        ([image, layers.MaxPooling2D(3, 2, name="p"), layers.Flatten(), output], 'p: padding "valid"'),
        (
            [image, layers.BatchNormalization(axis=1, name="b"), layers.Flatten(), output],
            "b: normalization over axis 1",
        ),
        ([image, layers.Dense(3, name="d")], "d: Dense on inputs of shape [12, 8, 1]"),
        (
            [image, layers.AveragePooling2D(2, name="a"), layers.Flatten(), output],
            "a: unsupported layer AveragePooling2D",
        ),
        (
            [image, layers.Reshape((8, 12), name="r"), layers.Flatten(), output],
            "r: Reshape to [8, 12] is not supported",
        ),
        (
            [(12, 8), layers.GRU(4, reset_after=False, name="g"), output],
            "g: reset_after False is not supported",
        ),
        ([flat, layers.ReLU(name="r"), output], "r: ReLU is supported only after a linear"),
        (
            [flat, layers.Dense(3, "softmax", name="s"), layers.Dense(3, name="d")],
            "d: Dense after the softmax of `s`",
        ),
        ([flat, layers.Dense(3, "sigmoid", name="s")], "s: unsupported activation `sigmoid`"),
        ([flat, layers.Dense(1, name="s")], "outputs have shape [1]"),
        (
            [flat, layers.Dense(4), layers.Rescaling(2.0, name="n"), output],
            "n: Rescaling is supported only as the first",
        ),
    ]
    inputs = keras.Input(flat)
    x = layers.Dense(3)(inputs)
    functional = keras.Model(inputs, layers.Add()([x, layers.Dense(3)(inputs)]), name="two_paths")
    models = [(build(*rest), cause) for rest, cause in sequential]
    for model, cause in [*models, (functional, "`two_paths` is a Functional model")]:
        try:
            keras_to_cepstrum.convert(model)
        except ModelError as error:
            assert cause in str(error), f"{error}: expected {cause}"
        else:
            raise AssertionError(f"not refused: {cause}")
    return len(models) + 1


def main():
    with tempfile.TemporaryDirectory() as folder:
        check = Check(os.path.abspath(sys.argv[1]), folder)
        print(
            "network                  largest difference of a probability, ours - Keras's; after the way back"
        )
        for number, *plan, n_parameters in FFNNS:
            check.network(f"ffnn{number}", ffnn(keras, *plan), n_parameters)
        for filters, n_parameters in CNNS:
            check.network("cnn-" + "-".join(map(str, filters)), cnn(keras, filters), n_parameters)
        for name in ("crnn", "compact"):
            check.network(name, own(name))
        import tf_keras

        check.network("keras2-ffnn6", ffnn(tf_keras, *FFNNS[5][1:5]), FFNNS[5][5], ["h5"])
        check.network("keras2-cnn-256-128-64-32", cnn(tf_keras, CNNS[4][0]), CNNS[4][1], ["h5"])
        for path in sys.argv[2:]:
            check.model_file(path)
        check.command_lines()
        check.defaults()
        n_refused = refusals()
        print(
            f"largest difference of all: {check.worst:.1e} (tolerance {TOLERANCE:.0e}); {n_refused} models refused"
        )


if __name__ == "__main__":
    warnings.filterwarnings("ignore", "Do not pass an `input_shape`")
    main()
