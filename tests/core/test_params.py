"""`params.yaml` is read once and strictly; a fault names file, key, value and what is allowed."""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import Field

from secateur.core import params
from secateur.core.errors import InputError


class Section(params.Params):
    RENAMED: ClassVar[dict[str, str]] = {"old": "count, in rows"}

    count: Annotated[int, Field(ge=1)]
    rate: float = 0.5


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "params.yaml"
    path.write_text("top:\n  inner: {count: 3, rate: 1e-3}\nseeds: [0]\n")
    return path


def test_a_section_is_found_by_its_dotted_name(file: Path) -> None:
    given = params.read(file)
    assert given.path == file
    assert given.content["seeds"] == [0]
    assert given.section("top.inner", Section) == Section(count=3, rate=0.001)
    assert given.section("seeds", list[int]) == [0]


def test_a_key_that_is_not_written_has_the_default(file: Path) -> None:
    given = params.read(file)
    assert given.optional("top.inner.rate", float, 9.0) == 0.001
    assert given.optional("top.inner.safe", bool, True) is True


def test_a_written_value_is_checked_whatever_the_default(file: Path) -> None:
    with pytest.raises(InputError, match=r"params\.yaml: top\.inner\.count: 3"):
        params.read(file).optional("top.inner.count", bool, True)


@pytest.mark.parametrize("name", ["nowhere", "top.nowhere", "top.inner.count.more", "seeds.0"])
def test_a_missing_section_is_named_with_those_there_are(file: Path, name: str) -> None:
    with pytest.raises(InputError, match=rf"params\.yaml: {name}: "):
        params.read(file).section(name, int)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"count": 0}, ["here.count: 0: ", "greater than or equal to 1"]),
        ({"count": "3"}, ["here.count: '3'", "integer"]),
        ({"count": 1, "rate": float("inf")}, ["here.rate: inf"]),
        ({"count": 1, "rat": 1.0}, ["here: ", "'rat'", "did you mean 'rate'", "count, rate"]),
        ({"old": 1}, ["here: ", "'old'", "count, in rows"]),
        ({}, ["here.count: "]),
        (None, ["here: None"]),
    ],
)
def test_a_fault_names_key_value_and_what_is_allowed(value: Any, words: list[str]) -> None:
    with pytest.raises(InputError) as refusal:
        params.validate(Section, value, "here")
    assert all(word in str(refusal.value) for word in words), refusal.value


class Lists(params.Params):
    names: list[str] = Field([])
    numbers: list[int] = Field([])
    words: list[Literal["a", "b"]] = Field([])


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("names", "stem", "'stem': must be a list, such as [stem]"),
        ("names", "conv_*", "'conv_*': must be a list, such as [conv_*]"),
        ("names", "a: b", "'a: b': must be a list, such as ['a: b']"),
        ("numbers", 3, "3: must be a list, such as [3]"),
        ("numbers", "x", "'x': must be a list, such as [1, 2]"),
        ("words", "b", "'b': must be a list, such as [b]"),
        ("numbers", {"a": 1}, "{'a': 1}: must be a list, such as [1, 2]"),
    ],
)
def test_a_value_that_should_be_in_a_list_is_shown_in_one(key: str, value: Any, said: str) -> None:
    deep = {"top": [{}, {"names": None, key: value}]}  # beside another fault
    for kind, given, place in (
        (Lists, {key: value}, key),
        (dict[str, list[Lists]], deep, f"top.1.{key}"),
    ):
        with pytest.raises(InputError) as refusal:
            params.validate(kind, given, "here")
        assert f"here.{place}: {said}" in str(refusal.value).splitlines()[-1]


def test_every_fault_of_a_section_is_told(file: Path) -> None:
    with pytest.raises(InputError) as refusal:
        params.validate(Section, {"count": 0, "rate": "x"}, "here")
    assert [line.strip().split(":")[0] for line in str(refusal.value).splitlines()] == [
        "here.count",
        "here.rate",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seeds: [0\n", ["YAML", "line"]),
        ("seeds: [0]\nseeds: [1]\n", ["YAML", "duplicate key"]),
        ("- 1\n", ["sections"]),
        ("", ["sections"]),
        ("seeds: 2020-02-30\n", ["YAML"]),
        ("seeds: !!int abc\n", ["YAML"]),
        ("seeds: " + "9" * 5000 + "\n", ["YAML"]),
        ("seeds: " + "[" * 500, ["YAML"]),
        ("seeds: !!python/object/apply:os.system ['true']\n", ["YAML"]),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str, words: list[str]) -> None:
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(InputError) as refusal:
        params.read(tmp_path / "params.yaml")
    assert all(word in str(refusal.value) for word in ["params.yaml", *words])


def test_a_missing_file_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"params\.yaml: not found"):
        params.read(tmp_path / "params.yaml")
