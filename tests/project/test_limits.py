"""The limits of a project's own fit its first run."""

import json
from pathlib import Path
from typing import Any

import pytest

from dvc_verify import gate
from dvc_verify import limits as read_limits
from secateur.project import limits


def seeds(*values: float) -> dict[str, Any]:
    return {"median": sorted(values)[1], "seeds": {str(i): v for i, v in enumerate(values)}}


def detail(size: float, error: float) -> dict[str, Any]:
    """Figures of one model, as the report writes them."""
    score = {"log_loss": seeds(error, error * 1.1, error * 0.9)}
    files = {
        "stripped": {"gzip_bytes": seeds(size, size + 1, size + 2), **score},
        "compacted": {"difference": seeds(0.0, 1e-4, 0.0)},
        "minified_int8": {"gzip_bytes": seeds(size / 4, size / 4, size / 4), **score},
    }
    return {
        "evaluation": {"baseline": {"collapsed": 0, "stripped": score}},
        "sizes": {"baseline": files},
        "costs": {
            "baseline": {
                "microcontroller": {"arena_bytes": seeds(size, size, size)},
                "ethos_u": {"cycles": seeds(size, size, size), "sram_kib": seeds(1.0, 1.0, 1.0)},
            }
        },
    }


def flat(found: Any, name: str = "detail") -> dict[str, dict[str, float]]:
    """Metrics as the gate compares them."""
    if not isinstance(found, dict):
        return {name: {"": float(found)}}
    if "seeds" in found:
        return {name: found["seeds"]}
    return {k: v for key, own in found.items() for k, v in flat(own, f"{name}.{key}").items()}


def faults(base: dict[str, Any], here: dict[str, Any]) -> set[str]:
    allowed, files = read_limits.read(limits.LIMITS)
    assert files == ["metrics/detail.json"]
    verdicts = gate.compare(flat(base), flat(here), allowed)  # type: ignore[arg-type]
    return {verdict.metric for verdict in verdicts if verdict.faults}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_run_is_within_its_own_limits_and_a_worse_one_is_not() -> None:
    first = detail(40_000, 0.5)  # five times the demonstration's limit
    Path("d.json").write_text(json.dumps(first))
    assert limits.write(Path("d.json"))
    assert faults(first, first) == set()
    larger = faults(first, detail(42_000, 0.5))
    assert larger == {
        "detail.costs.baseline.microcontroller.arena_bytes",
        "detail.sizes.baseline.stripped.gzip_bytes",
        "detail.sizes.baseline.minified_int8.gzip_bytes",
    }
    assert "detail.evaluation.baseline.stripped.log_loss" in faults(first, detail(40_000, 0.6))
    huge = detail(60_000, 0.5)
    assert "detail.sizes.baseline.stripped.gzip_bytes" in faults(huge, huge)


def test_a_device_may_go() -> None:
    first = detail(40_000, 0.5)
    Path("d.json").write_text(json.dumps(first))
    assert limits.write(Path("d.json"))
    without = {**first, "costs": {"baseline": {}}}
    assert faults(first, without) == set()
    slower = detail(40_000, 0.5)
    slower["costs"]["baseline"]["ethos_u"]["cycles"] = seeds(50_000, 50_000, 50_000)
    assert faults(first, slower) == {"detail.costs.baseline.ethos_u.cycles"}


def test_limits_that_are_there_stay() -> None:
    Path("d.json").write_text(json.dumps(detail(100, 1.0)))
    limits.LIMITS.write_text("mine")
    assert not limits.write(Path("d.json"))
    assert limits.LIMITS.read_text() == "mine"
    limits.LIMITS.unlink()
    assert not limits.write(Path("missing.json"))
    assert not limits.LIMITS.exists()
