"""A file of measured time comes from elsewhere, and each of its values is checked."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from secateur.core.errors import InputError
from secateur.devices import measured

TIME: dict[str, Any] = {
    "initialisation_us": 90.1, "first_us": 3, "p5_us": 0.7, "p50_us": 0.71, "p95_us": 0.72,
    "calls": 1000, "ratio": {"median": 1.0, "low": 1.0, "high": 1.0},
}  # fmt: skip
GOOD: dict[str, Any] = {
    "processor": "Raspberry Pi 4 Model B Rev 1.4", "system": "Linux aarch64",
    "runtime": "ai-edge-litert 2.3.0", "threads": 1, "rounds": 20, "calls_at_once": 20,
    "baseline": "baseline/minified_float32",
    "files": {
        "baseline/minified_float32": {
            "sha256": "0" * 64, "bytes": 1900, "xnnpack": TIME, "builtin": {"why": "It crashes."},
        },
        "trade_off/unstructured_1e-05_int8": {
            "sha256": "f" * 64, "bytes": 900, "xnnpack": TIME,
            "builtin": {key: value for key, value in TIME.items() if key != "ratio"},
        },
    },
}  # fmt: skip
FILE = "files.baseline/minified_float32"


SMALL: dict[str, Any] = {
    **GOOD["files"]["baseline/minified_float32"],
    "xnnpack": {**TIME, "ratio": {"median": 0.01, "low": 0.009, "high": 0.012}},
}


def with_value(key: str, value: Any) -> dict[str, Any]:
    """The good content, with another value at a key whose parts `/`-less dots separate."""
    content: dict[str, Any] = copy.deepcopy(GOOD)
    *above, last = key.split(".")
    node = content
    for part in above:
        node = node[part]
    node[last] = value
    return content


def test_what_the_format_allows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pi_4-b.json"
    path.write_text(json.dumps(GOOD))
    found = measured.read(path)
    assert found.model_dump(exclude_unset=True) == GOOD
    assert isinstance(found.files["baseline/minified_float32"].builtin, measured.CannotRun)


BAD: list[tuple[str, Any, str]] = [
    ("processor", "", "printable"),
    ("processor", "a\x1b[31mred", "printable"),
    ("processor", "a\u202eb", "printable"),
    ("system", "x" * 301, "300"),
    ("runtime", 5, "string"),
    ("threads", 2, "1"),
    ("rounds", 0, "greater"),
    ("rounds", 2.5, "integer"),
    ("calls_at_once", "20", "integer"),
    ("host", "my-machine", "unknown key"),
    ("baseline", "baseline", "MODEL/ARTIFACT"),
    ("files", {}, "at least 1"),
    ("files", [], "section"),
    (f"{FILE}.sha256", "0" * 63 + "G", "64"),
    (f"{FILE}.bytes", 0, "greater"),
    (f"{FILE}.bytes", True, "integer"),
    (f"{FILE}.xnnpack.p50_us", -0.7, "greater than 0"),
    (f"{FILE}.xnnpack.p50_us", 0.5, "order"),
    (f"{FILE}.xnnpack.p95_us", 1e13, "less than"),
    (f"{FILE}.xnnpack.first_us", "3", "number"),
    (f"{FILE}.xnnpack.calls", None, "integer"),
    (f"{FILE}.xnnpack.ratio.low", 1.1, "order"),
    (f"{FILE}.xnnpack.ratio.mean", 1.1, "unknown key"),
    (f"{FILE}.builtin.why", "two\nlines", "printable"),
    (f"{FILE}.builtin.p5_us", 1.0, "unknown key"),
]


@pytest.mark.parametrize(("key", "value", "why"), BAD)
def test_a_value_that_is_not_allowed_is_named(
    tmp_path: Path, key: str, value: Any, why: str
) -> None:
    path = tmp_path / "pi4.json"
    path.write_text(json.dumps(with_value(key, value)))
    with pytest.raises(InputError) as caught:
        measured.read(path)
    message = str(caught.value)
    assert (
        f"{path}: {key.rpartition('.')[0] if why in ('order', 'unknown key') else key}" in message
    )
    assert why in message
    assert message.replace("\n", "").isprintable()


def refused(tmp_path: Path, content: dict[str, Any]) -> str:
    """The message, without the file's name at the start of each line."""
    path = tmp_path / "pi4.json"
    path.write_text(json.dumps(content))
    with pytest.raises(InputError) as caught:
        measured.read(path)
    return str(caught.value).replace(f"{path}: ", "")


@pytest.mark.parametrize("baseline", ["foo/x", "foo/minified_float32"])
def test_the_baseline_must_be_a_file_that_was_measured(tmp_path: Path, baseline: str) -> None:
    said = refused(tmp_path, with_value("baseline", baseline))
    assert said == f"baseline: {baseline!r}: must be a key of `files`"


