"""Which of this library's modules a script imports, so that editing a module reruns only the jobs that use it.

Snakemake tracks a script, but not its imports. A digest of the imported modules is therefore a parameter of its rule.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def code_of(script: Path, *chosen: str) -> list[Path]:
    """The script and all modules of this package that it imports, directly or through others, sorted by path.

    A module's CUDA kernels are part of it.

    Args:
        script: its path.
        chosen: modules that it imports without an import statement, such as `rnn_audio.reporting.figures.decays`.
    """
    found: set[Path] = set()
    waiting = [script, *(path for name in chosen for path in _module_files(name))]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        kernels = path.with_suffix(".cu")  # a module of CUDA kernels compiles the file of its name
        if kernels.is_file():
            found.add(kernels)
        waiting.extend(_imported_modules(path))
    return sorted(found)


@cache
def _imported_modules(path: Path) -> list[Path]:
    names: list[str] = []
    for node in _statements(ast.parse(path.read_text(encoding="utf-8")).body):
        if isinstance(node, ast.Import):
            names.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            # "from package import name" may name a module or a member of one; a member has no file and is skipped.
            names.extend([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    return [module for name in names for module in _module_files(name)]


def _statements(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All statements, including nested ones. Expressions contain no imports and are skipped."""
    for statement in body:
        yield statement
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            yield from _statements(getattr(statement, part, ()))


@cache
def _module_files(name: str) -> list[Path]:
    """The files that importing a module of this package runs: its own and the `__init__.py` of each parent package."""
    package, *parts = name.split(".")
    if package != _PACKAGE.name:
        return []
    folders = [_PACKAGE.joinpath(*parts[:depth]) for depth in range(len(parts) + 1)]
    candidates = [*(folder / "__init__.py" for folder in folders), folders[-1].with_suffix(".py")]
    return [path for path in candidates if path.is_file()]
