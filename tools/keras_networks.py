"""The networks of the reference experiment in Keras, with random weights and inputs, for `check_keras.py`."""

import keras
import numpy as np
from keras import layers

SHAPE = (130, 13)
N_CLASSES, N_SEGMENTS = 10, 32
GENRES = ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"]

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
