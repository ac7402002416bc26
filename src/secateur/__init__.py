"""Prunes Keras models as a DVC pipeline, and says what pruning cost and saved."""

import importlib.util
import sys

# `.venv/bin/dvc repro` runs the stages by whichever `python` is first on PATH.
for _name in ("pydantic", "tensorflow"):
    if importlib.util.find_spec(_name) is None:
        sys.exit(
            f"error: {sys.executable} has no package {_name!r}, as it is not the environment's; "
            "run `source .venv/bin/activate` first, or `.venv/bin/secateur repro`"
        )
