"""The kind `channels`: the baseline without the channels that matter least, trained on."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from secateur.compress import channel_choice, channel_removal
from secateur.keras_io.backend import keras
from secateur.network import channels
from secateur.recipes.channels import Channels
from secateur.trade_off.kinds import Given, Unit
from secateur.train import by_step_cost
from secateur.train.training import Trained, train_seeds


def chosen(given: Given) -> tuple[dict[Unit, np.ndarray], list[str]]:
    """Return the channels that each point loses, and why some sparsities have no point.

    At most as many weights stay as with that sparsity. Points whose networks have the same widths
    are neighbours: one program trains them. Nothing is trained for it.
    """
    baselines = {seed: given.baseline(seed) for seed in given.starts}
    first = next(iter(baselines.values()))
    found = channels.of(first)
    groups = found.groups()
    if not groups:
        kept = "; ".join(f"{layer}: {why}" for layer, why in found.whole.items())
        return {}, [f"no line of channels: none can go; left whole: {kept}"]
    none = np.zeros(0, int)
    whole = channel_choice.weights(first, found, none)
    least = channel_choice.weights(first, found, np.concatenate([own[1:] for own in groups]))
    points, why = dict[Unit, np.ndarray](), list[str]()
    train, _ = given.rows()
    for sparsity in given.settings.sparsities:
        if least > whole * (1 - sparsity):
            why.append(
                f"no point of channels at a sparsity of {sparsity:g}: with one channel in each "
                f"group, {least:,} of {whole:,} weights stay, {least / whole:.1%}"
            )
            continue
        recipe = Channels.model_validate({"keep": {"weights": 1 - sparsity}, "score": "l2"})
        by_widths: dict[tuple[int, ...], dict[Unit, np.ndarray]] = {}
        for seed, model in baselines.items():
            gone = channel_removal.chosen(
                model, recipe, 1, whole, given.task, train, given.settings.training.batch_size, seed
            )
            widths = tuple(int(np.isin(own, gone).sum()) for own in groups)
            by_widths.setdefault(widths, {})[sparsity, seed] = gone
        for own in by_widths.values():
            points |= own
    return points, why


class FewerChannels(NamedTuple):
    """Their trainings, as `train.seeds_apart.Runs`."""

    given: Given
    gone: Mapping[Unit, np.ndarray]  # as `chosen` returns it

    @property
    def name(self) -> str:
        """What messages call them together."""
        return "trade_off, channels"

    def units(self) -> list[Unit]:
        """Return each one's sparsity and seed."""
        return list(self.gone)

    def label(self, unit: Unit) -> str:
        """Return what messages call one."""
        return f"sparsity {unit[0]:g} of seed {unit[1]}"

    def facts(self, unit: Unit) -> tuple[Any, list[Path]]:
        """Return what one follows from, and the file of its baseline."""
        return unit, [self.given.starts[unit[1]]]

    def settings(self) -> Any:
        """Return what all follow from; the other sparsities change none."""
        settings = self.given.settings.model_dump(exclude={"sparsities"})
        return [self.given.task.name, "channels", settings]

    def seconds(self) -> float:
        """Return how long one takes step by step, at most; 0 for a network that is compiled."""
        given, settings = self.given, self.given.settings
        model = given.baseline(self.units()[0][1])
        return by_step_cost.seconds(model, given.rows()[0], settings.training, settings.epochs)

    def run(self, units: Sequence[Unit], checkpoints: Sequence[Path]) -> Iterator[Trained]:
        """Train some in this process, in order; each has a file for its checkpoints."""
        train, validation = self.given.rows()
        settings, files = self.given.settings, iter(checkpoints)

        def smaller() -> Iterator[tuple[int, keras.Model]]:
            for unit in units:
                model = self.given.baseline(unit[1])
                yield (
                    unit[1],
                    channel_removal.without(
                        model, self.gone[unit], train, settings.training.batch_size
                    ),
                )

        for _, alike in itertools.groupby(smaller(), lambda one: one[1].get_config()):
            some = list(alike)
            yield from train_seeds(
                self.given.task, self.name, some, train, validation, settings.training,
                epochs=settings.epochs, patience=None, verbose=False,
                checkpoints=list(itertools.islice(files, len(some))),
            )  # fmt: skip
