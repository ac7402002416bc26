"""The tables of what each model's files cost, and of how far that is from a budget."""

from secateur.report import budget
from secateur.report.costs import cost, file_for, latency, left_to_cpu, ratio, reference, types
from secateur.report.formatting import number, printable
from secateur.report.results import Results
from secateur.report.table import Cell, Table

MARK = "!"  # beside what a file costs that is not as good as its source model; plain ASCII
# Head, device, and key in `costs.json`.
COLUMNS = (
    ("MACs", "cpu", "macs"),
    ("peak of activations, bytes", "cpu", "peak_activation_bytes"),
    ("microcontroller: file, bytes", "microcontroller", "bytes"),
    ("microcontroller: arena, bytes", "microcontroller", "arena_bytes"),
    ("Ethos-U: cycles", "ethos_u", "cycles"),
    ("Ethos-U: SRAM, KiB", "ethos_u", "sram_kib"),
    ("Ethos-U: flash, KiB", "ethos_u", "flash_kib"),
)


def costs(results: Results, found: budget.Costs) -> Table:
    """Return a row per model: each cost, and its ratio to that of the model's control.

    A control trains alike and prunes nothing; a model without one is compared with the baseline.
    `found` is what `costs.detail` returns.
    """
    head = ["model", "compared with", "file to ship, gzipped bytes"]
    head += [name for name, *_ in COLUMNS]
    head += [f"time on {printable(device)}, microseconds" for device in results.measured]
    rows = []
    for model in results.models:
        other = reference(results, model)
        row = [Cell(model, model), Cell(other or "-", other or ""), _bytes(results, model, other)]
        row += [_cost(results, model, other, device, key) for _, device, key in COLUMNS]
        row += [_time(results, model, device) for device in results.measured]
        rows.append(row)
    if results.budget.given():
        head.append("budget")
        for row, model in zip(rows, results.models, strict=True):
            text = _kept(budget.judge(results.budget, found[model]))
            row.append(Cell(text, text))
    return Table("costs", list(map(Cell, head)), rows)


def device_files(results: Results) -> Table:
    """Return a row per model: which file each device gets, and the file's test error."""
    error = f"test {results.data.task.label}"
    head = ["model", *(f"file for {name}, {error}" for name in budget.DEVICES.values())]
    rows = [
        [Cell(model, model), *(_file(results, model, device) for device in budget.DEVICES)]
        for model in results.models
    ]
    return Table("device_files", list(map(Cell, head)), rows)


def distances(results: Results, found: budget.Costs) -> Table | None:
    """Return a row per model: each budgeted cost, and how far it is from its budget."""
    given = results.budget.given()
    if not given:
        return None
    head = ["model", *(f"{name}, at most {budget.number(most)}" for name, most in given.items())]
    rows = []
    for model in results.models:
        judged = budget.judge(results.budget, found[model])
        rows.append([Cell(model, model), *map(_distance, judged)])
    return Table("budget", list(map(Cell, head)), rows)


def _bytes(results: Results, model: str, other: str | None) -> Cell:
    def size(name: str) -> float | None:
        if file_for(results, name, "cpu") is None:
            return None
        return budget.finite(results.sizes[name][results.ships(name)]["gzip_bytes"]["median"])

    kinds = types(results, model, other, "cpu")
    return _cell(size(model), size(other) if other else None, kinds)


def _cost(results: Results, model: str, other: str | None, device: str, key: str) -> Cell:
    beside = cost(results, other, device, key) if other else None
    # Each type of a file has the same multiply-adds.
    kinds = None if key == "macs" else types(results, model, other, device)
    cell = _cell(cost(results, model, device, key), beside, kinds)
    file = file_for(results, model, device)
    if file is None or not isinstance(cell.value, float):
        return cell
    more = "\xa0+\xa0CPU" if device == "ethos_u" and left_to_cpu(file) else ""
    marked = "" if file.good else f"\xa0{MARK}"
    return cell._replace(text=f"{cell.text}{more}{marked}")


def _cell(own: float | None, beside: float | None, kinds: tuple[str, str] | None = None) -> Cell:
    """Return a cost with its ratio to another, which says of which types the two are if of two."""
    if own is None:
        return Cell("-")
    said = share(ratio(own, beside))
    if said and kinds:
        said = f" ({kinds[0]}, {said[2:-1]} of {kinds[1]})"
    return Cell(f"{amount(own)}{said}", float(own))


def amount(own: float) -> str:
    """Format a figure: a small one, such as KiB of a small network, with three digits."""
    return f"{own:,.0f}" if own >= 100 or own == int(own) else f"{own:.3g}"


def share(found: float | None) -> str:
    """Format a ratio behind a figure; nothing if there is none."""
    if found is None:
        return ""
    return f" ({found:.2f})" if found >= 0.1 or not found else f" ({found:.2g})"


def _time(results: Results, model: str, device: str) -> Cell:
    found = latency(results, model, device)
    if found.us is None:
        return Cell(found.why)
    said = share(found.of_control)
    if said and found.kinds[0] != found.kinds[1]:
        said = f" ({found.kinds[0]}, {said[2:-1]} of {found.kinds[1]})"
    return Cell(f"{amount(found.us)}{said}", found.us)


def _file(results: Results, model: str, device: str) -> Cell:
    file = file_for(results, model, device)
    if file is None:
        return Cell("-")
    worse = "" if file.good else f"\xa0{MARK} ({budget.apart(file.above)} its source)"
    return Cell(f"{file.artifact}, {number(file.error)}{worse}", file.error)


def _kept(judged: list[budget.Judged]) -> str:
    """Say which budgets a model breaks, and which it may break for all that is known."""
    broken = [one.cost for one in judged if budget.kept(one) is False]
    unknown = [one.cost for one in judged if budget.kept(one) is None]
    listed = {"breaks": broken, "unknown:": unknown}
    parts = [f"{what} {', '.join(names)}" for what, names in listed.items() if names]
    return "; ".join(parts) or "keeps it"


def _distance(judged: budget.Judged) -> Cell:
    if judged.figure is None:
        return Cell("unknown")
    away = budget.distance(judged)
    return Cell(f"{budget.number(judged.figure)}, {budget.apart(away)}", away)
