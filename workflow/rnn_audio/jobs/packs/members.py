"""The models of a pack, as a training job knows them, and the list of those that a run of the workflow waits for."""

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
        configuration: its name.
        seed: which copy.
        settings: the resolved configuration.
        checkpoints: folder of its configuration's checkpoints.
        run: where the record of its training goes, which appears when all is done.
        key: what determines its training, as its own job computes it; empty where that is not known yet.
        listed_s: when a run listed it as one to be trained, in seconds since the epoch; results from before are none.
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
        """What people call it."""
        return f"{self.configuration} seed {self.seed}"

    @property
    def place(self) -> tuple[str, int]:
        """Configuration and seed, whatever the settings are."""
        return self.configuration, self.seed

    def store(self) -> CheckpointStore:
        """Its own checkpoint, from which its own job goes on."""
        from rnn_audio.jobs.checkpoints import CheckpointStore

        return CheckpointStore(Path(self.checkpoints), f"seed-{self.seed}", self.key)

    def is_done(self) -> bool:
        """Whether its job has written its results, with these settings, data and code, since it was listed."""
        record = Path(self.run)
        try:
            is_same = json.loads(record.read_text(encoding="utf-8"))["training_key"] == self.key
            return is_same and record.stat().st_mtime >= self.listed_s
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def needs_training(self) -> bool:
        """Whether there are neither its results nor a checkpoint of its own, finished or not."""
        return not self.is_done() and not self.store().path.exists()

    def learns_the_data_of(self, other: PackMember) -> bool:
        """Whether both train on the same recordings."""
        return all(self.settings.get(key) == other.settings.get(key) for key in _DATA)


def write_waiting(folder: Path, packs: Sequence[Sequence[PackMember]]) -> None:
    """Tell the training jobs of a run which models it waits for, pack by pack.

    Args:
        folder: the folder of all checkpoints.
        packs: models that train side by side; the others in packs of one.
    """
    write_json(folder / _WAITING, {"packs": [[asdict(member) for member in pack] for pack in packs]})


def remove_waiting(folder: Path) -> None:
    """A run is over."""
    (folder / _WAITING).unlink(missing_ok=True)


def read_waiting(folder: Path, own: PackMember, key_of: Callable[[Settings, int], str]) -> list[list[PackMember]]:
    """The packs that a run waits for, of those models that train on the same data as one of them, with their keys.

    A job that no workflow has started, or whose list cannot be read, waits for nobody.

    Args:
        folder: the folder of all checkpoints.
        own: whose data counts.
        key_of: the key of a model that trains on that data, by its settings and seed.
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
