"""Training and inference beside TensorFlow/Keras: ours and theirs run alternately, one line of JSON per work.

  pip install tensorflow-cpu==2.21.0
  python benches/peers/train.py                    # builds our side, all works
  python benches/peers/train.py --works step --rounds 9

{"work": ..., "peer": ..., "ratio": median of our time / the peer's, "min": ..., "max": ...}. A ratio belongs to a round
(a block of our runs, a block of theirs), so that a machine whose speed drifts does not favor either side. Both compute in
f32 on all cores, with the CPU features that each finds at run time; ONEDNN_MAX_CPU_ISA=AVX2 limits TensorFlow to AVX2.
`cpu_ratio` compares the processor time of all cores together: it holds even while other programs run.
"""

import argparse
import json
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import tensorflow as tf

from ours import Ours, build

SHAPE, CLASSES, BATCH = (130, 13), 10, 32
BEST = "cnn:256-128-64-32"
PEER = f"tensorflow {tf.__version__}"


def network(name):
    """The reference experiment's network of this name, compiled."""
    layers = keras.layers
    if name.startswith("cnn:"):
        model = keras.Sequential([keras.Input((*SHAPE, 1))])
        for filters, kernel, pool in zip(map(int, name[4:].split("-")), (3, 3, 2, 1), (2, 3, 3, 2)):
            penalty = keras.regularizers.L2(1e-4)
            model.add(layers.Conv2D(filters, kernel, activation="relu", kernel_regularizer=penalty))
            model.add(layers.MaxPooling2D(pool, strides=2, padding="same"))
            model.add(layers.BatchNormalization())
            model.add(layers.Dropout(0.2))
        for layer in (layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dropout(0.3)):
            model.add(layer)
    else:
        plans = {"ffnn1": ((512, 256, 128, 64, 32), False), "ffnn5": ((512, 256, 128, 64), True)}
        widths, normalizes = plans[name]
        model = keras.Sequential([keras.Input(SHAPE), layers.Flatten()])
        if normalizes:
            model.add(layers.BatchNormalization())
        for width in widths:
            model.add(layers.Dense(width, activation="relu"))
            if normalizes:
                model.add(layers.BatchNormalization())
    model.add(layers.Dense(CLASSES, activation="softmax"))
    model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def data(model, n):
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (n, *model.input_shape[1:])).astype(np.float32)
    return x, (np.arange(n) % CLASSES).astype(np.int64)


class Theirs:
    """TensorFlow's side of one work; `block()` returns the times of a block in milliseconds."""

    def __init__(self, kind, name, size):
        self.model = network(name)
        self.kind, self.size = kind, size
        if kind == "step":
            x, y = data(self.model, size)
            batches = tf.data.Dataset.from_tensors((x, y)).repeat()
            self.batches = iter(batches)
            self.step = self.model.make_train_function() or self.model.train_function
        else:
            self.x, self.y = data(self.model, size)

    def once(self):
        if self.kind == "step":
            logs = self.step(self.batches)
            np.asarray(next(iter(logs.values())))
        elif self.kind == "epoch":
            self.model.fit(self.x, self.y, batch_size=BATCH, epochs=1, verbose=0)
        else:
            self.model.predict(self.x, batch_size=BATCH, verbose=0)

    def block(self, count):
        times = []
        for _ in range(count):
            begun = time.perf_counter(), time.process_time()
            self.once()
            times.append((1e3 * (time.perf_counter() - begun[0]), 1e3 * (time.process_time() - begun[1])))
        return times


def measure(ours, kind, name, size, count, rounds):
    theirs = Theirs(kind, name, size)
    request = f"{kind} {name} {size} {count}"
    theirs.block(2), ours.ask(f"{kind} {name} {size} 1")
    rounds = [(medians(ours.ask(request)), medians(theirs.block(count))) for _ in range(rounds)]
    keras.backend.clear_session()
    return rounds


def medians(times):
    """The medians of a block: wall-clock time and processor time."""
    return [statistics.median(column) for column in zip(*times)]


def report(work, rounds):
    ratios = sorted(our[0] / their[0] for our, their in rounds)
    line = {"work": work, "peer": PEER, "ratio": round(statistics.median(ratios), 3)}
    line |= {"min": round(ratios[0], 3), "max": round(ratios[-1], 3)}
    line |= {"ours_ms": round(statistics.median(our[0] for our, _ in rounds), 2)}
    line |= {"peer_ms": round(statistics.median(their[0] for _, their in rounds), 2)}
    line |= {"cpu_ratio": round(statistics.median(our[1] / their[1] for our, their in rounds), 3)}
    print(json.dumps(line), flush=True)


WORKS = [
    # kind, network, size, runs per block, name of the work
    ("step", BEST, BATCH, 8, "step, CNN [256,128,64,32]"),
    ("step", "cnn:64-128-256-256", BATCH, 8, "step, CNN [64,128,256,256]"),
    ("step", "cnn:32-32-32-32", BATCH, 20, "step, CNN [32,32,32,32]"),
    ("step", "ffnn1", BATCH, 40, "step, FFNN 1"),
    ("step", "ffnn5", BATCH, 40, "step, FFNN 5"),
    ("inference", BEST, 3000, 1, "inference, 3,000 segments, CNN [256,128,64,32]"),
    ("epoch", BEST, 280, 1, "epoch, 280 segments, CNN [256,128,64,32]"),
    ("epoch", "ffnn1", 280, 3, "epoch, 280 segments, FFNN 1"),
    ("epoch", "ffnn1", 5600, 1, "epoch, 5,600 segments, FFNN 1"),
    ("epoch", BEST, 5600, 1, "epoch, 5,600 segments, CNN [256,128,64,32]"),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", help="program of our side; built if not given")
    parser.add_argument("--works", default="", help="run only works whose name contains this")
    parser.add_argument("--rounds", type=int, default=7, help="blocks per side")
    arguments = parser.parse_args()
    program = arguments.ours or build("cepstrum-models", "training_times", "--features", "measure")
    ours = Ours(program)
    for kind, name, size, count, work in WORKS:
        if arguments.works in work:
            rounds = arguments.rounds if size < 5000 or name != BEST else max(1, arguments.rounds // 3)
            report(work, measure(ours, kind, name, size, count, rounds))
    if not arguments.works:
        peak = Ours(program).ask(f"memory {BEST} 2800")
        print(json.dumps({"work": "peak memory, training CNN [256,128,64,32]", "megabytes": round(peak, 1)}))


if __name__ == "__main__":
    main()
