"""The page of parameters, from the pydantic models that check `params.yaml`."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from secateur.checks.params_file import Everything
from secateur.core.params import Params

INTRODUCTION = """\
# Parameters

`docs/generate.py` writes this page from the models that check `params.yaml`. An unknown key is an
error, and so is a value out of range. Both are found before anything runs. A key without a default
is required.
"""
HEAD = "| key | allowed | default | meaning |\n|---|---|---|---|\n"

Anchors = Mapping[str, str]  # by a model's name, the heading of its table


def parameters() -> str:
    """Describe every parameter, a table for each model."""
    sections: dict[type[Params], str] = {}
    for place, models in _sections("", Everything):
        for model in models:
            several = f", type {', '.join(_types(model))}" if len(models) > 1 else ""
            sections.setdefault(model, place + several)
    anchors = {model.__name__: heading for model, heading in sections.items()}
    parts = [INTRODUCTION, HEAD + _rows(Everything, anchors)]
    for model, heading in sections.items():
        level = "##" if "." not in heading else "###"
        parts.append(
            f"{level} {heading}\n\n{_about(model, heading)}\n\n{HEAD}{_rows(model, anchors)}"
        )
    return "\n".join(parts)


def _about(model: type[Params], heading: str) -> str:
    """What a section is for, or what a part of one is."""
    if heading in Everything.model_fields:
        return f"{Everything.model_fields[heading].description}."
    return " ".join((model.__doc__ or "").split())


def _sections(place: str, model: type[Params]) -> Iterator[tuple[str, list[type[Params]]]]:
    """Each place in the file that takes a section, and the models that may stand there."""
    for name, field in model.model_fields.items():
        models = list(_models(field.annotation))
        if models:
            named = ".NAME" if get_origin(field.annotation) is dict else ""
            yield f"{place}{name}{named}", models
            for inner in models:
                yield from _sections(f"{place}{name}{named}.", inner)


def _models(kind: Any) -> Iterator[type[Params]]:
    """Models anywhere in a type, such as `list[Annotated[Dense | Flatten, …]] | None`."""
    if isinstance(kind, type) and issubclass(kind, Params):
        yield kind
    for inner in get_args(kind):
        yield from _models(inner)


def _types(model: type[Params]) -> list[str]:
    """The values of `type` that mean this model."""
    return [str(value) for value in get_args(model.model_fields["type"].annotation)]


def _rows(model: type[Params], anchors: Anchors) -> str:
    schema = model.model_json_schema()["properties"]
    rows = []
    for name, field in model.model_fields.items():
        key = field.alias or name
        cells = (f"`{key}`", _allowed(schema[key], anchors), _default(field), field.description)
        rows.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n")
    return "".join(rows)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    return f"`{json.dumps(field.get_default(call_default_factory=True))}`"


def _allowed(schema: Mapping[str, Any], anchors: Anchors) -> str:
    """What a part of a JSON schema allows."""
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " or ".join(dict.fromkeys(_allowed(part, anchors) for part in schema[union]))
    if "$ref" in schema:
        heading = anchors[schema["$ref"].rpartition("/")[2]]
        return f"[{heading.rpartition(' type ')[2]}](#{_slug(heading)})"
    if "enum" in schema or "const" in schema:
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        return ", ".join(f"`{value}`" for value in values)
    return _of_type(schema, anchors)


def _of_type(schema: Mapping[str, Any], anchors: Anchors) -> str:
    match schema.get("type"):
        case "null":
            return "`null`"
        case "boolean":
            return "`true`, `false`"
        case "integer":
            return f"whole number{_range(schema)}"
        case "number":
            return f"number{_range(schema)}"
        case "array":
            return f"list{_count(schema)}: {_allowed(schema['items'], anchors)}"
        case "object":
            inner = schema.get("additionalProperties", True)
            names = [inner] if isinstance(inner, dict) else schema.get("patternProperties", {})
            sections = [inner] if isinstance(inner, dict) else list(names.values())
            return "lines `name: …`" + "".join(f", each {_allowed(s, anchors)}" for s in sections)
        case _:
            pattern = schema.get("pattern")
            one = "one character" if schema.get("maxLength") == 1 else "text"
            return f"{one} that matches `{pattern}`" if pattern else one


def _range(schema: Mapping[str, Any]) -> str:
    """` 1 to 9`, ` over 0 and under 1`, ` from 1 on`; nothing without bounds."""
    bounds = dict(schema)
    if schema["type"] == "integer" and "exclusiveMaximum" in bounds:
        bounds["maximum"] = bounds.pop("exclusiveMaximum") - 1
    if "minimum" in bounds and "maximum" in bounds:
        return f" {_number(bounds['minimum'])} to {_number(bounds['maximum'])}"
    words = {"minimum": "at least", "exclusiveMinimum": "over", "maximum": "at most",
             "exclusiveMaximum": "under"}  # fmt: skip
    found = [f"{word} {_number(bounds[key])}" for key, word in words.items() if key in bounds]
    return f" {' and '.join(found)}" if found else ""


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:g}"


def _count(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minItems"), schema.get("maxItems")
    if least and least == most:
        return f" of {least}"
    return f" of {least} or more" * bool(least) + f", {most} at most" * bool(most)


def _slug(heading: str) -> str:
    """The anchor of a heading, as GitHub and MkDocs make it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
