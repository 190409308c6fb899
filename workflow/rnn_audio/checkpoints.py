"""Checkpoints of a training job: what it goes on from after a kill.

A checkpoint's file name carries a key, a hash of all that determines the training; another configuration, other code
or another signal has another key and never meets it.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from rnn_audio.atomic import remove_leftovers, replacing

logger = logging.getLogger(__name__)

_METADATA_KEY = "rnn_audio_checkpoint"
_FORMAT = 1


def training_key(**determinants: Any) -> str:  # noqa: ANN401 (any JSON value)
    """A hash of everything that determines a training's result."""
    text = json.dumps({"format": _FORMAT, **determinants}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class CheckpointStore:
    """The checkpoint of one training job.

    Args:
        folder: where it lives, outside the workflow's outputs, which are deleted before a job starts.
        name: the job, as a file name's beginning.
        key: what `training_key` returned.
    """

    def __init__(self, folder: Path, name: str, key: str) -> None:
        self._folder = folder
        self._name = name
        self._key = key
        self.path = folder / f"{name}.{key[:16]}.safetensors"

    def save(self, tensors: Mapping[str, torch.Tensor], progress: Mapping[str, float]) -> None:
        """Write a checkpoint in place of the last one, atomically.

        Args:
            tensors: the trainer's state.
            progress: numbers that accumulate over restarts, such as the training time so far.
        """
        from safetensors.torch import save

        header = {_METADATA_KEY: json.dumps({"key": self._key, "progress": dict(progress)}, sort_keys=True)}
        content = save({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, metadata=header)
        with replacing(self.path) as temporary:
            temporary.write_bytes(content)

    def load(self) -> tuple[dict[str, torch.Tensor], dict[str, float]] | None:
        """The last checkpoint's tensors and progress, or None where there is none to go on from.

        A file that cannot be read, or whose key is not this job's, is set aside and said in the log.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self.path, framework="pt") as file:
                header = json.loads((file.metadata() or {})[_METADATA_KEY])
                key, progress = header["key"], header["progress"]
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
        except FileNotFoundError:
            return None
        except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
            return self._set_aside(f"cannot be read ({error})")
        if key != self._key:
            return self._set_aside("belongs to another configuration")
        return tensors, progress

    def remove(self) -> None:
        """Remove this job's checkpoints, those of earlier configurations and rejected ones included."""
        for pattern in (f"{self._name}.*.safetensors", f"{self._name}.*.rejected"):
            for path in self._folder.glob(pattern):
                path.unlink(missing_ok=True)
        remove_leftovers(self._folder, f"{self._name}.*")

    def _set_aside(self, reason: str) -> None:
        aside = self.path.with_suffix(".rejected")
        self.path.replace(aside)
        logger.warning("checkpoint %s %s: kept as %s, training starts over", self.path.name, reason, aside.name)
