"""Which results are checked out, so that `dvc.lock` gets its entries in DVC's order."""

from pathlib import Path
from typing import Any

from dvc_parallel.plan import Node, Plan, State
from dvc_parallel.restore import _in_order


def plan(**stages: tuple[State, Any]) -> Plan:
    """A plan of stages in this order: what to do with each, and its entry in `dvc.lock`."""
    nodes = {
        name: Node("dvc.yaml", name, lock, [], [], [], {}, "true", True, False, state)
        for name, (state, lock) in stages.items()
    }
    return Plan(Path(), nodes)


def restored(found: Plan) -> list[str]:
    return [entry["name"] for entry in _in_order(found, {name: {} for name in found.to_run()})]


def test_all_that_is_done_in_dvcs_order() -> None:
    assert restored(plan(b=("run", None), same=("unchanged", {"cmd": ""}), a=("run", None))) == [
        "b",
        "a",
    ]


def test_no_new_entry_after_a_new_stage_that_is_not_done() -> None:
    done = ("run", None)
    assert restored(plan(a=done, here=("here", None), b=done, c=("run", {"cmd": ""}))) == ["a", "c"]
    assert restored(plan(a=done, here=("here", {"cmd": ""}), b=done)) == ["a", "b"]
