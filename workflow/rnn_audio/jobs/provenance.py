"""Where a result comes from: versions of the code and libraries, and digests of its inputs."""

import hashlib
import json
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rnn_audio.errors import InputError

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


def notes_on_versions(results: Path) -> list[str]:
    """What to tell at the start of a run about models that other versions of the packages made; empty without any.

    Snakemake counts them as up to date.
    """
    now, models, others = library_versions(), 0, set()
    for path in results.glob("models/*/seed-*/run.json"):
        try:
            versions = json.loads(path.read_text(encoding="utf-8"))["versions"]
            changed = [f"{name} {versions[name]}" for name in sorted(now) if versions.get(name, now[name]) != now[name]]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
        models += bool(changed)
        others.update(changed)
    if not models:
        return []
    current = ", ".join(f"{name} {now[name]}" for name in sorted({other.split()[0] for other in others}))
    return [
        f"{models} model(s) in {results}/models were trained with other versions ({', '.join(sorted(others))}; now "
        f"{current}) and count as up to date; to train them again, remove them."
    ]


def source_revision(folder: Path) -> str | None:
    """The git revision of the sources, with `-dirty` if they were edited; None outside a checkout."""
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip()


def digest(paths: Iterable[Path]) -> str:
    """One SHA-256 over the contents of several files, in the order of their names.

    Raises:
        InputError: a file has been removed, or cannot be read.
    """
    total = hashlib.sha256()
    for path in sorted(paths, key=lambda path: path.name):
        try:
            with path.open("rb") as file:
                total.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror}); restore it, then run again") from error
    return total.hexdigest()
