"""A tiny TensorFlow checkpoint: python make_checkpoint.py, in this folder; writes checkpoint.index and checkpoint.data.

Made with TensorFlow 2.21.0. The values are k / 8 for k = 0, 1, ..
"""

import os
import shutil
import tempfile

import numpy as np
import tensorflow as tf

tf.compat.v1.disable_eager_execution()
shapes = {"layer/kernel": (3, 2, 1, 4), "layer/bias": (4,), "layer_1/kernel": (4, 5), "scale": (), "empty": (0, 3)}
variables, start = [], 0
for name, shape in shapes.items():
    size = int(np.prod(shape))
    values = (np.arange(start, start + size) / 8).reshape(shape).astype(np.float32)
    variables.append(tf.compat.v1.get_variable(name, initializer=tf.constant(values), dtype=tf.float32))
    start += size
variables.append(tf.compat.v1.get_variable("step", initializer=tf.constant(7, tf.int64)))
with tempfile.TemporaryDirectory() as folder, tf.compat.v1.Session() as session:
    session.run(tf.compat.v1.global_variables_initializer())
    path = tf.compat.v1.train.Saver(variables).save(session, os.path.join(folder, "tiny"), write_meta_graph=False)
    shutil.copy(path + ".index", "checkpoint.index")
    shutil.copy(path + ".data-00000-of-00001", "checkpoint.data")
