import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.places import REPOSITORY

from rnn_audio.configuration.kinds import FIGURES
from rnn_audio.jobs.code_dependencies import code_of

SCRIPTS = sorted((REPOSITORY / "workflow" / "scripts").glob("*.py"))
FIGURE_MODULES = [REPOSITORY / f"workflow/rnn_audio/reporting/figures/{kind}.py" for kind in FIGURES]

# Runs each script's own import statements in turn, and prints the library's files that they brought in.
LOADED = """
import ast, json, sys
loaded = {}
for script in sys.argv[1:]:
    for name in [name for name in sys.modules if name.split(".")[0] == "rnn_audio"]:
        del sys.modules[name]
    body = ast.parse(open(script).read()).body
    imports = [node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))]
    exec(compile(ast.Module(imports, []), script, "exec"), {})
    loaded[script] = [module.__file__ for name, module in sys.modules.items() if name.split(".")[0] == "rnn_audio"]
print(json.dumps(loaded))
"""


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    """The library's files that Python reads for each script's imports, and for those of each kind of figure."""
    library = str(REPOSITORY / "workflow")
    command = [sys.executable, "-c", LOADED, *map(str, [*SCRIPTS, *FIGURE_MODULES])]
    environment = os.environ | {"PYTHONPATH": library}
    return json.loads(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_every_module_that_a_script_loads_counts_for_its_rule(script: Path, loaded: dict[str, list[str]]) -> None:
    declared = set(code_of(script))
    assert script in declared
    assert len(loaded[str(script)]) > 1
    assert set(map(Path, loaded[str(script)])) <= declared


@pytest.mark.parametrize("module", FIGURE_MODULES, ids=lambda path: path.stem)
def test_every_module_that_a_figure_loads_counts_for_its_rule(module: Path, loaded: dict[str, list[str]]) -> None:
    (script,) = [path for path in SCRIPTS if path.stem == "plot"]
    declared = set(code_of(script, f"rnn_audio.reporting.figures.{module.stem}"))
    assert module in declared
    assert set(map(Path, loaded[str(module)])) <= declared
