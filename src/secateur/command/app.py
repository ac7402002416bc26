"""The command `secateur`: its subcommands, its completion, and how it starts.

Modules that take long to import are imported inside functions: `--help` and completion run this
module, and so does each process of a local Dask cluster, which imports the script that started it.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import typer
from typer import completion
from typer._completion_classes import completion_init

from secateur.command import (
    bench_kit,
    channels,
    data,
    export,
    export_c,
    gate,
    init,
    output,
    predict,
    publish,
    report,
    repro,
    search,
    show,
    sweep,
    update,
    verify,
)

Shell = Literal["bash", "zsh", "fish"]
COMPLETION = ("--install-completion", "--show-completion")
EXAMPLES = """
\b
Examples:
  secateur repro                # run what has changed, and print the results
  secateur show --sizes         # the sizes of all files
  secateur data                 # what the data holds, and what is doubtful
  secateur predict rows.csv     # predict with the recommended file
  secateur verify --lock-only   # is dvc.lock up to date?

\b
Completion, for bash, zsh or fish:
  secateur --install-completion bash
  secateur --show-completion zsh > ~/.zfunc/_secateur
  eval "$(secateur --show-completion bash)"

\b
Exit status of all subcommands: 0 success, 2 wrong usage, 130 interrupted.
Each subcommand's --help documents the others.
"""

# Typer prints plain help, which is readable in a pipe, and a bug of ours keeps a plain traceback.
app = typer.Typer(
    add_completion=False,  # Typer's own options guess the shell; in `make` the guess is `sh`
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    rich_markup_mode=None,
)
app.command(epilog=init.EXAMPLES)(init.init)
app.command(epilog=repro.EXAMPLES)(repro.repro)
app.command(epilog=sweep.EXAMPLES)(sweep.sweep)
app.command(epilog=search.EXAMPLES)(search.search)
app.command(epilog=verify.EXAMPLES)(verify.verify)
app.command(epilog=gate.EXAMPLES)(gate.gate)
app.command(epilog=show.EXAMPLES)(show.show)
app.command(epilog=data.EXAMPLES)(data.data)
app.command(epilog=channels.EXAMPLES)(channels.channels)
app.command(epilog=report.EXAMPLES)(report.report)
app.command(epilog=predict.EXAMPLES)(predict.predict)
app.command(epilog=export.EXAMPLES)(export.export)
app.command(epilog=export_c.EXAMPLES)(export_c.export_c)
app.command(
    epilog=bench_kit.EXAMPLES, short_help="Pack the files to time on a device of your own."
)(bench_kit.bench_kit)
app.command(epilog=publish.EXAMPLES)(publish.publish)
app.command(epilog=update.EXAMPLES)(update.update)


def _completion_option(name: str, what: str, callback: Any) -> Any:
    return typer.Option(
        name, metavar="SHELL", callback=callback, expose_value=False, is_eager=True,
        help=f"{what} completion for bash, zsh or fish. Without SHELL, for that of $SHELL.",
    )  # fmt: skip


@app.callback(epilog=EXAMPLES)
def top(
    install_completion: Annotated[
        Shell | None, _completion_option(COMPLETION[0], "Install", completion.install_callback)
    ] = None,
    show_completion: Annotated[
        Shell | None, _completion_option(COMPLETION[1], "Print", completion.show_callback)
    ] = None,
) -> None:
    """Prune Keras models, and say what pruning costs and saves.

    Run it in the project's top folder. Its environment need not be activated.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command and end the process with its exit status."""
    find_own_tools()
    completion_init()  # makes Typer answer the scripts that complete, by _SECATEUR_COMPLETE
    given = sys.argv[1:] if arguments is None else arguments
    shell = Path(os.environ.get("SHELL", "")).name
    if given and given[-1] in COMPLETION and shell in get_args(Shell):
        given = [*given, shell]
    with output.checked():
        app(given, prog_name="secateur")


def find_own_tools() -> None:
    """Put this interpreter's folder first on PATH: stages say `python`, and users `dvc`."""
    own = str(Path(sys.executable).parent)  # unresolved: a link there points outside of a venv
    path = os.environ.get("PATH", os.defpath)
    if path.split(os.pathsep)[0] != own:
        os.environ["PATH"] = f"{own}{os.pathsep}{path}"
