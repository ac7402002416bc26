"""Which of the repository's modules a script imports, at any depth, read from the source."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent


def modules(script: Path) -> set[str]:
    """Paths, relative to the repository, of the script and every module that it may import.

    Imports inside functions count; those for type checkers alone do not.
    """
    found: set[Path] = set()
    _walk(script, found)
    return {path.relative_to(ROOT).as_posix() for path in found}


def _walk(path: Path, found: set[Path]) -> None:
    if path in found:
        return
    found.add(path)
    for name in _imported(ast.parse(path.read_text())):
        for place in (ROOT / "src", ROOT / "stages"):
            module = place.joinpath(*name.split(".")).with_suffix(".py")
            if module.is_file():
                _walk(module, found)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return []
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        # `from secateur import files` names a module; `from secateur.files import remove` does too.
        return [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name for child in ast.iter_child_nodes(node) for name in _imported(child)]
