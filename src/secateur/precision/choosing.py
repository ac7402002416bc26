"""The cheapest precision of each layer that keeps the error, found greedily from single changes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from secateur.export.by_layer import Assignment, Precision
from secateur.precision.trials import Figures, Measure

ACTIVATIONS = "all activations"  # beside layers, whose names have no space


class Trial(NamedTuple):
    """A file that differs in one thing from that of int8 alone."""

    part: str  # a layer, or `ACTIVATIONS`
    precision: str
    figures: Figures


class Choice(NamedTuple):
    """What is chosen, and what it follows from."""

    whole: Figures  # of int8 alone
    singles: list[Trial]
    precision: Assignment
    figures: Figures  # of what is chosen

    def within(self, largest: float) -> bool:
        """Return whether the choice keeps the error."""
        return self.figures.ratio <= largest


def cheapest(
    kernels: Mapping[str, Sequence[Precision]], measure: Measure, largest: float
) -> Choice:
    """Return the smallest file found whose error is at most `largest` times the float file's.

    First each change is measured by itself, from int8 alone. As long as the error is too large,
    what helps most for its bytes is made more precise: activations int16, or a layer float32. Then
    int4 is tried for one layer after the other, those first that lose least for what they save;
    each stays if the file of all that was chosen before it and of it keeps the error. Devices have
    no kernels for int4 weights beside int16 activations. Where no choice keeps the error, the one
    with the least is returned.

    Args:
        kernels: what each layer's kernel may be.
        measure: makes and measures a file.
        largest: ratio of errors.
    """
    now = Assignment(weights=dict.fromkeys(kernels, "int8"))
    whole = measure(now)
    singles = [Trial(part, of, measure(_with(now, part, of))) for part, of in _changes(kernels)]

    def worth(trial: Trial) -> float:
        """Return how much less error a change brings for each byte that it costs."""
        return (whole.ratio - trial.figures.ratio) / max(
            trial.figures.gzip_bytes - whole.gzip_bytes, 1
        )

    def loss(trial: Trial) -> float:
        """Return how much more error a change brings for each byte that it saves."""
        return (trial.figures.ratio - whole.ratio) / (whole.gzip_bytes - trial.figures.gzip_bytes)

    better = [trial for trial in singles if trial.figures.ratio < whole.ratio]
    for trial in sorted(better, key=worth, reverse=True):
        changed = _with(now, trial.part, trial.precision)
        if measure(now).ratio > largest and measure(changed).ratio < measure(now).ratio:
            now = changed
    smaller = [
        trial
        for trial in singles
        if trial.precision == "int4" and trial.figures.gzip_bytes < whole.gzip_bytes
    ]
    for trial in sorted(smaller, key=loss) if now.activations == "int8" else ():
        changed = _with(now, trial.part, trial.precision)
        if now.weights[trial.part] != "int8" or measure(now).ratio > largest:
            continue
        found = measure(changed)
        if found.ratio <= largest and found.gzip_bytes < measure(now).gzip_bytes:
            now = changed
    return Choice(whole, singles, now, measure(now))


def _changes(kernels: Mapping[str, Sequence[Precision]]) -> Iterator[tuple[str, str]]:
    yield ACTIVATIONS, "int16"
    for layer, precisions in kernels.items():
        yield from ((layer, own) for own in precisions if own != "int8")


def _with(precision: Assignment, part: str, of: str) -> Assignment:
    changed = precision.model_dump()
    if part == ACTIVATIONS:
        changed["activations"] = of
    else:
        changed["weights"][part] = of
    return Assignment.model_validate(changed)
