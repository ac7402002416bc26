"""Turn the results into the page and the same report in Markdown."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import numpy as np
from ruamel.yaml import YAML

from secateur.report import style, verdict
from secateur.report.content import content
from secateur.report.formatting import seeds
from secateur.report.results import Results
from secateur.report.svg import Picture
from secateur.report.table import Table


class Report(NamedTuple):
    """The written report."""

    html: str
    markdown: str
    pictures: list[Picture]
    tables: dict[str, str]  # in Markdown, by name


def write(results: Results, made: Mapping[str, Any], folder: str) -> Report:
    """Draw the pictures and fill in the templates; Markdown finds its pictures in `folder`.

    `made` says how the results were made: `params` (all of them), `versions` (a table), `digest`
    (of the metrics) and `seeds`.
    """
    with style.style(), np.errstate(all="ignore"):  # a diverged model has figures to match
        found = content(results)
    made = {**made, "params": _yaml(made["params"])}
    context = {**found, "made": made, "loss": verdict.LOSS, "results": results, "folder": folder}
    context.update(seeds=seeds(results.seeds()), error=f"test {results.data.task.label}")
    html = _environment(autoescape=True).get_template("page.html").render(context)
    markdown = _environment(autoescape=False).get_template("page.md").render(context)
    tables = [value for value in found.values() if isinstance(value, Table)]
    in_tables = [
        cell.picture for table in tables for row in (table.head, *table.rows) for cell in row
    ]
    lists = [*found.values(), *found["predictions"].values()]
    in_sections = [p for value in lists if isinstance(value, list) for p in value]
    pictures = [p for p in (*in_tables, *in_sections) if isinstance(p, Picture)]
    return Report(html, markdown, pictures, {table.name: table.markdown() for table in tables})


def _environment(autoescape: bool) -> jinja2.Environment:
    """Return the environment of the templates beside this file; imports share its escaping."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )


def _yaml(data: Mapping[str, Any]) -> str:
    """Format parameters as sorted YAML, independent of the layout of the user's file."""
    text = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.width = None, 100
    yaml.representer.ignore_aliases = lambda _: True
    yaml.dump(data, text)
    return text.getvalue()
