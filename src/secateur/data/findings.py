"""What a source holds: each column's kind and values, and what in it may be meant otherwise.

It refuses little: what `reading` refuses is a doubt here, with the line that settles it.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from secateur.core.errors import InputError
from secateur.core.tasks import TaskName
from secateur.data import (
    columns,
    counted,
    doubts,
    found_arrays,
    found_pictures,
    identifiers,
    image_folder,
    looking,
    sources,
    spelling,
    split_by,
    targets,
)
from secateur.data.found import Column, Doubt, Findings, Level, Role
from secateur.data.looking import Look
from secateur.data.parameters import COLUMN_LISTS, Data
from secateur.data.reading import INDEX
from secateur.data.spelled import Table
from secateur.data.splitting import Split


def find(
    data: Data,
    task: TaskName | None = None,
    how: Split | None = None,
    has_target: bool = True,
) -> Findings:
    """Look at a source, before anything is split; a large one is sampled, and `looked_at` says so.

    Without a target all columns are inputs.

    Raises:
        InputError: there is no such source, column or array, or it is damaged.
    """
    where = data.source
    if image_folder.is_one(where):
        return found_pictures.in_folder(data)
    kind = sources.kind(where)
    file = sources.fetch(where) if sources.is_url(where) else sources.local(where)
    if isinstance(file, dict) or kind == ".npz":
        return found_arrays.find(
            data, file if isinstance(file, dict) else {where: file}, has_target
        )
    if kind not in (*sources.TABLES, ".parquet"):
        raise sources.unknown(where)
    look = looking.at_parquet(data, file) if kind == ".parquet" else looking.at_csv(data, file)
    return _table(data, task, how, look, has_target)


def _table(
    data: Data, task: TaskName | None, how: Split | None, look: Look, has_target: bool
) -> Findings:
    targets_ = data.targets if has_target else []
    anomaly = [] if data.anomaly is None else [data.anomaly]
    special = {"target": targets_, "anomaly": anomaly}
    for key in (*special, *COLUMN_LISTS):
        for name in special[key] if key in special else getattr(data, key) or []:
            columns.check_known(f"{data.source}: data.{key}", name, look.names)
    split_by.check_known(how, data.source, look.names)
    found, said, read = list[Column](), list[Doubt](), dict[str, columns.Column]()
    for name in look.names:
        role = _role(data, how, name, targets_)
        column, own, values = _column(data, task, look, name, role, targets_)
        found.append(column)
        said += own
        if values is not None and role in ("input", "target"):
            read[name] = values
    for target in targets_:
        if target in read:
            for name, values in read.items():
                said += doubts.of_leak(data, name, values, target, read[target])
    said += _missing(data, found)
    named = data.target_name if has_target else None
    return Findings(data.source, look.rows, look.looked_at, named, tuple(found), tuple(said))


def _role(data: Data, how: Split | None, name: str, targets_: list[str]) -> Role:
    if name in targets_:
        return "target"
    if name == data.anomaly:
        return "anomaly"
    if name in split_by.names(how):
        return "split"
    used = name in data.features if data.features else name not in data.drop
    return "input" if used and not INDEX.fullmatch(name) else "left out"


def _column(
    data: Data, task: TaskName | None, look: Look, name: str, role: Role, targets_: list[str]
) -> tuple[Column, list[Doubt], columns.Column | None]:
    """Describe one column; give its values if they can be read."""
    if name in look.unread:
        return _unread(data, look, name, role)
    table, at = look.table, f"column {name!r}"
    cells = table.cells[name]
    kind: Any = "refused"
    said, values, unit = list[Doubt](), None, ""
    try:
        taken = spelling.take(table, name, at, classes=role != "target" or task != "regression")
        values = columns.convert(at, taken.cells, taken.categorical, table.place)
        if role == "target" and task in ("binary", "multiclass"):
            values = targets.convert(at, taken.cells, task, table.place)
        unit, missing = taken.unit, values.missing
    except InputError as error:
        # Whether words such as NA are missing is not settled.
        missing = (table.text if table.is_csv else table.cells)[name].is_null().to_numpy()
        said = [doubts.of_refused(look, name, error, targets_)]
        kind = "date" if said[0].kind == "date" else "refused"
    texts = _counted_as_missing(table, name, missing)
    levels, distinct, numbers = list[Level](), None, None
    if values is not None:
        levels, distinct = counted.levels(values)
        kind, more = _kind(data, look, name, role, values, distinct)
        said += more
        numbers = counted.describe(values.values) if values.levels is None and distinct else None
    column = Column(
        name, role, kind, str(cells.type), (), unit, int(missing.sum()), tuple(texts), None,
        distinct, tuple(levels), numbers,
    )  # fmt: skip
    return column, said if role in ("input", "target") else [], values


def _kind(
    data: Data, look: Look, name: str, role: Role, values: columns.Column, distinct: int
) -> tuple[str, list[Doubt]]:
    """Return a readable column's kind, and what of it is doubtful."""
    table, rows = look.table, look.looked_at
    kind = "number" if values.levels is None else "category"
    leave = doubts.without(data, name) if role == "input" else {}
    if not distinct:
        return "empty", [Doubt(name, "empty", "every cell is missing", leave)]
    if distinct == 1:
        return "constant", [Doubt(name, "constant", f"every cell is {_only(values)}", leave)]
    if role == "target":
        return kind, [*doubts.of_target(table, name, values.values)] if kind == "number" else []
    try:
        identifiers.check(f"column {name!r}", name, table.cells[name], data)
        columns.check(f"column {name!r}", values)
    except InputError as error:
        message = str(error).removeprefix(f"column {name!r}: ")
        return "identifier", [Doubt(name, "identifier", message, leave)]
    if kind == "category":
        if distinct == rows >= doubts.FEWEST_ROWS and name not in (
            *data.categorical,
            *data.verbatim,
        ):
            message = f"all {rows} cells are different, like names or identifiers"
            return "identifier", [Doubt(name, "identifier", message, leave)]
        return kind, []
    whole = pa.types.is_integer(table.cells[name].type)
    return kind, [*doubts.of_number(table, name, values.values, whole, distinct)]


