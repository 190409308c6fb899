"""The models of a pack as seen by a training job, and the list of models that a run of the workflow has to train."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rnn_audio.records import read_json, write_json
from rnn_audio.types import Settings

if TYPE_CHECKING:
    from rnn_audio.jobs.checkpoints import CheckpointStore


_WAITING = "waiting.json"
_DATA = ("signal", "device", "rate_hz")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PackMember:
    """One model.

    Attributes:
        configuration: name of its configuration.
        seed: its seed.
        settings: the resolved configuration.
        checkpoints: folder of its configuration's checkpoints.
        run: path of the record of its training, which is written when everything is done.
        key: its `training_key`, as its own job computes it; empty if not known yet.
        listed_s: when a run listed it for training, in Unix seconds; results from before that are ignored.
    """

    configuration: str
    seed: int
    settings: Settings
    checkpoints: str
    run: str
    key: str = ""
    listed_s: float = field(default=0.0, compare=False)

    @property
    def label(self) -> str:
        """Name of the model in messages."""
        return f"{self.configuration} seed {self.seed}"

    @property
    def place(self) -> tuple[str, int]:
        """Configuration and seed, whatever the settings are."""
        return self.configuration, self.seed

    def store(self) -> CheckpointStore:
        """Its own checkpoint, from which its own job resumes."""
        from rnn_audio.jobs.checkpoints import CheckpointStore

        return CheckpointStore(Path(self.checkpoints), f"seed-{self.seed}", self.key)

    def is_done(self) -> bool:
        """Whether its job has written results since it was listed, with these settings, data and code."""
        record = Path(self.run)
        try:
            is_same = json.loads(record.read_text(encoding="utf-8"))["training_key"] == self.key
            return is_same and record.stat().st_mtime >= self.listed_s
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def needs_training(self) -> bool:
        """Whether it has neither results nor a checkpoint of its own, finished or not."""
        return not self.is_done() and not self.store().path.exists()

    def learns_the_data_of(self, other: PackMember) -> bool:
        """Whether both train on the same recordings."""
        return all(self.settings.get(key) == other.settings.get(key) for key in _DATA)


def write_waiting(folder: Path, packs: Sequence[Sequence[PackMember]]) -> None:
    """Write the list of models that a run has to train, for its training jobs.

    Args:
        folder: the folder of all checkpoints.
        packs: models that train together; a model that trains alone is a pack of one.
    """
    write_json(folder / _WAITING, {"packs": [[asdict(member) for member in pack] for pack in packs]})


def remove_waiting(folder: Path) -> None:
    """Remove the list at the end of a run."""
    (folder / _WAITING).unlink(missing_ok=True)


def read_waiting(folder: Path, own: PackMember, key_of: Callable[[Settings, int], str]) -> list[list[PackMember]]:
    """The packs that a run has to train, limited to those with the data of `own`; their members' keys are set.

    Without a list (a job that was not started by the workflow), or if the list cannot be read, there are none.

    Args:
        folder: the folder of all checkpoints.
        own: the model of this job.
        key_of: returns the key of a model with this data from its settings and seed.
    """
    path = folder / _WAITING
    if not path.exists():
        return []
    try:
        listed_s = path.stat().st_mtime
        packs = [[PackMember(**member) for member in pack] for pack in read_json(path)["packs"]]
    except (ValueError, TypeError) as error:
        logger.warning("no pack is made: %s", error)
        return []
    return [
        [replace(member, key=key_of(member.settings, member.seed), listed_s=listed_s) for member in pack]
        for pack in packs
        if pack and pack[0].learns_the_data_of(own)
    ]
