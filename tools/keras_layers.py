"""The conversion of each Keras layer into a layer of a Cepstrum model file, for `keras_to_cepstrum.py`."""

import math

import numpy as np

from cepstrum_model import (
    DEVIATION,
    MEAN,
    REFERENCE_FEATURES,
    REFERENCE_SHAPE,
    Model,
    ModelError,
    weight_shapes,
)


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
                self.notes.append(f"{layer.name}: {key} is dropped; predictions are the same")
        for key in ("kernel_constraint", "bias_constraint", "recurrent_constraint"):
            if config.get(key):
                self.notes.append(f"{layer.name}: {key} is dropped; predictions are the same")
        regularizer = config.get("kernel_regularizer")
        if not regularizer:
            return 0.0
        factors = regularizer["config"]
        if regularizer["class_name"] not in ("L2", "L1L2", "L1") or _shortest(factors.get("l1", 0.0)) != 0.0:
            self.notes.append(
                f"{layer.name}: kernel_regularizer {regularizer['class_name']} is dropped; predictions are the same"
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
