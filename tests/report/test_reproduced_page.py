"""The report of a pipeline that was reproduced shows all of its metrics and pictures."""

import json
import re

from import_graph import ROOT
from project import Repository
from secateur.report import environment, formatting


def test_every_figure_of_the_metrics_is_in_the_tables(pristine: Repository) -> None:
    evaluation, sizes = (
        json.loads(pristine.text(f"metrics/{name}.json")) for name in ("evaluation", "sizes")
    )
    for name in ("report.html", "report.md"):
        text = pristine.text(f"metrics/{name}").replace("\xa0", " ")
        for model, score in evaluation.items():
            assert formatting.spread(score["stripped"]["mse"]).replace("\xa0", " ") in text
            for seed_mse in score["stripped"]["mse"]["seeds"].values():
                assert formatting.number(seed_mse) in text
            for artifact in sizes[model].values():
                assert f"{artifact['gzip_bytes']['median']:,.0f}" in text
        for section in ("Models", "Size and error", "Training", "Residuals", "Inputs"):
            assert section.lower() in text.lower()


def test_markdown_shows_every_picture_and_nothing_else_lies_there(pristine: Repository) -> None:
    shown = set(re.findall(r"\]\(report/([^)]+)\)", pristine.text("metrics/report.md")))
    assert shown == {path.name for path in (pristine.folder / "metrics/report").iterdir()}


def test_the_page_is_light(pristine: Repository) -> None:
    for page_file in (ROOT / "metrics/report.html", pristine.folder / "metrics/report.html"):
        if page_file.exists():  # a clone that has reproduced nothing yet has not the first
            assert page_file.stat().st_size < 2_000_000


def test_the_commit_is_found_by_what_the_page_says(pristine: Repository) -> None:
    (command,) = re.findall(r"\$ (git log -S .*)", pristine.text("metrics/report.md"))
    metrics = [pristine.folder / f"metrics/{name}.json" for name in ("evaluation", "sizes")]
    assert environment.digest(metrics) in command
    assert "results" in pristine.run(*command.split())
