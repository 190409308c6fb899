"""Where a result comes from: versions of the code and libraries, and digests of its inputs."""

import hashlib
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("torch", "triton", "numba", "numpy", "scipy", "resampy", "soundfile", "safetensors", "snakemake")


def library_versions() -> dict[str, str]:
    """Versions of the installed packages that can change results."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def source_revision(folder: Path) -> str | None:
    """The git revision of the sources, with `-dirty` if they were edited; None outside a checkout."""
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip()


def digest(paths: Iterable[Path]) -> str:
    """One SHA-256 over the contents of several files, in the order of their names."""
    total = hashlib.sha256()
    for path in sorted(paths, key=lambda path: path.name):
        total.update(hashlib.sha256(Path(path).read_bytes()).digest())
    return total.hexdigest()
