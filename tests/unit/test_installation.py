"""Ranges, locks and the environment of jobs agree, the Makefile finds a Python, and the locks resolve everywhere."""

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.places import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = {name: [Requirement(line) for line in lines] for name, lines in PROJECT["optional-dependencies"].items()}
RANGES = [Requirement(line) for line in PROJECT["dependencies"]]
LOCKS = ("requirements.txt", "requirements-cpu.txt", "requirements-cuda.txt", "requirements-test.txt")
UV = Path(sys.executable).with_name("uv")


def load_lock_script() -> object:
    spec = importlib.util.spec_from_file_location("lock", REPOSITORY / "envs/lock.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LOCKED = {name: load_lock_script().read(name) for name in LOCKS}  # type: ignore[attr-defined]
PINS = {canonicalize_name(pin.name): pin for lock in reversed(LOCKED.values()) for pin in map(Requirement, lock)}


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_an_exact_version_and_digests(name: str) -> None:
    lines = (REPOSITORY / name).read_text(encoding="utf-8").splitlines()
    assert sum(len(digests) + 1 for digests in LOCKED[name].values()) == len(lines) - 1  # less the comment on top
    for requirement, digests in LOCKED[name].items():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.+]*( ; .+)?", requirement)
        assert digests
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", digest) for digest in digests)


def test_both_builds_of_pytorch_have_one_version_and_nothing_else_of_the_gpu_is_in_the_common_lock() -> None:
    versions = [re.match(r"torch==([\d.]+)", line) for name in LOCKS for line in LOCKED[name]]
    assert len({found[1] for found in versions if found}) == 1
    assert not [line for line in LOCKED["requirements.txt"] if re.match("torch|triton|nvidia|cuda", line)]
    (on_linux,) = (digests for line, digests in LOCKED["requirements-cpu.txt"].items() if "+cpu" in line)
    assert len(on_linux) == 4 * 2  # Python 3.11 to 3.14, on x86_64 and aarch64


@pytest.mark.parametrize("wanted", [*RANGES, *(line for lines in EXTRAS.values() for line in lines)], ids=str)
def test_the_locked_version_lies_in_the_range(wanted: Requirement) -> None:
    (pin,) = PINS[canonicalize_name(wanted.name)].specifier
    assert wanted.specifier.contains(pin.version)
    assert {one.operator for one in wanted.specifier} == {">=", "<"}


@pytest.mark.parametrize("pin", [Requirement(line) for name in (LOCKS[0], LOCKS[3]) for line in LOCKED[name]], ids=str)
def test_the_installed_version_is_the_locked_one(pin: Requirement) -> None:
    if pin.marker is not None and not pin.marker.evaluate():
        pytest.skip(f"not for this machine: {pin}")
    assert pin.specifier.contains(version(pin.name))


def test_the_installed_pytorch_is_the_locked_one() -> None:
    (locked,) = PINS["torch"].specifier
    assert version("torch").partition("+")[0] == locked.version.partition("+")[0]


def imported_names(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    parts = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in (*plain, *parts)}


def test_what_the_library_imports_is_among_its_dependencies() -> None:
    names = set().union(*map(imported_names, (REPOSITORY / "workflow/rnn_audio").rglob("*.py")))
    foreign = names - set(sys.stdlib_module_names) - {"rnn_audio", "cuda"}  # cuda.bindings: see the extra gpu
    owners = packages_distributions()
    imported = {canonicalize_name(owners.get(name, [name])[0]) for name in foreign}
    declared = {canonicalize_name(wanted.name) for wanted in RANGES}
    assert declared <= imported
    # What exports and runs ONNX is asked for where it is missing.
    assert imported - declared == {"triton", "onnx", "onnxruntime"}
    assert {wanted.name for wanted in EXTRAS["onnx"]} == {"onnx"}
    assert {wanted.name for wanted in EXTRAS["gpu"]} == {"triton", "cuda-bindings"}


@pytest.mark.parametrize("path", sorted((REPOSITORY / "envs").glob("*.yaml")), ids=lambda path: path.name)
def test_the_environment_of_jobs_has_what_they_need_in_the_locked_versions(path: Path) -> None:
    dependencies = yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"]
    (lines,) = [entry["pip"] for entry in dependencies if isinstance(entry, dict)]
    pinned = {canonicalize_name(pin.name): pin for pin in map(Requirement, lines)}
    needed = [wanted for name in ("workflow", "slurm", "gpu", "onnx") for wanted in EXTRAS[name]]
    names = {canonicalize_name(wanted.name) for wanted in [*RANGES, *needed]} - {"cuda-bindings"}  # torch brings it
    assert set(pinned) == names
    for name, pin in pinned.items():
        (locked,) = PINS[name].specifier
        assert str(pin.specifier) == f"=={locked.version.split('+')[0]}"


