"""`limits.yaml`: how much worse a metric may become, in which range it stays, where figures lie."""

import difflib
import reprlib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dvc_verify.errors import CheckError, one_line

Worsening = Annotated[float, Field(ge=0)]


class Limit(BaseModel):
    """An entry of `limits.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    better: Literal["lower", "higher"] | None = None
    absolute: Worsening | None = None  # how much worse it may become
    relative: Worsening | None = None  # the same as a fraction of the base's value
    at_most: float | None = None  # for each seed, whatever the base has
    at_least: float | None = None
    optional: bool = False  # whether it may disappear

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        worsening = [w for w in (self.absolute, self.relative) if w is not None]
        if len(worsening) == 2:
            raise ValueError("has both absolute and relative; must have one of them")
        if bool(worsening) != (self.better is not None):
            raise ValueError("`better` (lower or higher) goes with absolute or relative")
        if not worsening and self.at_most is None and self.at_least is None and not self.optional:
            raise ValueError("limits nothing; needs absolute, relative, at_most or at_least")
        return self


Limits = dict[str, Limit]  # by the pattern of a metric's name, in the file's order
_LIMITS = TypeAdapter(Annotated[Limits, Field(min_length=1)])
FILES = "files"  # the key of `File.files`
_FILES = TypeAdapter(list[str])


class File(NamedTuple):
    """What `limits.yaml` says."""

    limits: Limits
    files: list[str]  # JSON files whose figures count beside DVC's metrics


# What pydantic says in a programmer's terms.
PLAINER = {
    "model_type": "must be a section of `key: value` lines",
    "too_short": "must have at least one limit",
}


def read(path: Path) -> File:
    """Read the file; raises CheckError with one line for each fault."""
    data = _parse(path)
    try:
        files = _FILES.validate_python(data.pop(FILES, []), strict=True)
    except ValidationError:
        raise CheckError(f"{path}: {FILES}: must be a list of JSON files") from None
    try:
        return File(_LIMITS.validate_python(data), files)
    except ValidationError as error:
        raise CheckError("\n".join(_describe(path, fault) for fault in error.errors())) from None


def limit_of(metric: str, limits: Mapping[str, Limit]) -> Limit | None:
    """The first limit whose pattern matches."""
    return next((limit for pattern, limit in limits.items() if matches(metric, pattern)), None)


def matches(metric: str, pattern: str) -> bool:
    """Whether a metric's name matches; a comma separates several patterns."""
    return any(fnmatchcase(metric, one.strip()) for one in pattern.split(","))


def _parse(path: Path) -> dict[str, Any]:
    try:
        data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckError(
            f"{path}: not found; run the gate in the project's folder or name the file"
        ) from None
    except (YAMLError, ValueError, KeyError, RecursionError) as error:
        raise CheckError(f"{path}: not valid YAML: {one_line(error)}") from None
    if not isinstance(data, dict):
        raise CheckError(f"{path}: must hold lines `pattern: limit`, not {type(data).__name__}")
    return data


def _describe(path: Path, fault: ErrorDetails) -> str:
    """`limits.yaml: *.mse: absolute: -1: should be greater than or equal to 0`."""
    place = ": ".join([str(path), *map(str, fault["loc"])])
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(fault["loc"][-1]), Limit.model_fields, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        return f"{place}: unknown key{hint}; allowed: {', '.join(Limit.model_fields)}"
    message = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    message = PLAINER.get(fault["type"], message)
    if fault["type"] == "value_error":
        return f"{place}: {message}"
    return f"{place}: {reprlib.repr(fault['input'])}: {message}"
