"""`secateur data`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from secateur.command.mistakes import told
from secateur.core.errors import InputError

if TYPE_CHECKING:
    from secateur.data.found import Findings

EXAMPLES = """
\b
Examples:
  secateur data           # what params.yaml's source holds
  secateur data --json    # the same for a program

\b
Exit status: 0 printed, even if the rows cannot be split yet, which standard
error says; 1 the source cannot be read, or params.yaml has a mistake.
"""


TOO_MUCH = (
    "large tables and pictures are not read as a whole here; the stage split, which does, writes "
    "their parts to models/data.json"
)


class Read(NamedTuple):
    """What the source holds, and why its rows are not split, if they are not."""

    findings: "Findings"
    unsplit: str = ""


def data(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what the data holds, and what is doubtful.

    It reads the source and params.yaml alone, so it works before any run. A doubt comes with the
    line of params.yaml that settles it. A large source is sampled.
    """
    with told():
        from secateur.data import found
        from secateur.data.told import full

        findings, unsplit = read()
        text = found.to_json(findings) if as_json else full(findings)
        typer.echo(text, nl=False)
        if unsplit:
            typer.echo(f"not split: {unsplit}", err=True)


def read() -> Read:
    """Look at the source; read and split its rows, too, if it is a table or array and small.

    Raises:
        InputError: the source cannot be read, or a key of `data`, `split` or `task` is wrong.
    """
    from secateur.core import params
    from secateur.core.tasks import TaskName
    from secateur.data import dividing, encoding, findings, found_parts, reading
    from secateur.data.friedman1 import MADE
    from secateur.data.parameters import Data
    from secateur.data.splitting import Split

    given = params.read()
    data: Data = given.section("data", Data)
    task: TaskName = given.section("task", TaskName)
    how: Split = given.section("split", Split)
    if data.source == MADE and not Path(MADE).exists():
        raise InputError(f"{MADE}: not found; `dvc repro generate_data` makes it")
    found = findings.find(data, task, how)
    pictures = any(column.kind == "picture" for column in found.columns)
    if found.looked_at < found.rows or pictures:
        return Read(found, TOO_MUCH)
    try:
        raw = reading.read(data, task, how)
        divided = dividing.divide(raw, how)
        learned = encoding.learn(raw, divided.parts[0], data, task)
        return Read(found_parts.find(data, task, how, raw, divided, learned))
    except InputError as error:
        return Read(found, str(error))
