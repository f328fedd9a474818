"""Golden values for cepstrum-eval's metrics, from scikit-learn and SciPy, on small asymmetric cases.

    python make_metrics.py      (writes metrics.json beside itself)
"""
import json
import pathlib
import platform

import numpy as np
import scipy
import sklearn
from scipy.optimize import minimize_scalar
from scipy.stats import binomtest, chi2
from sklearn import metrics as m
from sklearn.calibration import calibration_curve

rng = np.random.default_rng(20261123)


def counts_case(name, truth, predicted, n):
    labels = list(range(n))
    p, r, f, s = m.precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)
    averages = {
        kind: m.precision_recall_fscore_support(truth, predicted, labels=labels, average=kind, zero_division=0)[:3]
        for kind in ("macro", "weighted")
    }
    return {
        "name": name, "n_classes": n, "truth": truth, "predicted": predicted,
        "confusion": m.confusion_matrix(truth, predicted, labels=labels).tolist(),
        "accuracy": m.accuracy_score(truth, predicted),
        "precision": p.tolist(), "recall": r.tolist(), "f1": f.tolist(), "support": [int(v) for v in s],
        "macro": list(averages["macro"]), "weighted": list(averages["weighted"]),
    }


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def probabilities_case(name, n, k, sharpness, balance):
    """Labels with unequal classes and probabilities that lean to the truth, rounded so that both sides read the same f32."""
    truth = rng.choice(k, size=n, p=np.array(balance) / np.sum(balance))
    z = rng.normal(size=(n, k))
    z[np.arange(n), truth] += 1.2
    p = softmax(sharpness * z).astype(np.float32)
    p = (p / p.sum(axis=1, keepdims=True)).astype(np.float32)
    d = p.astype(np.float64)
    one_hot = np.eye(k)[truth]
    auc = [m.roc_auc_score(one_hot[:, c], d[:, c]) for c in range(k)]
    logs = np.log(np.clip(d, 1e-7, None))

    def nll(t):
        q = softmax(logs / t)
        return -np.mean(np.log(q[np.arange(n), truth]))

    fit = minimize_scalar(lambda u: nll(np.exp(u)), bounds=(np.log(0.05), np.log(20)), method="bounded",
                          options={"xatol": 1e-10})
    confidence, right = d.max(axis=1), d.argmax(axis=1) == truth
    edges = np.linspace(0, 1, 11)
    ece, bins = 0.0, []
    for b in range(10):
        inside = (confidence > edges[b]) & (confidence <= edges[b + 1]) if b else (confidence <= edges[1])
        if inside.any():
            gap = abs(right[inside].mean() - confidence[inside].mean())
            ece += inside.mean() * gap
        bins.append([int(inside.sum()), float(confidence[inside].mean()) if inside.any() else None,
                     float(right[inside].mean()) if inside.any() else None])
    # scikit-learn's own curve, for the same bins, of the non-empty ones.
    true_share, mean_confidence = calibration_curve(right, confidence, n_bins=10)
    filled = [b for b in bins if b[0]]
    assert np.allclose([b[2] for b in filled], true_share) and np.allclose([b[1] for b in filled], mean_confidence)
    fpr, tpr, _ = m.roc_curve(one_hot[:, 0], d[:, 0], drop_intermediate=False)
    return {
        "name": name, "truth": truth.tolist(), "probabilities": [[float(v) for v in row] for row in p],
        "log_loss": float(-np.mean(np.log(np.clip(d, 1e-7, None)[np.arange(n), truth]))),
        "brier": float(np.mean(np.sum((d - one_hot) ** 2, axis=1))),
        "auc": auc, "auc_macro": float(np.mean(auc)),
        "auc_weighted": float(np.average(auc, weights=one_hot.sum(axis=0))),
        "roc_first_class": [fpr.tolist(), tpr.tolist()],
        "top_k": [m.top_k_accuracy_score(truth, d, k=j, labels=range(k)) for j in range(1, k)],
        "ece": float(ece), "bins": bins,
        "temperature": float(np.exp(fit.x)), "tempered_log_loss": float(fit.fun),
    }


