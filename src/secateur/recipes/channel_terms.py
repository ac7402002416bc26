"""What `channels.keep` needs of other sections: what the budget allows, and which Ethos-U.

The stage `teach` writes it into a file of each recipe that needs some: a stage of a `foreach`
cannot depend on a section for some recipes alone. Of the others nothing is written.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from secateur.core import files, params
from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.recipes.channels import BUDGETS, Channels, Keep

FILE = "terms.json"  # beside a recipe's teachers
ON_ETHOS_U = ("cycles", "flash")
BY_FILE = ("peak_memory", *ON_ETHOS_U, "file_bytes")  # the others are counted without a file


class Npu(Params):
    """An Ethos-U as Vela compiles for it; see the section `measure_costs`."""

    accelerator: str
    system: str
    memory_mode: str


class Terms(Params):
    """What a recipe needs of other sections."""

    most: Annotated[float | None, Field(gt=0)] = None  # what the budget allows; None: a share is
    npu: Npu | None = None


NONE = Terms()


def of(
    where: str, channels: Channels | None, budget: Mapping[str, float | None], npu: Npu
) -> Terms:
    """Return what a recipe's `channels` need; `where` is their key, for messages.

    Raises:
        InputError: the budget has no limit for what the recipe keeps.
    """
    if channels is None:
        return NONE
    keep, most = channels.keep, None
    if keep.share is None:
        key = BUDGETS[keep.kind]
        most = budget.get(key)
        if most is None:
            raise InputError(
                f"{where}.keep.{keep.kind}: 'budget': budget.{key} is not set; set "
                "it, or keep a share over 0 and under 1"
            )
    return Terms(most=most, npu=npu if keep.kind in ON_ETHOS_U else None)


def needed(keep: Keep) -> bool:
    """Whether a recipe needs anything of other sections."""
    return keep.share is None or keep.kind in ON_ETHOS_U


def write(folder: Path, terms: Terms) -> None:
    """Write the file into a recipe's folder of teachers, if there is anything to write."""
    if terms != NONE:
        files.write_json(folder / FILE, terms.model_dump())


def read(folder: Path, channels: Channels | None) -> Terms:
    """Read what a recipe needs from its folder of teachers.

    Raises:
        InputError: the file is missing or damaged.
    """
    if channels is None or not needed(channels.keep):
        return NONE
    path = folder / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: {error!r}; `dvc repro` writes it") from None
    terms: Terms = params.validate(Terms, content, str(path))
    return terms