def test_a_ratio_needs_the_file_that_it_is_to(tmp_path: Path) -> None:
    """Else nothing tells whether that file is still the present one."""
    good = copy.deepcopy(GOOD)
    good["files"] |= {"small/clustered_float32": SMALL}
    (tmp_path / "pi4.json").write_text(json.dumps(good))
    assert measured.read(tmp_path / "pi4.json").files.keys() == good["files"].keys()
    good["files"] |= {"small/clustered_int8": SMALL}
    said = refused(tmp_path, good)
    assert said.startswith("files.small/clustered_int8.xnnpack.ratio: is to ")
    assert "'baseline/minified_int8', which must be a key" in said
    good["files"] = {k: own for k, own in good["files"].items() if not k.startswith("baseline/")}
    assert refused(tmp_path, good).startswith("baseline: 'baseline/minified_float32': must be")


def test_a_ratio_needs_a_baseline_that_can_run(tmp_path: Path) -> None:
    content = copy.deepcopy(GOOD)
    content["files"]["small/minified_float32"] = {**SMALL, "builtin": SMALL["xnnpack"]}
    said = refused(tmp_path, content)
    assert said.startswith("files.small/minified_float32.builtin.ratio: is to ")
    assert "cannot run" in said


def test_the_baselines_ratio_to_itself_is_1(tmp_path: Path) -> None:
    for ratio in ({"median": 5.0, "low": 5.0, "high": 5.0}, {"median": 1, "low": 0.9, "high": 1}):
        said = refused(tmp_path, with_value(f"{FILE}.xnnpack.ratio", ratio))
        assert said.startswith(f"{FILE}.xnnpack.ratio: median {ratio['median']:g}, low")
        assert "must be 1" in said


def test_a_mistake_that_each_file_has_is_told_three_times_and_counted(tmp_path: Path) -> None:
    content = copy.deepcopy(GOOD)
    content["files"] |= {f"m{i}/minified_float32": {**SMALL, "bytes": 0} for i in range(10)}
    first, *_, last = lines = refused(tmp_path, content).splitlines()
    assert first == "files.m0/minified_float32.bytes: 0: should be greater than or equal to 1"
    assert (len(lines), last.strip()) == (4, "and 7 more")
    content["files"] |= {f"m{i}/minified_float16": SMALL for i in range(10)}
    content["files"] |= {f"m{i}/minified_float32": SMALL for i in range(10)}
    lines = refused(tmp_path, content).splitlines()
    assert (len(lines), lines[-1].strip()) == (4, "and 7 more")


@pytest.mark.parametrize(
    "key", ["../../x", "a b/c", "Small/minified_int8", "a/b/c", "a/" + "b" * 61]
)
def test_a_key_that_is_no_model_and_artifact_is_named(tmp_path: Path, key: str) -> None:
    content = copy.deepcopy(GOOD)
    content["files"][key] = content["files"]["baseline/minified_float32"]
    path = tmp_path / "pi4.json"
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="MODEL/ARTIFACT"):
        measured.read(path)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, '{"rounds": NaN}', '{"rounds": Infinity}', "1" * 5000, "\ufeff{}"],
)
def test_what_is_no_json_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pi4.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"pi4\.json"):
        measured.read(path)


def test_an_infinite_number_that_json_can_write_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pi4.json"
    path.write_text(json.dumps(GOOD).replace('"p95_us": 0.72', '"p95_us": 1e999'))
    with pytest.raises(InputError, match="p95_us"):
        measured.read(path)


def test_a_file_that_is_too_large_or_no_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "pi4.json"
    path.write_text(json.dumps(GOOD) + " " * measured.MOST_BYTES)
    with pytest.raises(InputError, match="4,000,000"):
        measured.read(path)
    path.unlink()
    with pytest.raises(InputError, match="not found"):
        measured.read(path)
    path.mkdir()
    with pytest.raises(InputError, match="no file"):
        measured.read(path)
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="JSON"):
        measured.read(tmp_path / "bytes.json")


@pytest.mark.parametrize(
    "name", ["my pi.json", "-pi.json", "pi.yaml", "é.json", "a" * 41 + ".json"]
)
def test_the_devices_name_is_the_files(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(json.dumps(GOOD))
    with pytest.raises(InputError, match="letters, digits"):
        measured.of_folder(tmp_path)


def test_a_folder_has_its_devices_sorted(tmp_path: Path) -> None:
    assert measured.of_folder(tmp_path / "none") == {}
    assert measured.of_folder(tmp_path) == {}
    for name in ("server", "Pi4", "phone"):
        (tmp_path / f"{name}.json").write_text(json.dumps(GOOD))
    (tmp_path / "README.md").write_text("whose")
    (tmp_path / ".gitkeep").write_text("")
    assert list(measured.of_folder(tmp_path)) == ["Pi4", "phone", "server"]
