"""Whatever is in `params.yaml`: it is accepted, or an InputError says why; nothing else."""

import contextlib
import copy
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from mutations import mutated
from project import TINY
from secateur.checks.params_file import check_params
from secateur.core.errors import InputError

bounded = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,  # the same examples at every run; more of them are for a night
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[None]:
    with contextlib.chdir(tmp_path):
        yield


def check(content: bytes) -> None:
    """Read and check `params.yaml`."""
    Path("params.yaml").write_bytes(content)
    with contextlib.suppress(InputError):
        check_params(Path("params.yaml"))


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
    check(content)


@settings(bounded, max_examples=15)
@given(mutated(yaml_of(TINY), YAML_TOKENS))
def test_changed_parameters(content: bytes) -> None:
    check(content)


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
    check(yaml_of(changed))
