"""What the stages do, on some pictures: `larger_run.py MIB`.

Prints the peak memory in MiB, first of `split`, then of all.

Runs in an empty folder. What is kept in memory is bounded as for data of many GiB.
"""

import io
import os
import resource
import sys
import zipfile
from pathlib import Path

import numpy as np

from secateur.arrays import encoding, parts
from secateur.core import errors
from secateur.data import gathered

SHAPE = (64, 64, 4)  # 16 KiB
PARAMS = """
data: {source: pictures.npz, target: y}
task: binary
split: {test_size: 0.5, validation_size: 0.5, random_state: 0}
"""


def write_pictures(path: Path, mib: int) -> None:
    """Write a megabyte at a time, so that writing them takes no memory."""
    rows = 64 * mib
    draws = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as file:
        with file.open("x.npy", "w", force_zip64=True) as x:
            header = {"descr": "|u1", "fortran_order": False, "shape": (rows, *SHAPE)}
            np.lib.format.write_array_header_1_0(x, header)
            for _ in range(mib):
                x.write(draws.integers(0, 256, 1 << 20, dtype=np.uint8).data)
        content = io.BytesIO()
        np.save(content, np.arange(rows) % 2)
        file.writestr("y.npy", content.getvalue())


def peak() -> int:
    """MiB of memory that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def main(mib: int) -> None:
    """Split, train for an epoch, predict with both kinds of file, and convert."""
    gathered.IN_MEMORY = parts.IN_MEMORY = 1 << 20
    write_pictures(Path("pictures.npz"), mib)
    Path("params.yaml").write_text(PARAMS)
    import split

    split.main()
    of_split = peak()

    from secateur.core.tasks import TASKS
    from secateur.evaluate import litert, predictions
    from secateur.export import tflite
    from secateur.recipes.training import Training
    from secateur.train.training import train_seeds
    from small_networks import listing, network

    learned = encoding.read(Path("models/encoding.json"))
    opened = {
        name: parts.read(Path("data/split") / name, learned)
        for name in ("train", "validation", "test")
    }
    how = Training(optimizer="SGD", learning_rate=0.01, batch_size=32)
    model = network(
        listing({"type": "AveragePooling2D", "pool_size": 16}, {"type": "Flatten"}),
        [*SHAPE], task="binary",
    )  # fmt: skip
    ((_, trained, curves),) = train_seeds(
        TASKS["binary"], "small", [(0, model)], opened["train"].rows(),
        opened["validation"].rows(), how, epochs=1, patience=None,
    )  # fmt: skip
    assert curves[0]["loss"] > 0
    test = opened["test"].rows()
    some = opened["train"].batch(slice(50)).x
    ((_, content, _),) = tflite.convert_or_reason(trained, ["float32"], some[:])
    of_file = litert.predict(content, test.x)
    np.testing.assert_allclose(of_file, predictions.predictor()(trained, test.x), atol=1e-4)
    print(of_split, peak())


if __name__ == "__main__":
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    errors.run(lambda: main(int(sys.argv[1])))
