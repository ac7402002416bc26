"""Prepared projects that tests copy: `git init` and `dvc init` take two seconds."""

from pathlib import Path

import pytest

from dvc_projects import DIAMOND, WIDE, Make, Project, Stages, before


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Git, DVC and some files; no stages."""
    project = Project(tmp_path_factory.mktemp("template") / "project")
    project.initialize()
    return project


@pytest.fixture
def make(template: Project, tmp_path: Path) -> Make:
    """A new project with these stages, in which nothing has run."""

    def new(stages: Stages) -> Project:
        project = template.copy(tmp_path / "project")
        project.write_stages(stages)
        project.commit()
        return project

    return new


@pytest.fixture(scope="session")
def slow(template: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Project]:
    """Nine stages of half a second: before and after a serial `dvc repro`. To be copied."""
    folder = tmp_path_factory.mktemp("slow")
    new = template.copy(folder / "new")
    new.write_stages(before("echo begun; sleep 0.5", WIDE | DIAMOND))
    new.commit()
    serial = new.copy(folder / "serial")
    serial.run("dvc", "repro", "-q")
    return new, serial


@pytest.fixture
def endless(make: Make) -> Project:
    """A project whose stages do not end."""
    return make(before("echo begun; sleep 600", WIDE | DIAMOND))
