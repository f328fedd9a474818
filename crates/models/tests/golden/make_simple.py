"""Writes simple.json: what scikit-learn's simple models make of a small set of segments.

python make_simple.py     # librosa 0.11.0, numpy, scikit-learn 1.7
"""

import json
from pathlib import Path

import librosa
import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

N_SEGMENTS, N_FRAMES, N_COEFFICIENTS, N_CLASSES = 72, 14, 3, 3
N_TRAIN = 48

rng = np.random.default_rng(13)
labels = rng.choice(N_CLASSES, N_SEGMENTS, p=[0.5, 0.3, 0.2])
centers = rng.normal(size=(N_CLASSES, N_COEFFICIENTS))
scales = rng.uniform(0.5, 1.5, size=(N_CLASSES, N_COEFFICIENTS))
noise = rng.normal(size=(N_SEGMENTS, N_FRAMES, N_COEFFICIENTS))
shift = rng.normal(scale=0.8, size=(N_SEGMENTS, 1, N_COEFFICIENTS))
x = centers[labels][:, None] + shift + scales[labels][:, None] * noise
x = (x * [40, 10, 5] + [-200, 60, 0]).round(3).astype(np.float32)


def statistics(x):
    return np.concatenate([x.mean(1), x.std(1)], 1)


def summary(x, deltas):
    x = x.astype(np.float64)
    if not deltas:
        return statistics(x)
    # Interior frames: there all nine exist.
    delta = librosa.feature.delta(x, width=9, axis=1)[:, 4:-4]
    return np.concatenate([statistics(x), statistics(delta)], 1)


golden = {
    "features": [[[float(f"{v:.3f}") for v in frame] for frame in segment] for segment in x],
    "labels": labels.tolist(),
    "n_train": N_TRAIN,
    "logistic": [],
}
for deltas in (False, True):
    s = summary(x, deltas)
    for strength in (1.0, 0.01):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, tol=1e-10, max_iter=10_000))
        model.fit(s[:N_TRAIN], labels[:N_TRAIN])
        golden["logistic"].append(
            {"deltas": deltas, "strength": strength, "probabilities": model.predict_proba(s[N_TRAIN:]).round(6).tolist()}
        )
s = summary(x, False)
neighbors = make_pipeline(StandardScaler(), KNeighborsClassifier(5)).fit(s[:N_TRAIN], labels[:N_TRAIN])
golden["votes_of_5"] = (5 * neighbors.predict_proba(s[N_TRAIN:])).round().astype(int).tolist()
dummy = DummyClassifier(strategy="prior").fit(s[:N_TRAIN], labels[:N_TRAIN])
golden["prior"] = dummy.predict_proba(s[:1])[0].tolist()

Path(__file__).with_name("simple.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
