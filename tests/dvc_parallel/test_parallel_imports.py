"""The package serves any DVC project."""

import subprocess
import sys

from dvc_projects import SRC

IMPORT_ALL = """
import importlib, pkgutil, sys
import dvc_parallel
names = [module.name for module in pkgutil.iter_modules(dvc_parallel.__path__)]
for name in names:
    importlib.import_module(f"dvc_parallel.{name}")
print(len(names), *{name.split(".")[0] for name in sys.modules})
"""


def test_no_module_imports_secateur_or_tensorflow_or_dvc() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL],
        env={"PYTHONPATH": str(SRC)},
        check=True,
        capture_output=True,
        text=True,
    )
    count, *imported = done.stdout.split()
    assert int(count) > 15
    assert {"dvc_parallel", "dvc_internals"} <= set(imported)
    assert not {"secateur", "tensorflow", "keras", "dvc"} & set(imported)
