"""Strict reading of `params.yaml`: an unknown key or a value out of range is an error."""

import re
import reprlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from secateur.core.errors import InputError, did_you_mean, one_line

PARAMS_FILE = Path("params.yaml")
MOST_FAULTS = 20  # that one message names

# Messages for the author of a `params.yaml`; pydantic's own are for programmers.
MESSAGES = {
    "missing": "missing; it has no default",
    "model_type": "must be a section of `key: value` lines",
    "dict_type": "must be a section of `key: value` lines",
    "list_type": "must be a list, such as [1, 2]",
    "too_short": "must have at least {min_length}",
    "too_long": "must have at most {max_length}",
    "union_tag_invalid": "must be one of {expected_tags}",
    "union_tag_not_found": "must have a `type`",
    "string_pattern_mismatch": "must be small letters, digits and _, begin with a letter, and have "
    "40 characters at most",
}


class Params(BaseModel):
    """Base of every section: immutable, no unknown keys, no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
    RENAMED: ClassVar[dict[str, str]] = {}  # keys of earlier versions, and their replacements

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        """List the allowed keys; pydantic's own message only rejects the unknown one."""
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in data if isinstance(data, dict) else ():
            if key in cls.RENAMED:
                raise PydanticCustomError(
                    "unknown_key",
                    "{key} is a key of an earlier version; it is now {new}",
                    {"key": repr(key), "new": cls.RENAMED[key]},
                )
            if key not in known:
                hint = did_you_mean(str(key), known)
                allowed = ", ".join(known)
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
        """Return the value at the dotted `name`, checked against the type `kind`.

        Raises:
            InputError: the section is missing or invalid; the message names the file, the key, the
                value and what is allowed.
        """
        value: Any = self.content
        for part in name.split("."):
            if not isinstance(value, dict) or part not in value:
                known = ", ".join(map(str, value)) if isinstance(value, dict) else repr(value)
                raise InputError(f"{self.path}: {name}: missing; found: {known}")
            value = value[part]
        return validate(kind, value, f"{self.path}: {name}")

    def optional(self, name: str, kind: Any, default: Any) -> Any:
        """Return the value as `section` does, or `default` if the last key of `name` is absent."""
        section, _, key = name.rpartition(".")
        return self.section(name, kind) if key in self.section(section, dict) else default


def read(path: Path = PARAMS_FILE) -> ParamsFile:
    """Parse the file as DVC does (YAML 1.2: `1e-3` is a number; a repeated key is an error).

    Raises:
        InputError: the file is missing, or is not YAML with sections.
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


def validate(kind: Any, value: Any, where: str, most: int = MOST_FAULTS) -> Any:
    """Check `value` against a type; each error is one line that starts with `where`.

    The message names `most` errors, and how many more there are.
    """
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        found = error.errors()
        faults = [_cut(_describe(where, kind, value, fault)) for fault in found[:most]]
        if len(found) > most:
            faults.append(f"and {len(found) - most} more")
        raise InputError("\n       ".join(faults)) from None


def _cut(message: str) -> str:
    """Leave the middle out of a long message: both the key and what is allowed stay."""
    return message if len(message) <= 1000 else f"{message[:400]} … {message[-500:]}"


def _describe(where: str, kind: Any, value: Any, fault: ErrorDetails) -> str:
    """Format an error: `params.yaml: recipes.a.epochs: 0: should be greater than 0`."""
    keys, node = [], value
    *_, last = [None, *fault["loc"]]
    for part in fault["loc"]:
        # pydantic's path contains a union's tag, which is no key in the file.
        listed = isinstance(node, list) and isinstance(part, int)
        if listed or (isinstance(node, dict) and part in node):
            node = node[part]
            keys.append(str(part))
        elif fault["type"] == "missing" and part == last:
            keys.append(str(part))
    separator = ": " if where.endswith((".yaml", ".json")) else "."
    place = separator.join([where, ".".join(keys)]) if keys else where
    message = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if fault["type"] in MESSAGES:
        message = MESSAGES[fault["type"]].format(**fault.get("ctx", {}))
    if fault["type"] == "list_type" and (own := _as_list(kind, value, keys, fault)):
        message = f"must be a list, such as {own}"
    if fault["type"] in ("missing", "unknown_key", "value_error"):
        return f"{place}: {message}"
    invalid = fault["input"]
    if fault["type"] == "union_tag_invalid":
        place, invalid = f"{place}.type", invalid["type"]
    return f"{place}: {reprlib.repr(invalid)}: {message}"


def _as_list(kind: Any, value: Any, keys: Sequence[str], fault: ErrorDetails) -> str:
    """Return the faulty value in brackets, as YAML has it; empty if that is wrong as well."""
    given = fault["input"]
    if isinstance(given, bool) or not isinstance(given, str | int | float) or len(str(given)) > 100:
        return ""
    try:
        TypeAdapter(kind).validate_python(_replaced(value, keys, [given]))
    except ValidationError as error:
        if any(other["loc"][: len(fault["loc"])] == fault["loc"] for other in error.errors()):
            return ""
    plain = not isinstance(given, str) or re.fullmatch(r"[A-Za-z_][\w./*-]*", given)
    return f"[{given}]" if plain else f"[{given!r}]"


def _replaced(value: Any, keys: Sequence[str], new: Any) -> Any:
    """Return a value with another one at the place that keys lead to."""
    if not keys:
        return new
    if isinstance(value, list):
        return [
            _replaced(item, keys[1:], new) if str(number) == keys[0] else item
            for number, item in enumerate(value)
        ]
    return {
        key: _replaced(item, keys[1:], new) if str(key) == keys[0] else item
        for key, item in value.items()
    }
