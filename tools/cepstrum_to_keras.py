#!/usr/bin/env python3
"""Converts a Cepstrum model file into a Keras model (`.keras`, or `.h5`) that predicts the same probabilities.

  pip install tensorflow-cpu==2.21.0
  python tools/cepstrum_to_keras.py runs/2026-01-31/models/cnn-256-128-64-32-track.safetensors --out best.keras

Weights are copied bit for bit. A standardizer becomes a Normalization layer in front, and a softmax is added to the
last layer. A Keras model has no place for the class names, the feature configuration, the temperatures and the
out-of-distribution detector: the first two are written to a JSON file beside the model, the others are dropped.
"""

import argparse
import json
import math
import os
import sys

import numpy as np

from cepstrum_model import DETECTOR, ModelError, read, weight_shapes, write_atomically


def main(argv=None):
    """Runs the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", help="Cepstrum model file")
    parser.add_argument(
        "--out", help="Keras model to write, .keras or .h5 [default: MODEL with the extension .keras]"
    )
    args = parser.parse_args(argv)
    out = args.out or os.path.splitext(args.model)[0] + ".keras"
    try:
        if not out.endswith((".keras", ".h5")):
            raise ModelError(f"{out}: the extension must be .keras or .h5")
        model = read(args.model)
        keras_model, notes = convert(model)
        write_atomically(out, keras_model.save)
        sidecar = os.path.splitext(out)[0] + ".json"
        write_atomically(
            sidecar, lambda path: _write_json(path, {"classes": model.classes, "config": model.config})
        )
    except ModelError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    print(f"{out}: {keras_model.count_params():,} values; class names and feature configuration in {sidecar}")
    return 0


def convert(model):
    """Builds the `keras.Sequential` of a `Model`; returns it and notes on what has no counterpart."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    keras_model = keras.Sequential([keras.Input(model.input_shape)])
    if model.standardizer:
        keras_model.add(_normalization(model))
    names, shapes = model.names(), model.shapes()
    for index, (name, layer, shape) in enumerate(zip(names, model.layers, shapes)):
        is_last = index == len(names) - 1
        if layer["layer"] == "gru" and len(shape) > 2:
            keras_model.add(keras.layers.Reshape((shape[0], math.prod(shape[1:])), name=f"{name}_input"))
        keras_layer = _layer(name, layer, shape, is_last and layer.get("activation") == "linear")
        keras_model.add(keras_layer)
        weights = [
            _weight(model, f"{name}/{weight}", size) for weight, size in weight_shapes(layer, shape).items()
        ]
        keras_layer.set_weights(weights)
    if model.layers[-1].get("activation") != "linear":
        keras_model.add(keras.layers.Softmax(name="softmax"))
    notes = []
    temperatures = model.temperatures or {}
    if any(value != 1.0 for value in temperatures.values()):
        told = ", ".join(f"{key} {value}" for key, value in sorted(temperatures.items()))
        notes.append(
            f"the calibrated temperatures ({told}) are dropped: divide logits by them before the softmax"
        )
    if any(name.startswith(DETECTOR) for name in model.tensors):
        notes.append("the out-of-distribution detector is dropped")
    return keras_model, notes


def _layer(name, layer, shape, with_softmax):
    from keras import layers

    kind = layer["layer"]
    activation = "softmax" if with_softmax else layer.get("activation")
    if kind == "flatten":
        return layers.Flatten(name=name)
    if kind == "dense":
        return layers.Dense(layer["units"], activation, name=name, kernel_regularizer=_l2(layer))
    if kind == "conv2d":
        kernel = tuple(layer["kernel"])
        return layers.Conv2D(
            layer["filters"], kernel, activation=activation, name=name, kernel_regularizer=_l2(layer)
        )
    if kind == "max_pool2d":
        return layers.MaxPooling2D(tuple(layer["window"]), tuple(layer["stride"]), "same", name=name)
    if kind == "batch_norm":
        return layers.BatchNormalization(momentum=layer["momentum"], epsilon=layer["epsilon"], name=name)
    if kind == "dropout":
        return layers.Dropout(layer["rate"], name=name)
    if kind == "gru":
        is_sequence = layer["output"] == "sequence"
        return layers.GRU(
            layer["units"], return_sequences=is_sequence, name=name, kernel_regularizer=_l2(layer)
        )
    if kind == "global_average_pool" and len(shape) == 2:
        return layers.GlobalAveragePooling1D(name=name)
    if kind == "global_average_pool" and len(shape) == 3:
        return layers.GlobalAveragePooling2D(name=name)
    raise ModelError(f"{name}: a {kind} on inputs of shape {list(shape)} has no counterpart in Keras")


def _l2(layer):
    import keras

    return keras.regularizers.L2(layer["l2"]) if layer["l2"] else None


def _normalization(model):
    import keras

    (mean, deviation), shape = model.standardizer, model.input_shape
    if (deviation < 1e-6).any():
        raise ModelError("standardizer: a deviation below 1e-6 has no counterpart in Keras's Normalization")
    # Batch, frames, coefficients: axis 2; a flat input has every frame's coefficients in one axis.
    axis = 2 if len(shape) > 1 else 1
    if len(mean) != shape[axis - 1]:
        if len(shape) > 1 or shape[0] % len(mean):
            raise ModelError(
                f"standardizer: {len(mean)} coefficients do not fit inputs of shape {list(shape)}"
            )
        mean, deviation = (np.tile(part, shape[0] // len(part)) for part in (mean, deviation))
    # The square root of a correctly rounded square is the number itself: nothing is lost.
    variance = deviation * deviation
    return keras.layers.Normalization(
        axis=axis, mean=mean.tolist(), variance=variance.tolist(), name="standardizer"
    )


def _weight(model, name, size):
    if name not in model.tensors:
        raise ModelError(f"weight `{name}` is missing")
    if model.tensors[name].shape != size:
        raise ModelError(
            f"weight `{name}` has shape {list(model.tensors[name].shape)}, expected {list(size)}"
        )
    return model.tensors[name]


def _write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
