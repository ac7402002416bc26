"""The `stages` of a `dvc.lock`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from dvc_verify.errors import CheckError, one_line
from dvc_verify.paths import normal

Lock = Mapping[str, Mapping[str, Any]]  # by stage


def read(project: Path, folders: Mapping[str, str]) -> Lock:
    """The stages of a project's lock, with paths relative to the project.

    The file has them relative to the stage's folder in `folders`.

    Raises:
        CheckError: there is no lock, or it cannot be read.
    """
    path = project / "dvc.lock"
    if not path.exists():
        raise CheckError(
            "dvc.lock is missing. Run the check in the project's folder, or run `dvc repro` and "
            "commit dvc.lock."
        )
    try:
        stages = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))["stages"]
        for name, stage in stages.items():
            for item in [*stage.get("outs", ()), *stage.get("deps", ())]:
                item["path"] = normal(folders.get(name, "."), item["path"])
        return dict(stages)
    except Exception as error:  # the parser's classes are many, and so are wrong shapes
        raise CheckError(f"dvc.lock is damaged: {one_line(error)}") from None
