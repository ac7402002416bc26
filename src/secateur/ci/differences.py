"""How two runs of a pipeline differ, by what `dvc.lock` and the metrics say."""

import math
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

Lock = Mapping[str, Mapping[str, Any]]  # the `stages` of a dvc.lock


class Output(NamedTuple):
    """An output whose hash is not the committed one."""

    stage: str
    path: str
    committed: str
    new: str
    follows: str  # the stage where it begins, if this one depends on an output that differs


class Metric(NamedTuple):
    """A figure that is not the committed one; None: not there, or null."""

    file: str
    key: str
    committed: Any
    new: Any

    @property
    def relative(self) -> float:
        """The difference as a fraction of the committed value; infinite where there is none."""
        if not (_is_number(self.committed) and _is_number(self.new)):
            return math.inf
        if self.committed == self.new:
            return 0.0
        return abs(self.new - self.committed) / abs(self.committed) if self.committed else math.inf


def outputs(committed: Lock, new: Lock, in_git: Mapping[str, tuple[str, str]]) -> list[Output]:
    """Each output that differs, in the order of `new`, in which the stages ran.

    `in_git` are outputs that Git holds, with the hash of what was committed and of what was made:
    such a file may differ where the committed lock does not. A dependency that the committed lock
    has wrong, though the output it names is right, is told too.
    """
    found: list[Output] = []
    for stage, entry in new.items():
        recorded = committed.get(stage, {})
        causes = [o for o in found if any(touch(o.path, need) for need in _hashes(entry, "deps"))]
        origin = (causes[0].follows or causes[0].stage) if causes else ""
        for path, old, value in _pairs(recorded, entry, "outs"):
            if old == value:
                old, value = in_git.get(path, (value, value))
            if old != value:
                found.append(Output(stage, path, old, value, origin))
        for path, old, value in _pairs(recorded, entry, "deps"):
            if old != value and not any(touch(o.path, path) for o in found):
                found.append(Output(stage, f"{path} (a dependency)", old, value, origin))
    return found


def metrics(file: str, committed: Any, new: Any) -> list[Metric]:
    """Each figure that differs between two versions of a metrics file; NaN equals NaN."""
    old, now = dict(_flat(committed)), dict(_flat(new))
    pairs = ((key, old.get(key), now.get(key)) for key in {**old, **now})
    return [Metric(file, ".".join(key), a, b) for key, a, b in pairs if repr(a) != repr(b)]


def touch(one: str, other: str) -> bool:
    """Whether two paths are the same, or one lies in the other."""
    a, b = PurePosixPath(one), PurePosixPath(other)
    return a == b or a in b.parents or b in a.parents


def _flat(data: Any, prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every leaf of a nested mapping or list by its keys; an empty one is a leaf."""
    items = list(enumerate(data)) if isinstance(data, list) else None
    if isinstance(data, Mapping):
        items = list(data.items())
    if not items:
        yield prefix, data
    for key, value in items or ():
        yield from _flat(value, (*prefix, str(key)))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _pairs(
    old: Mapping[str, Any], new: Mapping[str, Any], part: str
) -> Iterator[tuple[str, str, str]]:
    """Path, committed and new hash of all that either entry of a lock has."""
    before, now = _hashes(old, part), _hashes(new, part)
    for path in {**now, **before}:
        (one, its_size), (other, size) = (h.get(path, ("none", "")) for h in (before, now))
        sized = one == other and its_size != size
        yield path, one + its_size * sized, other + size * sized


def _hashes(entry: Mapping[str, Any], part: str) -> dict[str, tuple[str, str]]:
    """Hash and size by path of an entry's `outs` or `deps`."""
    return {
        item["path"]: (str(item.get(item.get("hash", "md5"))), f" ({item.get('size')} bytes)")
        for item in entry.get(part, ())
    }
