"""Which differences between environments count."""

from dvc_parallel.versions import compare, versions

HERE = {"dvc": "1", "a": "1", "only-here": "1", "pip": "1", "Python": "3.11.1"}


def test_what_both_have_is_compared() -> None:
    there = {name: version for name, version in HERE.items() if name != "only-here"}
    for name in ("dvc", "a", "Python"):
        assert compare(HERE, {**there, name: "other"}) == f"{name} other, here {HERE[name]}"


def test_installers_and_what_one_side_lacks_are_not_compared() -> None:
    assert compare(HERE, {**HERE, "pip": "2", "only-there": "5"}) == ""


def test_dvc_must_be_there() -> None:
    assert compare(HERE, {"a": "1"}) == "dvc missing, here 1"


def test_this_environment() -> None:
    assert {"dvc", "dask", "Python", "machine"} <= set(versions())
