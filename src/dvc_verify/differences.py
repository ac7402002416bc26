"""How two runs of a pipeline differ: hashes in their locks, and figures in their metrics."""

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from dvc_verify.lock import Lock
from dvc_verify.paths import overlap


class Output(NamedTuple):
    """An output whose hash is not the committed one."""

    stage: str
    path: str
    committed: str
    new: str
    follows: str  # the first stage that differs, if this stage depends on its outputs


class Metric(NamedTuple):
    """A figure that is not the committed one; None if there is none, or null."""

    file: str
    key: str
    committed: Any
    new: Any

    @property
    def relative(self) -> float:
        """The difference as a fraction of the committed value; infinite if that is 0 or none."""
        if not (_is_number(self.committed) and _is_number(self.new)):
            return math.inf
        if self.committed == self.new:
            return 0.0
        return abs(self.new - self.committed) / abs(self.committed) if self.committed else math.inf


def outputs(
    committed: Lock,
    new: Lock,
    in_git: Mapping[str, tuple[str, str]],
    not_compared: Collection[str] = (),
) -> list[Output]:
    """Each output that differs, in the order in which the stages ran.

    Git itself holds the outputs `in_git`. Each has the hash of its committed file and of the new
    one, because the committed lock may have the new hash beside an old file. An output whose hash
    the committed lock has right may be a dependency with a wrong hash there: this is a difference.
    Outputs in `not_compared` do not count as outputs or as dependencies.
    """
    found: list[Output] = []
    for stage, entry in new.items():
        recorded = committed.get(stage, {})
        causes = [o for o in found if any(overlap(o.path, path) for path in _hashes(entry, "deps"))]
        origin = (causes[0].follows or causes[0].stage) if causes else ""
        for path, old, value in _pairs(recorded, entry, "outs", not_compared):
            if old == value:
                old, value = in_git.get(path, (value, value))
            if old != value:
                found.append(Output(stage, path, old, value, origin))
        for path, old, value in _pairs(recorded, entry, "deps", not_compared):
            if old != value and not any(overlap(o.path, path) for o in found):
                found.append(Output(stage, f"{path} (a dependency)", old, value, origin))
    return found


def metrics(file: str, committed: Any, new: Any) -> list[Metric]:
    """Each figure that differs between two versions of a metrics file; NaN equals NaN."""
    old, now = dict(_leaves(committed)), dict(_leaves(new))
    pairs = ((key, old.get(key), now.get(key)) for key in {**old, **now})
    return [Metric(file, ".".join(key), a, b) for key, a, b in pairs if repr(a) != repr(b)]


def _leaves(data: Any, prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every leaf of nested mappings and lists, by its keys; an empty one is a leaf."""
    items = list(enumerate(data)) if isinstance(data, list) else None
    if isinstance(data, Mapping):
        items = list(data.items())
    if not items:
        yield prefix, data
    for key, value in items or ():
        yield from _leaves(value, (*prefix, str(key)))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _pairs(
    old: Mapping[str, Any], new: Mapping[str, Any], part: str, not_compared: Collection[str]
) -> Iterator[tuple[str, str, str]]:
    """Path, committed hash and new hash of all `outs` or `deps` in either entry of a lock."""
    before, now = _hashes(old, part), _hashes(new, part)
    for path in {**now, **before}:
        if any(overlap(path, skipped) for skipped in not_compared):
            continue
        (one, its_size), (other, size) = (h.get(path, ("none", "")) for h in (before, now))
        sized = one == other and its_size != size
        yield path, one + its_size * sized, other + size * sized


def _hashes(entry: Mapping[str, Any], part: str) -> dict[str, tuple[str, str]]:
    """Hash and size by path of an entry's `outs` or `deps`."""
    return {
        item["path"]: (str(item.get(item.get("hash", "md5"))), f" ({item.get('size')} bytes)")
        for item in entry.get(part, ())
    }
