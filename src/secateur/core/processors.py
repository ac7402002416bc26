"""The processors that this process may use."""

import os


def usable() -> list[int]:
    """Return their numbers, in order; a container or `taskset` may allow fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))
