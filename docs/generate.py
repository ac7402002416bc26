"""Write what the documentation repeats: the page of parameters, and tables of results.

`docs/parameters.md` comes from the models that check `params.yaml`. Results stand between the
markers `<!-- generated: NAME -->` and `<!-- end -->` of README.md, examples/README.md and
docs/*.md. An example's are its results.md, which `make example NAME=… ARGS=--record` writes.

    python docs/generate.py          writes what is stale
    python docs/generate.py --check  names what is stale and exits with 1
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import result_blocks
from parameters_page import parameters

ROOT = Path(__file__).resolve().parent.parent
PAGE = Path("docs/parameters.md")
MARKED = re.compile(r"(<!-- generated: ([\w/]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> int:
    """Write or check every file; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if stale")
    check = parser.parse_args().check
    stale = {path: text for path, text in generated() if text != _read(path)}
    for path, text in stale.items():
        if not check:
            (ROOT / path).write_text(text, encoding="utf-8")
        print(f"{path}: is stale; run `python docs/generate.py`" if check else f"{path}: written")
    return 1 if check and stale else 0


def generated() -> Iterator[tuple[Path, str]]:
    """Give each file that holds something generated: its path in the repository, its right text."""
    yield PAGE, parameters()
    pages = [ROOT / "README.md", ROOT / "examples/README.md", *sorted((ROOT / "docs").glob("*.md"))]
    for path in pages:
        text = path.read_text(encoding="utf-8")
        if MARKED.search(text):
            yield path.relative_to(ROOT), MARKED.sub(_filled, text)


def _read(path: Path) -> str:
    file = ROOT / path
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _filled(found: re.Match[str]) -> str:
    start, name, end = found.groups()
    return f"{start}\n{block(name)}\n\n{end}"


def block(name: str) -> str:
    """Read a block by its name.

    It is `examples/NAME`; `benchmarks/NAME`, what a benchmark concludes; `tables/NAME`, its
    table; `models` or `costs`, the tables of `metrics/summary.md`; another table of `metrics/`; or
    `verdict` or `searches`, the report's.

    Raises:
        OSError: there is no such file.
    """
    if name.startswith("examples/"):
        return (ROOT / name / "results.md").read_text(encoding="utf-8").strip()
    if name.startswith("benchmarks/"):
        return result_blocks.answer(ROOT / f"{name}.md")
    if name.startswith("tables/"):
        return result_blocks.table(ROOT / f"benchmarks/{name.removeprefix('tables/')}.md")
    if name in ("models", "costs"):
        return result_blocks.tables(ROOT / "metrics")[name]
    if name == "searches":
        return result_blocks.searches(ROOT / "metrics")
    if name == "verdict":
        return result_blocks.verdict(ROOT / "metrics")
    return (ROOT / f"metrics/{name}.md").read_text(encoding="utf-8").strip()


if __name__ == "__main__":
    sys.exit(main())