def _only(values: columns.Column) -> str:
    one = values.values[~values.missing][0]
    return f"{one:.12g}" if values.levels is None else repr(values.levels[int(one)])


def _unread(
    data: Data, look: Look, name: str, role: Role
) -> tuple[Column, list[Doubt], columns.Column | None]:
    kind = look.unread[name]
    picture = not pa.types.is_nested(kind) or (
        pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0
    )
    said = [] if picture or role != "input" else [
        Doubt(name, "refused", f"{kind}; must be numbers, text or true/false; convert it",
              doubts.without(data, name))
    ]  # fmt: skip
    column = Column(
        name, role, "picture" if picture else "refused", str(kind), (), "", 0, (), None, None, (),
        None,
    )  # fmt: skip
    return column, said, None


def _counted_as_missing(table: Table, name: str, missing: np.ndarray) -> list[Level]:
    """Count the texts of a CSV's missing cells."""
    if not table.is_csv or not missing.any():
        return []
    text = table.text[name].filter(pa.array(missing)).fill_null("")
    found = text.value_counts().to_pylist()
    return counted.ranked([Level(pair["values"], pair["counts"]) for pair in found])


def _missing(data: Data, found: list[Column]) -> list[Doubt]:
    """Say once that cells are missing, where `data.missing` refuses them."""
    own = [c for c in found if c.missing and c.kind != "empty" and c.role in ("input", "target")]
    if data.missing != "refuse" or not own:
        return []
    worst = max(own, key=lambda column: column.missing)
    several = f", and cells of {len(own) - 1} more columns" if len(own) > 1 else ""
    inputs = any(column.role == "input" for column in own)
    return [
        Doubt(worst.name, "missing", f"{worst.missing} cells are missing{several}",
              {"missing": "impute" if inputs else "drop"})
    ]  # fmt: skip
