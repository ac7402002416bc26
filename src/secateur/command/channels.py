"""`secateur channels`."""

from typing import Annotated

import typer

from secateur.command.mistakes import told

EXAMPLES = """
\b
Examples:
  secateur channels                      # of the baseline
  secateur channels small --seed 3       # of a recipe's network
  secateur channels --keep-macs 0.5      # what would go, and the error then
  secateur channels --keep-weights 0.3 --score taylor --round-to 8
  secateur channels --keep-cycles budget # what the budget allows

\b
Exit status: 0 shown; 1 there is no such network, or it cannot lose as much.
"""


def channels(
    network: Annotated[
        str, typer.Argument(metavar="NETWORK", help="`initial`, `baseline`, or a recipe's name.")
    ] = "baseline",
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="[default: the first of params.yaml]")
    ] = None,
    keep_macs: Annotated[
        str | None, typer.Option(metavar="SHARE", help="Remove channels: keep these MACs.")
    ] = None,
    keep_weights: Annotated[
        str | None, typer.Option(metavar="SHARE", help="Remove channels: keep these weights.")
    ] = None,
    keep_peak_memory: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="Remove channels: keep so much memory."),
    ] = None,
    keep_cycles: Annotated[
        str | None, typer.Option(metavar="SHARE", help="Remove channels: keep these cycles.")
    ] = None,
    keep_flash: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="Remove channels: keep so much flash."),
    ] = None,
    keep_file_bytes: Annotated[
        str | None, typer.Option(metavar="SHARE", help="Remove channels: keep these bytes.")
    ] = None,
    score: Annotated[
        str, typer.Option(metavar="NAME", help="l1, l2, bn_scale, fpgm, taylor or random.")
    ] = "l2",
    across: Annotated[
        str, typer.Option(metavar="NAME", help="network: compare all channels; or layer.")
    ] = "network",
    round_to: Annotated[
        int, typer.Option(metavar="N", help="Each group keeps a multiple of it.")
    ] = 1,
) -> None:
    """Show which channels of a network go together.

    A line per group: the layers that make its channels, how many there are, and how many of them
    are silent, which change no prediction. What is left whole has its reason. With a share to keep,
    or `budget` for what the budget of params.yaml allows, also how many of each group would stay,
    and the error on the validation rows without the others, before any training. Nothing is
    written.
    """
    with told():
        # It imports TensorFlow.
        from secateur.command import channel_preview

        keep = {
            "macs": keep_macs, "weights": keep_weights, "peak_memory": keep_peak_memory,
            "cycles": keep_cycles, "flash": keep_flash, "file_bytes": keep_file_bytes,
        }  # fmt: skip
        given = {key: _number(value) for key, value in keep.items() if value is not None}
        rest = {"score": score, "across": across, "round_to": round_to}
        asked = {"keep": given, **rest} if given else None
        for line in channel_preview.lines(network, seed, asked):
            typer.echo(line)


def _number(value: str) -> float | str:
    """Return a share; a word as it is, which is checked as in `params.yaml`."""
    try:
        return float(value)
    except ValueError:
        return value
