#!/usr/bin/env python3
"""Converts a Keras model (`.h5` of Keras 2 or 3, `.keras` of Keras 3) into a Cepstrum model file.

  pip install tensorflow-cpu==2.21.0
  python tools/keras_to_cepstrum.py model4.h5 --classes blues,classical,country,disco,hiphop,jazz,metal,pop,reggae,rock

Accepts a `keras.Sequential` of these layers, among them those of the reference experiment's thirteen networks:
Flatten; Dense; Conv2D (padding "valid", stride 1); MaxPooling2D (padding "same"); BatchNormalization over the last
axis; Dropout; GRU (`reset_after=True`); GlobalAveragePooling1D and 2D; Normalization or Rescaling as the first layer,
which becomes the standardizer; Activation, ReLU and Softmax layers after a linear Dense or Conv2D. Activations are
linear or ReLU, and softmax at the end. A Cepstrum network returns logits: the final softmax is dropped, and a model
without one is taken to return logits already. Weights are copied bit for bit.
"""

import argparse
import json
import os
import sys

from cepstrum_model import ModelError, write
from keras_layers import Converter


def main(argv=None):
    """Runs the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", help="Keras model, .h5 or .keras")
    classes = "Class names in the order of the outputs, separated by commas [default: 0,1,...]"
    parser.add_argument("--classes", help=classes)
    config = "JSON file with the ExtractConfig that computed the features, or `none`"
    default = "the reference experiment's if segments are 130 x 13, else none"
    parser.add_argument("--features", help=f"{config} [default: {default}]")
    parser.add_argument("--out", help="Model file to write [default: MODEL with the extension .safetensors]")
    args = parser.parse_args(argv)
    out = args.out or os.path.splitext(args.model)[0] + ".safetensors"
    try:
        keras_model = load(args.model)
        model, notes = convert(keras_model, args.classes and args.classes.split(","), features(args.features))
        write(out, model)
    except ModelError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    n_values = sum(tensor.size for tensor in model.tensors.values())
    print(f"{out}: {len(model.layers)} layers, {n_values:,} values, {len(model.classes)} classes")
    return 0


def load(path):
    """Loads a Keras model without its optimizer and loss."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras  # after the variable, and not at all for --help

    if not os.path.isfile(path):
        raise ModelError(f"{path}: no such file")
    try:
        return keras.models.load_model(path, compile=False)
    # Keras raises whatever its parts raise: ValueError, TypeError, KeyError, OSError, ...
    except Exception as error:
        cause = str(error).split("\n")[0]
        hint = ""
        if path.endswith(".keras") and "batch_input_shape" in str(error):
            hint = " (a `.keras` file of Keras 2: load it there and save it as `.h5`)"
        raise ModelError(f"{path}: Keras cannot load the model{hint}: {cause}") from None


def features(option):
    """Reads the `--features` option: a path, `none`, or nothing for the default by shape."""
    if option is None or option == "none":
        return option
    try:
        with open(option, encoding="utf-8") as file:
            config = json.load(file)
    except OSError as error:
        raise ModelError(f"{option}: {error.strerror}") from None
    except ValueError as error:
        raise ModelError(f"{option}: not JSON: {error}") from None
    if not isinstance(config, dict) or {"features", "segment"} - config.keys():
        raise ModelError(f"{option}: not an ExtractConfig: it needs the keys `features` and `segment`")
    return config


def convert(keras_model, classes=None, config=None):
    """Converts a loaded `keras.Sequential`; returns the `Model` and notes on what has no counterpart.

    `config` is an ExtractConfig, `"none"`, or `None` for the reference experiment's where the input shape is its own.
    """
    if type(keras_model).__name__ != "Sequential":
        kind = type(keras_model).__name__
        raise ModelError(f"`{keras_model.name}` is a {kind} model: only a keras.Sequential can be converted")
    if not keras_model.built or len(keras_model.inputs) != 1:
        raise ModelError(
            f"`{keras_model.name}` has no input shape: call the model once, or add a keras.Input"
        )
    shape = tuple(keras_model.inputs[0].shape[1:])
    if not shape or None in shape:
        raise ModelError(
            f"`{keras_model.name}` has inputs of shape {list(shape)}: every axis but the batch must be fixed"
        )
    converter = Converter(shape)
    for layer in keras_model.layers:
        converter.add(layer)
    return converter.finish(classes, config)


if __name__ == "__main__":
    sys.exit(main())
