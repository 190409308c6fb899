"""Lock what the Makefile installs, from the ranges of pyproject.toml: make lock.

Writes requirements.txt (what runs, but PyTorch), requirements-cpu.txt and requirements-cuda.txt (PyTorch and its
libraries) and requirements-test.txt: exact versions and SHA-256 digests, for Python 3.11 to 3.14 on Linux and macOS.
Versions stay as they are where the ranges allow them; make lock UPGRADE="numpy scipy" renews some of them.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "--quiet", "--generate-hashes", "--no-header"]
LOCKS = {
    "requirements.txt": "What the workflow needs, but PyTorch.",
    "requirements-cpu.txt": "PyTorch's build for the CPU.",
    "requirements-cuda.txt": "PyTorch's build for NVIDIA GPUs, and NVIDIA's libraries.",
    "requirements-test.txt": "What tests and formatting need besides.",
}
RUNS = [word for extra in ("workflow", "slurm", "onnx", "install") for word in ("--extra", extra)]
FOR_CUDA = re.compile(r"torch==|triton==|cuda-|nvidia-")
FOR_TESTS_TOO = re.compile(r"triton==")  # on a CPU, tests interpret the kernels

Lock = dict[str, list[str]]
"""The digests of each requirement."""


def main() -> None:
    """Resolve, and write the locks."""
    upgraded = [word for name in sys.argv[1:] for word in ("--upgrade-package", name)]
    known = "\n".join(requirement for name in LOCKS if name != "requirements-cpu.txt" for requirement in read(name))
    everything = compiled(["pyproject.toml", "--all-extras", "--universal", "--no-annotate", *upgraded], known)
    runs = compiled(["pyproject.toml", *RUNS, "--universal", "--no-annotate"], "\n".join(everything))
    cuda = {requirement for requirement in everything if FOR_CUDA.match(requirement)}
    torch = next(requirement for requirement in cuda if requirement.startswith("torch=="))
    tests = everything.keys() - runs.keys() - cuda | {one for one in cuda if FOR_TESTS_TOO.match(one)}
    builds = {
        f"{torch}+cpu ; sys_platform == 'linux'": cpu_digests(f"{torch}+cpu"),
        f"{torch} ; sys_platform == 'darwin'": everything[torch],
    }
    write("requirements-cpu.txt", builds)
    parts = {
        "requirements.txt": runs.keys() - cuda,
        "requirements-cuda.txt": cuda,
        "requirements-test.txt": tests,
    }
    for name, names in parts.items():
        write(name, {requirement: everything[requirement] for requirement in everything if requirement in names})


def cpu_digests(torch: str) -> list[str]:
    """The digests of a build for the CPU, from PyTorch's own index, which uv knows; else those that are locked."""
    try:
        return compiled(["-", "--no-deps", "--no-annotate", "--torch-backend", "cpu"], source=torch)[torch]
    except subprocess.CalledProcessError:
        for requirement, digests in read("requirements-cpu.txt").items():
            if requirement.startswith(f"{torch} "):
                return digests
        sys.exit(f"make lock: PyTorch's own index, which has the digests of {torch}, cannot be reached from here")


def compiled(options: list[str], known: str = "", source: str | None = None) -> Lock:
    """What uv resolves; it keeps the versions of `known` where it can."""
    path = ROOT / ".locking.txt"
    path.write_text(known, encoding="utf-8")
    try:
        subprocess.run([*UV, *options, "--output-file", str(path)], cwd=ROOT, input=source, text=True, check=True)
        lock = parsed(path.read_text(encoding="utf-8"))
        return {requirement: digests for requirement, digests in lock.items() if "'win32'" not in requirement[-8:]}
    finally:
        path.unlink()


def write(name: str, lock: Lock) -> None:
    """Write a lock."""
    entries = [" \\\n    ".join((requirement, *digests)) for requirement, digests in lock.items()]
    lines = [f"# {LOCKS[name]} Made by make lock from the ranges of pyproject.toml; do not edit.", *entries, ""]
    (ROOT / name).write_text("\n".join(lines), encoding="utf-8")


def read(name: str) -> Lock:
    """A lock that exists, or an empty one."""
    path = ROOT / name
    return parsed(path.read_text(encoding="utf-8")) if path.is_file() else {}


def parsed(text: str) -> Lock:
    """A lock from its text."""
    entries = re.findall(r"^[A-Za-z0-9][^\\\n]*(?:\\\n[^\\\n]*)*", text, re.MULTILINE)
    split = ([line.strip(" \\") for line in entry.splitlines()] for entry in entries)
    return {requirement: digests for requirement, *digests in split}


if __name__ == "__main__":
    main()
