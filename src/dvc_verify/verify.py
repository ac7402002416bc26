"""Whether the committed code produces the committed results.

`run` clones the current commit, reproduces every stage under varied conditions, and compares the
outputs and metrics. It works in any DVC project in a Git repository.

Exit status: 0 identical; 1 something differs; 2 the check is not possible.
"""

import random
import sys
import tempfile
import traceback
from pathlib import Path

from dvc_verify import (
    clone,
    comparison,
    conditions,
    contents,
    environment_record,
    freshness,
    lock,
    pipeline,
    reproduction,
    signals,
)
from dvc_verify.errors import CheckError


def run(seed: int | None = None, tolerance: float | None = None, *, lock_only: bool = False) -> int:
    """Check the project in the current folder, print a report and return the exit status.

    Args:
        seed: repeats the conditions of an earlier check; None draws one.
        tolerance: compare metrics alone, by value; a fraction of the committed value.
        lock_only: only check whether dvc.lock is stale. This takes seconds.
    """
    with signals.as_interrupts():
        try:
            return _check(seed, tolerance, lock_only)
        except CheckError as error:
            print(f"verify: not checked: {error}", file=sys.stderr)
        except KeyboardInterrupt:
            print("\nverify: not checked: interrupted", file=sys.stderr)
            return 130
        except Exception:  # a bug here must not look like a difference
            traceback.print_exc()
    return 2


def _check(seed: int | None, tolerance: float | None, lock_only: bool) -> int:
    if tolerance is not None and not 0 <= tolerance < 1:
        raise CheckError(f"The tolerance is {tolerance:g}. It must be at least 0 and below 1.")
    commit = clone.current_commit()
    drawn = conditions.draw(random.SystemRandom().randrange(10**6) if seed is None else seed)
    with tempfile.TemporaryDirectory(prefix="dvc-verify-") as folder:
        temporary = Path(folder).resolve()
        project = clone.make(temporary / "work" / drawn.folder, commit)
        lock.read(project, {})  # a missing lock needs no import of DVC, which takes a second
        stages = pipeline.read(project)
        if stages.elsewhere:
            others = ", ".join(stages.elsewhere)
            print(f"verify: leaving out {others}; run the check in their folders too")
        committed = lock.read(project, stages.folders)
        freshness.check(committed, stages)
        print(f"verify: dvc.lock fits the code and parameters of commit {commit.id[:12]}")
        if stages.measured:
            print(f"verify: measured, not compared: {', '.join(sorted(stages.measured))}")
        if lock_only:
            return 0
        print(f"verify: {environment_record.compare(project)}")
        print(f"verify: reproducing with seed {drawn.seed}: {drawn}\n", flush=True)
        before = contents.read(project, stages)
        reproduction.run(project, stages.outputs, drawn, temporary)
        after = contents.read(project, stages)
        new = lock.read(project, stages.folders)
    found = comparison.compare(committed, new, before, after, stages.measured)
    return comparison.report(found, tolerance)
