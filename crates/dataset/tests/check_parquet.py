"""Reads the file of tests/it/parquet.rs with pandas and polars.

CEPSTRUM_PARQUET=/tmp/set.parquet cargo test -p cepstrum-dataset --features parquet --test it parquet::
python check_parquet.py /tmp/set.parquet
"""
import sys

import numpy as np
import pandas
import polars

path = sys.argv[1]
for name, frame in [("pandas " + pandas.__version__, pandas.read_parquet(path)), ("polars " + polars.__version__, polars.read_parquet(path))]:
    features = np.array([np.asarray(row) for row in frame["features"]])
    assert features.shape == (2500, 6) and (features.ravel() == np.arange(15_000)).all()
    assert frame["path"][2499] == "jazz/624.wav" and frame["start_second"][2499] == 4.5
    print(name, "reads", len(frame), "rows")
