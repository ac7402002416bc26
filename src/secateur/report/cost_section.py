"""The page's section of what the device pays."""

from typing import Any

from secateur.report import cost_sentences, cost_table, draw_cost_error, draw_zeros
from secateur.report.costs import detail
from secateur.report.results import Results


def section(results: Results, chosen: str | None) -> dict[str, Any]:
    """Return the tables, the pictures and the sentences; `chosen` is the recommended model."""
    found = detail(results)
    return {
        "costs": cost_table.costs(results, found),
        "device_files": cost_table.device_files(results),
        "budget": cost_table.distances(results, found),
        "budget_sentences": cost_sentences.on_budget(results, chosen, found),
        "cost_sentences": cost_sentences.sentences(results),
        "by_shape": draw_zeros.by_shape(results.curve_costs),
        "zeros": [draw_zeros.zeros(results)],
        "error_by_cost": [draw_cost_error.error_by_cost(results)],
    }
