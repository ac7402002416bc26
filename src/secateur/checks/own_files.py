"""Check that no run replaces or deletes a file of the user's own."""

from collections.abc import Sequence

from secateur.core.errors import InputError

SHOWN = 10


def refuse(unknown: Sequence[str]) -> None:
    """Raise InputError if files lie where stages write and nobody else has a copy of them.

    `unknown` are their paths, relative to the project's top folder.
    """
    if not unknown:
        return
    shown = ", ".join(unknown[:SHOWN])
    more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
    raise InputError(
        f"{shown}{more}: lies where the pipeline writes, and neither DVC nor Git has it; the run "
        "would replace or delete it; move it elsewhere, such as to data/ or network/, or delete it"
    )
