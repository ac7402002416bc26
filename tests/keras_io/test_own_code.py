"""A network with the user's own classes is loaded by a process that has not imported them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from import_graph import ROOT
from secateur.core.errors import InputError
from secateur.keras_io import h5_files, own_code
from secateur.keras_io.backend import keras
from secateur.network import builder
from secateur.network.model import Model

CODE = """
import tf_keras as K

@K.saving.register_keras_serializable(package="mine")
class Registered(K.layers.Layer):
    def call(self, x):
        return x * 2.0

class Plain(K.layers.Layer):
    def call(self, x):
        return x + 1.0

def build_model(inputs, outputs):
    return K.Sequential([
        K.layers.Input(inputs), Registered(), Plain(), K.layers.Dense(outputs, "relu"),
    ])
"""


@pytest.mark.parametrize("place", ["network/mine_own_{}.py", "network/package_own_{}/__init__.py"])
def test_a_process_that_never_saw_the_code_imports_it(here: Path, place: str) -> None:
    path = Path(place.format(abs(hash(place)) % 9999))
    path.parent.mkdir(exist_ok=True)
    path.write_text(CODE)
    given = path.parent if path.name == "__init__.py" else path
    model = builder.build(
        Model.model_validate({"build": str(given), "safe_mode": False}), [3], 1, seed=0
    )
    h5_files.save(Path("m.h5"), model)
    again = (
        "import numpy as np; from pathlib import Path; from secateur.keras_io import h5_files;"
        "m = h5_files.load(Path('m.h5'), safe_mode=False); h5_files.save(Path('n.h5'), m);"
        "print(float(m(np.ones((1, 3), np.float32))[0, 0]))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", again], capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(float(model(np.ones((1, 3), np.float32))[0, 0]))
    assert Path("n.h5").read_bytes() == Path("m.h5").read_bytes()  # the note is passed on
    with pytest.raises(InputError, match=r"m\.h5: refused to load .*Plain"):
        h5_files.load(Path("m.h5"))
    path.write_text(CODE.replace("2.0", "3.0"))
    with pytest.raises(InputError, match=r"m\.h5: a file in network/ has changed"):
        h5_files.load(Path("m.h5"), safe_mode=False)


def test_a_file_that_the_code_may_read_counts_and_what_tools_write_does_not(here: Path) -> None:
    Path("network/table_own.npy").write_bytes(b"1")
    before = own_code.needed()
    Path("network/table_own.npy").write_bytes(b"2")
    after = own_code.needed()
    assert after != before
    Path("network/.gitignore").write_text("/table_own.npy")
    Path("network/table_own.npy.dvc").write_text("outs: []")
    Path("network/__pycache__").mkdir()
    Path("network/__pycache__/own.cpython-311.pyc").write_bytes(b"1")
    assert own_code.needed() == after


def test_code_outside_of_the_users_folder_is_never_imported(here: Path) -> None:
    Path("elsewhere.py").write_text("raise SystemExit('imported')")
    note = own_code.needed().replace('"modules": {', '"modules": {"elsewhere": ".", ')
    note = note.replace(", }", "}")
    with pytest.raises(InputError, match=r"lies outside of network/"):
        own_code.objects(Path("m.h5"), note)


def test_a_network_of_keras_own_layers_has_no_note(here: Path) -> None:
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
    h5_files.save(Path("m.h5"), model)
    assert b"own_code" not in Path("m.h5").read_bytes()
