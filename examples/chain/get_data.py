"""Copy MLPerf Tiny's trained ResNet-8 and pictures of CIFAR-10, both of which the user brings."""

import shutil
import sys
from pathlib import Path

NETWORK = "pretrainedResnet.h5"
PICTURES = "pictures.npz"


def main(folder: Path, given: Path | None = None) -> None:
    """Write `pictures.npz` into the folder, and the network into the folder `network` beside it.

    `given` is a folder of `pretrainedResnet.h5` and of one .npz file of x_train, y_train, x_test
    and y_test. Without it, an earlier run's files stay.
    """
    copies = {NETWORK: folder.parent / "network" / NETWORK, PICTURES: folder / PICTURES}
    if given is None:
        if not all(copy.exists() for copy in copies.values()):
            sys.exit(f"error: FILE: must be a folder of {NETWORK} and of an .npz file of pictures")
        return
    pictures = sorted(given.glob("*.npz"))
    if len(pictures) != 1 or not (given / NETWORK).is_file():
        sys.exit(f"error: {given}: must be a folder of {NETWORK} and of one .npz file of pictures")
    for name, source in ((NETWORK, given / NETWORK), (PICTURES, pictures[0])):
        copies[name].parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copies[name])


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
