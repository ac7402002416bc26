"""Which modules and packages of the repository a script imports, at any depth."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src"


def modules(script: Path) -> set[Path]:
    """The script and every module that it may import.

    Imports inside functions count; those for type checkers alone do not.
    """
    found: set[Path] = set()
    _walk(script, found)
    return found


def packages(script: Path) -> set[str]:
    """What `dvc.yaml` is to declare of the code: the script, packages, and single modules.

    Paths are relative to the repository.
    """
    top = SOURCE / "secateur"
    reached = {path if path.parent in (top, script.parent) else path.parent
               for path in modules(script)}  # fmt: skip
    return {path.relative_to(ROOT).as_posix() for path in reached}


def _walk(path: Path, found: set[Path]) -> None:
    if path in found:
        return
    found.add(path)
    for name in _imported(ast.parse(path.read_text())):
        for place in (SOURCE, ROOT / "stages"):
            module = place.joinpath(*name.split(".")).with_suffix(".py")
            if module.is_file():
                _walk(module, found)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return []
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        # `from secateur.core import files` names a module; so does `from … .files import remove`.
        return [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name for child in ast.iter_child_nodes(node) for name in _imported(child)]
