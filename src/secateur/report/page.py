"""Turn the results into the page and the same report in Markdown."""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import numpy as np
from ruamel.yaml import YAML

from secateur.choosing import choice
from secateur.report import cost_sentences, formatting, style
from secateur.report.content import content
from secateur.report.formatting import seeds
from secateur.report.results import Results
from secateur.report.svg import Picture
from secateur.report.table import Table

# The tables of the summary, in this order.
SUMMARY = ("models", "channels", "classes", "anomalies", "costs")


class Report(NamedTuple):
    """The written report."""

    html: str
    markdown: str
    pictures: list[Picture]
    tables: dict[str, str]  # in Markdown, by name
    summary: str  # the tables of results in Markdown, which `secateur show` prints


def write(results: Results, made: Mapping[str, Any], folder: str) -> Report:
    """Draw the pictures and fill in the templates; Markdown finds its pictures in `folder`.

    `made` says how the results were made: `params` (all of them), `versions` (a table), `digest`
    (of the metrics) and `seeds`.
    """
    with style.style(), np.errstate(all="ignore"):  # a diverged model has figures to match
        found = content(results)
    made = {**made, "params": as_yaml(made["params"])}
    context = {**found, "made": made, "loss": choice.LOSS, "results": results, "folder": folder}
    context.update(seeds=seeds(results.seeds()), error=f"test {results.data.task.label}")
    context["fence"] = fence(made["params"])
    # Jinja escapes HTML itself; in Markdown, names of a user's own are escaped one by one.
    html = template("page.html", autoescape=True, shown=str).render(context)
    markdown = template("page.md", autoescape=False, shown=formatting.markdown).render(context)
    tables = [value for value in found.values() if isinstance(value, Table)]
    in_tables = [
        cell.picture for table in tables for row in (table.head, *table.rows) for cell in row
    ]
    lists = [*found.values(), *found["predictions"].values()]
    in_sections = [p for value in lists if isinstance(value, list) for p in value]
    pictures = [p for p in (*in_tables, *in_sections) if isinstance(p, Picture)]
    by_name = {table.name: table.markdown() for table in tables}
    below = {
        "channels": found["channel_sentences"],
        "costs": list(cost_sentences.other_types(results)),
    }
    summary = _summary(by_name, below)
    return Report(html, markdown, pictures, by_name, summary)


def _summary(tables: Mapping[str, str], below: Mapping[str, Sequence[str]]) -> str:
    """Join the tables of results; below one stand sentences without which it would mislead."""
    shown = []
    for name in SUMMARY:
        if name in tables:
            shown.append(tables[name])
        if said := below.get(name):
            # Plain spaces, because a terminal may support only ASCII.
            shown.append("".join(f"- {one}\n".replace("\xa0", " ") for one in said))
    return "\n".join(shown)


def template(name: str, autoescape: bool, shown: Callable[[str], str]) -> jinja2.Template:
    """Return a template beside this file; what it imports shares its escaping.

    `shown` is the filter for a name of the user's own.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["shown"] = shown
    return environment.get_template(name)


def fence(code: str) -> str:
    """Return as many backticks as fence code off in Markdown."""
    return "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))


def as_yaml(data: Mapping[str, Any]) -> str:
    """Format parameters as sorted YAML, independent of the layout of the user's file."""
    text = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.width = None, 100
    yaml.representer.ignore_aliases = lambda _: True
    yaml.dump(data, text)
    return text.getvalue()
