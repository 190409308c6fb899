"""Helpers of the tests of faults: full and read-only disks, and the remains of an interrupted write."""

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
    """Mount something at a folder; skip the test if that is not allowed."""
    if not _can_mount():
        pytest.skip("needs a disk of its own, which only root can mount")
    subprocess.run(["mount", *arguments, str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def small_disk(folder: Path, size_kib: int) -> Iterator[None]:
    """Mount a disk of the given size at a folder, with the folder's present files and their times of modification."""
    with TemporaryDirectory(dir=folder.parent) as aside:
        subprocess.run(["cp", "-a", f"{folder}/.", aside], check=True)
        with mounted(folder, "-t", "tmpfs", "-o", f"size={size_kib}k", "tmpfs"):
            subprocess.run(["cp", "-a", f"{aside}/.", str(folder)], check=True)
            yield


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Fill the disk of a folder to the last byte until the end of the context."""
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
    """Make a folder read-only, even for root."""
    with mounted(folder, "--bind", str(folder)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield
