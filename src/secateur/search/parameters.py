"""Parameters of `search`: what varies, what is to be small, and how long it may take."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from secateur.core.errors import InputError, did_you_mean
from secateur.core.params import Params
from secateur.core.seeds import Seeds
from secateur.recipes.recipe import RecipeName
from secateur.recipes.trial import Device

Figure = Literal[
    "error", "error_ratio", "accuracy_loss", "gzip_bytes", "file_bytes", "macs", "arena_bytes",
    "cycles", "sram_kib", "flash_kib",
]  # fmt: skip
# Figures that one device alone has.
ONLY: dict[str, Device] = {
    "arena_bytes": "microcontroller", "cycles": "ethos_u", "sram_kib": "ethos_u",
    "flash_kib": "ethos_u",
}  # fmt: skip
Number = int | float
Value = bool | int | float | str


class Range(Params):
    """All numbers between two, the ends included; whole ones where both ends are."""

    low: Annotated[Number, Field(description="The least")]
    high: Annotated[Number, Field(description="The most")]
    log: Annotated[
        bool, Field(description="Try as many between 1 and 10 as between 10 and 100")
    ] = False
    step: Annotated[
        Number | None, Field(gt=0, description="Only `low`, `low` + `step`, and so on")
    ] = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low {self.low}, high {self.high}: low must be below high")
        if self.log and self.low <= 0:
            raise ValueError(f"low {self.low}: must be above 0 with log: true")
        if self.log and self.step is not None:
            raise ValueError("log with step: leave one of them out")
        if self.whole and isinstance(self.step, float):
            raise ValueError(f"step {self.step}: must be whole, as low and high are")
        if self.step is not None and not self.has(self.high):
            raise ValueError(
                f"high {self.high}: is no whole number of steps of {self.step} above low {self.low}"
            )
        return self

    @property
    def whole(self) -> bool:
        """Whether the numbers are whole."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def has(self, value: Value) -> bool:
        """Whether a value is one of the numbers."""
        if isinstance(value, str | bool) or not self.low <= value <= self.high:
            return False
        if self.whole and not isinstance(value, int):
            return False
        steps = (value - self.low) / (self.step or 1)
        return (self.step is None) or abs(steps - round(steps)) < 1e-9

    def ends(self) -> list[Value]:
        """Return the least and the most."""
        return [self.low, self.high]


def _no_repeats(values: list[Any]) -> list[Any]:
    if len({(type(value), value) for value in values}) < len(values):
        raise ValueError(f"{values}: give each once")
    return values


Choices = Annotated[list[Value], Field(min_length=2, max_length=100), AfterValidator(_no_repeats)]
# Told apart before they are checked, so that a mistake in one is not one in the other, too.
Varied = Annotated[
    Annotated[Range, Tag("range")] | Annotated[Choices, Tag("list")],
    Discriminator(lambda given: "list" if isinstance(given, list) else "range"),
]


def _of_recipe(key: str) -> str:
    # A part may be a pattern of layers, as in `schedule`.
    if len(key) > 200 or not re.fullmatch(r"recipes\.[a-z][a-z0-9_]*(\.[^.\s]+)+", key):
        raise ValueError(
            f"{key!r}: must be recipes.NAME.KEY, such as recipes.small.schedule.final_sparsity"
        )
    return key


Key = Annotated[str, AfterValidator(_of_recipe)]


