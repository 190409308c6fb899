"""What the tests of faults share: disks that are full or read-only, and what a broken write leaves."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


def half_written(folder: Path) -> list[Path]:
    return list(folder.rglob("*.partial"))


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
