"""A product of matrices does not depend on the sizes of the processor's caches."""

import os
import subprocess
import sys

from import_graph import ROOT

CODE = """
import hashlib, sys
import numpy as np
from secateur.keras_io import cache_sizes
own, asked = cache_sizes.SIZES, eval(sys.argv[1])
cache_sizes.SIZES = asked or own
from secateur.keras_io.backend import tf
if asked:  # as on a processor with such caches: what it answers is what is found
    cache_sizes.SIZES = own
    cache_sizes._asked = lambda library: asked
    if sys.argv[2] == "pinned":
        print(cache_sizes.pin(tf), file=sys.stderr)
draws = np.random.default_rng(0)
x, w = (draws.normal(size=shape).astype("f") for shape in ((1000, 30), (30, 128)))
product = tf.function(tf.matmul, autograph=False, jit_compile=True)
for found in (product(x, w), product(x.T.copy(), x)):
    print(hashlib.sha256(found.numpy().tobytes()).hexdigest())
"""


def products(caches: str, pinned: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", CODE, caches, pinned],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert pinned != "pinned" or int(done.stderr.split()[-1]) >= 1
    return done.stdout


def test_products_are_the_same_whatever_the_caches() -> None:
    here, caches = products("None", ""), "(49152, 2097152, 503316480)"  # a Xeon's since 2021
    assert products(caches, "pinned") == here
    assert products(caches, "not pinned") != here
