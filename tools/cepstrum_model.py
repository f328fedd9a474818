"""Cepstrum's model file, read and written with numpy alone.

A model file is a safetensors file. Its metadata entry `cepstrum-model` is a JSON object with the layers, the class
names and the feature configuration. Its tensors are the weights (`conv2d_1/kernel`), the standardizer
(`standardizer/mean`, `standardizer/deviation`) and the out-of-distribution detector (`familiarity/...`), all of them
little-endian `f32`. Activations are NHWC, convolution kernels HWIO, dense kernels `[in, out]`: the layout of Keras.
"""

import json
import math
import os
import tempfile
from dataclasses import dataclass, field

import numpy as np

KIND = "cepstrum-model"
VERSION = 1
MEAN, DEVIATION = "standardizer/mean", "standardizer/deviation"
DETECTOR = "familiarity/"

# Keras's name of each layer in small letters; the first layer of a kind has the bare name, the others `_1`, `_2`, ...
BASE_NAMES = {
    "flatten": "flatten",
    "dense": "dense",
    "conv2d": "conv2d",
    "max_pool2d": "max_pooling2d",
    "batch_norm": "batch_normalization",
    "dropout": "dropout",
    "gru": "gru",
    "global_average_pool": "global_average_pooling2d",
}

# The reference experiment's features, written out in full: they equal `ExtractConfig::default()`.
REFERENCE_SHAPE = (130, 13)
REFERENCE_FEATURES = {
    "features": {
        "mfcc": {
            "n_mfcc": 13,
            "dct_norm": "orthonormal",
            "lifter": 0.0,
            "log_mel": {
                "sample_rate": 22050,
                "stft": {
                    "n_fft": 2048,
                    "hop_length": 512,
                    "win_length": None,
                    "window": "hann",
                    "padding": "zero",
                },
                "spectrum": "power",
                "mel": {"n_mels": 128, "f_min": 0.0, "f_max": None, "scale": "slaney", "norm": "slaney"},
                "decibel": {"reference": {"value": 1.0}, "amin": 1e-10, "top_db": 80.0},
            },
        }
    },
    "segment": {"per_track": {"count": 10, "seconds": 3.0}},
}


class ModelError(Exception):
    """A model that cannot be read, written or converted; the message names the layer or file, and the cause."""


@dataclass
class Model:
    """The contents of a model file."""

    input_shape: tuple
    layers: list
    classes: list
    config: dict | None = None
    temperatures: dict | None = None
    tensors: dict = field(default_factory=dict)

    def names(self):
        """Returns the name of every layer, as it stands before the `/` in the names of its weights."""
        counts = {}
        names = []
        for layer in self.layers:
            base = BASE_NAMES.get(layer["layer"])
            if base is None:
                raise ModelError(f"layer {len(names)}: unsupported kind `{layer['layer']}`")
            counts[base] = counts.get(base, 0) + 1
            names.append(base if counts[base] == 1 else f"{base}_{counts[base] - 1}")
        return names

    def shapes(self):
        """Returns the input shape of every layer and the network's output shape, without the batch axis."""
        shapes = [tuple(self.input_shape)]
        for layer in self.layers:
            shapes.append(_output_shape(layer, shapes[-1]))
        return shapes

    @property
    def standardizer(self):
        """Mean and deviation per coefficient, or `None`."""
        return (self.tensors[MEAN], self.tensors[DEVIATION]) if MEAN in self.tensors else None


def weight_shapes(layer, shape):
    """Returns the weights of a layer for inputs of `shape`, by name, in the order in which Keras lists them."""
    kind = layer["layer"]
    if kind == "dense":
        return {"kernel": (shape[0], layer["units"]), "bias": (layer["units"],)}
    if kind == "conv2d":
        return {"kernel": (*layer["kernel"], shape[2], layer["filters"]), "bias": (layer["filters"],)}
    if kind == "batch_norm":
        return {name: (shape[-1],) for name in ("gamma", "beta", "moving_mean", "moving_variance")}
    if kind == "gru":
        n_inputs, units = math.prod(shape[1:]), layer["units"]
        return {
            "kernel": (n_inputs, 3 * units),
            "recurrent_kernel": (units, 3 * units),
            "bias": (2, 3 * units),
        }
    return {}


def _output_shape(layer, shape):
    kind = layer["layer"]
    if kind == "flatten":
        return (math.prod(shape),)
    if kind == "dense":
        return (layer["units"],)
    if kind == "conv2d":
        (kh, kw), (height, width, _) = layer["kernel"], shape
        return (height - kh + 1, width - kw + 1, layer["filters"])
    if kind == "max_pool2d":
        (sh, sw), (height, width, channels) = layer["stride"], shape
        return (-(-height // sh), -(-width // sw), channels)
    if kind == "gru":
        return (layer["units"],) if layer["output"] == "last" else (shape[0], layer["units"])
    if kind == "global_average_pool":
        return shape[-1:]
    return shape


def read(path):
    """Reads a model file; raises `ModelError` when it is another kind of file or newer than this reader."""
    try:
        with open(path, "rb") as file:
            data = file.read()
        length = int.from_bytes(data[:8], "little")
        header, body = json.loads(data[8 : 8 + length]), memoryview(data)[8 + length :]
        description = json.loads(header.pop("__metadata__", {})[KIND])
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, AttributeError):
        raise ModelError(f"{path}: not a `{KIND}` safetensors file") from None
    if description["version"] > VERSION:
        raise ModelError(
            f"{path}: version {description['version']} of the format, at most {VERSION} is supported"
        )
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise ModelError(f"{path}: tensor `{name}` is {entry['dtype']}, not F32")
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(body[begin:end], "<f4").reshape(entry["shape"])
    keys = ("layers", "classes", "config", "temperatures")
    return Model(tuple(description["input_shape"]), *(description.get(key) for key in keys), tensors)


def write(path, model):
    """Writes a model file, whole or not at all, after checking every weight's shape against the layers."""
    expected = {}
    for name, layer, shape in zip(model.names(), model.layers, model.shapes()):
        expected |= {f"{name}/{weight}": size for weight, size in weight_shapes(layer, shape).items()}
    for name, size in expected.items():
        if name not in model.tensors:
            raise ModelError(f"weight `{name}` is missing")
        if model.tensors[name].shape != size:
            raise ModelError(
                f"weight `{name}` has shape {list(model.tensors[name].shape)}, expected {list(size)}"
            )
    description = {"version": VERSION, "input_shape": list(model.input_shape), "layers": model.layers}
    description |= {"classes": model.classes, "config": model.config}
    if model.temperatures is not None:
        description["temperatures"] = model.temperatures
    header, offset, blobs = {"__metadata__": {KIND: json.dumps(description)}}, 0, []
    for name, tensor in sorted(model.tensors.items()):
        if not np.isfinite(tensor).all():
            raise ModelError(f"weight `{name}` holds NaN or infinity")
        blob = np.ascontiguousarray(tensor, "<f4").tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(blob)],
        }
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    write_atomically(path, lambda part: _write_all(part, [len(text).to_bytes(8, "little"), text, *blobs]))


def write_atomically(path, write_to):
    """Calls `write_to` with a temporary path of the same extension, then renames the file to `path`."""
    folder = os.path.dirname(os.path.abspath(path))
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as scratch:
            part = os.path.join(scratch, os.path.basename(path))
            write_to(part)
            os.replace(part, path)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror or error}") from None


def _write_all(path, parts):
    with open(path, "wb") as file:
        file.writelines(parts)
