"""A DVC project that is prepared once for each test process, and a copy of it for each test."""

from pathlib import Path

import pytest

from verify_project import Project


@pytest.fixture(scope="session")
def prepared_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Reproduced and committed; tests do not change it."""
    return Project(tmp_path_factory.mktemp("prepared") / "project")


@pytest.fixture
def project(prepared_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy to change. Its folder is the current one."""
    copied = prepared_project.copy(tmp_path / "project")
    monkeypatch.chdir(copied.folder)
    return copied
