#!/usr/bin/env python3
"""Converts a Keras model (`.h5` of Keras 2 or 3, `.keras` of Keras 3) into a Cepstrum model file.

  pip install tensorflow-cpu==2.21.0
  python tools/keras_to_cepstrum.py model4.h5 --classes blues,classical,country,disco,hiphop,jazz,metal,pop,reggae,rock

Accepts a `keras.Sequential` of these layers, as the reference experiment's thirteen networks are built:
Flatten; Dense; Conv2D (padding "valid", stride 1); MaxPooling2D (padding "same"); BatchNormalization over the last axis;
Dropout; GRU (`reset_after=True`); GlobalAveragePooling1D/2D; Normalization or Rescaling as the first layer, which becomes
the standardizer; Activation, ReLU and Softmax layers after a linear Dense or Conv2D. Activations are linear and ReLU,
and softmax at the end. A Cepstrum network returns logits: the final softmax is dropped, and a model without one is taken
to return logits already. Weights are copied bit for bit.
"""

import argparse
import json
import math
import os
import sys

import numpy as np

from cepstrum_model import (
    DEVIATION,
    MEAN,
    REFERENCE_FEATURES,
    REFERENCE_SHAPE,
    Model,
    ModelError,
    weight_shapes,
    write,
)


def main(argv=None):
    """Runs the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", help="Keras model, .h5 or .keras")
    classes = "Class names in the order of the outputs, separated by commas [default: 0,1,...]"
    parser.add_argument("--classes", help=classes)
    config = "JSON file with the ExtractConfig that computed the features, or `none` [default: the reference experiment's"
    parser.add_argument("--features", help=f"{config} if segments are 130 x 13, else none]")
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
    except (
        Exception
    ) as error:  # Keras raises whatever its parts raise: ValueError, TypeError, KeyError, OSError, ...
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


class Converter:
    """Collects the layers of a model file, one Keras layer at a time."""

    def __init__(self, input_shape):
        self.input_shape = self.shape = input_shape
        self.layers, self.weights, self.notes = [], [], []
        self.standardizer = None
        self.ended_by = None  # the name of the layer whose softmax ended the network
        self.pending_reshape = None  # a Reshape that only a GRU after it accounts for

    def add(self, layer):
        """Converts one layer; raises `ModelError` naming it and the cause."""
        kind = type(layer).__name__
        convert_layer = LAYERS.get(kind)
        if self.ended_by:
            raise ModelError(
                f"{layer.name}: {kind} after the softmax of `{self.ended_by}`, which must end the network"
            )
        if self.pending_reshape and kind != "GRU":
            raise ModelError(
                f"{self.pending_reshape}: Reshape is supported only before a GRU, which flattens each step"
            )
        if convert_layer is None:
            raise ModelError(f"{layer.name}: unsupported layer {kind}")
        convert_layer(self, layer, layer.get_config())
        if kind != "Reshape":
            self.shape = tuple(layer.output.shape[1:])

    def finish(self, classes, config):
        """Returns the model and the notes."""
        if self.pending_reshape:
            raise ModelError(
                f"{self.pending_reshape}: Reshape is supported only before a GRU, which flattens each step"
            )
        if len(self.shape) != 1 or self.shape[0] < 2:
            raise ModelError(
                f"the network's outputs have shape {list(self.shape)}: a classifier has one per class, at least 2"
            )
        if not self.ended_by:
            self.notes.append("no softmax at the end: the outputs are taken to be logits")
        if classes is None:
            classes = [str(index) for index in range(self.shape[0])]
            self.notes.append("the classes are called 0, 1, ...: name them with --classes")
        if len(classes) != self.shape[0]:
            raise ModelError(f"{len(classes)} class names for {self.shape[0]} outputs")
        if len(set(classes)) != len(classes) or not all(classes):
            raise ModelError(f"class names must differ and not be empty, got {','.join(classes)}")
        if (
            config is None
            and self.input_shape[:2] == REFERENCE_SHAPE
            and math.prod(self.input_shape[2:]) == 1
        ):
            config = REFERENCE_FEATURES
        elif config is None:
            self.notes.append(
                "the features are unknown: give an ExtractConfig with --features to classify songs"
            )
        model = Model(self.input_shape, self.layers, classes, None if config == "none" else config)
        for name, weights in zip(model.names(), self.weights):
            model.tensors |= {f"{name}/{weight}": value for weight, value in weights.items()}
        if self.standardizer:
            model.tensors[MEAN], model.tensors[DEVIATION] = self.standardizer
        return model, self.notes

    # One method per Keras class; `LAYERS` maps the classes to them.

    def _flatten(self, layer, config):
        self._channels_last(layer, config)
        self._push({"layer": "flatten"})

    def _dropout(self, layer, config):
        if config.get("noise_shape") is not None:
            raise ModelError(f"{layer.name}: noise_shape {config['noise_shape']} is not supported")
        self._push({"layer": "dropout", "rate": config["rate"]})

    def _dense(self, layer, config):
        if len(self.shape) != 1:
            raise ModelError(
                f"{layer.name}: Dense on inputs of shape {list(self.shape)}: put a Flatten before it"
            )
        spec = {"layer": "dense", "units": config["units"], **self._activation(layer, config)}
        self._push({**spec, "l2": self._l2(layer, config)}, self._with_bias(layer))

    def _conv2d(self, layer, config):
        self._channels_last(layer, config)
        kernel = list(config["kernel_size"])
        self._require(layer, config, "strides", (1, 1))
        self._require(layer, config, "dilation_rate", (1, 1))
        self._require(layer, config, "groups", 1)
        if kernel != [1, 1]:  # nothing is padded for a kernel of one cell
            self._require(layer, config, "padding", "valid")
        spec = {
            "layer": "conv2d",
            "filters": config["filters"],
            "kernel": kernel,
            **self._activation(layer, config),
        }
        self._push({**spec, "l2": self._l2(layer, config)}, self._with_bias(layer))

    def _max_pooling(self, layer, config):
        self._channels_last(layer, config)
        window, stride = list(config["pool_size"]), list(config["strides"])
        if config["padding"] != "same":
            for n, w, s in zip(self.shape, window, stride):
                n_same = -(-n // s)
                if (n - w) // s + 1 != n_same or (n_same - 1) * s + w > n:
                    cause = f'on inputs of shape {list(self.shape)}: only "same" is supported'
                    raise ModelError(f"{layer.name}: padding \"{config['padding']}\" {cause}")
        self._push({"layer": "max_pool2d", "window": window, "stride": stride})

    def _batch_normalization(self, layer, config):
        axis = config["axis"][0] if isinstance(config["axis"], (list, tuple)) else config["axis"]
        if axis not in (-1, len(self.shape)):
            raise ModelError(
                f"{layer.name}: normalization over axis {axis}: only the last ({len(self.shape)}) is supported"
            )
        gamma = layer.gamma if config["scale"] else np.ones(self.shape[-1:])
        beta = layer.beta if config["center"] else np.zeros(self.shape[-1:])
        weights = {"gamma": gamma, "beta": beta}
        weights |= {"moving_mean": layer.moving_mean, "moving_variance": layer.moving_variance}
        spec = {"layer": "batch_norm", "epsilon": config["epsilon"], "momentum": config["momentum"]}
        self._push(spec, weights)

    def _gru(self, layer, config):
        for key, value in [
            ("activation", "tanh"),
            ("recurrent_activation", "sigmoid"),
            ("reset_after", True),
        ]:
            self._require(layer, config, key, value)
        for key in ("go_backwards", "stateful", "return_state"):
            self._require(layer, config, key, False)
        for key in ("dropout", "recurrent_dropout"):
            self._require(layer, config, key, 0.0)
        output = "sequence" if config["return_sequences"] else "last"
        self.pending_reshape = None
        cell = layer.cell
        bias = cell.bias if config["use_bias"] else np.zeros((2, 3 * config["units"]))
        weights = {"kernel": cell.kernel, "recurrent_kernel": cell.recurrent_kernel, "bias": bias}
        self._push(
            {"layer": "gru", "units": config["units"], "output": output, "l2": self._l2(layer, config)},
            weights,
        )

    def _reshape(self, layer, config):
        target = tuple(layer.output.shape[1:])
        if target != (self.shape[0], math.prod(self.shape[1:])):
            raise ModelError(f"{layer.name}: Reshape to {list(target)} is not supported")
        self.pending_reshape = layer.name

    def _global_average_pooling(self, layer, config):
        self._channels_last(layer, config)
        self._require(layer, config, "keepdims", False)
        self._push({"layer": "global_average_pool"})

    def _apply_activation(self, layer, activation):
        if activation == "softmax":
            self.ended_by = layer.name
        elif activation == "relu":
            if not self.layers or self.layers[-1].get("activation") != "linear":
                raise ModelError(f"{layer.name}: ReLU is supported only after a linear Dense or Conv2D")
            self.layers[-1]["activation"] = "relu"
        elif activation != "linear":
            raise ModelError(f"{layer.name}: unsupported activation `{activation}`")

    def _activation_layer(self, layer, config):
        self._apply_activation(layer, _name(config["activation"]))

    def _relu(self, layer, config):
        for key, value in [("max_value", None), ("negative_slope", 0.0), ("threshold", 0.0)]:
            self._require(layer, config, key, value)
        self._apply_activation(layer, "relu")

    def _softmax(self, layer, config):
        if config["axis"] not in (-1, 1):
            raise ModelError(f"{layer.name}: softmax over axis {config['axis']}: only the last is supported")
        self._apply_activation(layer, "softmax")

    def _normalization(self, layer, config):
        if config.get("invert"):
            raise ModelError(f"{layer.name}: invert=True is not supported")
        deviation = np.maximum(np.sqrt(_values(layer.variance)), np.float32(1e-7))
        self._standardize(layer, _values(layer.mean), deviation)

    def _rescaling(self, layer, config):
        # x * scale + offset = (x - (-offset / scale)) / (1 / scale)
        scale, offset = (np.asarray(config[key], np.float64) for key in ("scale", "offset"))
        if not (scale > 0).all():
            raise ModelError(f"{layer.name}: scale must be positive, got {config['scale']}")
        self._standardize(layer, -offset / scale, 1 / scale)

    # Helpers.

    def _standardize(self, layer, mean, deviation):
        if self.layers or self.standardizer:
            raise ModelError(f"{layer.name}: {type(layer).__name__} is supported only as the first layer")
        whole = [
            np.broadcast_to(part, (1, *self.shape)).reshape(-1).astype(np.float32)
            for part in (mean, deviation)
        ]
        # One value per coefficient if all frames share them, else one per input.
        width = self.shape[1] if len(self.shape) > 1 else self.shape[0]
        if all((part.reshape(-1, width) == part[:width]).all() for part in whole):
            whole = [part[:width] for part in whole]
        self.standardizer = tuple(whole)

    def _push(self, spec, weights=None):
        weights = {name: _values(value) for name, value in (weights or {}).items()}
        for name, size in weight_shapes(spec, self.shape).items():
            assert weights[name].shape == size, (spec, name, weights[name].shape, size)
        self.layers.append(spec)
        self.weights.append(weights)

    def _with_bias(self, layer):
        kernel = _values(layer.kernel)
        return {"kernel": kernel, "bias": layer.bias if layer.use_bias else np.zeros(kernel.shape[-1])}

    def _activation(self, layer, config):
        activation = _name(config["activation"])
        if activation == "softmax" and len(layer.output.shape) == 2:
            self.ended_by = layer.name
            activation = "linear"
        if activation not in ("linear", "relu"):
            raise ModelError(f"{layer.name}: unsupported activation `{activation}`")
        return {"activation": activation}

    def _l2(self, layer, config):
        for key in ("bias_regularizer", "activity_regularizer", "recurrent_regularizer"):
            if config.get(key):
                self.notes.append(f"{layer.name}: {key} is left out; predictions are the same")
        for key in ("kernel_constraint", "bias_constraint", "recurrent_constraint"):
            if config.get(key):
                self.notes.append(f"{layer.name}: {key} is left out; predictions are the same")
        regularizer = config.get("kernel_regularizer")
        if not regularizer:
            return 0.0
        factors = regularizer["config"]
        if regularizer["class_name"] not in ("L2", "L1L2", "L1") or _shortest(factors.get("l1", 0.0)) != 0.0:
            self.notes.append(
                f"{layer.name}: kernel_regularizer {regularizer['class_name']} is left out; predictions are the same"
            )
            return 0.0
        return _shortest(factors.get("l2", 0.0))

    def _channels_last(self, layer, config):
        self._require(layer, config, "data_format", "channels_last")

    def _require(self, layer, config, key, value):
        actual = config.get(key, value)
        actual = tuple(actual) if isinstance(actual, list) else actual
        if key.endswith("activation"):
            actual = _name(actual)
        if actual != value:
            raise ModelError(f"{layer.name}: {key} {actual!r} is not supported, only {value!r}")


LAYERS = {
    "InputLayer": lambda converter, layer, config: None,
    "Normalization": Converter._normalization,
    "Rescaling": Converter._rescaling,
    "Flatten": Converter._flatten,
    "Dense": Converter._dense,
    "Conv2D": Converter._conv2d,
    "MaxPooling2D": Converter._max_pooling,
    "BatchNormalization": Converter._batch_normalization,
    "Dropout": Converter._dropout,
    "Reshape": Converter._reshape,
    "GRU": Converter._gru,
    "GlobalAveragePooling1D": Converter._global_average_pooling,
    "GlobalAveragePooling2D": Converter._global_average_pooling,
    "Activation": Converter._activation_layer,
    "ReLU": Converter._relu,
    "Softmax": Converter._softmax,
}


def _name(activation):
    return activation if isinstance(activation, str) else activation["config"]


def _values(variable):
    return np.asarray(variable, np.float32)


def _shortest(factor):
    # Keras keeps factors as f32: 0.001 comes back as 0.0010000000474974513.
    return float(str(np.float32(factor)))


if __name__ == "__main__":
    sys.exit(main())
