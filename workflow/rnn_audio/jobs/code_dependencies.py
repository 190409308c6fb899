"""Which of this library's modules a script imports, so that editing a module reruns only the jobs that use it.

Snakemake tracks a script, but not its imports. A digest of the imported modules is therefore a parameter of its rule.
"""

import re
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]

# Import statements of this package, at the beginning of a line: found as text, because every start of Snakemake reads
# all modules, and parsing them would take a third of a second.
_IMPORTS = re.compile(rf"^[ \t]*(?:from ({_PACKAGE.name}[\w.]*) import (\([^)]*\)|.*)|import (.+))", re.MULTILINE)


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
    for package, members, modules in _IMPORTS.findall(path.read_text(encoding="utf-8")):
        # "from package import name" may name a module or a member of one; a member has no file and is skipped.
        names.extend([package, *(f"{package}.{name}" for name in _names(members))] if package else _names(modules))
    return [module for name in names for module in _module_files(name)]


def _names(listed: str) -> list[str]:
    """The names of an import statement's list, without those that they get by "as" and without comments."""
    plain = re.sub(r"#.*|\s+as\s+\w+", "", listed)
    return re.findall(r"[\w.]+", plain)


@cache
def _module_files(name: str) -> list[Path]:
    """The files that importing a module of this package runs: its own and the `__init__.py` of each parent package."""
    package, *parts = name.split(".")
    if package != _PACKAGE.name:
        return []
    folders = [_PACKAGE.joinpath(*parts[:depth]) for depth in range(len(parts) + 1)]
    candidates = [*(folder / "__init__.py" for folder in folders), folders[-1].with_suffix(".py")]
    return [path for path in candidates if path.is_file()]
