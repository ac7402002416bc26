"""`secateur channels`."""

from typing import Annotated

import typer

from secateur.command.mistakes import told

EXAMPLES = """
\b
Examples:
  secateur channels                      # of the baseline
  secateur channels small --seed 3       # of a recipe's network
  secateur channels --recipe thin        # what this recipe would remove
  secateur channels --keep-macs 0.5      # what would go, and the error then
  secateur channels --keep-weights 0.3 --score taylor --round-to 8
  secateur channels --keep-cycles budget # what the budget allows

\b
Exit status: 0 shown; 1 there is no such network, or it cannot lose as much.
"""


def channels(
    network: Annotated[
        str | None,
        typer.Argument(
            metavar="NETWORK",
            help="`initial`, `baseline`, or a recipe's name. [default: baseline, or where --recipe "
            "starts]",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="[default: the first of params.yaml]")
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Remove channels as a recipe of params.yaml would."),
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
        str | None,
        typer.Option(
            metavar="NAME", help="l1, l2, bn_scale, fpgm, taylor or random. [default: l2]"
        ),
    ] = None,
    across: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="network: compare all channels; or layer. [default: network]"
        ),
    ] = None,
    round_to: Annotated[
        int | None,
        typer.Option(metavar="N", help="Each group keeps a multiple of it. [default: 1]"),
    ] = None,
    min_channels: Annotated[
        int | None, typer.Option(metavar="N", help="Each group keeps so many. [default: 1]")
    ] = None,
    keep_layers: Annotated[
        list[str] | None,
        typer.Option(metavar="LAYER", help="This layer keeps all its channels; repeatable."),
    ] = None,
) -> None:
    """Show which channels of a network go together.

    A line per group: the layers that make its channels, how many there are, and how many of them
    are silent, which change no prediction. What is left whole has its reason. With a share to keep,
    or `budget` for what the budget of params.yaml allows, also how many of each group would stay,
    and the error on the validation rows without the others, before any training. Nothing is
    written.
    """
    keep = {
        "macs": keep_macs, "weights": keep_weights, "peak_memory": keep_peak_memory,
        "cycles": keep_cycles, "flash": keep_flash, "file_bytes": keep_file_bytes,
    }  # fmt: skip
    shares = {key: _number(value) for key, value in keep.items() if value is not None}
    rest = {
        "score": score, "across": across, "round_to": round_to, "min_channels": min_channels,
        "keep_layers": keep_layers or None,
    }  # fmt: skip
    given = {key: value for key, value in rest.items() if value is not None}
    _check_together(network, recipe, [f"keep_{key}" for key in shares], list(given))
    with told():
        # It imports TensorFlow.
        from secateur.command import channel_preview

        asked = {"keep": shares, **given} if shares else None
        for line in channel_preview.lines(network, seed, asked, recipe):
            typer.echo(line)


def _check_together(
    network: str | None, recipe: str | None, shares: list[str], others: list[str]
) -> None:
    """Refuse options of which one would be ignored."""
    if recipe is not None and network is not None:
        raise typer.BadParameter(
            f"NETWORK {network} and --recipe exclude each other: a recipe has its own start; give "
            "one of them."
        )
    if recipe is not None and (shares or others):
        raise typer.BadParameter(
            f"--recipe takes these from params.yaml; leave out {_options([*shares, *others])}."
        )
    if len(shares) > 1:
        raise typer.BadParameter(f"{_options(shares)} exclude each other; give one of them.")
    if others and not shares:
        raise typer.BadParameter(
            f"{_options(others)}: of a removal, and without a share to keep nothing is removed; "
            "give one, such as --keep-macs 0.5."
        )


def _options(keys: list[str]) -> str:
    return " and ".join(f"--{key.replace('_', '-')}" for key in keys)


def _number(value: str) -> float | str:
    """Return a share; a word as it is, which is checked as in `params.yaml`."""
    try:
        return float(value)
    except ValueError:
        return value
