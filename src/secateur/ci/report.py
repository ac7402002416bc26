"""What `gate` found, for people and for programs."""

import json
import math

from tabulate import tabulate

from secateur.ci.limits import Limit, Verdict

FEW = 20  # names to list before saying how many more there are


def table(base: str, verdicts: list[Verdict], new: list[str], style: str) -> str:
    """What is beyond its limit, then what has changed within it."""
    beyond = [verdict for verdict in verdicts if verdict.faults]
    within = [v for v in verdicts if v.limit and not v.faults]
    changed = [v for v in within if v.worse > 0 or v.worse < 0 or v.base != v.here]
    rows = [
        (
            v.metric, f"{v.base:.4g}", f"{v.here:.4g}", _change(v.worse, v.limit),
            " to ".join(_change(end, v.limit) for end in v.interval) if v.interval else "-",
            v.n, _allowed(v.limit), "; ".join(v.faults) or "within",
        )
        for v in [*beyond, *changed]
    ]  # fmt: skip
    head = ["metric", base, "here", "worse by", "95% interval", "n", "allowed", "verdict"]
    lines = [f"### Gate against {base}\n" if style == "pipe" else f"gate: against {base}\n"]
    if rows:
        lines += [tabulate(rows, head, style, disable_numparse=True), ""]
    if new:
        more = f" and {len(new) - FEW} more" if len(new) > FEW else ""
        lines.append(f"New: {', '.join(new[:FEW])}{more}.")
    lines.append(
        f"{len(beyond)} beyond their limits, {len(changed)} changed within them, "
        f"{len(within) - len(changed)} with a limit unchanged, "
        f"{sum(not v.limit for v in verdicts)} without a limit. Medians over n seeds; worse only "
        "where the whole interval of the median difference by seed is."
    )
    return "\n".join(lines)


def _change(value: float, limit: Limit | None) -> str:
    if limit is None or math.isnan(value):
        return "-"
    return f"{value:+.4g}" if limit.relative is None else f"{value:+.1%}"


def _allowed(limit: Limit | None) -> str:
    if limit is None:
        return "-"
    words = {
        "{:g}": limit.absolute, "{:.4g} of it": limit.relative,
        "at most {:g}": limit.at_most, "at least {:g}": limit.at_least,
    }  # fmt: skip
    return ", ".join(text.format(value) for text, value in words.items() if value is not None)


def as_json(base: str, verdicts: list[Verdict], new: list[str]) -> str:
    """Everything, for programs; a number that is none is null."""

    def finite(value: float) -> float | None:
        return value if math.isfinite(value) else None

    listed = [
        {
            "metric": v.metric,
            "base": finite(v.base),
            "here": finite(v.here),
            "n": v.n,
            "worse": finite(v.worse),
            "interval": v.interval and [finite(end) for end in v.interval],
            "limit": v.limit and v.limit.model_dump(exclude_defaults=True),
            "faults": v.faults,
        }
        for v in verdicts
    ]
    within = not any(verdict.faults for verdict in verdicts)
    return json.dumps({"base": base, "within": within, "new": new, "metrics": listed}, indent=2)