def fake_python(folder: Path, name: str, version_info: tuple[int, int]) -> None:
    """A Python that says it is of another version."""
    pretend = f"import sys; sys.version_info = {(*version_info, 0)}; exec(sys.argv[2])"
    (folder / name).write_text(f"#!/bin/sh\nexec {sys.executable} -c '{pretend}' \"$@\"\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def planned(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What make would do in a new checkout, where the programs of `folder` are the only ones."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    for name in ("Makefile", *LOCKS):
        shutil.copy(REPOSITORY / name, folder)
    for name in ("sh", "make", "getconf", "cat"):
        (folder / name).symlink_to(shutil.which(name) or "")
    command = [make, "--dry-run", "install", *words]
    environment = {"PATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("pythons", "chosen"),
    [
        ({"python3": (3, 11), "python3.12": (3, 12)}, "python3"),
        ({"python3": (3, 14)}, "python3"),
        ({"python3": (3, 10), "python3.12": (3, 12), "python3.11": (3, 11)}, "python3.12"),
        ({"python3": (3, 15), "python3.14": (3, 14)}, "python3.14"),
    ],
)
def test_make_takes_a_python_that_fits(tmp_path: Path, pythons: dict[str, tuple[int, int]], chosen: str) -> None:
    for name, version_info in pythons.items():
        fake_python(tmp_path, name, version_info)
    made = planned(tmp_path)
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith(f"{chosen} -m venv .venv\n")


def test_make_says_in_one_line_that_no_python_fits_and_takes_the_one_that_is_named(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3", (3, 10))
    made = planned(tmp_path)
    assert made.returncode == 2
    assert "found no Python 3.11 to 3.14 with venv" in made.stderr
    assert len(made.stderr.splitlines()) == 1
    command = [shutil.which("make") or "", "--no-print-directory", "--dry-run", "install", "PYTHON=/opt/python3"]
    named = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert named.stdout.startswith("/opt/python3 -m venv .venv\n")


@pytest.mark.parametrize(
    ("has_gpu", "words", "lock"),
    [
        (False, [], "requirements-cpu.txt"),
        (True, [], "requirements-cuda.txt"),
        (True, ["TORCH=cpu"], "requirements-cpu.txt"),
        (False, ["TORCH=cuda"], "requirements-cuda.txt"),
    ],
)
def test_make_takes_the_build_of_pytorch_that_fits(tmp_path: Path, has_gpu: bool, words: list[str], lock: str) -> None:
    fake_python(tmp_path, "python3", (3, 11))
    if has_gpu:
        fake_python(tmp_path, "nvidia-smi", (3, 11))
    made = planned(tmp_path, *words)
    assert made.returncode == 0, made.stderr
    files = re.findall(r"--requirement (\S+)", made.stdout)
    assert set(files) == {"requirements.txt", lock}


PLATFORMS = {
    "x86_64-manylinux_2_28": "requirements-cuda.txt",
    "aarch64-manylinux_2_28": "requirements-cuda.txt",
    "aarch64-apple-darwin": "requirements-cpu.txt",
}


@pytest.mark.registry
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_the_locks_are_complete_and_have_wheels(python: str, platform: str, tmp_path: Path) -> None:
    # Of connection-pool there is no wheel at all, of immutables none for Python 3.14 (docs/installation.md).
    sources = ["connection-pool"] + ["immutables"] * (python == "3.14")
    command = [str(UV), "pip", "install", "--dry-run", "--require-hashes", "--target", str(tmp_path)]
    command += ["--python-version", python, "--python-platform", platform, "--only-binary", ":all:"]
    command += [word for name in sources for word in ("--no-binary", name)]
    command += [word for name in (LOCKS[0], PLATFORMS[platform], LOCKS[3]) for word in ("--requirement", name)]
    environment = os.environ | {"MACOSX_DEPLOYMENT_TARGET": "14.0", "UV_HTTP_RETRIES": "0"}
    run = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    if "error sending request" in run.stderr or "Failed to fetch" in run.stderr:
        pytest.skip("the registry of packages cannot be reached")
    assert run.returncode == 0, run.stderr
    assert "Would install" in run.stderr
