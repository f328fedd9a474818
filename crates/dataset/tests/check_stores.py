"""Reads the stores of tests/it/stores.rs and tests/it/parquet.rs with numpy, pandas and polars.

CEPSTRUM_STORES=/tmp/stores cargo test -p cepstrum-dataset --features parquet --test it -- stores:: parquet::
python check_stores.py /tmp/stores
"""
import json
import sys
from pathlib import Path

import numpy as np
import pandas
import polars

folder = Path(sys.argv[1])
path = folder / "set.parquet"
for name, frame in [("pandas " + pandas.__version__, pandas.read_parquet(path)), ("polars " + polars.__version__, polars.read_parquet(path))]:
    features = np.array([np.asarray(row) for row in frame["features"]])
    assert features.shape == (2500, 6) and (features.ravel() == np.arange(15_000)).all()
    assert frame["path"][2499] == "jazz/624.wav" and frame["start_second"][2499] == 4.5
    print(name, "reads", len(frame), "rows of Parquet")

segment, frame, coefficient = np.indices((5, 3, 2))
expected = (np.float32(segment * 100 + frame * 10 + coefficient) / np.float32(3) - np.float32(7.5e-9)).astype(np.float32)
with np.load(folder / "set.NPZ") as store:
    assert store["features"].dtype == np.float32 and (store["features"] == expected).all()
    assert store["labels"].tolist() == [0, 0, 1, 1, 1] and store["positions"].tolist() == [0, 1, 0, 1, 0]
    assert store["classes"].tolist() == ["a", "ü b", "empty"] and store["tracks"][4] == 'ü b/"3".wav'
    assert json.loads(store["config"].item())["segment"] == {"seconds": 1.5}
print("numpy", np.__version__, "reads", *store.files)

path = folder / "set.csv"
for name, frame in [("pandas", pandas.read_csv(path, dtype={"class": str})), ("polars", polars.read_csv(path))]:
    assert list(frame.columns[:6]) == ["class", "label", "path", "position", "frame_0_coefficient_0", "frame_0_coefficient_1"]
    values = frame[:, 4:].to_numpy() if name == "polars" else frame.iloc[:, 4:].to_numpy()
    assert (values.astype(np.float32) == expected.reshape(5, 6)).all() and frame["path"][4] == 'ü b/"3".wav'
    print(name, "reads", len(frame), "rows of comma-separated values")

path = folder / "table.parquet"
for name, frame in [("pandas", pandas.read_parquet(path)), ("polars", polars.read_parquet(path))]:
    assert list(frame.columns) == ["filename", "length", "rms", "tempo", "label"]
    assert list(frame["rms"]) == [0.1 + 0.2, 1e-7 / 3.0] and list(frame["length"]) == [661_500] * 2
    assert frame["filename"][0] == 'a,"b".wav' and frame["label"][1] == "drum, bass"
    print(name, "reads", len(frame), "rows of a table in Parquet")
