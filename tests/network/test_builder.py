"""A user's function builds the network; what DVC would not see is refused."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secateur.core.errors import InputError
from secateur.keras_io.backend import keras
from secateur.network import builder
from secateur.network.model import Model

NET = """
from tf_keras import Sequential, layers

def build_model(input_shape, outputs, width=4):
    return Sequential([
        layers.Input(input_shape), layers.Dense(width, "relu"), layers.Dense(outputs),
    ])
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty repository; what is imported from it is forgotten afterwards."""
    (tmp_path / "network").mkdir()
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        places = (sys.modules[name].__dict__.get(key) for key in ("__file__", "__path__"))
        if any(str(tmp_path) in str(place) for place in places):
            del sys.modules[name]


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def build(given: str, seed: int = 0, **params: Any) -> keras.Model:
    return builder.build(Model(build=given, params=params), [3], 2, seed)


def refusal(given: str) -> str:
    with pytest.raises(InputError) as refused:
        build(given)
    message = str(refused.value)
    assert message.startswith(f"params.yaml: model.build: {given!r}: ")
    assert "\n" not in message
    return message


def test_a_file_without_a_functions_name_has_the_default_one() -> None:
    write("network/mine.py", NET)
    model = build("network/mine.py")
    assert (model.input_shape, model.output_shape) == ((None, 3), (None, 2))
    assert model.layers[0].units == 4


def test_a_functions_name_and_its_own_arguments_are_given() -> None:
    write("network/mine.py", NET.replace("build_model", "net"))
    assert build("network/mine.py:net", width=7).layers[0].units == 7


def test_an_argument_that_the_function_does_not_take_is_named_with_those_that_it_takes() -> None:
    write("network/mine.py", NET)
    with pytest.raises(InputError) as refused:
        build("network/mine.py", wdth=7)
    assert "model.params.wdth: " in str(refused.value)
    assert "did you mean 'width'?); allowed: width" in str(refused.value)
    write("network/any.py", NET.replace("width=4", "**rest").replace("width", "rest['a']"))
    assert build("network/any.py", a=7).layers[0].units == 7


def test_a_package_may_import_its_own_files_and_those_beside_it() -> None:
    write("network/mine/__init__.py", "from mine.nets import net")
    write("network/mine/nets.py", NET.replace("build_model", "made") + (
        "from .sizes import WIDTH\n"
        "import shared_sizes\n"
        "def net(shape, outputs):\n"
        "    return made(shape, outputs, WIDTH + shared_sizes.MORE)\n"
    ))  # fmt: skip
    write("network/mine/sizes.py", "WIDTH = 5")
    write("network/shared_sizes.py", "MORE = 4")
    assert build("network/mine:net").layers[0].units == 9


def test_a_seed_fixes_the_weights_and_no_name_counts_up() -> None:
    write("network/mine.py", NET)
    one, same, other = (build("network/mine.py", seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.get_weights()[0], same.get_weights()[0])
    assert not np.array_equal(one.get_weights()[0], other.get_weights()[0])
    assert one.get_config() == other.get_config()


def test_no_bytecode_is_written_which_dvc_would_take_for_a_change() -> None:
    write("network/mine/__init__.py", NET)
    build("network/mine")
    assert not list(Path().rglob("__pycache__"))
    assert str(Path("network").resolve()) not in sys.path


@pytest.mark.parametrize("name", ["numpy", "json"])
@pytest.mark.parametrize("package", [False, True])
def test_the_name_of_a_module_in_use_is_refused(name: str, package: bool) -> None:
    path = f"network/{name}" if package else f"network/{name}.py"
    write(f"{path}/__init__.py" if package else path, NET)
    message = refusal(path)
    assert "ImportError" in message
    assert repr(name) in message
    assert path in message


def test_a_folder_that_is_no_package_is_refused() -> None:
    write("network/mine/nets.py", NET)
    assert "__init__.py" in refusal("network/mine")


def test_a_file_that_is_not_there_is_refused() -> None:
    assert "network/gone.py: " in refusal("network/gone.py")


@pytest.mark.parametrize(
    ("name", "hint"), [("bild_model", "did you mean 'build_model'"), ("x", "'x'")]
)
def test_a_function_that_is_not_there_is_refused(name: str, hint: str) -> None:
    write("network/mine.py", NET)
    assert hint in refusal(f"network/mine.py:{name}")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("    1 / 0\n", ["network/mine.py, line 2: ZeroDivisionError"]),
        ("    raise OSError('a\\nb')\n", ["network/mine.py, line 2: OSError: a b"]),
        ("    import not_installed\n", ["line 2: ModuleNotFoundError", "not_installed"]),
        ("    import numpy; numpy.zeros(-1)\n", ["network/mine.py, line 2: ValueError"]),
        ("    return (\n", ["SyntaxError"]),
    ],
)
def test_an_error_in_the_function_names_its_line(body: str, words: list[str]) -> None:
    write("network/mine.py", f"def build_model(shape, outputs):\n{body}")
    message = refusal("network/mine.py")
    assert all(word in message for word in words), message


def test_arguments_that_the_function_does_not_take_are_refused() -> None:
    write("network/mine.py", NET)
    with pytest.raises(InputError, match=r"model\.params\.depth: .*allowed: width"):
        build("network/mine.py", depth=3)


def test_a_file_outside_of_the_folder_that_the_function_imports_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(folder)
    write("helpers/outside.py", "")
    write("helpers/__init__.py", "")
    write("network/mine.py", "import helpers.outside\n" + NET)
    message = refusal("network/mine.py")
    assert "helpers/__init__.py" in message
    assert "network/" in message


def test_a_file_in_a_folder_below_is_found() -> None:
    write("network/deeper/below.py", NET)
    assert build("network/deeper/below.py").output_shape == (None, 2)


def test_a_module_behind_a_link_out_of_the_folder_is_refused(folder: Path) -> None:
    write("elsewhere/behind.py", NET)
    (folder / "network/link").symlink_to(folder / "elsewhere")
    write("network/mine_linked.py", "from link.behind import build_model\n")
    assert "elsewhere/behind.py" in refusal("network/mine_linked.py")


def test_a_function_that_exits_is_an_error_like_any_other() -> None:
    write("network/mine_exits.py", "def build_model(*_):\n    raise SystemExit(0)\n")
    assert "SystemExit" in refusal("network/mine_exits.py")


def test_a_file_outside_of_the_folder_that_the_function_opens_is_refused() -> None:
    write("data/width.txt", "5")
    line = "    width = int(Path('data/width.txt').read_text())\n    return"
    body = "from pathlib import Path\n" + NET.replace("    return", line)
    write("network/mine.py", body)
    assert "opens data/width.txt" in refusal("network/mine.py")
    write("network/width.txt", "5")
    write("network/other.py", body.replace("data/", "network/"))
    assert build("network/other.py").layers[0].units == 5
