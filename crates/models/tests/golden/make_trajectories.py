"""The loss of every step of 30 as Keras reports it, L2 included, for `tests/trajectories.rs`.

The networks, rates and sizes are the reference experiment's, dropout left out. Initial kernels and data are not stored:
both sides compute them from `numbers` (see `make_ops.py`). Three batches, the last of them short, are taken in turn. The
same is computed in f64: where f32 itself goes astray, Keras's two trajectories part.
Run: python make_trajectories.py > trajectories.json
"""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import tensorflow as tf

from make_ops import numbers

SHAPE, CLASSES, BATCH, SEGMENTS, STEPS = (130, 13), 10, 32, 80, 30
FFNNS = {  # widths, L2, batch normalisation
    "ffnn1": ((512, 256, 128, 64, 32), 0.0, False),
    "ffnn4": ((256, 128, 64), 1e-3, False),
    "ffnn5": ((512, 256, 128, 64), 0.0, True),
    "ffnn6": ((512, 256, 128, 64), 1e-3, True),
}


def build(name):
    layers = keras.layers
    penalty = lambda factor: keras.regularizers.L2(factor) if factor else None
    if name in FFNNS:
        widths, l2, normalises = FFNNS[name]
        model = keras.Sequential([keras.Input(SHAPE), layers.Flatten()])
        if normalises:
            model.add(layers.BatchNormalization())
        for width in widths:
            model.add(layers.Dense(width, activation="relu", kernel_regularizer=penalty(l2)))
            if normalises:
                model.add(layers.BatchNormalization())
    else:
        model = keras.Sequential([keras.Input((*SHAPE, 1))])
        for filters, kernel, pool in zip(map(int, name[4:].split("-")), (3, 3, 2, 1), (2, 3, 3, 2)):
            model.add(layers.Conv2D(filters, kernel, activation="relu", kernel_regularizer=penalty(1e-4)))
            model.add(layers.MaxPooling2D(pool, strides=2, padding="same"))
            model.add(layers.BatchNormalization())
        model.add(layers.Flatten())
        model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(CLASSES))
    return model


def trajectory(name, floats):
    keras.config.set_floatx(floats)
    keras.config.set_dtype_policy(floats)
    model = build(name)
    kernels = [weight for weight in model.weights if weight.path.endswith("kernel")]
    for at, kernel in enumerate(kernels):
        *taps, n_in, n_out = kernel.shape
        limit = (6 / (np.prod(taps, dtype=int) * (n_in + n_out))) ** 0.5
        kernel.assign(numbers(kernel.shape, 100 + at, np.float32(limit)))
    rate = 0.01 if name in FFNNS else 1e-4
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss)
    x = numbers((SEGMENTS, *SHAPE), 1, 1.75).astype(floats).reshape(-1, *model.input_shape[1:])
    y = np.arange(SEGMENTS) * 7 % CLASSES
    losses = []
    for step in range(STEPS):
        start = step % -(-SEGMENTS // BATCH) * BATCH
        model.reset_metrics()
        losses.append(float(model.train_on_batch(x[start : start + BATCH], y[start : start + BATCH])))
    return losses


if __name__ == "__main__":
    cases = []
    for name in (*FFNNS, "cnn:32-32-32-32", "cnn:256-128-64-32"):
        single, double = trajectory(name, "float32"), trajectory(name, "float64")
        apart = max(abs(s / d - 1) for s, d in zip(single, double))
        print(name, single[0], single[-1], f"f32 and f64 part by {apart:.1e}", file=sys.stderr)
        cases.append({"network": name, "losses": single, "losses_in_f64": double})
    versions = {"python": sys.version.split()[0], "tensorflow": tf.__version__, "keras": keras.__version__}
    print('{"versions": ' + json.dumps(versions) + ',\n"cases": [')
    print(",\n".join(json.dumps(case) for case in cases))
    print("]}")
