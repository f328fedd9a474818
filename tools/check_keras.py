#!/usr/bin/env python3
"""Checks both converters against Keras's own predictions; `.ci/keras.sh` runs it.

  pip install tensorflow-cpu==2.21.0 tf-keras==2.21.0
  cargo build --workspace --example predict
  python tools/check_keras.py target/debug/examples/predict [MODEL.safetensors ...]

The thirteen networks of the reference experiment, this project's own two (one of them with a Normalization layer) and
two files of Keras 2 are built with random weights, batch-normalization statistics included, saved as `.h5` and
`.keras`, and converted. The `predict` example then computes the probabilities of MFCC-like segments, which must equal
Keras's to 1e-5. Converted back, the networks must predict as before and hold the same bits. Model files of our own,
if any are named, make the same round trip from the other side. Last come models that must be refused.
"""

import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
from keras import layers

import cepstrum_model
import cepstrum_to_keras
import keras_to_cepstrum
from cepstrum_model import ModelError
from keras_networks import (
    CNNS,
    FFNNS,
    GENRES,
    N_SEGMENTS,
    SHAPE,
    cnn,
    ffnn,
    mfcc_like,
    own,
    predict,
    randomize,
)

# On probabilities: both sides add in f32, in another order, and each is 1e-6 to 6e-6 from a sum in f64.
TOLERANCE = 1e-5


class Check:
    """The program under test, the segments, and a folder for the files."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.x = mfcc_like(N_SEGMENTS)
        self.worst = 0.0

    def path(self, name):
        return os.path.join(self.folder, name)

    def ours(self, path, x):
        """What the program prints for a model file and segments."""
        out = subprocess.run(
            [self.program, path], input=x.astype("<f4").tobytes(), capture_output=True, check=False
        )
        if out.returncode:
            raise SystemExit(f"{self.program}: {out.stderr.decode()}")
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
        contents = [Path(file).read_bytes() for file in files]
        assert all(
            content == contents[0] for content in contents
        ), f"{name}: the formats give different files"
        answer = self.ours(files[0], self.x)
        assert answer["classes"] == GENRES
        assert answer["config"] == cepstrum_model.REFERENCE_FEATURES, answer["config"]
        difference = self.compare(name, theirs, np.asarray(answer["probabilities"], np.float32))
        returned = self.there_and_back(name, files[0], theirs)
        print(f"{name:26} {difference:8.1e} {returned:8.1e}", flush=True)

    def model_file(self, path):
        """Checks the way of one of our own model files to Keras and back."""
        model = cepstrum_model.read(path)
        keras_model, notes = cepstrum_to_keras.convert(model)
        x = self.x.reshape(-1)[: N_SEGMENTS * np.prod(model.input_shape)].reshape(
            N_SEGMENTS, *model.input_shape
        )
        ours = np.asarray(self.ours(path, x)["probabilities"], np.float32)
        difference = self.compare(path, predict(keras_model, x), ours)
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
        assert keras_to_cepstrum.main([self.path("back.json"), "--out", failed]) == 1
        assert not os.path.exists(failed)

    def defaults(self):
        """The reference features that the converter writes in full are what the program fills in."""
        model = keras.Sequential([keras.Input(SHAPE), layers.Flatten(), layers.Dense(2)])
        short = {"features": {"mfcc": {}}, "segment": {"per_track": {"count": 10, "seconds": 3.0}}}
        converted, notes = keras_to_cepstrum.convert(model, ["a", "b"], short)
        assert notes == ["no softmax at the end: the outputs are taken to be logits"], notes
        cepstrum_model.write(self.path("short.safetensors"), converted)
        assert (
            self.ours(self.path("short.safetensors"), self.x)["config"] == cepstrum_model.REFERENCE_FEATURES
        )


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
