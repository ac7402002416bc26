"""Time five seeds of ResNet-8 from start to end, for `networks.py`: `main(HOW)`.

HOW is `ours` (as a stage trains them: two at once, the odd one in two parts), `uneven` (the odd one
alone at the end) or `fit` (stock Keras, one after the other in one process, on both processors). It
prints the seconds a seed-epoch, with all that a training takes beside its epochs: processes, files,
compilation.
"""

import contextlib
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SEEDS, EPOCHS, ROWS = range(5), 30, 1600
sys.path.insert(0, str(Path(__file__).parents[1] / "examples/resnet8/network"))


def arrays():
    """Return pictures and classes, of which a tenth validates."""
    draws = np.random.default_rng(0)
    x = draws.normal(size=(ROWS, 32, 32, 3)).astype(np.float32)
    return x, draws.integers(0, 10, (ROWS, 1)).astype(np.float32)


def rows():
    """Return the training and the validation rows, for each process that trains."""
    from secateur.arrays.rows import Rows

    x, y = arrays()
    return Rows(x, y), Rows(x[: ROWS // 10], y[: ROWS // 10])


def fit():
    """Train with stock Keras."""
    import tf_keras as keras
    from resnet8 import build_model

    x, y = arrays()
    for seed in SEEDS:
        keras.utils.set_random_seed(seed)
        model = build_model((32, 32, 3), 10)
        model.compile("adam", "sparse_categorical_crossentropy")
        validation = (x[: ROWS // 10], y[: ROWS // 10])
        model.fit(x, y, batch_size=32, epochs=EPOCHS, validation_data=validation, verbose=0)


def ours(folder):
    """Train as a stage does."""
    from resnet8 import build_model

    from secateur.core.tasks import TASKS
    from secateur.keras_io import h5_files
    from secateur.keras_io.backend import keras
    from secateur.recipes.training import Training
    from secateur.train.seeds_apart import files_of
    from secateur.train.trainings import Trainings

    starts = {seed: folder / f"{seed}.h5" for seed in SEEDS}
    for seed, path in starts.items():
        keras.utils.set_random_seed(seed)
        h5_files.save(path, build_model((32, 32, 3), 10))
    settings = Training(optimizer="Adam", learning_rate=1e-3, batch_size=32)
    runs = Trainings(
        TASKS["multiclass"], "resnet8", starts, True, rows, settings, EPOCHS, patience=None
    )
    assert len(list(files_of(runs, []))) == len(SEEDS)


def main(how):
    """Train all, and print the figure."""
    begin = time.perf_counter()
    if how == "fit":
        fit()
    else:
        from secateur.train import seeds_apart

        if how == "uneven":
            seeds_apart.PART_WORTH = float("inf")
        # Outside of the project, where finished seeds of an earlier run would be found and kept.
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            ours(Path(folder))
    print("seconds", (time.perf_counter() - begin) / len(SEEDS) / EPOCHS)
