"""Reading `limits.yaml`, and which limit a metric has."""

from pathlib import Path

import pytest

from dvc_verify import limits
from dvc_verify.errors import CheckError
from dvc_verify.limits import Limit


def test_the_first_limit_that_matches_counts() -> None:
    control, others = Limit(at_most=1.0), Limit(at_most=2.0)
    allowed = {"sizes.control.*": control, "sizes.*.gzip_bytes": others}
    assert limits.limit_of("sizes.control.stripped.gzip_bytes", allowed) is control
    assert limits.limit_of("sizes.finetuned.stripped.gzip_bytes", allowed) is others
    assert limits.limit_of("sizes.finetuned.stripped.bytes", allowed) is None


def test_a_comma_stands_between_several_names() -> None:
    allowed = {"a.mse, a.log_*": (both := Limit(at_most=1.0))}
    assert [limits.limit_of(name, allowed) for name in ("a.mse", "a.log_loss", "a.mae")] == [
        both, both, None,
    ]  # fmt: skip


def test_limits_keep_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "limits.yaml"
    path.write_text("b.*: {at_most: 1e-3}\n'*': {better: lower, relative: 1}\n")
    read = limits.read(path)
    assert read.files == []
    assert list(read.limits.items()) == [
        ("b.*", Limit(at_most=0.001)),
        ("*", Limit(better="lower", relative=1.0)),
    ]


ONE_OF_THEM = ["absolute", "relative", "at_most", "at_least"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a: {better: lower}", ["limits.yaml: a:", "`better`", "absolute", "relative"]),
        ("a: {absolute: 1}", ["limits.yaml: a:", "`better`", "lower", "higher"]),
        ("a: {better: lower, absolute: 1, relative: 1}", ["limits.yaml: a:", "absolute", "one"]),
        ("a: {}", ["limits.yaml: a:", *ONE_OF_THEM]),
        ("a: {better: less, absolute: 1}", ["a: better: 'less':", "'lower'", "'higher'"]),
        ("a: {better: lower, absolute: -1}", ["a: absolute: -1:", "0"]),
        ("a: {better: lower, absolute: '1'}", ["a: absolute: '1':", "number"]),
        ("a: {at_mots: 1}", ["a: at_mots:", "'at_most'", *ONE_OF_THEM]),
        ("a: {at_most: .nan}", ["a: at_most: nan:", "finite"]),
        ("a: 1", ["limits.yaml: a: 1:", "`key: value`"]),
        ("{}", ["limits.yaml: {}:", "one"]),
        ("- a", ["limits.yaml:", "list"]),
        ("*.mse: {at_most: 1}", ["limits.yaml:", "YAML"]),
        ("a: {at_most: 1}\na: {at_most: 2}", ["limits.yaml:", "YAML"]),
    ],
)
def test_a_fault_names_its_place_its_value_and_what_is_allowed(
    tmp_path: Path, text: str, named: list[str]
) -> None:
    (tmp_path / "limits.yaml").write_text(text)
    with pytest.raises(CheckError) as raised:
        limits.read(tmp_path / "limits.yaml")
    assert len(str(raised.value).splitlines()) == 1
    for name in named:
        assert name in str(raised.value)


def test_each_fault_has_a_line(tmp_path: Path) -> None:
    (tmp_path / "limits.yaml").write_text("a: {at_most: x}\nb: {better: no, absolute: -1}\n")
    with pytest.raises(CheckError) as raised:
        limits.read(tmp_path / "limits.yaml")
    places = [line.split(": ")[1:4] for line in str(raised.value).splitlines()]
    assert places == [["a", "at_most", "'x'"], ["b", "better", "'no'"], ["b", "absolute", "-1"]]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckError, match=r"limits\.yaml: not found"):
        limits.read(tmp_path / "limits.yaml")


def test_files_beside_the_metrics_are_a_list(tmp_path: Path) -> None:
    path = tmp_path / "limits.yaml"
    path.write_text("files: [a.json]\nb.*: {at_most: 1}\n")
    assert limits.read(path) == ({"b.*": Limit(at_most=1.0)}, ["a.json"])
    path.write_text("files: a.json\nb.*: {at_most: 1}\n")
    with pytest.raises(CheckError, match=r"limits\.yaml: files: must be a list"):
        limits.read(path)
