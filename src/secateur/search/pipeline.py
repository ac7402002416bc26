"""The pipeline of a trial: `search/dvc.yaml`, which each experiment of a search has."""

from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML

FILE = Path(__file__).with_name("pipeline.yaml")
TRIAL, JUDGE = "search/dvc.yaml:trial", "search/dvc.yaml:judge"  # as DVC calls the stages
PIPELINE, PARAMS = "search/dvc.yaml", "search/params.yaml"
FIGURES, JUDGED = "search/trial.json", "search/judged.json"


def text(before: Sequence[str], *, judged: bool = False) -> str:
    """Return the file of a trial that starts from these trained recipes.

    It has the stage `judge`, which reads test rows, only if the trial is to be `judged`.
    """
    yaml = YAML()
    content = yaml.load(FILE.read_text(encoding="utf-8"))
    stages = content["stages"]
    deps = stages["trial"]["deps"]
    last = deps.index("models/trained/initial")
    for number, name in enumerate(before, start=1):
        deps.insert(last + number, f"models/trained/{name}")
    if not judged:
        del stages["judge"]
    out = StringIO()
    yaml.dump(content, out)
    return out.getvalue()
