"""Which stage to run next: of those that can run, the one with the longest path behind it."""

import heapq
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import Generic, TypeVar

Node = TypeVar("Node", bound=Hashable)


class Schedule(Generic[Node]):
    """Nodes that wait, can run, run, or are done; `next` returns each once.

    `upstream` has, for each node, those that must be done before it. `seconds` has the time of
    each, where it is known. Nodes of the same urgency come in the order of `upstream`.
    """

    def __init__(
        self, upstream: Mapping[Node, Iterable[Node]], seconds: Mapping[Node, float]
    ) -> None:
        self.waiting: dict[Node, set[Node]] = {}
        self.downstream: dict[Node, list[Node]] = defaultdict(list)
        self.ready: list[tuple[float, int, Node]] = []
        self.order: dict[Node, int] = {}
        self.path: dict[Node, float] = {}
        self.add(upstream, seconds)

    def add(self, upstream: Mapping[Node, Iterable[Node]], seconds: Mapping[Node, float]) -> None:
        """Add nodes; those before them are among them."""
        added = {node: set(before) for node, before in upstream.items()}
        for node, before in added.items():
            self.order[node] = len(self.order)
            for other in before:
                self.downstream[other].append(node)
        self.path |= longest_paths(added, self.downstream, seconds)
        self.waiting |= added
        for node in [node for node, before in added.items() if not before]:
            self._make_ready(node)

    def next(self) -> Node | None:
        """The most urgent node that can run; None where none can."""
        return heapq.heappop(self.ready)[2] if self.ready else None

    def done(self, node: Node) -> None:
        """Note that a node is done; nodes that waited for it alone can run now."""
        for other in self.downstream[node]:
            if other in self.waiting:
                self.waiting[other].discard(node)
                if not self.waiting[other]:
                    self._make_ready(other)

    def failed(self, node: Node) -> list[Node]:
        """Note that a node failed, and return, in order, all nodes after it: they will not run."""
        lost: set[Node] = set()
        found = [node]
        while found:
            for other in self.downstream[found.pop()]:
                if other in self.waiting:
                    del self.waiting[other]
                    lost.add(other)
                    found.append(other)
        return sorted(lost, key=self.order.__getitem__)

    def _make_ready(self, node: Node) -> None:
        del self.waiting[node]
        heapq.heappush(self.ready, (-self.path[node], self.order[node], node))


def simulated_seconds(
    upstream: Mapping[Node, Iterable[Node]], seconds: Mapping[Node, float], jobs: int
) -> float:
    """How long all nodes take, so many at once; a node without a known time takes none."""
    schedule = Schedule({node: list(before) for node, before in upstream.items()}, seconds)
    now, order = 0.0, 0
    running: list[tuple[float, int, Node]] = []
    while True:
        while len(running) < jobs and (node := schedule.next()) is not None:
            order += 1
            heapq.heappush(running, (now + seconds.get(node, 0.0), order, node))
        if not running:
            return now
        now, _, done = heapq.heappop(running)
        schedule.done(done)


def longest_paths(
    upstream: Mapping[Node, Iterable[Node]],
    downstream: Mapping[Node, Iterable[Node]],
    seconds: Mapping[Node, float],
) -> dict[Node, float]:
    """Seconds from the start of each node to the end of the last node after it.

    A node without a known time takes the median of the known ones, or a second.
    """
    known = sorted(seconds.values())
    usual = known[len(known) // 2] if known else 1.0
    path: dict[Node, float] = {}
    remaining = {node: len(list(downstream.get(node, ()))) for node in upstream}
    ends = [node for node, count in remaining.items() if not count]
    while ends:
        node = ends.pop()
        after = (path[other] for other in downstream.get(node, ()))
        path[node] = seconds.get(node, usual) + max(after, default=0.0)
        for other in upstream[node]:
            remaining[other] -= 1
            if not remaining[other]:
                ends.append(other)
    return path
