"""What README, CONTRIBUTING and docs/ say is there, works and is up to date."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from dvc_verify import limits
from import_graph import ROOT
from secateur.checks.chains import check_chains
from secateur.checks.params_file import Everything
from secateur.command.app import app
from secateur.core.params import Params
from secateur.devices import ethos_u

TOP = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
PAGES = [*TOP, *sorted((ROOT / "docs").glob("*.md"))]
FOLDERS = [ROOT / f"{name}/README.md" for name in ("data", "models", "examples", "network")]
OWN = ("data/", "network/")  # what a user may put there

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return [name for name in listed.splitlines() if (ROOT / name).exists()]


def test_what_is_generated_is_up_to_date() -> None:
    command = [sys.executable, "docs/generate.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_systems_and_memory_modes_of_every_accelerator_are_listed() -> None:
    text = (ROOT / "docs/devices.md").read_text(encoding="utf-8")
    systems = set(ethos_u._sections("System_Config"))
    assert set(re.findall(r"`(Ethos_U\w+)`", text)) == systems
    modes = set(ethos_u._sections("Memory_Mode"))
    assert {name for name in modes if f"`{name}`" in text} == modes
    for line in re.findall(r"^\| .*`Ethos_U\w+`.*$", text, re.M):
        for system in re.findall(r"`(Ethos_U\w+)`", line):
            fitting = {name for name in modes if ethos_u._fits(system, name)}
            assert len(fitting) == (6 if "Dedicated_Sram" in line or "all six" in line else 2)


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("page", [*PAGES, *FOLDERS], ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_command_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    makefiles = "".join((ROOT / name).read_text() for name in ("Makefile", "pipeline.mk"))
    targets = set(re.findall(r"^([a-z-]+):", makefiles, re.MULTILINE))
    assert set(re.findall(r"(?:`|\$ )make (?:\w+=\S+ )*([a-z-]+)", text)) <= targets
    assert all((ROOT / path).exists() for path in re.findall(r"python ([\w/]+\.py)", text))
    group: Any = typer.main.get_command(app)
    for name, rest in re.findall(r"(?:`|\$ |/)secateur ([a-z-]+)([^\n`#]*)", text):
        assert name in group.commands
        options = {opt for param in group.commands[name].params for opt in param.opts} | {"--help"}
        assert set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest)) <= options


@pages
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        target, _, anchor = link.partition("#")
        found = page if not target else page.parent / target
        assert found.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.*)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {slug(heading) for heading in headings}, link


def slug(heading: str) -> str:
    """As GitHub and MkDocs make it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pages
def test_every_path_of_the_repository_exists(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    tops = {name.split("/")[0] for name in tracked()}
    for path in re.findall(r"`([\w.-]+(?:/[\w.*-]*)+)`", text):
        if path.split("/")[0] in tops and not path.startswith(OWN):
            assert (ROOT / path).exists() or ignored(path), path


def ignored(path: str) -> bool:
    """Whether Git ignores it: what the pipeline makes is in no clone."""
    command = ["git", "check-ignore", "--quiet", path]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def test_every_top_level_folder_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (tree,) = (part for part in readme.split("```\n") if part.startswith("dvc.yaml"))
    listed = set(re.findall(r"(?:^|, )([\w.-]+)/", tree, re.M))
    folders = {name.split("/")[0] for name in tracked() if "/" in name and name[0] != "."}
    assert folders <= listed
    packages = {path.parent.name for path in (ROOT / "src/secateur").glob("*/__init__.py")}
    named = set(re.findall(r"(\w+)/", tree))
    assert packages <= named


def models(kind: Any) -> Iterator[type[Params]]:
    if isinstance(kind, type) and issubclass(kind, Params):
        yield kind
        for field in kind.model_fields.values():
            yield from models(field.annotation)
    for inner in get_args(kind):
        yield from models(inner)


def test_part_of_a_file_is_shown_as_it_is() -> None:
    """A reader copies it, and compares with what the file gave."""
    shown = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for path, content in re.findall(
            r'^```yaml title="part of (\S+/\S+)"\n(.*?)^```', text, re.M | re.S
        ):
            section, rest = content.split("\n", 1)
            own = (ROOT / path).read_text(encoding="utf-8")
            assert f"\n{section}\n" in own
            assert rest in own, path
            shown.append(path)
    assert shown


@pytest.mark.parametrize("model", sorted(set(models(Everything)), key=lambda m: m.__name__))
def test_every_parameter_has_a_description(model: type[Params]) -> None:
    assert [name for name, field in model.model_fields.items() if not field.description] == []


def snippets() -> list[Any]:
    """YAML in the documentation; one with a title `part …` is no whole section."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for title, content in re.findall(
            r'^```yaml(?: title="(.*?)")?\n(.*?)^```', text, re.M | re.S
        ):
            if not title.startswith("part") and not title.endswith(".yml"):
                found.append(pytest.param(title, content, id=f"{page.name}-{len(found)}"))
    return found


@pytest.mark.parametrize(("title", "content"), snippets())
def test_every_example_can_be_used(title: str, content: str, tmp_path: Path) -> None:
    data = YAML(typ="safe", pure=True).load(content)
    if title == "limits.yaml":
        (tmp_path / title).write_text(content, encoding="utf-8")
        limits.read(tmp_path / title)
        return
    for section, value in data.items():
        field = Everything.model_fields[section]
        read = TypeAdapter(field.rebuild_annotation()).validate_python(value)
        if section == "recipes":
            check_chains(read)
