"""Which of this library's modules a script imports, so that editing one reruns the jobs that used it, and only those.

A workflow sees a script, but not what it imports; a digest of the modules is therefore a parameter of its rule.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def code_of(script: Path, *chosen: str) -> list[Path]:
    """The script and all modules of this package that it imports, directly or through others, sorted by path.

    Args:
        script: its path.
        chosen: names of modules that it imports without an import statement, `rnn_audio.reporting.figures.decays`.
    """
    found: set[Path] = set()
    waiting = [script, *(path for name in chosen for path in _module_files(name))]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        waiting.extend(_imported_modules(path))
    return sorted(found)


@cache
def _imported_modules(path: Path) -> list[Path]:
    names: list[str] = []
    for node in _statements(ast.parse(path.read_text(encoding="utf-8")).body):
        if isinstance(node, ast.Import):
            names.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            # "from package import module" may name a module or something inside one; non-modules find no file.
            names.extend([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    return [module for name in names for module in _module_files(name)]


def _statements(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All statements, nested ones included; their expressions, most of the tree, hold no import."""
    for statement in body:
        yield statement
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            yield from _statements(getattr(statement, part, ()))


def _module_files(name: str) -> list[Path]:
    """The files that importing a module of this package runs: its own, and the `__init__` of each package above it."""
    package, *parts = name.split(".")
    if package != _PACKAGE.name:
        return []
    folders = [_PACKAGE.joinpath(*parts[:depth]) for depth in range(len(parts) + 1)]
    candidates = [*(folder / "__init__.py" for folder in folders), folders[-1].with_suffix(".py")]
    return [path for path in candidates if path.is_file()]
