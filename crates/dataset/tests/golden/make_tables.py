"""Writes the NumPy archives of tests/it/npz.rs: `python make_tables.py` in this folder.

A few segments each: stored, compressed, with pickled names, in the order of Fortran. Written with numpy 2.4.6.
"""
import sys

# Or `collections.py` beside this file would be imported in place of the standard library's module.
sys.path.pop(0)

import io
import zipfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
NAMES = ["jazz/jazz.00000.au", "jazz/jazz.00000.au", "rock/rock.00007.au", "rock/rock.00007.au", "jazz/Ærøskøbing.au"]
LABELS = [0, 0, 1, 1, 0]


def write(name, arrays, compression):
    # Like `numpy.savez`, with fixed dates, so that the same arrays give the same bytes.
    with zipfile.ZipFile(HERE / name, "w", compression) as archive:
        for key, array in arrays.items():
            data = io.BytesIO()
            np.lib.format.write_array(data, array, allow_pickle=True)
            info = zipfile.ZipInfo(f"{key}.npy", (2026, 1, 1, 0, 0, 0))
            archive.writestr(info, data.getvalue(), compression)


values = np.arange(15).reshape(5, 3) / 8
names, labels = np.array(NAMES), np.array(LABELS)
stored, deflated = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
write("tags.npz", {"X": values.astype("<f4"), "Y": labels.astype("<i8"), "IDS": names}, stored)
frames = np.arange(20).reshape(5, 2, 2) / 8
write("tags_compressed.npz", {"X": frames.astype("<f8"), "Y": labels.astype("<i4"), "IDS": names}, deflated)
write("tags_pickled.npz", {"X": values.astype("<f4"), "Y": labels, "IDS": names.astype(object)}, stored)
fortran = np.asfortranarray(values.astype("<f4"))
write("tags_fortran.npz", {"X": fortran, "Y": labels, "IDS": names}, stored)
