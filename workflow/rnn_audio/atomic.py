"""Files that appear whole or not at all."""

import errno
import glob
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from rnn_audio.errors import InputError

# Errors of the system that a user can fix, and how. Any other error is raised unchanged.
_STORAGE_FAULTS = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "your quota of this disk is used up; free some space",
    errno.EROFS: "the disk is mounted read-only; make it writable",
    errno.ENOTDIR: "a part of its path is a file, where a folder is needed; choose another path",
    errno.EEXIST: "there is a file of this name, where a folder is needed; remove it or choose another path",
    errno.ENAMETOOLONG: "the path is too long; choose a shorter one",
    errno.EACCES: "there is no permission to write; correct the permissions of its folder",
}


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write to the yielded temporary path; on success it replaces `path`, on failure it is removed.

    The temporary file is in the same folder, since a rename across file systems is not atomic. Its name contains the
    machine and the process, so two runs never share it. It is synchronised to disk before the rename, so a power cut
    leaves either the old file or the new one. Temporary files of killed processes are removed.

    Raises InputError if the disk is full or not writable.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{socket.gethostname()}-{os.getpid()}.partial")
    with storage_faults_told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path.parent, glob.escape(path.name))
        try:
            yield temporary
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def check_writable(folder: Path) -> None:
    """Check that files can be created in a folder; create the folder if it does not exist, and leave no file in it.

    Raises InputError if the disk is full or not writable.
    """
    with storage_faults_told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass


def remove_leftovers(folder: Path, name: str) -> None:
    """Remove the temporary files of processes that were killed while they wrote a file called `name`, a glob pattern.

    Files of running processes stay: a job can outlive the workflow that started it and write the same file as a job
    of the next one. Files of other machines stay too, since their processes cannot be checked from here.
    """
    for leftover in folder.glob(f".{name}.{glob.escape(socket.gethostname())}-*.partial"):
        if not _is_running(int(leftover.stem.rpartition("-")[2])):
            leftover.unlink(missing_ok=True)


@contextmanager
def storage_faults_told(path: Path) -> Iterator[None]:
    """Turn errors of the storage that a user can fix into an InputError that names `path`."""
    try:
        yield
    except OSError as error:
        if error.errno not in _STORAGE_FAULTS:
            raise
        raise InputError(f"{path}: {_STORAGE_FAULTS[error.errno]} and run the same command again") from error


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's process
    return True
