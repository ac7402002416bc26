"""`kill -9` at random moments leaves nothing that changes a later result."""

import random
from pathlib import Path

from dvc_projects import Make
from kills import STAGES, disturb, prepare


def test_a_run_after_kills_gives_what_an_undisturbed_one_gives(make: Make, tmp_path: Path) -> None:
    fresh = make(STAGES)
    prepare(fresh)
    project = fresh.copy(tmp_path / "other")
    killed = disturb(project, fresh, kills=20, rounds=1, chance=random.Random(0), longest=2.5)
    assert killed["the command"]
