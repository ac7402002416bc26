"""Reading `params.yaml` strictly: an unknown key or a value out of range is an error."""

import difflib
import reprlib
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from secateur.core.errors import InputError, one_line

PARAMS_FILE = Path("params.yaml")

# Where pydantic speaks to a programmer, this speaks to the author of a `params.yaml`.
PLAINER = {
    "missing": "missing; it has no default",
    "model_type": "must be a section of `key: value` lines",
    "dict_type": "must be a section of `key: value` lines",
    "too_short": "must have at least {min_length}",
    "too_long": "must have at most {max_length}",
    "union_tag_invalid": "must be one of {expected_tags}",
    "union_tag_not_found": "must have a `type`",
    "string_pattern_mismatch": "must be small letters, digits and _, with a letter first",
}


class Params(BaseModel):
    """Base of every section: immutable, no unknown keys, no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
    RENAMED: ClassVar[dict[str, str]] = {}  # keys of earlier versions, and what replaces each

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        """Say which keys are allowed; pydantic's own message only says that one is not."""
        for key in data if isinstance(data, dict) else ():
            if key in cls.RENAMED:
                raise PydanticCustomError(
                    "unknown_key",
                    "{key} is a key of an earlier version; it is now {new}",
                    {"key": repr(key), "new": cls.RENAMED[key]},
                )
            if key not in cls.model_fields:
                near = difflib.get_close_matches(str(key), cls.model_fields, n=1)
                hint = f" (did you mean {near[0]!r}?)" if near else ""
                allowed = ", ".join(cls.model_fields)
                raise PydanticCustomError(
                    "unknown_key",
                    "unknown key {key}{hint}; allowed: {allowed}",
                    {"key": reprlib.repr(key), "hint": hint, "allowed": allowed},
                )
        return data


class ParamsFile(NamedTuple):
    """A parsed `params.yaml`; a stage reads it once and asks for its sections."""

    path: Path
    content: dict[str, Any]

    def section(self, name: str, kind: Any) -> Any:
        """The value at the dotted `name`, checked against `kind`.

        Raises:
            InputError: the section is missing or does not fit; names file, key, value, allowed.
        """
        value: Any = self.content
        for part in name.split("."):
            if not isinstance(value, dict) or part not in value:
                known = ", ".join(map(str, value)) if isinstance(value, dict) else repr(value)
                raise InputError(f"{self.path}: {name}: missing; found: {known}")
            value = value[part]
        return validate(kind, value, f"{self.path}: {name}")

    def optional(self, name: str, kind: Any, default: Any) -> Any:
        """The same; `default` where the last key of the dotted `name` is not written."""
        section, _, key = name.rpartition(".")
        return self.section(name, kind) if key in self.section(section, dict) else default


def read(path: Path = PARAMS_FILE) -> ParamsFile:
    """Parse the file as DVC does (YAML 1.2: `1e-3` is a number; a repeated key is an error).

    Raises:
        InputError: there is no such file, or it is no YAML that holds sections.
    """
    try:
        data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: not found; run from the repository's top folder") from None
    except (YAMLError, ValueError, KeyError, RecursionError) as error:
        raise InputError(f"{path}: not valid YAML: {one_line(error)}") from None
    if not isinstance(data, dict):
        raise InputError(f"{path}: must hold sections (`name: value`), not {type(data).__name__}")
    return ParamsFile(path, data)


def validate(kind: Any, value: Any, where: str) -> Any:
    """Check `value` against a type; every fault is one line that starts with `where`."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        faults = [_describe(where, value, fault) for fault in error.errors()]
        raise InputError("\n       ".join(faults)) from None


def _describe(where: str, value: Any, fault: ErrorDetails) -> str:
    """`params.yaml: recipes.a.epochs: 0: should be greater than 0`."""
    keys, inside = [], value
    for part in fault["loc"]:
        # A union's tag stands in pydantic's path but not in the file.
        if (isinstance(inside, dict) and part in inside) or isinstance(inside, list):
            inside = inside[part]  # type: ignore[index]
            keys.append(str(part))
        elif fault["type"] == "missing":
            keys.append(str(part))
    separator = ": " if where.endswith(".yaml") else "."
    place = separator.join([where, ".".join(keys)]) if keys else where
    message = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if fault["type"] in PLAINER:
        message = PLAINER[fault["type"]].format(**fault.get("ctx", {}))
    if fault["type"] in ("missing", "unknown_key", "value_error"):
        return f"{place}: {message}"
    given = fault["input"]
    if fault["type"] == "union_tag_invalid":
        place, given = f"{place}.type", given["type"]
    return f"{place}: {reprlib.repr(given)}: {message}"
