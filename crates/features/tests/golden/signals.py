"""The test signals, the same as in tests/it/common.rs, and the writing of golden files."""

import json

import numpy as np


def noise(n, seed):
    """A linear congruential generator (Numerical Recipes' constants), uniform in -1/2 to 1/2."""
    out, state = np.empty(n), seed
    for i in range(n):
        state = (state * 1664525 + 1013904223) % 2**32
        out[i] = (state >> 8) / 2**24 - 0.5
    return out


def make(name):
    """float64, but every value is a float32."""
    t = np.arange(8000) / 22050
    mix = (0.4 * np.sin(2 * np.pi * 220 * t) + 0.2 * np.sin(2 * np.pi * (700 + 2000 * t) * t)
           + 0.1 * np.sin(2 * np.pi * 5000 * t) + 0.02 * noise(8000, 1))
    y = {
        "mix": mix,
        "click": np.where(np.arange(8000) == 3000, 1.0, 0.0),
        "silence": np.zeros(8000),
        "dc": np.full(8000, 0.5),
        "square": np.where(np.arange(8000) // 25 % 2 == 0, 1.0, -1.0),
        "fade": mix * np.exp(-np.arange(8000) / 400),
        "short": mix[:300],
        "denormal": 1e-40 * noise(8000, 2),
    }[name]
    return y.astype(np.float32).astype(np.float64)


def rounded(x):
    """Nested lists with nine significant digits."""
    return [rounded(v) for v in x] if np.ndim(x) else float(f"{float(x):.9g}")


def write(path, golden):
    with open(path, "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")
    print(path, sum(len(v) for v in golden.values() if isinstance(v, list)), "cases")
