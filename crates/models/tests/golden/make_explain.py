"""Attribution maps as tf-keras-vis and TensorFlow compute them, for `tests/it/explain_golden.rs`.

Saliency, SmoothGrad and Grad-CAM come from tf-keras-vis; Integrated Gradients, which it lacks, from a gradient tape.
tf-keras-vis 0.8.7 predates Keras 3 and works with it only in part: `keras.Sequential` and every `model_modifier` fail
(`'Sequential' object has no attribute 'output_names'`); functional models that end in scores need neither and work.

Weights, inputs, baseline and noise are not stored: both sides compute them from `numbers`, which is exact in f32.
Grad-CAM is enlarged by `tf.image.resize`, bilinear between the centers of cells as in the paper's code. tf-keras-vis' own
zoom aligns the centers of the corner cells with the corners of the input instead: the same coarse maps enlarged that way
correlate with these by 0.998 at the first convolution and by 0.93 to 0.97 at the later ones.

    pip install tensorflow-cpu tf-keras-vis; python make_explain.py > explain.json
"""

import json
import os
import sys
from importlib.metadata import version

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from tf_keras_vis.gradcam import Gradcam
from tf_keras_vis.saliency import Saliency
from tf_keras_vis.utils.scores import CategoricalScore

SAMPLES, SHARE, STEPS = 4, 0.2, 12


def numbers(shape, salt, scale=1.0):
    """Values in [-scale, scale): a multiplicative hash of the index, as in `make_ops.py`."""
    place = np.arange(int(np.prod(shape)), dtype=np.uint64) + np.uint64(salt * 1000003)
    mixed = (place * np.uint64(2654435761)) % np.uint64(2**32)
    mixed = ((mixed ^ (mixed >> np.uint64(15))) * np.uint64(2246822519)) % np.uint64(2**32)
    unit = (mixed >> np.uint64(8)).astype(np.float64) / 2**23 - 1.0
    return (unit * np.float32(scale)).astype(np.float32).reshape(shape)


def network(blocks, units, n_classes, shape):
    """Blocks of convolution, 'same' max-pooling by 2, batch norm and dropout; then dense layers; ends in scores."""
    x = first = keras.Input((*shape, 1))
    for i, (filters, kernel, window) in enumerate(blocks):
        x = layers.Conv2D(filters, kernel, activation="relu", name="conv2d" + (f"_{i}" if i else ""))(x)
        x = layers.MaxPooling2D(window, strides=2, padding="same")(x)
        x = layers.BatchNormalization()(x)
        x = layers.Dropout(0.2)(x)
    x = layers.Dropout(0.3)(layers.Dense(units, activation="relu")(layers.Flatten()(x)))
    model = keras.Model(first, layers.Dense(n_classes)(x))
    for salt, weight in enumerate(model.weights, 1):
        if weight.name == "kernel":
            weight.assign(numbers(weight.shape, salt, (6 / np.prod(weight.shape[:-1])) ** 0.5))
        else:
            middle = 1.0 if weight.name in ("gamma", "moving_variance") else 0.0
            weight.assign(numbers(weight.shape, salt, 0.5) + np.float32(middle))
    return model


def integrated_gradients(model, x, classes, baseline):
    total = np.zeros_like(x)
    for step in range(STEPS):
        at = tf.constant(baseline + (x - baseline) * ((step + 0.5) / STEPS))
        with tf.GradientTape() as tape:
            tape.watch(at)
            score = tf.reduce_sum(tf.gather(model(at, training=False), classes, axis=1, batch_dims=1))
        total += tape.gradient(score, at).numpy()
    return (x - baseline) * total / STEPS


def maps(array, shape):
    array = np.asarray(array, dtype=np.float32).reshape(-1, shape[0] * shape[1])
    return [[float(f"{value:.6g}") for value in row] for row in array]


def case(name, blocks, units, n_classes, shape, classes, convolutions):
    model = network(blocks, units, n_classes, shape)
    x = numbers((len(classes), *shape, 1), 50, 2.0)
    baseline = numbers((1, *shape, 1), 60, 0.5)
    score = CategoricalScore(classes)
    saliency = Saliency(model, clone=False)
    plain = {"normalize_map": False, "keepdims": True}
    signed = saliency(score, x, gradient_modifier=None, **plain)
    normal, np.random.normal = np.random.normal, lambda _mean, sigma, size: sigma * numbers(size, 70)
    smooth = saliency(score, x, smooth_samples=SAMPLES, smooth_noise=SHARE, **plain)
    np.random.normal = normal
    cams = {}
    for layer in convolutions:
        gradcam = Gradcam(model, clone=False)
        small = gradcam(score, x, penultimate_layer=layer, expand_cam=False, normalize_cam=False)
        cams[layer] = maps(tf.image.resize(np.asarray(small)[..., None], shape), shape)
    return {
        "name": name,
        "blocks": [list(block) for block in blocks],
        "units": units,
        "n_classes": n_classes,
        "shape": list(shape),
        "classes": classes,
        "scores": [[float(f"{v:.6g}") for v in row] for row in model(x, training=False).numpy()],
        "saliency": maps(signed, shape),
        "smooth_grad": maps(smooth, shape),
        "integrated_gradients": maps(integrated_gradients(model, x, classes, baseline), shape),
        "grad_cam": cams,
    }


small = case("small", [(6, 3, 2), (8, 3, 3)], 16, 4, (20, 13), [1, 0, 3], ["conv2d", "conv2d_1"])
# The best network of the reference experiment on shorter segments.
best = [(256, 3, 2), (128, 3, 3), (64, 2, 3), (32, 1, 2)]
best = case("best", best, 64, 10, (30, 13), [9, 1], ["conv2d_1", "conv2d_3"])
packages = {name: version(name) for name in ("tensorflow-cpu", "keras", "tf-keras-vis", "numpy", "scipy")}
json.dump(
    {
        "versions": {"python": sys.version.split()[0], **packages},
        "samples": SAMPLES,
        "share": SHARE,
        "steps": STEPS,
        "cases": [small, best],
    },
    sys.stdout,
    separators=(",", ":"),
    allow_nan=False,
)
print()
