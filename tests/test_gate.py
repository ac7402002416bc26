"""`gate` on a toy pipeline and on made-up figures. The real pipeline: test_ci.py."""

import json
import math
from pathlib import Path

import pytest

from secateur.ci import gate, limits
from secateur.ci.limits import Limit
from secateur.core.errors import InputError
from toy import Toy

LOWER = {"better": "lower"}
FIVE = {str(seed): 0.1 + 0.01 * seed for seed in range(5)}
LIMITS = """\
score.*.mse: {better: lower, relative: 0.1}
score.*.bytes: {better: lower, absolute: 0, at_most: 5}
score.r2: {better: higher, absolute: 0.05}
score.same: {at_most: 1}
"""


def scaled(factor: float) -> dict[str, float]:
    return {seed: value * factor for seed, value in FIVE.items()}


# What counts as worse


@pytest.mark.parametrize(
    ("here", "limit", "fault"),
    [
        (FIVE, {**LOWER, "relative": 0.0}, None),
        (scaled(1.2), {**LOWER, "relative": 0.1}, "worse than allowed"),
        (scaled(1.05), {**LOWER, "relative": 0.1}, None),
        (scaled(0.5), {**LOWER, "relative": 0.0}, None),
        (scaled(0.5), {"better": "higher", "relative": 0.1}, "worse than allowed"),
        ({s: v + 0.02 for s, v in FIVE.items()}, {**LOWER, "absolute": 0.01}, "worse than allowed"),
        # Four of five are much worse: the fifth leaves it open whether that was chance.
        ({**scaled(2), "0": 0.1}, {**LOWER, "relative": 0.1}, None),
        # The mean is far worse because of one seed alone.
        ({**FIVE, "4": 200.0}, {**LOWER, "relative": 0.1}, None),
        ({**FIVE, "4": 200.0}, {"at_most": 100.0}, "200 is over 100"),
        (FIVE, {"at_least": 0.11}, "0.1 is under 0.11"),
        (FIVE, {"at_most": 0.2}, None),
        ({**FIVE, "3": math.nan}, {**LOWER, "relative": 0.1}, "gone or not finite for seed 3"),
        ({"0": 0.1}, {**LOWER, "relative": 1.0}, "gone or not finite for seed 1, 2, 3, 4"),
        ({**FIVE, "3": math.inf}, None, "gone or not finite for seed 3"),
        ({}, None, "gone or not finite for seed 0, 1, 2, 3, 4"),
        ({}, {"optional": True}, None),
    ],
)
def test_what_is_beyond_a_limit(
    here: dict[str, float], limit: dict[str, object] | None, fault: str | None
) -> None:
    judged = limits.judge("mse", FIVE, here, Limit(**limit) if limit else None)
    assert judged.faults == ([fault] if fault else [])
    assert judged.n == sum(math.isfinite(here.get(seed, math.nan)) for seed in FIVE)


def test_one_value_has_no_interval_and_counts_as_it_is() -> None:
    limit = Limit(better="lower", relative=0.1)
    judged = limits.judge("bytes", {"": 100.0}, {"": 111.0}, limit)
    assert (judged.n, judged.interval, judged.faults) == (1, None, ["worse than allowed"])
    assert judged.worse == pytest.approx(0.11)
    assert limits.judge("bytes", {"": 0.0}, {"": 1.0}, limit).faults == ["worse than allowed"]
    assert limits.judge("bytes", {"": 0.0}, {"": 0.0}, limit).faults == []
    assert limits.judge("mse", {"": math.nan}, {"": 1.0}, limit).faults == []  # better than none


def test_the_interval_is_that_of_the_median_and_never_changes() -> None:
    here = {"0": 0.12, "1": 0.12, "2": 0.13, "3": 0.2, "4": 0.15}
    limit = Limit(better="lower", absolute=0.0)
    first = limits.judge("mse", FIVE, here, limit)
    assert first == limits.judge("mse", FIVE, here, limit)
    assert first.worse == pytest.approx(0.01)
    assert first.interval == pytest.approx((0.01, 0.07))


