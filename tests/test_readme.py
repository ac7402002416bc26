"""What the README shows is what the project does."""

import re
from pathlib import Path

from import_graph import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_shows_the_committed_results() -> None:
    for table in ("summary.md", "size_table.md", "trade_off.md"):
        assert (ROOT / "metrics" / table).read_text(encoding="utf-8") in README
    # The picture is the report's own file: tests/test_dag.py holds it to the lock.
    (picture,) = re.findall(r"!\[[^]]+\]\((\S+)\)", README)
    assert (ROOT / picture).is_file()
    assert Path(picture).parent == Path("metrics/report")


def test_names_every_module_and_every_make_target_that_it_uses() -> None:
    modules = {path.name for path in ROOT.glob("src/secateur/[a-z]*.py")}
    for package in ("data", "parallel", "report"):
        modules |= {path.name for path in ROOT.glob(f"src/secateur/{package}/[a-z]*.py")}
    assert set(re.findall(r"(\w+\.py)\b", README)) >= modules
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z-]+)", README)) <= targets
