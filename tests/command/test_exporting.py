"""An exported folder predicts as `secateur predict` does, and needs no Secateur."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from exportable_project import project
from pictures import content, folder, pixels
from secateur.command import exporting, prediction
from secateur.command.app import app
from secateur.core.errors import InputError
from secateur.core.files import write_json
from secateur.core.tasks import TaskName

SIZES = ["" if i % 5 == 4 else f"{i / 8}".replace(".", ",") for i in range(24)]
LINES = [
    f"{('EU', 'NA', 'AS')[i % 3]};{i + 1}.000,5 €;0{i % 2}12;{('true', 'false')[i % 2]};"
    f"{size};{i % 3}"
    for i, size in enumerate(SIZES)
]
TABLE = "\n".join(["area;price;zip;cold;size;y", *LINES]) + "\n"
KEYS: dict[str, Any] = {
    **{"separator": ";", "decimal": ",", "thousands": ".", "numbers": ["price"]},
    **{"categorical": ["zip"], "verbatim": ["area"], "missing": "impute"},
}
ALLOWED = {"numpy", "ai_edge_litert", "PIL"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")


def run(exported: Path, *arguments: str | Path) -> str:
    """What the exported script prints, run from another folder; checks what it imports."""
    elsewhere = exported.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    code = (
        "import runpy, sys; sys.path.insert(0, sys.argv[1]); sys.argv = sys.argv[2:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "own = [m for m in sys.modules.values() if 'site-packages' in (getattr(m, '__file__', '') "
        "or '')]\n"
        "print('USED', *sorted({m.__name__.split('.')[0] for m in own}), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", code, exported, exported / "predict.py", *arguments],
        cwd=elsewhere, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        return done.stderr.splitlines()[-1]
    used = {*re.search("USED (.*)", done.stderr)[1].split()}  # type: ignore[index]
    assert {"numpy", "ai_edge_litert"} <= used
    assert {name for name in used if not name.startswith(("_", "flatbuffers"))} <= ALLOWED
    return done.stdout


def same(text: str, other: str, tolerance: float = 1e-5) -> None:
    """Two CSVs hold the same words, and numbers as near as kernels are."""
    for one, two in zip(text.splitlines(), other.splitlines(), strict=True):
        for cell, expected in zip(one.split(","), two.split(","), strict=True):
            try:
                assert float(cell) == pytest.approx(float(expected), abs=tolerance, rel=tolerance)
            except ValueError:
                assert cell == expected


def export(*arguments: str) -> Path:
    path = Path("../exported").resolve()
    exporting.export(arguments[0] if arguments else "recommended", path)
    return path


def refused(model: str = "small", path: str = "../exported", **chosen: Any) -> str:
    with pytest.raises(InputError) as raised:
        exporting.export(model, Path(path), **chosen)
    return str(raised.value)


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_a_table_with_units_codes_and_missing_cells(task: TaskName) -> None:
    Path("t.csv").write_text(TABLE, encoding="utf-8-sig")
    project(task, source="t.csv", **KEYS)
    exported = export()
    assert "predicts as" in run(exported, "--check")
    same(
        run(exported, Path("t.csv").resolve()), prediction.predict(Path("t.csv"), None, None, None)
    )
    lines = TABLE.splitlines()
    for line, words in (
        ("EU;5;0012;true;1;0", ["price", "'5'", "€"]),
        ("EU;1.00 €;0012;true;1;0", ["price", "1.00 €"]),
        ("EU;1 €;012;true;1;0", ["zip", "'012'", "0012"]),
        ("null;1 €;0012;true;1;0", ["area", "'null'", "AS, EU, NA"]),
        ("EU;1 €;0012;true;big;0", ["size", "'big'", "row 0"]),
        ("EU;1 €;0012;true;true;0\nEU;1 €;0012;true;2;0", ["size", "'true'"]),
    ):
        Path("new.csv").write_text("\n".join([lines[0], line]) + "\n")
        message = run(exported, Path("new.csv").resolve())
        assert message.startswith("error: ")
        assert all(word in message for word in words), message
        with pytest.raises(InputError):
            prediction.predict(Path("new.csv"), None, None, None)


def test_from_python_rows_are_lists_by_name() -> None:
    Path("t.csv").write_text(TABLE)
    project("regression", inputs=[0, 3, 4], source="t.csv", **KEYS)
    exported = export()
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\nimport predict\n"
        "rows = {'area': ['EU'], 'price': [1000.5], 'zip': ['0012'], 'cold': [True], "
        "'size': [None], 'more': [1]}\nprint(predict.predict(rows))"
    )
    command = [sys.executable, "-I", "-B", "-c", code, exported]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True)
    Path("new.csv").write_text("area;price;zip;cold;size\nEU;1.000,5 €;0012;true;\n")
    head, value = prediction.predict(Path("new.csv"), None, None, None).split()
    assert json.loads(done.stdout.replace("'", '"')) == [{head: pytest.approx(float(value))}]


@pytest.mark.parametrize("kind", ["float16", "dynamic", "int8"])
def test_arrays_and_each_kind_of_file(kind: str) -> None:
    draws = np.random.default_rng(0)
    x = draws.integers(0, 255, (40, 4, 3), dtype=np.uint8)
    np.savez("a.npz", x=x, y=np.arange(40) % 2 == 1)
    project("binary", kind, source="a.npz")
    exported = export("small")
    assert "predicts as" in run(exported, "--check")
    same(
        run(exported, Path("a.npz").resolve()),
        prediction.predict(Path("a.npz"), None, None, None),
        0.01 if kind == "int8" else 1e-4,
    )
    np.save("../wrong.npy", x[:, :2])
    assert "must be (rows, *[4, 3])" in run(exported, Path("../wrong.npy").resolve())


def test_several_targets_and_an_autoencoder() -> None:
    draws = np.random.default_rng(0)
    x = draws.normal(size=(40, 5)).astype(np.float32)
    np.savez("a.npz", x=x, y=x[:, :2] * 3 + 1)
    project("regression", source="a.npz")
    first = export()
    same(run(first, Path("a.npz").resolve()), prediction.predict(Path("a.npz"), None, None, None))
    shutil.rmtree(first)
    shutil.rmtree("models")
    project("regression", inputs=[0, 2, 3], source="a.npz", target="inputs")
    second = export()
    assert "predicts as" in run(second, "--check")
    text = run(second, Path("a.npz").resolve())
    assert text.startswith("reconstruction_error\n")
    same(text, prediction.predict(Path("a.npz"), None, None, None))


def test_pictures_are_decoded_as_those_of_training() -> None:
    folder(Path("p"), {"cat": 4, "dog": 4})
    how = {"size": [3, 4], "resize": "pad", "color": "grayscale"}
    project("binary", source="p", image=how)
    exported = export()
    assert "predicts as" in run(exported, "--check")
    Path("../new").mkdir()
    Path("../new/a.JPG").write_bytes(content(pixels(3, 30, 40)))
    Path("../new/b.bmp").write_bytes(content(pixels(5, 3, 9), "BMP"))
    (new := Path("../new").resolve()).joinpath(".hidden.png").write_text("no picture")
    same(run(exported, new), prediction.predict(new, None, None, None), 1e-4)
    (new / "c.png").write_text("no picture")
    assert "c.png" in run(exported, new)


def test_a_damaged_export_does_not_pass_its_check() -> None:
    Path("t.csv").write_text(TABLE)
    project("regression", source="t.csv", **KEYS)
    exported = export()
    how = json.loads((exported / "encoding.json").read_text())
    how["columns"][1]["mean"] += 1
    (exported / "encoding.json").write_text(json.dumps(how))
    assert "inputs differ" in run(exported, "--check")


def test_the_same_bytes_each_time_and_nothing_is_replaced() -> None:
    Path("t.csv").write_text(TABLE)
    project("regression", source="t.csv", **KEYS)
    first = export()
    found = {path.name: path.read_bytes() for path in first.iterdir()}
    assert "holds files" in refused()
    assert found == {path.name: path.read_bytes() for path in first.iterdir()}
    shutil.rmtree(first)
    first.mkdir()  # an empty folder may be there
    assert found == {path.name: path.read_bytes() for path in export().iterdir()}
    text = b"".join(found.values()).decode("utf-8", "replace")
    assert str(first.parent) not in text
    assert "../nowhere" in refused(path="../nowhere/exported")
    assert "recommended, small" in refused("smal", "../other")
    (first / "model.tflite").unlink()
    Path("models/tflite/small/minified_float32/seed_3.tflite").write_bytes(b"no model")
    assert "seed_3.tflite: damaged" in refused(path="../other")
    assert not Path("../other").exists()


def test_a_file_of_another_run_than_the_metrics_is_not_exported() -> None:
    Path("t.csv").write_text(TABLE)
    project("regression", source="t.csv", **KEYS)
    detail = Path("metrics/detail.json")
    found = json.loads(detail.read_text())
    seeds = found["sizes"]["small"]["minified_float32"]["mse"]["seeds"]
    for change, words in (
        ({"3": seeds["3"] * 1.01}, [f"{seeds['3']:.6g}", "different runs", "secateur repro"]),
        ({"3": None}, ["different runs"]),
        ({"2": seeds["3"]}, ["detail.json: has no error of", "secateur repro"]),
    ):
        found["sizes"]["small"]["minified_float32"]["mse"]["seeds"] = change
        detail.write_text(json.dumps(found))
        message = refused(path="../other")
        assert all(word in message for word in words), message
    assert not Path("../other").exists()


def test_another_file_than_the_one_that_ships() -> None:
    Path("t.csv").write_text(TABLE)
    project("regression", "int8", source="t.csv", **KEYS)
    assert "--artifact int8" in refused(path="../other", artifact="int8")
    assert "--seed 4" in refused(path="../other", seed=4)
    said = exporting.export("small", Path("../exported"), "minified_int8", 3)
    assert "best on validation" not in said[0]
    assert "lowest" not in Path("../exported/README.md").read_text()
    pinned = Path("../exported/requirements.txt").read_text().split()
    assert f"numpy=={np.__version__}" in pinned
    assert len(pinned) == 2


def test_the_readme_has_the_figures_of_the_file_in_the_folder() -> None:
    Path("t.csv").write_text(TABLE)
    project("regression", "float32", "int8", source="t.csv", **KEYS)
    detail = Path("metrics/detail.json")
    figures = json.loads(detail.read_text())
    own = figures["sizes"]["small"]
    own["minified_int8"]["gzip_bytes"]["median"] = 12_345.0
    error = own["minified_int8"]["validation"]["median"]
    for source, worse in ((error / 1.04, False), (error / 1.06, True), (None, True)):
        own["stripped"]["validation"] = {"median": source, "seeds": {"3": source}}
        write_json(detail, figures)
        (said, _) = exporting.export("small", Path("../exported"), "minified_int8")
        text = Path("../exported/README.md").read_text()
        macs = own["minified_int8"]["macs"]["median"]
        for word in ("figures of `minified_int8`", "gzip_bytes 12,345", f"macs {macs}", "mse "):
            assert word in text
        for told in (said, text):
            assert ("not as good as its source" in told) == worse
        shutil.rmtree("../exported")


def test_a_folder_that_a_run_would_empty_is_refused() -> None:
    Path("t.csv").write_text(TABLE)
    project("regression", source="t.csv", **KEYS)
    Path("dvc.yaml").write_text("stages: {split: {cmd: x, outs: [data/split/test]}}")
    for path in ("data/split/test", "data/split/test/mine"):
        message = refused(path=path)
        for word in (path, "data/split/test, an output of dvc.yaml", "../firmware"):
            assert word in message
    assert exporting.export("small", Path("../firmware"))


def test_what_is_named_is_checked_before_the_folder() -> None:
    Path("t.csv").write_text(TABLE)
    project("regression", source="t.csv", **KEYS)
    assert "--artifact foo" in refused(path="data", artifact="foo")
    assert "--seed 99: there is none; allowed: 3" in refused(path="data", seed=99)
    for chosen, words in (
        (("--seed", "99"), "--seed 99: there is none; allowed: 3"),
        (("--artifact", "foo"), "--artifact foo: there is none; allowed: minified_float32"),
        (("--artifact", "minified_float32", "--seed", "9"), "--seed 9: there is none; allowed: 3"),
    ):
        done = CliRunner().invoke(app, ["export-c", "small", "data", *chosen])
        assert (done.exit_code, words in done.stderr) == (1, True)
    assert "holds files" in CliRunner().invoke(app, ["export-c", "small", "data"]).stderr


def test_where_nothing_is_recommended_a_model_must_be_named() -> None:
    Path("t.csv").write_text(TABLE)
    project("regression", source="t.csv", **KEYS)
    write_json(
        Path("metrics/ship.json"), json.loads(Path("metrics/ship.json").read_text()) | {
            "recommended": None
        }
    )  # fmt: skip
    assert "MODEL takes small" in refused("recommended")
    assert exporting.export("small", Path("../exported"))


def test_only_the_import_of_a_decoder_is_replaced() -> None:
    source = Path(exporting.__file__).parents[1] / "data/image_files.py"
    text = source.read_text(encoding="utf-8").replace(exporting.IMPORT, "")
    assert [*re.findall(r"from secateur\S*", text)] == ["from secateur.data.parameters"]
    assert "if TYPE_CHECKING" in text
