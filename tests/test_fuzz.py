"""Whatever is in a file: rows, or an InputError of one line; never anything else, and no rests."""

import contextlib
import copy
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

import split as stage
from conftest import TINY, write_params
from secateur.arrays import tables
from secateur.checks.params_file import check_params
from secateur.core import params as params_module
from secateur.core.errors import InputError

bounded = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,  # the same examples at every run; more of them are for a night
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
OUTPUTS = {"data/train.parquet", "data/validation.parquet", "data/test.parquet",
           "data/shape.json", "models/encoding.json"}  # fmt: skip
FRAME = pd.DataFrame(
    {"a": np.arange(30.0), "c": ["red", "green", "blue"] * 10, "y": np.arange(30) % 3}
)


@pytest.fixture(autouse=True)
def folder() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        yield


def bytes_of(kind: str) -> bytes:
    content = io.BytesIO()
    if kind == "csv":
        return FRAME.to_csv(index=False).encode()
    if kind == "parquet":
        FRAME.to_parquet(content)
    else:
        np.savez(content, x=np.arange(120.0).reshape(30, 2, 2), y=FRAME["y"].to_numpy())
    return content.getvalue()


VALID = {kind: bytes_of(kind) for kind in ("csv", "parquet", "npz")}
TASKS = st.sampled_from(["regression", "binary", "multiclass"])
SECTIONS = st.fixed_dictionaries(
    {},
    optional={
        "missing": st.sampled_from(["drop", "impute"]),
        "unseen": st.just("zeros"),
        "separator": st.sampled_from(";\t|"),
        "categorical": st.just(["a"]),
        "standardize": st.just(False),
        "target": st.sampled_from(["a", "c", "z"]),
    },
)


@st.composite
def mutated(draw: st.DrawFn, content: bytes, tokens: list[bytes]) -> bytes:
    """The content with a few places overwritten, removed or repeated."""
    changed = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(changed)))
        end = start + draw(st.sampled_from([0, 1, 2, 8, 200]))
        changed[start:end] = draw(
            st.sampled_from([*tokens, b"", bytes(changed[start:end]) * 2]) | st.binary(max_size=4)
        )
    return bytes(changed)


def split(content: bytes, kind: str, task: str, data: dict[str, Any]) -> None:
    """Run the stage: all outputs and they are sound, or one line and none at all."""
    for path in [*Path("data").glob("*"), *Path("models").glob("*")]:
        path.unlink()
    Path(f"own.{kind}").write_bytes(content)
    sections = {"task": task, "data": {"source": f"own.{kind}", **data}, "split": TINY["split"]}
    write_params(Path(), sections)
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            stage.main()
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017
            assert not [*Path("data").glob("**/*"), *Path("models").glob("*")]
            return
    found = {str(path) for folder in ("data", "models") for path in Path(folder).glob("**/*")}
    assert found == OUTPUTS
    for name in ("train", "validation", "test"):
        assert len(tables.read(Path(f"data/{name}.parquet")).x)
    for path in [*Path("data").glob("*"), *Path("models").glob("*")]:
        path.unlink()


@pytest.mark.parametrize("kind", ["csv", "npz", "parquet"])
def test_a_valid_file_gives_rows(kind: str) -> None:
    Path("data").mkdir()
    split(VALID[kind], kind, "multiclass", {})
    assert Path("own." + kind).exists()


@bounded
@given(st.binary(max_size=200), st.sampled_from(["csv", "parquet", "npz"]), TASKS)
def test_random_bytes(content: bytes, kind: str, task: str) -> None:
    split(content, kind, task, {})


CELLS = st.sampled_from(
    ["", "0", "1", "-2.5", "1e400", "nan", "inf", "true", "a", "?", '"', '"x\ny"', "1,5", "\0", "é",
     "2020-01-01", "9" * 30, " "]
)  # fmt: skip


@bounded
@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=3), max_size=12),
    st.sampled_from(["a,y", "a,b,y", "y", "a;y", "y,y", ",y", '"a\nb",y']),
    st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    TASKS,
    SECTIONS,
)
def test_text_that_looks_like_csv(
    rows: list[list[str]], header: str, end: str, task: str, data: dict[str, Any]
) -> None:
    text = end.join([header, *(",".join(row) for row in rows)])
    split(text.encode(), "csv", task, data)


@bounded
@given(mutated(VALID["csv"], [b",", b"\n", b'"', b"inf", b"1e39", b"?", b"\xff"]), TASKS, SECTIONS)
def test_a_changed_csv(content: bytes, task: str, data: dict[str, Any]) -> None:
    split(content, "csv", task, data)


@bounded
@given(mutated(VALID["npz"], [b"\0", b"\xff" * 4, b"|O", b"(99999999999, "]), TASKS)
def test_changed_arrays(content: bytes, task: str) -> None:
    split(content, "npz", task, {})


@bounded
@given(mutated(VALID["parquet"], [b"\0", b"\xff" * 4]), TASKS)
def test_a_changed_parquet_file(content: bytes, task: str) -> None:
    split(content, "parquet", task, {})


def check() -> None:
    """Read and check `params.yaml`."""
    for act in (params_module.read, check_params):
        with contextlib.suppress(InputError):
            act(Path("params.yaml"))


YAML_TOKENS = [
    b": ",
    b"- ",
    b"[",
    b"{",
    b"*a",
    b"&a ",
    b"!!python/object:os ",
    b"1e999",
    b"~",
    b"\t",
]


def yaml_of(value: Any) -> bytes:
    content = io.BytesIO()
    YAML(typ="safe").dump(value, content)
    return content.getvalue()


@bounded
@given(st.binary(max_size=100) | st.text(":-[]{}&*!|>'\"%@ \n\tab1.~", max_size=60).map(str.encode))
def test_text_that_looks_like_yaml(content: bytes) -> None:
    Path("params.yaml").write_bytes(content)
    check()


@settings(bounded, max_examples=15)
@given(mutated(yaml_of(TINY), YAML_TOKENS))
def test_changed_parameters(content: bytes) -> None:
    Path("params.yaml").write_bytes(content)
    check()


VALUES = st.sampled_from(
    [None, True, 0, -1, 1, 10**30, 0.5, -0.0, float("nan"), float("inf"), "", "all", "é\0", [], [0],
     [[]], {}, {"": 1}, {1: 2}]
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else ()
    return [path, *(found for key, item in inside for found in places(item, (*path, key)))][
        0 if path else 1 :
    ]


@settings(bounded, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(places(TINY)), VALUES), min_size=1, max_size=3))
def test_other_values_of_parameters(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    changed = copy.deepcopy(TINY)
    for (*path, last), value in changes:
        section: Any = changed
        for key in path:
            section = section.get(key) if isinstance(section, dict) else None
        if isinstance(section, dict):
            section[last] = copy.deepcopy(value)
    Path("params.yaml").write_bytes(yaml_of(changed))
    check()
