"""Whether the recommended file of the working tree keeps the budget, for `secateur gate`."""

import json
from typing import Any

from dvc_verify.gate import Beside, Style
from secateur.artifacts import DETAIL, DEVICES
from secateur.command import ship
from secateur.core import params
from secateur.core.errors import InputError
from secateur.devices import measured
from secateur.devices.costs import MeasureCosts
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
        InputError: the section is missing or wrong, or a file of the stage `report` is, or that is
            older than `measure_costs` or than the devices' files.
    """
    file = params.read()
    given: Budget = file.section("budget", Budget)
    if not given.given():
        return None
    model = ship.read().recommended
    if model is None:
        return Beside("budget", [], [NONE], [], [])
    costs = _detail(dict[str, dict[str, Any]], "costs", model)
    _refuse_older(file.section("measure_costs", MeasureCosts))
    judged = budget.judge(given, costs)
    said: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for one in judged:
        sentence = budget.sentence(model, one)
        said[budget.kept(one)].append(markdown(sentence) if style == "markdown" else sentence)
    data = [_entry(model, one) for one in judged]
    return Beside("budget", said[False], said[None], said[True], data)


def _entry(model: str, judged: Judged) -> dict[str, Any]:
    return {"model": model, **judged._asdict(), "kept": budget.kept(judged)}


def _detail(kind: Any, *keys: str) -> Any:
    """Return what stands in `detail.json` under these keys, as the report has written it."""
    place = f"{DETAIL}: {'.'.join(keys)}"
    try:
        found = json.loads(DETAIL.read_text(encoding="utf-8"))
        for key in keys:
            found = found[key]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{place}: {error!r}; `secateur repro` writes it") from None
    return params.validate(kind, found, place)


def _refuse_older(settings: MeasureCosts) -> None:
    """Raise InputError for figures of another NPU, or of other device files, than there are now."""
    for key, value in _detail(dict[str, Any], "made_with", "costs", "ethos_u").items():
        now = getattr(settings, key, value)
        if now != value:
            raise InputError(
                f"{DETAIL}: made_with.costs.ethos_u.{key}: the costs are of {value!r}, and "
                f"params.yaml: measure_costs.{key} is {now!r} now; run `secateur repro`"
            )
    then, now = _detail(dict[str, str], "made_with", "times"), measured.hashes(DEVICES)
    changed = sorted(name for name in {*now, *then} if now.get(name) != then.get(name))
    if changed:
        raise InputError(
            f"{DEVICES}: {', '.join(changed)}: not the file whose times {DETAIL} has; run "
            "`secateur repro`"
        )
