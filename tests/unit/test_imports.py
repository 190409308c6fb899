"""What modules and scripts import exists, in no circle; what comes before a training brings no PyTorch."""

import ast
import os
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.places import REPOSITORY

WORKFLOW = REPOSITORY / "workflow"
MODULES = sorted(path for path in (WORKFLOW / "rnn_audio").rglob("*.py") if path.name != "__init__.py")
SCRIPTS = sorted((WORKFLOW / "scripts").glob("*.py"))
# The folders of what is prepared before any training; PyTorch takes seconds to load.
WITHOUT_PYTORCH = {"configuration", "signals", "devices"}

# Imports modules in turn, and fails with the first that brings PyTorch.
PROGRAM = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
    assert "torch" not in sys.modules, name
"""


def name_of(module: Path) -> str:
    return ".".join(module.relative_to(WORKFLOW).with_suffix("").parts)


def imports(path: Path, *, inside_functions: bool) -> list[tuple[str, list[str]]]:
    """Modules that a file imports, each with the names that it takes from it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree) if inside_functions else tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.module, [alias.name for alias in node.names]))
        if isinstance(node, ast.Import):
            found += [(alias.name, []) for alias in node.names]
    return found


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=lambda path: str(path.relative_to(WORKFLOW)))
def test_what_is_imported_exists(path: Path) -> None:
    for module, names in imports(path, inside_functions=True):
        # What only some PyTorch builds bring along.
        if ("triton" in module and find_spec("triton") is None) or (
            module.startswith("cuda.") and find_spec("cuda") is None
        ):
            continue
        imported = import_module(module)
        for name in names:
            if not hasattr(imported, name):
                import_module(f"{module}.{name}")


def test_no_module_imports_itself_by_way_of_others() -> None:
    names = {name_of(path) for path in MODULES}
    taken = {
        name_of(path): {
            candidate
            for module, parts in imports(path, inside_functions=False)
            for candidate in (module, *(f"{module}.{part}" for part in parts))
        }
        for path in MODULES
    }
    order = TopologicalSorter({name: others & names for name, others in taken.items()}).static_order()
    assert set(order) == names


def test_the_plan_signals_and_devices_need_no_pytorch() -> None:
    rules = [REPOSITORY / "Snakefile", *(WORKFLOW / "rules").glob("*.smk")]
    planning = {
        name
        for path in rules
        for name in re.findall(r"^ *from (rnn_audio[\w.]*) import", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(planning) > 5
    free = {name_of(path) for path in MODULES if path.relative_to(WORKFLOW).parts[1] in WITHOUT_PYTORCH}
    command = [sys.executable, "-c", PROGRAM, *sorted(planning | free)]
    environment = os.environ | {"PYTHONPATH": str(WORKFLOW)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
