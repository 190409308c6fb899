"""Checkpoints of a training job, from which it resumes after it was killed.

A checkpoint's file name contains a key, a hash of everything that determines the training. A job with another
configuration, code or signal has another key and does not use the checkpoint.
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch

from rnn_audio import digests
from rnn_audio.atomic import remove_leftovers, replacing

logger = logging.getLogger(__name__)

_METADATA_KEY = "rnn_audio_checkpoint"
_FORMAT = 2

UNREADABLE = (OSError, KeyError, TypeError, ValueError)
"""What reading a file that is not a checkpoint, or is truncated, can raise."""


def training_key(**determinants: Any) -> str:  # noqa: ANN401 (any JSON value)
    """A hash of everything that determines a training's result."""
    text = json.dumps({"format": _FORMAT, **determinants}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def write_checkpoint(path: Path, tensors: Mapping[str, torch.Tensor], header: Mapping[str, Any]) -> None:
    """Write tensors and a header of JSON values, with a digest of both, atomically."""
    from safetensors.torch import save

    stored = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    header = {**header, digests.KEY: digests.digest_tensors(header, stored)}
    content = save(stored, metadata={_METADATA_KEY: json.dumps(header, sort_keys=True)})
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def read_checkpoint(path: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Header and tensors of a checkpoint.

    Raises:
        FileNotFoundError: there is no file.
        Exception: one of `UNREADABLE`, if the file is not a checkpoint or has changed since it was written.
    """
    from safetensors import safe_open

    with _told_as_value_error(), safe_open(path, framework="pt") as file:
        # Copies: safetensors returns memory-mapped, unaligned pages of the file, and training writes to these tensors.
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 (not a mapping)
        header = _header(file)
        said = header.pop(digests.KEY)
        digests.check(digests.digest_tensors(header, tensors), said)
        return header, tensors


def read_header(path: Path) -> dict[str, Any]:
    """The header of a checkpoint, without its tensors; raises the same errors as `read_checkpoint`."""
    from safetensors import safe_open

    with _told_as_value_error(), safe_open(path, framework="pt") as file:
        return _header(file)


def set_aside(path: Path, reason: str) -> None:
    """Rename a checkpoint so that it is not used, and log the reason."""
    aside = path.with_suffix(".rejected")
    with suppress(FileNotFoundError):  # another job was first
        path.replace(aside)
    logger.warning("checkpoint %s %s: kept as %s, training starts over", path.name, reason, aside.name)


class CheckpointStore:
    """The checkpoint of one training job.

    Args:
        folder: its folder; outside the workflow's outputs, which are deleted before a job starts.
        name: name of the job, with which the file name begins.
        key: the job's `training_key`.
    """

    def __init__(self, folder: Path, name: str, key: str) -> None:
        self._folder = folder
        self._name = name
        self._key = key
        self.path = folder / f"{name}.{key[:16]}.safetensors"

    def save(self, tensors: Mapping[str, torch.Tensor], progress: Mapping[str, Any]) -> None:
        """Replace the checkpoint, atomically.

        Args:
            tensors: the trainer's state.
            progress: further facts about the training so far, such as its time; any JSON values.
        """
        write_checkpoint(self.path, tensors, {"key": self._key, "progress": dict(progress)})

    def load(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
        """The last checkpoint's tensors and progress, or None if there is none to resume from.

        A file that cannot be read, or whose key is not this job's, is renamed, and a warning is logged.
        """
        try:
            header, tensors = read_checkpoint(self.path)
            key, progress = header["key"], header["progress"]
        except FileNotFoundError:
            return None
        except UNREADABLE as error:
            return set_aside(self.path, f"cannot be read ({error})")
        if key != self._key:
            return set_aside(self.path, "belongs to another configuration")
        return tensors, progress

    def remove(self) -> None:
        """Remove this job's checkpoints, including those of earlier configurations and rejected ones."""
        for pattern in (f"{self._name}.*.safetensors", f"{self._name}.*.rejected"):
            for path in self._folder.glob(pattern):
                path.unlink(missing_ok=True)
        remove_leftovers(self._folder, f"{self._name}.*")


@contextmanager
def _told_as_value_error() -> Iterator[None]:
    """Turn errors of safetensors into `ValueError`; the library is imported only where it is used."""
    from safetensors import SafetensorError

    try:
        yield
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def _header(file: Any) -> dict[str, Any]:  # noqa: ANN401 (an open safetensors file, which has no public type)
    return json.loads((file.metadata() or {})[_METADATA_KEY])