def test_the_first_limit_that_matches_counts() -> None:
    control, rest = Limit(at_most=1.0), Limit(at_most=2.0)
    allowed = {"sizes.control.*": control, "sizes.*.gzip_bytes": rest}
    assert limits.limit_of("sizes.control.stripped.gzip_bytes", allowed) is control
    assert limits.limit_of("sizes.finetuned.stripped.gzip_bytes", allowed) is rest
    assert limits.limit_of("sizes.finetuned.stripped.bytes", allowed) is None


def test_a_comma_stands_between_several_names() -> None:
    allowed = {"a.mse, a.log_*": (both := limits.Limit(at_most=1.0))}
    assert [limits.limit_of(name, allowed) for name in ("a.mse", "a.log_loss", "a.mae")] == [
        both, both, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {better: lower}", "`better` (lower or higher) goes with absolute or relative"),
        ("a: {absolute: 1}", "`better` (lower or higher) goes with absolute or relative"),
        ("a: {better: lower, absolute: 1, relative: 1}", "must have one of them"),
        ("a: {}", "limits nothing"),
        ("a: {better: less, absolute: 1}", "a.better: 'less'"),
        ("a: {better: lower, absolute: -1}", "a.absolute: -1"),
        ("a: {at_mots: 1}", "did you mean 'at_most'?"),
        ("a: {at_most: .nan}", "a.at_most: nan"),
        ("a: 1", "a: 1"),
        ("{}", "must have at least 1"),
        ("- a", "must hold sections"),
        ("*.mse: {at_most: 1}", "not valid YAML"),
    ],
)
def test_limits_that_make_no_sense(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "limits.yaml").write_text(text)
    with pytest.raises(InputError) as raised:
        limits.read(tmp_path / "limits.yaml")
    assert "limits.yaml" in str(raised.value)
    assert message in str(raised.value)


# Against a revision


def test_another_branch(toy: Toy, capsys: pytest.CaptureFixture[str]) -> None:
    toy.write("limits.yaml", LIMITS)
    toy.commit("limits")
    toy.run("git", "checkout", "-q", "-b", "worse")
    assert gate.main(["main"]) == 0
    assert "0 beyond their limits, 0 changed within them, 4 with a limit" in capsys.readouterr().out
    toy.reproduce("score.py", "0.1 +", "0.15 +")
    assert gate.main(["main"]) == 1
    (row,) = [ln for ln in capsys.readouterr().out.splitlines() if ln.startswith("score.small.mse")]
    assert row.split()[:4] == ["score.small.mse", "0.12", "0.17", "+41.7%"]
    assert row.endswith("worse than allowed")
    assert gate.main(["HEAD"]) == 0


