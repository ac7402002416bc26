"""A process that trains one seed for a stage: `python -m secateur.train.one_seed FD PARENT`.

It reads what to do from standard input, and sends its epochs through the file descriptor. It waits
for a core before it imports TensorFlow. It ends with the process PARENT, the stage.
"""

import os
import pickle
import signal
import sys
from typing import Any

from secateur.core import errors
from secateur.core.errors import InputError
from secateur.train import cores, kept, progress


def main(pipe: str) -> None:
    """Train it, and keep it; or its first part, of which a checkpoint is kept."""
    progress.sent_to = os.fdopen(int(pipe), "w")
    run, *what = pickle.load(sys.stdin.buffer)  # of the stage itself
    with cores.one():
        try:
            _train(run, *what)
        except InputError as error:
            progress.send({"error": str(error)})
        except OSError as error:
            progress.send({"error": errors.of_system(error)})


def _train(run: bytes, unit: Any, key: str, part: float | None, place: Any) -> None:
    from secateur.keras_io import h5_files
    from secateur.train import checkpoint

    train = pickle.loads(run)  # it imports TensorFlow
    checkpoint.first_part = part
    try:
        (trained,) = train([unit], [kept.checkpoint(place, key)])
    except checkpoint.Paused:
        return
    kept.add(place, key, h5_files.content(trained.model), trained.curves)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the stage ends this process
    # The stage says who it is: where it is killed at once, this process has another parent already.
    errors.end_with_parent(int(sys.argv[2]))
    main(sys.argv[1])
