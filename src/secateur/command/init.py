"""`secateur init`."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from secateur.command.mistakes import told
from secateur.core.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from secateur.data.found import Findings

Task = Literal[
    "regression", "binary", "multiclass"
]  # `core.tasks`, which imports numpy, has it, too

EXAMPLES = """
\b
Examples:
  secateur init ../wine --data ~/wine.csv --target quality
  secateur init ../pets --data ~/pets   # a folder with one for each class
  secateur init ../faces --data faces.npz --model trained.h5
  secateur init ../wine --data ~/wine.csv --target quality --dry-run
  secateur init ../ill --data ill.csv --target ill --set split.group=patient

\b
Exit status: 0 made, or --dry-run has shown; 1 the data, the model or the
folder cannot be used; nothing is made then.
"""


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="A table, an .npz file, or a folder of pictures. It is copied."
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The column or array to predict; `inputs`: an autoencoder. Pictures need none.",
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Your trained Keras model. [default: a small network]"),
    ] = None,
    task: Annotated[
        Task | None, typer.Option(help="What is predicted. [default: as the target looks]")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="A key of `data`, or how to split, that the data do not tell, such as "
            "data.header='[age, height]' or split.group=patient; may be repeated.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show params.yaml; write nothing.")
    ] = False,
) -> None:
    """Make a project for data of your own, ready to run.

    It says what the data hold and what it leaves out, and makes a folder with Git, DVC, the
    pipeline, and a params.yaml for these data: a network, recipes and a control. On a terminal it
    asks for what is missing. Nothing is replaced.
    """
    with told():
        from secateur.project import drafted, given, making, trained_model

        asked = given.read(settings or [], target)
        making.forget_git()
        making.check_folder(folder)
        making.checkout()
        path = _asked_path() if data is None else data
        _check_data(path)
        making.check_apart(folder, path)
        source, model_file = _places(path, model)
        if model:
            trained_model.check(model)
        name = target or _target(path, asked.data)
        typer.echo(f"{path}: looking at it", err=True)
        try:
            units = trained_model.units(model) if model else None
            draft = drafted.draft(path, name, task, source, model_file, asked, units)
        except InputError as error:
            raise InputError(_for_init(str(error))) from None
        _describe(draft.findings, draft.said)
        if model:
            _describe_inputs(model)
        if dry_run:
            typer.echo(draft.text, nl=False)
            return
        for line in making.make(folder, draft.text, path, source, model, model_file):
            typer.echo(line)
        place = shlex.quote(f"./{folder}" if str(folder).startswith("-") else str(folder))
        typer.echo(f"{folder}: made; next: cd {place} && make repro")


def _asked_path() -> Path:
    if not sys.stdin.isatty():
        raise InputError("--data: missing; name a table, an .npz file, or a folder of pictures")
    return Path(typer.prompt("Data (a table, an .npz file, or a folder of pictures)"))


def _check_data(path: Path) -> None:
    if not path.exists():
        raise InputError(f"--data {path}: not found; give the path of a file or a folder")


def _places(path: Path, model: Path | None) -> tuple[str, str | None]:
    """Return where the data and the model will lie in the project."""
    name = path.resolve().name
    source = f"data/own_{name}" if name in ("split", "generated") else f"data/{name}"
    if model is None:
        return source, None
    if not model.exists():
        raise InputError(f"--model {model}: not found; give the path of a trained Keras model")
    return source, f"network/{model.resolve().name}"


def _for_init(message: str) -> str:
    """Say by this command's options what a message of the stages says by keys of params.yaml."""
    said = message.replace("set task: ", "give --task ").replace("data.target", "--target")
    if "data." in said or "split." in said:
        said += " (init takes such keys by --set, as in --set data.header=true)"
    return said


def _target(path: Path, asked: dict[str, Any]) -> str:
    """Return the target: that of pictures, the only other array, or what the user answers."""
    from secateur.data import image_folder
    from secateur.project import proposed, settled

    if image_folder.is_one(str(path)):
        return "class"
    found = settled.settle(str(path), None, given=asked).findings
    names = proposed.candidates(found)
    if len(names) == 1 and found.columns[0].kind == "array":
        return names[0]
    if not names:
        raise InputError(f"{path}: has no column that could be predicted; see `--target`")
    if not sys.stdin.isatty():
        raise InputError(f"--target: missing; name what is to be predicted: {', '.join(names)}")
    while True:
        typer.echo(f"Columns: {', '.join(names)}")
        answer: str = typer.prompt("Target, the column to predict", default=names[0])
        if answer in names or answer == "inputs":
            return answer
        typer.echo(f"{answer!r}: there is none{did_you_mean(answer, names)}")


def _describe_inputs(model: Path) -> None:
    """Say what must be set for a network with several inputs; nothing of others."""
    from secateur.project import trained_model

    inputs = trained_model.inputs(model)
    if len(inputs) > 1:
        shapes = ", ".join(f"{name} {shape}" for name, shape in inputs.items())
        example = ", ".join(f"{name}: [a_column]" for name in inputs)
        typer.echo(
            f"model {model.name}: has the inputs {shapes}; set model.inputs in params.yaml to the "
            f"columns that each takes, as in inputs: {{{example}}}"
        )


def _describe(found: "Findings", said: list[str]) -> None:
    from secateur.data.told import short

    for line in [*short(found)[:1], *said]:
        typer.echo(line)
    for column in found.columns:
        if column.role == "target" and column.levels and column.kind != "array":
            counts = ", ".join(f"{level.name} {level.count:,}" for level in column.levels[:10])
            typer.echo(f"target {column.name}: {counts}")