class Search(Params):
    """Parameters of `search`."""

    recipe: Annotated[
        RecipeName,
        Field(description="The recipe whose file is to be small; it may start from others"),
    ]
    device: Annotated[
        Device,
        Field(
            description="What runs the file: of a trial's files, the one that this device would get"
        ),
    ] = "cpu"
    vary: Annotated[
        dict[Key, Varied],
        Field(
            min_length=1,
            max_length=50,
            description="What varies: lines `recipes.NAME.KEY: [VALUE, …]` or `{low: , high: }`, "
            "of the recipe or of those that it starts from",
        ),
    ]
    minimize: Annotated[
        list[Figure],
        Field(
            min_length=1,
            max_length=3,
            description="What is to be small. Of several the search finds a front, and the best "
            "of it is the one with the least of the first: `error` (the file's, on validation "
            "rows), `error_ratio` (to the baseline's), `accuracy_loss` (the baseline's accuracy "
            "less the file's; 0.01: one point), `gzip_bytes`, `file_bytes`, `macs`; with `device: "
            "microcontroller` `arena_bytes`; with `device: ethos_u` `cycles`, `sram_kib`, "
            "`flash_kib`",
        ),
        AfterValidator(_no_repeats),
    ]
    at_most: Annotated[
        dict[Figure, float],
        Field(
            description="The largest value of figures, as in `minimize`; beside it, the costs of "
            "the section `budget` that a trial knows must be kept"
        ),
    ] = Field({})
    trials: Annotated[int, Field(ge=1, le=100_000, description="How many recipes are tried")]
    minutes: Annotated[
        float | None,
        Field(gt=0, le=1e6, description="No trial begins later; null: no limit"),
    ] = None
    sampler: Annotated[
        Literal["TPE", "NSGAII"],
        Field(
            description="Which of Optuna's samplers proposes recipes: the tree-structured Parzen "
            "estimator (Bergstra et al. 2011) or NSGA-II (Deb et al. 2002)"
        ),
    ] = "TPE"
    seed: Annotated[int, Field(ge=0, lt=2**32, description="Of the sampler")] = 0
    reduction_factor: Annotated[
        int,
        Field(
            ge=1,
            le=1000,
            description="One in so many trials gets all seeds: those that are the best with the "
            "first seed alone, as they end and in the end (successive halving, Li et al. 2020); "
            "1: all of them",
        ),
    ] = 4
    under_way: Annotated[
        int,
        Field(
            ge=1, le=1000,
            description="How many trials may be under way at once. Proposals do not know of those, "
            "nor of how many workers there are: the same search makes the same trials on any",
        ),
    ] = 8  # fmt: skip
    rows: Annotated[
        int,
        Field(
            ge=1, le=1_000_000,
            description="Maximum number of validation rows, evenly spaced, that each file predicts",
        ),
    ] = 1000  # fmt: skip
    unseen_seeds: Annotated[
        Seeds,
        Field(description="With which the best trial is trained again; none of `seeds`"),
    ]

    def check(
        self, seeds: list[int], recipes: Mapping[str, Any], chain: list[str], classes: bool
    ) -> None:
        """Raise InputError where the section does not fit the others.

        Args:
            seeds: of the project.
            recipes: the section `recipes`, as it stands in the file.
            chain: the recipe and those that it starts from.
            classes: whether the task is one of classes.
        """
        if both := sorted({*seeds} & {*self.unseen_seeds}):
            raise InputError(
                f"search.unseen_seeds: {both[0]}: is one of `seeds`, which the search sees; must "
                "be another"
            )
        for figure in (*self.minimize, *self.at_most):
            self._check_figure(figure, classes)
        for key in self.vary:
            _, name, *rest = key.split(".")
            if rest == ["start"]:
                raise InputError(
                    f"search.vary: {key!r}: where a recipe starts cannot vary; search once for each"
                )
            if name not in chain:
                why = "does not lead to it" if name in recipes else "no such recipe"
                raise InputError(
                    f"search.vary: {key!r}: {name!r}: {why}{did_you_mean(name, chain)}; the file "
                    f"is of {self.recipe!r}, so must be of {', '.join(chain)}"
                )

    def _check_figure(self, figure: str, classes: bool) -> None:
        where = "minimize" if figure in self.minimize else "at_most"
        device = ONLY.get(figure, self.device)
        if device != self.device:
            raise InputError(
                f"search.{where}: {figure!r}: a figure of device: {device}, and the search is for "
                f"{self.device}; set search.device: {device}"
            )
        if figure == "accuracy_loss" and not classes:
            raise InputError(
                f"search.{where}: {figure!r}: a figure of classes, and this task predicts "
                "numbers; take error or error_ratio"
            )

    def limits(self, budget: Mapping[str, float]) -> dict[str, float]:
        """Return the largest value of each figure that has one; `budget` is that of the file."""
        known = ("file_bytes", "macs", *(name for name, own in ONLY.items() if own == self.device))
        found = {name: most for name, most in budget.items() if name in known}
        for name, most in self.at_most.items():
            found[name] = min(most, found.get(name, most))
        return found
