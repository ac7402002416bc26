"""Whether the recommended file of the working tree keeps the budget, for `secateur gate`."""

import json
from typing import Any

from dvc_verify.gate import Beside, Style
from secateur.artifacts import DETAIL
from secateur.command import ship
from secateur.core import params
from secateur.core.errors import InputError
from secateur.report import budget
from secateur.report.budget import Budget, Judged
from secateur.report.formatting import markdown

NONE = (
    "no model is recommended, so nobody knows what would ship and whether it keeps the budget; "
    "metrics/report.md says why"
)


def found(style: Style) -> Beside | None:
    """Judge the recommended file by `params.yaml`; None if there is no budget.

    Raises:
        InputError: the section is missing or wrong, or a file of the stage `report` is.
    """
    given: Budget = params.read().section("budget", Budget)
    if not given.given():
        return None
    model = ship.read().recommended
    if model is None:
        return Beside("budget", [], [NONE], [], [])
    judged = budget.judge(given, _costs(model))
    said: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for one in judged:
        sentence = budget.sentence(model, one)
        said[budget.kept(one)].append(markdown(sentence) if style == "markdown" else sentence)
    data = [_entry(model, one) for one in judged]
    return Beside("budget", said[False], said[None], said[True], data)


def _entry(model: str, judged: Judged) -> dict[str, Any]:
    return {"model": model, **judged._asdict(), "kept": budget.kept(judged)}


def _costs(model: str) -> dict[str, Any]:
    """Read a model's costs, as the report has written them."""
    try:
        costs = json.loads(DETAIL.read_text(encoding="utf-8"))["costs"][model]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{DETAIL}: costs.{model}: {error!r}; `secateur repro` writes it"
        ) from None
    read: dict[str, Any] = params.validate(
        dict[str, dict[str, Any]], costs, f"{DETAIL}: costs.{model}"
    )
    return read
