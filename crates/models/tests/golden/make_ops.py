"""Computes outputs and gradients of single layers with Keras and TensorFlow, for `tests/it/ops_golden.rs`.

Inputs are not stored: both sides compute them by `numbers` below, which is exact in f32. Of a large result, only every
`step`-th element is stored. Run: python make_ops.py > ops.json
"""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import tensorflow as tf

LIMIT = 90


def numbers(shape, salt, scale=1.0, levels=None):
    """Values in [-scale, scale), by a multiplicative hash of the position. With `levels` they are few distinct ones, for ties."""
    count = int(np.prod(shape))
    place = np.arange(count, dtype=np.uint64) + np.uint64(salt * 1000003)
    mixed = (place * np.uint64(2654435761)) % np.uint64(2**32)
    mixed = ((mixed ^ (mixed >> np.uint64(15))) * np.uint64(2246822519)) % np.uint64(2**32)
    unit = (mixed >> np.uint64(8)).astype(np.float64) / 2**23 - 1.0
    if levels:
        unit = np.floor(unit * levels) / levels
    return (unit * scale).astype(np.float32).reshape(shape)


def sample(tensor):
    values = np.asarray(tensor, dtype=np.float32).ravel()
    step = max(1, -(-len(values) // LIMIT))
    while step > 1 and (step % 2 == 0 or step % 3 == 0 or step % 5 == 0):
        step += 1
    return {
        "count": len(values),
        "step": step,
        "peak": float(np.abs(values).max()),
        "values": [float(f"{v:.8e}") for v in values[::step]],
    }


def gradients(f, inputs, salt=9):
    """The output, and the gradients of sum(weights * output) with weights by `numbers`."""
    inputs = [tf.constant(x) for x in inputs]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = f(*inputs)
        loss = tf.reduce_sum(y * numbers(y.shape, salt))
    return {"y": sample(y), "gradients": [sample(g) for g in tape.gradient(loss, inputs)]}


def activation(name):
    return {"linear": lambda x: x, "relu": tf.nn.relu}[name]


def dense(n, n_in, n_out, act):
    inputs = [numbers((n, n_in), 1), numbers((n_in, n_out), 2, n_in**-0.5), numbers((n_out,), 3, 0.1)]
    f = lambda x, k, b: activation(act)(tf.matmul(x, k) + b)
    return {"op": "dense", "shape": [n, n_in, n_out], "activation": act, **gradients(f, inputs)}


def conv(n, h, w, c, kh, kw, o, act, pool=None):
    inputs = [numbers((n, h, w, c), 1), numbers((kh, kw, c, o), 2, (kh * kw * c) ** -0.5), numbers((o,), 3, 0.1)]

    def f(x, k, b):
        y = activation(act)(tf.nn.conv2d(x, k, 1, "VALID") + b)
        return tf.nn.max_pool2d(y, pool[:2], pool[2:], "SAME") if pool else y

    case = {"op": "conv2d", "shape": [n, h, w, c, kh, kw, o], "activation": act, "pool": pool}
    return {**case, **gradients(f, inputs)}


def max_pool(n, h, w, c, window, stride, levels):
    inputs = [numbers((n, h, w, c), 1, levels=levels)]
    f = lambda x: tf.nn.max_pool2d(x, window, stride, "SAME")
    case = {"op": "max_pool2d", "shape": [n, h, w, c], "window": window, "stride": stride, "levels": levels}
    return {**case, **gradients(f, inputs)}


def batch_norm(shape, training):
    c = shape[-1]
    layer = keras.layers.BatchNormalization()
    layer.build(shape)
    layer.gamma.assign(numbers((c,), 2) + 1.5)
    layer.beta.assign(numbers((c,), 3))
    layer.moving_mean.assign(numbers((c,), 4))
    layer.moving_variance.assign(numbers((c,), 5) + 1.5)
    x = tf.constant(numbers(shape, 1, 3.0) + 2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=training)
        loss = tf.reduce_sum(y * numbers(shape, 9))
    found = tape.gradient(loss, [x, layer.gamma, layer.beta])
    return {
        "op": "batch_norm",
        "shape": list(shape),
        "training": training,
        "y": sample(y),
        "gradients": [sample(g) for g in found],
        "running": [sample(layer.moving_mean), sample(layer.moving_variance)],
    }


def cross_entropy(n, k, scale):
    logits = tf.constant(numbers((n, k), 1, scale))
    labels = np.arange(n) * 7 % k
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, logits)
    case = {"op": "softmax_cross_entropy", "shape": [n, k], "scale": scale}
    return {**case, "y": sample(loss), "gradients": [sample(tape.gradient(loss, logits))]}


def l2(shape, factor):
    kernel = tf.constant(numbers(shape, 1))
    with tf.GradientTape() as tape:
        tape.watch(kernel)
        loss = keras.regularizers.L2(factor)(kernel)
    case = {"op": "l2_penalty", "shape": list(shape), "factor": factor}
    return {**case, "y": sample(loss), "gradients": [sample(tape.gradient(loss, kernel))]}


def soft_cross_entropy(n, k, smoothing, weighted):
    """Smoothed labels and weighted segments, as in `fit(class_weight=...)`."""
    logits = tf.constant(numbers((n, k), 1, 3.0))
    targets = np.eye(k, dtype=np.float32)[np.arange(n) * 7 % k]
    weights = np.abs(numbers((n,), 2)) if weighted else None
    with tf.GradientTape() as tape:
        tape.watch(logits)
        of = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
        loss = of(targets, logits, sample_weight=weights)
    case = {"op": "soft_cross_entropy", "shape": [n, k], "smoothing": smoothing, "weighted": weighted}
    return {**case, "y": sample(loss), "gradients": [sample(tape.gradient(loss, logits))]}


def gru(n, steps, inputs, units):
    layer = keras.layers.GRU(units, return_sequences=True)
    layer.build((n, steps, inputs))
    weights = [numbers(w.shape, 2 + i, w.shape[0] ** -0.5) for i, w in enumerate(layer.weights)]
    layer.set_weights(weights)
    x = tf.constant(numbers((n, steps, inputs), 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
        loss = tf.reduce_sum(y * numbers(y.shape, 9))
    found = tape.gradient(loss, [x, *(weight.value for weight in layer.weights)])
    case = {"op": "gru", "shape": [n, steps, inputs, units]}
    return {**case, "y": sample(y), "gradients": [sample(g) for g in found]}


def optimizer_steps(op, count, optimizer, **settings):
    """Parameters over twenty steps; `settings` are the ones that our side reads."""
    parameter = keras.Variable(numbers((count,), 1))
    steps = []
    for step in range(20):
        optimizer.apply([tf.constant(numbers((count,), 100 + step, 0.5))], [parameter])
        if step in (0, 1, 9, 19):
            steps.append({"step": step + 1, "parameter": sample(parameter)})
    return {"op": op, "shape": [count], **settings, "steps": steps}


def sgd(count, learning_rate, momentum, nesterov):
    optimizer = keras.optimizers.SGD(learning_rate, momentum=momentum, nesterov=nesterov)
    settings = {"learning_rate": learning_rate, "momentum": momentum, "nesterov": nesterov}
    return optimizer_steps("sgd", count, optimizer, **settings)


def adam_w(count, learning_rate, weight_decay):
    optimizer = keras.optimizers.AdamW(learning_rate, weight_decay=weight_decay)
    return optimizer_steps("adam_w", count, optimizer, learning_rate=learning_rate, weight_decay=weight_decay)


def clipped(settings):
    """The clipped gradients of two parameters: what one step of plain descent at learning rate 1 subtracts from them."""
    optimizer = keras.optimizers.SGD(1.0, **settings)
    parameters = [keras.Variable(np.zeros(shape, np.float32)) for shape in ((5, 3), (4,))]
    gradients = [tf.constant(numbers((5, 3), 1)), tf.constant(numbers((4,), 2, 0.2))]
    optimizer.apply(gradients, parameters)
    return {"op": "clipping", "settings": settings, "gradients": [sample(-p.numpy()) for p in parameters]}


def adam(count, learning_rate):
    return optimizer_steps("adam", count, keras.optimizers.Adam(learning_rate), learning_rate=learning_rate)


def main():
    cases = [
        dense(1, 3, 1, "linear"),
        dense(7, 37, 10, "relu"),
        dense(32, 256, 37, "linear"),
        dense(100, 10, 32, "relu"),
        conv(1, 5, 5, 1, 3, 3, 10, "linear"),
        conv(7, 9, 7, 1, 3, 3, 37, "relu"),
        conv(2, 8, 6, 3, 2, 3, 32, "relu"),
        conv(2, 11, 6, 10, 3, 3, 37, "relu"),
        conv(1, 10, 6, 256, 3, 3, 32, "relu"),
        conv(3, 9, 2, 32, 2, 2, 10, "relu"),
        conv(7, 4, 1, 37, 1, 1, 256, "relu"),
        conv(2, 13, 13, 1, 3, 3, 32, "relu", [2, 2, 2, 2]),
        conv(2, 14, 6, 32, 3, 3, 37, "relu", [3, 3, 2, 2]),
        conv(2, 9, 2, 37, 2, 2, 10, "relu", [3, 3, 2, 2]),
        conv(1, 9, 1, 10, 1, 1, 3, "linear", [2, 2, 2, 2]),
        *(max_pool(2, h, w, c, [k, k], [2, 2], levels)
          for k in (2, 3) for h, w in ((4, 4), (5, 4), (4, 5), (5, 5), (1, 3)) for c, levels in ((3, None), (1, 2))),
        max_pool(1, 9, 7, 37, [2, 3], [3, 1], 4),
        max_pool(1, 8, 8, 10, [2, 2], [3, 3], None),
        *(batch_norm(shape, training) for shape in ((7, 3), (32, 37), (2, 5, 3, 10), (1, 9, 1, 256)) for training in (True, False)),
        cross_entropy(7, 10, 3.0),
        cross_entropy(1, 3, 1e4),
        cross_entropy(5, 10, 1e37),
        l2((37, 10), 0.001),
        adam(37, 0.01),
        adam(300, 1e-4),
        conv(7, 7, 5, 256, 3, 3, 37, "relu"),
        conv(1, 13, 7, 37, 3, 3, 256, "relu", [2, 2, 2, 2]),
        conv(7, 8, 3, 3, 2, 2, 256, "linear"),
        conv(7, 13, 5, 32, 3, 3, 3, "relu", [3, 3, 2, 2]),
        conv(1, 6, 6, 10, 1, 1, 1, "relu", [3, 3, 2, 2]),
        soft_cross_entropy(7, 10, 0.1, False),
        soft_cross_entropy(7, 10, 0.0, True),
        soft_cross_entropy(1, 3, 0.3, True),
        gru(1, 5, 3, 10),
        gru(7, 9, 32, 37),
        gru(13, 4, 10, 1),
        sgd(37, 0.1, 0.0, False),
        sgd(37, 0.1, 0.9, False),
        sgd(300, 0.01, 0.9, True),
        adam_w(37, 0.01, 0.004),
        clipped({"clipvalue": 0.3}),
        clipped({"clipnorm": 0.5}),
        clipped({"global_clipnorm": 0.5}),
        clipped({"global_clipnorm": 50.0}),
    ]
    versions = {"python": sys.version.split()[0], "tensorflow": tf.__version__, "keras": keras.__version__}
    versions["numpy"] = np.__version__
    print('{"versions": ' + json.dumps(versions) + ',\n"cases": [')
    print(",\n".join(json.dumps(case, allow_nan=False) for case in cases))
    print("]}")
    print(versions, len(cases), "cases", file=sys.stderr)


if __name__ == "__main__":
    main()
