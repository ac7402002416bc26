"""A network of mlcommons/tiny, with its authors' weights or new ones, which learns other rows.

`tiny.py` copies this file into a project's folder `network`.
"""

from pathlib import Path
from typing import Any

import tf_keras as keras


def build_model(input_shape: Any, outputs: Any, file: str, new: bool = False) -> keras.Model:
    """Read the network from a file beside this one; its shapes are its own."""
    network = keras.models.load_model(Path(__file__).parent / file, compile=False)
    return keras.models.clone_model(network) if new else network
