"""Write CIFAR-10 to a file: downloaded by Keras's own loader, or from a file of the user's own."""

import sys
from pathlib import Path

import numpy as np

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
SMALL = {"train": 5_000, "test": 1_000}  # small.yaml counts on so many


def main(folder: Path, file: Path | None = None, *, small: bool = False) -> None:
    """Write `cifar10.npz`: images (n, 32, 32, 3) as uint8 and classes (n,), of both parts.

    `file` is an .npz file of these arrays, as `keras.datasets` gives them. Without one, an earlier
    run's file stays, and where there is none Keras downloads 170 MB into `~/.keras/datasets`.
    `small` writes `cifar10_small.npz`, the first images of both parts.
    """
    path = folder / ("cifar10_small.npz" if small else "cifar10.npz")
    if path.exists() and file is None:
        return
    arrays = _downloaded() if file is None else _of(file)
    if small:
        arrays = {name: array[: SMALL[name[2:]]] for name, array in arrays.items()}
    for name in ("y_train", "y_test"):
        arrays[name] = arrays[name].reshape(-1)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)


def _downloaded() -> dict[str, np.ndarray]:
    from tf_keras.datasets import cifar10  # TensorFlow takes seconds to import

    (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    return dict(zip(ARRAYS, (x_train, y_train, x_test, y_test), strict=True))


def _of(file: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(file) as content:
            return {name: content[name] for name in ARRAYS}
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"error: {file}: {error}; must be an .npz file of {', '.join(ARRAYS)}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
