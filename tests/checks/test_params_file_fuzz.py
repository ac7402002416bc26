"""Whatever is in `params.yaml`: it is accepted, or an InputError says why; nothing else."""

import contextlib
import copy
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from mutations import mutated
from project import TINY
from secateur.checks.params_file import check_content, check_params
from secateur.core.errors import InputError
from secateur.core.params import ParamsFile

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


# Every section and key, those that have a default too.
FULL: dict[str, Any] = copy.deepcopy(TINY)
FULL["data"] |= {
    "features": ["x0", "x1", "x2", "x3", "x4"], "drop": [], "categorical": [], "separator": ",",
    "decimal": ".", "missing_values": ["?"], "missing": "refuse", "unseen": "refuse",
}  # fmt: skip
FULL["measure_sizes"]["largest_error_ratio"] = 100.0
FULL["model"] |= {"output_activation": "relu", "safe_mode": True}
FULL["model"]["layers"][0]["name"] = "first"
FULL["recipes"]["dense_only"]["scope"] = ["first"]
FULL["training"] |= {"learning_rate_schedule": "constant", "weight_decay": 0.1}
FULL["recipes"]["finetuned"] |= {
    "training": dict(FULL["training"]), "preserve_sparsity": False, "block_size": [1, 1],
    "block_pooling_type": "AVG",
}  # fmt: skip
FULL["recipes"]["finetuned"]["schedule"] |= {"begin_step": 0, "end_step": -1}
FULL["recipes"]["finetuned"]["clustering"]["cluster_centroids_init"] = "LINEAR"
FULL["recipes"]["dense_only"]["schedule"]["power"] = 3.0

ODD: list[Any] = [
    None, True, False, 0, 1, -1, 2, 3, 255, 2**31 - 1, 2**31, 2**32, 2**53, 2**63, 2**64, 10**30,
    -(10**30), 10**400, 0.0, -0.0, 0.5, 1.0, 1.5, -0.5, 1e-320, 5e-324, 1e308, 1e39, float("nan"),
    float("inf"), float("-inf"), "", " ", "1", "0.5", "true", "null", "~", "whole", "baseline",
    "é", "שלום", "\u202e", "\x00", "a\nb", "../../etc/passwd", "/etc/passwd", "C:\\x", "a" * 10_000,
    "${seeds}", "__init__", "network/x.py:__import__", [], [None], [0], [0, 0], [1, 2], ["x"],
    [[]], [{}], list(range(2000)), {}, {"": 1}, {1: 2}, {"type": "Dense"}, {"a": {"b": {}}},
]  # fmt: skip


def everywhere(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each section, list, item and leaf."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    for key, item in items:
        yield from everywhere(item, (*path, key))


def wrong(shipped: Any, value: Any) -> bool:
    """Whether a value can never stand where a shipped one does, by its type alone."""
    if isinstance(value, float) and not math.isfinite(value):
        return True
    kinds: dict[type, tuple[type, ...]] = {
        bool: (bool,), int: (int,), float: (int, float), str: (str,), list: (list,), dict: (dict,),
    }  # fmt: skip
    allowed = kinds.get(type(shipped), (object,))
    # `scope` is a word or a list, a layer's side a number or two; null is "none" or "default".
    either = isinstance(value, str | list | int) and isinstance(shipped, str | list | int)
    if isinstance(value, bool) != isinstance(shipped, bool) and value is not None:
        return not isinstance(shipped, type(None))
    return not (value is None or shipped is None or either or isinstance(value, allowed))


def test_every_key_with_odd_values_is_refused_by_name_or_can_work() -> None:
    """Thousands of cases: no other error, none that names nothing, no wrong type accepted."""
    path = Path("params.yaml")
    check_content(ParamsFile(path, FULL))  # without a change all of it is right
    cases, trouble = 0, []
    for keys in everywhere(FULL):
        for value in ODD:
            changed = copy.deepcopy(FULL)
            *above, last = keys
            section: Any = changed
            for key in above:
                section = section[key]
            shipped, section[last] = section[last], copy.deepcopy(value)
            cases += 1
            message = ""
            try:
                check_content(ParamsFile(path, changed))
            except InputError as error:
                message = str(error)
            named = message.startswith("params.yaml: ") and len(message) < 20_000
            if not named if message else wrong(shipped, value):
                trouble.append((keys, value, message))
    assert trouble == []
    assert cases > 5000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seeds: [0]\nseeds: [1]\n", ["seeds", "duplicate"]),
        ("a: &a [*a]\n", ["unknown key 'a'"]),
        ("a: &a {b: *a}\n", ["unknown key 'a'"]),
        ("a: *nothing\n", ["YAML", "nothing"]),
        ("a: !!python/object/apply:os.system [x]\n", ["YAML"]),
        ("[" * 2000, ["YAML"]),
        ("{" * 2000, ["YAML"]),
        ("a: " * 2000, ["YAML"]),
        ("- 1\n", ["sections"]),
        ("", ["sections"]),
        ("--- 1\n--- 2\n", ["YAML"]),
        ("a:\tb: c\n", ["YAML"]),
        ("? [1, 2]\n: 3\n", ["params.yaml"]),
        ("1: 2\n", ["params.yaml"]),
        ("\ufeffseeds: [0]\n", ["params.yaml"]),
        ("a: 2026-11-26\n", ["unknown key 'a'"]),
    ],
    ids=lambda value: repr(value)[:20] if isinstance(value, str) else "",
)
def test_odd_yaml_is_refused_by_what_it_is(text: str, words: list[str]) -> None:
    Path("params.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        check_params(Path("params.yaml"))
    assert all(word in str(refused.value) for word in ["params.yaml", *words]), refused.value
