"""Keys of `params.yaml` that `secateur init --set` is given."""

from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from secateur.core import params
from secateur.core.errors import InputError, did_you_mean, one_line
from secateur.data.parameters import Data
from secateur.data.splitting import BY, Split
from secateur.data.target_names import INPUTS

ELSEWHERE = ("source", "target")  # options of their own
KEYS = [
    *(f"data.{key}" for key in Data.model_fields if key not in ELSEWHERE),
    *(f"split.{key}" for key in BY),
]
LISTS = ("drop", "categorical", "numbers", "verbatim")  # what is found joins them


class Given(NamedTuple):
    """What was given, by section."""

    data: dict[str, Any]
    split: dict[str, Any]


NOTHING = Given({}, {})


def read(settings: list[str], target: str | None = None) -> Given:
    """Read settings such as `data.header=[a, b]`, whose values are YAML, beside the target.

    Raises:
        InputError: a key may not be set, or its value cannot be; names what is allowed.
    """
    found = Given({}, {})
    for setting in settings:
        name, equals, text = setting.partition("=")
        where = f"--set {setting}"
        if not equals:
            raise InputError(f"{where}: must be KEY=VALUE, such as --set data.header=true")
        if name not in KEYS:
            raise InputError(
                f"{where}: {name}: cannot be set here{did_you_mean(name, KEYS)}; allowed: "
                f"{', '.join(KEYS)}; all else can be changed in the params.yaml that init writes"
            )
        try:
            value = YAML(typ="safe", pure=True).load(text)
        except YAMLError as error:
            raise InputError(
                f"{where}: {one_line(error)}; quote it, as in '{name}=\";\"'"
            ) from None
        section, _, key = name.partition(".")
        own: dict[str, Any] = getattr(found, section)
        if key in own:
            raise InputError(f"{where}: {name} is given twice; give it once")
        own[key] = value
    named = {"target": INPUTS if target is None and "anomaly" in found.data else target or "y"}
    params.validate(Data, {"source": "-", **named, **found.data}, "--set data")
    params.validate(Split, {"test_size": 0.5, "validation_size": 0.5, "random_state": 0,
                            **found.split}, "--set split")  # fmt: skip
    return found
