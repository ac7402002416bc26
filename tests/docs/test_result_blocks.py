"""What README.md and examples/README.md show of results is what the report says."""

import runpy
from pathlib import Path
from typing import Any

from import_graph import ROOT

METRICS = ROOT / "metrics"
blocks: dict[str, Any] = runpy.run_path(str(ROOT / "docs/result_blocks.py"))
LAYERS = "| layer |\n|:------|\n| conv_1 |"


def test_a_verdict_is_all_that_the_report_says_first() -> None:
    first, *_, last = blocks["verdict"](METRICS).splitlines()
    report = (METRICS / "report.md").read_text(encoding="utf-8").splitlines()
    last = last.removeprefix("> ")  # in the report, a warning has a link to a section
    place = next(number for number, line in enumerate(report) if last and line.startswith(last))
    assert report[2] == first.removeprefix("> ")
    assert next(line for line in report[place + 1 :] if line).startswith("#")


def test_an_example_shows_its_verdict_and_its_tables(tmp_path: Path) -> None:
    report = "# Title\n\n**small** it is.\n\nBy much.\n\n## Models\n\ntext\n"
    (tmp_path / "summary.md").write_text("| model |\n|:------|\n")
    (tmp_path / "report.md").write_text(report)
    shown = "> **small** it is.\n>\n> By much.\n\n| model |\n|:------|\n"
    assert blocks["example"](tmp_path) == shown
    (tmp_path / "report.md").write_text(
        f"{report}\n### Sparsity of each layer\n\n{LAYERS}\n\n### Kernels\n\ntext\n"
    )
    assert blocks["example"](tmp_path) == f"{shown}\n{LAYERS}\n"
