"""What the stages before have measured is checked as far as the report relies on it."""

import json
from pathlib import Path

import h5py
import pytest

from secateur.core.errors import InputError
from secateur.report import metrics


@pytest.mark.parametrize(
    "content", [None, b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"baseline": {}}'], ids=repr
)
def test_damaged_metrics_are_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "sizes.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"sizes\.json: (not found|damaged)"):
        metrics.read_json(path, ["baseline", "finetuned"])


def test_metrics_stand_in_the_models_order(tmp_path: Path) -> None:
    (tmp_path / "sizes.json").write_text('{"a": 1, "b": 2, "old": 3}')
    assert [*metrics.read_json(tmp_path / "sizes.json", ["b", "a"]).items()] == [("b", 2), ("a", 1)]


@pytest.mark.parametrize(
    "content", [None, b"", b"kind,mse\n", b"\xff\xfe\x00", b"kind,loss\na,1\n", b"kind,mse\na,b\n"],
    ids=repr,
)  # fmt: skip
def test_a_damaged_table_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "trade_off.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"trade_off\.csv: (not found|damaged|holds no row)"):
        metrics.read_csv(path, {"kind": str, "mse": float})


def test_a_table_may_hold_what_is_not_finite(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("kind,more,mse\na,1,nan\nb,2,inf\n")
    table = metrics.read_csv(tmp_path / "t.csv", {"kind": str, "mse": float})
    assert list(table.columns) == ["kind", "mse"]
    assert table["mse"].isna().tolist() == [True, False]


def test_the_last_activation_is_read(tmp_path: Path) -> None:
    layers = [{"config": {"activation": "relu"}}, {"config": {"activation": "softmax"}}]
    path = tmp_path / "seed_0.h5"
    for expected in ("softmax", ""):
        with h5py.File(path, "w") as file:
            file.attrs["model_config"] = json.dumps({"config": {"layers": layers}})
        assert metrics.output_activation(path) == expected
        layers.append({"config": {}})
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"seed_0\.h5: damaged"):
        metrics.output_activation(path)


@pytest.mark.parametrize(
    "content",
    [None, b"", b"{", b"[]", b"null", b"{}", b'{"models": {}}', b'{"devices": {}, "models": []}',
     b'{"devices": {}, "models": {"a": 3}}'],
    ids=repr,
)  # fmt: skip
def test_damaged_costs_are_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "costs.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"costs\.json: (not found|damaged)"):
        metrics.read_costs(path, ["a"])


def test_a_model_without_costs_has_none(tmp_path: Path) -> None:
    path = tmp_path / "costs.json"
    path.write_text(
        '{"devices": {"ethos_u": {}}, "models": {"a": {"minified_int8": {}}, "old": 1}}'
    )
    costs, devices = metrics.read_costs(path, ["b", "a"])
    assert [*costs.items()] == [("b", {}), ("a", {"minified_int8": {}})]
    assert devices == {"ethos_u": {}}