def auc_with_ties():
    truth = [0, 0, 1, 1, 0, 1, 1, 0, 0, 1]
    score = [.1, .4, .4, .8, .4, .8, .2, .8, .1, .5]
    return {"truth": truth, "score": score, "auc": m.roc_auc_score(truth, score)}


def mcnemar(b, c):
    """b: only the first model right, c: only the second."""
    exact = binomtest(min(b, c), b + c, 0.5).pvalue if b + c else 1.0
    statistic = (max(abs(b - c) - 1, 0)) ** 2 / (b + c) if b + c else 0.0
    return {"only_first": b, "only_second": c, "exact": exact, "statistic": statistic,
            "chi_squared": float(chi2.sf(statistic, 1))}


def bootstrap_tracks():
    """The share of right segments when whole tracks are drawn again: SciPy over tracks, many resamples."""
    per_track = [[int(v) for v in (rng.random(rng.integers(3, 9)) < q)] for q in rng.uniform(0.2, 1.0, size=40)]
    right, size = np.array([sum(t) for t in per_track]), np.array([len(t) for t in per_track])
    result = scipy.stats.bootstrap(
        (right, size), lambda a, b, axis=-1: a.sum(axis=axis) / b.sum(axis=axis), paired=True, vectorized=True,
        n_resamples=200_000, method="percentile", rng=np.random.default_rng(1))
    return {"tracks": per_track, "accuracy": float(right.sum() / size.sum()),
            "low": float(result.confidence_interval.low), "high": float(result.confidence_interval.high)}


def voting():
    """Tracks of unequal length in mixed order: geometric mean of the probabilities, and shares of the votes."""
    track_of = [7, 7, 2, 7, 2, 5, 2, 5, 5, 5]
    label_of = {7: 1, 2: 0, 5: 2}
    p = softmax(1.5 * rng.normal(size=(10, 3))).astype(np.float32)
    d = p.astype(np.float64)
    order = list(dict.fromkeys(track_of))
    rows = [[i for i, t in enumerate(track_of) if t == track] for track in order]
    geometric = [softmax(np.log(d[r]).mean(axis=0, keepdims=True))[0].tolist() for r in rows]
    votes = [np.bincount(d[r].argmax(axis=1), minlength=3).astype(float).tolist() for r in rows]
    return {"track_of": track_of, "truth": [label_of[t] for t in track_of], "probabilities": p.tolist(),
            "track_truth": [label_of[t] for t in order], "mean_log": geometric,
            "majority": [[v / sum(r) for v in r] for r in votes]}


def folds():
    values = [0.71, 0.64, 0.78, 0.69, 0.73]
    return {"values": values, "mean": float(np.mean(values)), "deviation": float(np.std(values, ddof=1))}


truth = rng.choice(4, size=60, p=[.5, .25, .2, .05]).tolist()
predicted = [int(t) if rng.random() < .6 else int(rng.integers(0, 4)) for t in truth]
golden = {
    "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__,
                 "scikit-learn": sklearn.__version__},
    "counts": [
        counts_case("asymmetric", [0, 0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 1, 2, 1, 1, 0, 2, 1, 1], 3),
        counts_case("random", truth, predicted, 4),
        counts_case("a class never predicted", [0, 0, 1, 2, 2, 2], [0, 0, 0, 2, 2, 0], 3),
        counts_case("a class without support", [0, 0, 1, 1, 1], [0, 2, 1, 1, 2], 3),
        counts_case("a class that does not occur", [0, 0, 2, 2], [0, 2, 2, 2], 4),
        counts_case("nothing right", [0, 1, 2], [1, 2, 0], 3),
    ],
    "probabilities": [
        probabilities_case("overconfident", 80, 4, 1.6, [4, 3, 2, 1]),
        probabilities_case("underconfident", 60, 3, 0.4, [1, 1, 3]),
    ],
    "ties": auc_with_ties(),
    "mcnemar": [mcnemar(*case) for case in [(10, 3), (3, 10), (25, 40), (0, 0), (5, 5), (1, 0), (150, 90)]],
    "bootstrap": bootstrap_tracks(),
    "folds": folds(),
    "voting": voting(),
}
path = pathlib.Path(__file__).with_name("metrics.json")
path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
print(golden["versions"], path.stat().st_size, "bytes")
