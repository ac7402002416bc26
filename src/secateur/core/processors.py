"""The processors that this process may use, and those that the stages of a run share."""

import os

SHARED = "DVC_PARALLEL_CORES"  # set by `dvc_parallel`, which gives each stage some of them


def usable() -> list[int]:
    """Return their numbers, in order; a container or `taskset` may allow fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def shared() -> list[int]:
    """Return the numbers of those that stages share, even if this one has some of them."""
    given = os.environ.get(SHARED)
    return [int(number) for number in given.split(",")] if given else usable()


def spread() -> None:
    """Let this thread, and what it begins, run on all that stages share."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, shared())
