"""What the tests of faults share: what is compared afterwards, and disks that are full or read-only."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

# Under `measured` in run.json, and beside the losses of each seed in selection.json.
_MEASURED = {"measured", "wall_time_s", "models_at_once", "peak_memory_mib"}


def compared(results: Path) -> dict[str, bytes]:
    """Every result by its path, as bytes: without the logs, and without what a run measures of itself.

    The tiny configuration's table `losses` has a column of measured times and is left out.
    """
    files = [path for path in results.rglob("*") if path.is_file() and path.stem != "losses"]
    return {
        str(path.relative_to(results)): _unmeasured(path)
        for path in files
        if path.relative_to(results).parts[0] not in ("logs", "checkpoints")
    }


def half_written(folder: Path) -> list[Path]:
    return list(folder.rglob("*.partial"))


def _unmeasured(path: Path) -> bytes:
    if path.suffix != ".json":
        return path.read_bytes()
    return json.dumps(_without_measured(json.loads(path.read_bytes()))).encode()


def _without_measured(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    if not isinstance(value, dict):
        return value
    return {key: _without_measured(entry) for key, entry in value.items() if key not in _MEASURED}


@cache
def _can_mount() -> bool:
    if os.name != "posix" or os.geteuid() != 0:
        return False
    with TemporaryDirectory() as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True, check=False)
        if mounted.returncode == 0:
            subprocess.run(["umount", folder], check=True)
    return mounted.returncode == 0


@contextmanager
def mounted(folder: Path, *arguments: str) -> Iterator[None]:
    """Something mounted at a folder; skips the test where that is not allowed."""
    if not _can_mount():
        pytest.skip("needs a disk of its own, which only root can mount")
    subprocess.run(["mount", *arguments, str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def small_disk(folder: Path, size_kib: int) -> Iterator[None]:
    """A disk of the given size at a folder, which keeps what is in it now, times of modification included."""
    with TemporaryDirectory(dir=folder.parent) as aside:
        subprocess.run(["cp", "-a", f"{folder}/.", aside], check=True)
        with mounted(folder, "-t", "tmpfs", "-o", f"size={size_kib}k", "tmpfs"):
            subprocess.run(["cp", "-a", f"{aside}/.", str(folder)], check=True)
            yield


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Fill the disk of a folder to the last byte, for a while."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        with pytest.raises(OSError, match="No space left"):
            while True:
                file.write(bytes(4096))
        try:
            yield
        finally:
            filler.unlink()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that cannot be written to, not even by root."""
    with mounted(folder, "--bind", str(folder)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield
