import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import rnn_audio
from rnn_audio.jobs import code_dependencies
from rnn_audio.jobs.code_dependencies import code_of

PACKAGE = Path(rnn_audio.__file__).parent
SCRIPTS = sorted((PACKAGE.parent / "scripts").glob("*.py"))


def written(folder: Path, text: str) -> Path:
    script = folder / "script.py"
    script.write_text(text)
    return script


def modules(script: Path) -> set[str]:
    """The package's files behind a script, relative to the package."""
    return {str(path.relative_to(PACKAGE)) for path in code_of(script) if path != script}


def imports_torch(path: Path) -> bool:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
        if any(name.partition(".")[0] == "torch" for name in names):
            return True
    return False


@pytest.mark.parametrize(
    "line",
    [
        "from rnn_audio.records import read_json",
        "from rnn_audio import records",
        "import rnn_audio.records",
        "import rnn_audio.records as results",
        "def read():\n    from rnn_audio.records import read_json",
        "from rnn_audio import (  # all that reads\n    records as read,\n)  # and writes",
        "import json, rnn_audio.records as results  # noqa",
    ],
)
def test_an_import_is_found_with_what_it_imports_itself(tmp_path: Path, line: str) -> None:
    assert {"records.py", "atomic.py", "errors.py"} <= modules(written(tmp_path, line))


def test_the_script_itself_is_part_of_its_code(tmp_path: Path) -> None:
    script = written(tmp_path, "print('no import')\n")
    assert code_of(script) == [script]


def test_kernels_are_part_of_the_module_that_compiles_them(tmp_path: Path) -> None:
    found = modules(written(tmp_path, "from rnn_audio.networks.engines import cuda_kernels"))
    assert "networks/engines/cuda_kernels.cu" in found
    assert "networks/engines/cuda_kernels.cu" in modules(PACKAGE.parent / "scripts" / "train.py")


def test_other_packages_are_not_followed(tmp_path: Path) -> None:
    text = "import json\nimport numpy as np\nfrom rnn_audio_extras.records import read\nfrom records import read\n"
    assert modules(written(tmp_path, text)) == set()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty package in place of the library, whose files are looked up anew."""
    package = tmp_path / "rnn_audio"
    package.mkdir()
    monkeypatch.setattr(code_dependencies, "_PACKAGE", package)
    code_dependencies._module_files.cache_clear()
    yield package
    code_dependencies._module_files.cache_clear()


def test_importing_from_a_package_includes_what_its_init_file_imports(package: Path, tmp_path: Path) -> None:
    (package / "sounds").mkdir()
    (package / "sounds" / "__init__.py").write_text("from rnn_audio.sounds.bells import ring\n")
    (package / "sounds" / "bells.py").write_text("")
    (package / "sounds" / "drums.py").write_text("")
    script = written(tmp_path, "from rnn_audio.sounds import ring\n")
    assert set(code_of(script)) == {script, package / "sounds" / "__init__.py", package / "sounds" / "bells.py"}


@pytest.mark.parametrize(
    "line", ["from rnn_audio.reporting.figures.style import write_figure", "import rnn_audio.reporting.figures.style"]
)
def test_importing_a_module_includes_the_init_files_of_its_packages(tmp_path: Path, line: str) -> None:
    # Python runs them on the way to the module.
    assert {"__init__.py", "reporting/figures/__init__.py", "reporting/figures/style.py"} <= modules(
        written(tmp_path, line)
    )


def test_an_import_of_something_inside_a_module_is_that_module(tmp_path: Path) -> None:
    assert "errors.py" in modules(written(tmp_path, "from rnn_audio.errors import InputError"))
    assert "InputError.py" not in modules(written(tmp_path, "from rnn_audio.errors import InputError"))


def test_modules_that_import_each_other_come_to_an_end(package: Path, tmp_path: Path) -> None:
    (package / "a.py").write_text("from rnn_audio import b\n")
    (package / "b.py").write_text("from rnn_audio import a\n")
    script = written(tmp_path, "import rnn_audio.a\n")
    assert set(code_of(script)) == {script, package / "a.py", package / "b.py"}


def test_the_list_is_sorted_and_names_each_file_once() -> None:
    for script in SCRIPTS:
        code = code_of(script)
        assert code == sorted(set(code))
        assert all(path.is_file() for path in code)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_every_scripts_code_is_at_least_itself_and_its_log(script: Path) -> None:
    assert script in code_of(script)
    assert {"jobs/job_log.py", "errors.py"} <= modules(script)


@pytest.mark.parametrize("name", ["select_best.py", "table.py"])
def test_a_script_that_only_reads_records_needs_no_pytorch(name: str) -> None:
    assert [path.name for path in code_of(PACKAGE.parent / "scripts" / name) if imports_torch(path)] == []


def test_the_training_script_needs_pytorch() -> None:
    assert any(imports_torch(path) for path in code_of(PACKAGE.parent / "scripts" / "train.py"))
