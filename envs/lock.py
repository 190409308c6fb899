"""Lock what the Makefile installs, from the ranges of pyproject.toml: make lock.

Writes requirements.txt (all but PyTorch), requirements-cpu.txt and requirements-cuda.txt (PyTorch and its libraries):
exact versions and SHA-256 digests, for Python 3.11 to 3.14 on Linux and macOS. Versions stay as they are where the
ranges allow them; make lock UPGRADE="numpy scipy" renews some of them.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "--quiet", "--generate-hashes", "--no-header"]
LOCKS = {
    "requirements.txt": "All but PyTorch.",
    "requirements-cpu.txt": "PyTorch's build for the CPU.",
    "requirements-cuda.txt": "PyTorch's build for NVIDIA GPUs, and NVIDIA's libraries.",
}
FOR_CUDA = re.compile(r"torch==|cuda-|nvidia-")

Lock = dict[str, list[str]]
"""The digests of each requirement."""


def main() -> None:
    """Resolve, and write the three files."""
    upgraded = [word for name in sys.argv[1:] for word in ("--upgrade-package", name)]
    known = "\n".join([*read("requirements.txt"), *read("requirements-cuda.txt")])
    everything = compiled(["pyproject.toml", "--all-extras", "--universal", "--no-annotate", *upgraded], known)
    cuda = {requirement: digests for requirement, digests in everything.items() if FOR_CUDA.match(requirement)}
    torch = next(requirement for requirement in cuda if requirement.startswith("torch=="))
    cpu = {
        f"{torch}+cpu ; sys_platform == 'linux'": cpu_digests(f"{torch}+cpu"),
        f"{torch} ; sys_platform == 'darwin'": cuda[torch],
    }
    rest = {
        requirement: digests
        for requirement, digests in everything.items()
        if requirement not in cuda and not requirement.endswith("sys_platform == 'win32'")
    }
    for (name, what), lock in zip(LOCKS.items(), (rest, cpu, cuda), strict=True):
        entries = [" \\\n    ".join((requirement, *digests)) for requirement, digests in lock.items()]
        lines = [f"# {what} Made by make lock from the ranges of pyproject.toml; do not edit.", *entries, ""]
        (ROOT / name).write_text("\n".join(lines), encoding="utf-8")


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
        return parsed(path.read_text(encoding="utf-8"))
    finally:
        path.unlink()


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
