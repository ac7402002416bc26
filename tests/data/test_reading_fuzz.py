"""Whatever is in a file: rows, or an InputError of one line; never anything else, and no rests."""

import contextlib
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

import split as stage
from mutations import mutated
from project import write_params
from secateur.arrays import encoding, parts
from secateur.core import files
from secateur.core.errors import InputError

bounded = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,  # the same examples at every run; more of them are for a night
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
SPLIT = {"test_size": 0.25, "validation_size": 0.2, "random_state": 42}
PARTS = ("train", "validation", "test")
OUTPUTS = {*(f"data/split/{name}" for name in PARTS), "data/split/shape.json",
           "models/encoding.json", "models/data.json"}  # fmt: skip
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
        "decimal": st.just(","),
        "thousands": st.sampled_from([" ", "'"]),
        "numbers": st.sampled_from([["y"], ["b"], ["b", "y"]]),
        "verbatim": st.just(["c"]),
        "missing_values": st.just(["?", "NA"]),
        "header": st.sampled_from([True, ["a", "y"], ["a", "b", "y"]]),
        "skip_lines": st.sampled_from([0, 1, 3]),
        "target": st.sampled_from(["a", "c", "z"]),
    },
)


def split(content: bytes, kind: str, task: str, data: dict[str, Any]) -> None:
    """Run the stage: all outputs and they are sound, or one line and none at all."""
    for path in [*Path("data/split").glob("*"), *Path("models").glob("*")]:
        files.remove(path)
    Path(f"own.{kind}").write_bytes(content)
    sections = {"task": task, "data": {"source": f"own.{kind}", **data}, "split": SPLIT}
    write_params(Path(), sections)
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            stage.main()
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017
            assert not [*Path("data/split").glob("*"), *Path("models").glob("*")]
            return
    found = {str(path) for folder in ("data/split", "models") for path in Path(folder).glob("*")}
    assert found == OUTPUTS
    learned = encoding.read("models/encoding.json")
    for name in PARTS:
        assert len(parts.read(Path("data/split") / name, learned).rows().x)
    for path in [*Path("data/split").glob("*"), *Path("models").glob("*")]:
        files.remove(path)


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
     "2020-01-01", "9" * 30, " ", "NA", "None", "$5", "-$1,250.50", "5%", "(5)", "12 kg", "2,751",
     "1 234", "1.234.567,8", "1,23,456", "007", "0x1F", "03/04/2020", "10:30", "1'234", "−5", "5e"]
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