def test_output_for_programs_and_for_a_pull_request(
    toy: Toy, capsys: pytest.CaptureFixture[str]
) -> None:
    toy.write("limits.yaml", LIMITS)
    toy.edit("score.py", "'r2': 0.9", "'r2': 0.8, 'n': 1")
    toy.run("dvc", "repro", "-q")
    assert gate.main(["main", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["base"], told["within"], told["new"]) == ("main", False, ["score.n"])
    r2 = {m["metric"]: m for m in told["metrics"]}["score.r2"]
    assert (r2["base"], r2["here"], r2["n"], r2["interval"]) == (0.9, 0.8, 1, None)
    assert r2["worse"] == pytest.approx(0.1)
    assert r2["limit"] == {"better": "higher", "absolute": 0.05}
    assert r2["faults"] == ["worse than allowed"]
    assert gate.main(["main", "--markdown"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "### Gate against main"
    (row,) = [line for line in lines if line.startswith("| score.r2")]
    assert row.count("|") == lines[2].count("|") == 9
    assert "New: score.n." in lines


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("'r2': 0.9", "'other': 1", "score.r2"),
        ("'r2': 0.9", "'r2': float('nan')", "score.r2"),
        ("'r2': 0.9", "'r2': None", "score.r2"),
        ("range(5)", "range(3)", "score.small.mse"),
        ("0.1 + 0.01 * seed", "None if seed == 2 else 0.1", "score.small.mse"),
        ("'small': scores", "'large': scores", "score.small.bytes"),
    ],
)
def test_what_disappeared_or_became_nan_fails(
    toy: Toy, capsys: pytest.CaptureFixture[str], old: str, new: str, fault: str
) -> None:
    """With a limit or without."""
    toy.write("limits.yaml", "score.*.bytes: {at_most: 5}")
    toy.edit("score.py", old, new)
    toy.run("dvc", "repro", "-q")
    assert gate.main(["main"]) == 1
    (row,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith(fault)]
    assert "gone or not finite" in row


def test_nothing_is_overlooked(toy: Toy, capsys: pytest.CaptureFixture[str]) -> None:
    """Truth values, and what stands beside `seeds`."""
    toy.write("limits.yaml", "'*': {better: lower, absolute: 0}")
    toy.edit("score.py", "'r2': 0.9", "'dead': False, 'm': {'seeds': {0: 1}, 'b': 5}")
    toy.run("dvc", "repro", "-q")
    toy.commit("more")
    toy.edit("score.py", "'dead': False, 'm': {'seeds': {0: 1}, 'b': 5}",
             "'dead': True, 'm': {'seeds': {0: 1}, 'b': 6}")  # fmt: skip
    toy.run("dvc", "repro", "-q")
    assert gate.main(["HEAD"]) == 1
    beyond = [
        line.split()[0] for line in capsys.readouterr().out.splitlines() if "worse than a" in line
    ]
    assert beyond[:2] == ["score.dead", "score.m.b"]


def test_names_of_files_with_the_same_stem() -> None:
    assert gate._names({"a/s.json"}) == {"a/s.json": "s"}
    assert gate._names({"s.json", "s.yaml"}) == {"s.json": "s.json", "s.yaml": "s.yaml"}


def test_a_branch_may_have_a_name_of_dvcs_own(toy: Toy) -> None:
    toy.write("limits.yaml", LIMITS)
    toy.commit("limits")
    toy.run("git", "branch", "workspace")
    toy.reproduce("score.py", "0.1 +", "0.15 +")
    assert gate.main(["workspace"]) == 1
    assert gate.main([""]) == 2
    assert gate.main(["HEAD:"]) == 2


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_what_is_not_finite_is_not_under_a_ceiling(value: float) -> None:
    limit = Limit(at_most=5.0)
    assert limits.judge("new", {}, {"": value}, limit).faults == ["not finite"]
    assert limits.judge("old", {"": value}, {"": value}, limit).faults == ["not finite"]


def test_what_cannot_be_compared(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(*arguments: str) -> str:
        assert gate.main([*arguments]) == 2
        return capsys.readouterr().err

    assert "limits.yaml: not found" in told("main")
    toy.write("limits.yaml", LIMITS)
    assert "no-such-branch" in told("no-such-branch")
    toy.write("limits.yaml", LIMITS.replace("score.r2", "score.r3"))
    assert "limits.yaml: score.r3: no metric has such a name" in told("main")
    toy.write("limits.yaml", LIMITS)
    toy.run("git", "checkout", "-q", "--orphan", "nothing")
    toy.run("git", "rm", "-rqf", "--cached", ".")
    toy.run("git", "-c", "user.name=t", "-c", "user.email=t@e", "commit", "-q", "--allow-empty",
            "-m", "nothing")  # fmt: skip
    assert "nothing has no metrics" in told("nothing")
    toy.write("score.json", "{")
    assert "score.json" in told("main")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/limits.yaml").write_text(LIMITS)
    assert "not a git repository" in told("main")
