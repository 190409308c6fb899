"""Which training owns the results of a model: the one that started last.

A training can outlive its Snakemake. If its settings are edited then, the training of the next run writes the same
files. Each training therefore leaves its key next to its checkpoints when it starts, and looks before it writes.
"""

import json
from pathlib import Path

from rnn_audio.atomic import replacing


class Claim:
    """The claim of one training to the results of its model.

    Args:
        folder: the folder of the configuration's checkpoints.
        name: name of the job, such as `seed-1`.
        key: the job's `training_key`.
        run: path of the record that the training writes last.
    """

    def __init__(self, folder: Path, name: str, key: str, run: Path) -> None:
        self._path = folder / f"{name}.claim"
        self._key = key
        self._run = run
        self._before = _key_in(run)
        with replacing(self._path) as temporary:
            temporary.write_text(key, encoding="utf-8")

    def is_lost(self) -> bool:
        """Whether a training with another key has started since, or has written its results."""
        return self._claimed() not in (self._key, None) or _key_in(self._run) not in (self._key, self._before)

    def remove(self) -> None:
        """Remove the claim, at the end of the training."""
        if self._claimed() == self._key:
            self._path.unlink(missing_ok=True)

    def _claimed(self) -> str | None:
        try:
            return self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None


def _key_in(run: Path) -> str | None:
    try:
        return json.loads(run.read_text(encoding="utf-8"))["training_key"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
