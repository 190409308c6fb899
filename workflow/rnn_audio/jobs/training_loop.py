"""The loop over a training's epochs, with its checkpoints: it goes on where it was killed."""

import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import torch

from rnn_audio.configuration.settings import total_epochs
from rnn_audio.jobs.progress import ProgressLog
from rnn_audio.jobs.tasks import Task
from rnn_audio.networks.model import Parameters
from rnn_audio.training.auxiliary_trainer import AuxiliaryTrainer
from rnn_audio.training.free_running_trainer import FreeRunningTrainer
from rnn_audio.training.recipe import build_auxiliary_loss, build_free_running, build_method, build_shape
from rnn_audio.training.trainer import Trainer
from rnn_audio.types import Settings

CHECKPOINT_INTERVAL_S = 2.0

Tensors = dict[str, torch.Tensor]

logger = logging.getLogger(__name__)


class Store(Protocol):
    """Where checkpoints go: those of a model, or of a pack."""

    def save(self, tensors: Mapping[str, torch.Tensor], progress: Mapping[str, Any]) -> None:
        """Write a checkpoint in place of the last one, atomically."""

    def load(self) -> tuple[Tensors, dict[str, Any]] | None:
        """The last checkpoint's tensors and progress; None where there is none."""


@dataclass(frozen=True)
class Effort:
    """What a training has taken.

    Attributes:
        elapsed_s: time in the training loop, over all restarts.
        pack: the models that ended their training side by side, as people call them; empty for one alone.
        peak_memory_mib: the most memory that the pack's process held.
    """

    elapsed_s: float = 0.0
    pack: tuple[str, ...] = ()
    peak_memory_mib: float = 0.0

    @property
    def models(self) -> int:
        """How many models that time is of."""
        return max(1, len(self.pack))


def build_trainer(
    settings: Settings, task: Task, seeds: list[int], start: Parameters | None = None
) -> Trainer | FreeRunningTrainer:
    """The trainer of a resolved configuration.

    Args:
        settings: what all models of the pack have in common.
        task: the data and the objective.
        seeds: one a model.
        start: weights that a free-running training starts from, leading model axis; random ones where not given.
    """
    free_running = build_free_running(settings)
    if free_running is not None:
        return FreeRunningTrainer(build_shape(settings), free_running, task.data, seeds, total_epochs(settings), start)
    arguments = {
        "shape": build_shape(settings),
        "method": build_method(settings),
        "data": task.data,
        "seeds": seeds,
        "objective": task.objective,
    }
    auxiliary = build_auxiliary_loss(settings)
    return Trainer(**arguments) if auxiliary is None else AuxiliaryTrainer(auxiliary, **arguments)


@dataclass
class TrainingLoop:
    """Trains what is left to train.

    Attributes:
        trainer: fresh; its state is replaced by the checkpoint's where there is one.
        task: judges it on the way.
        settings: the resolved configuration.
        store: where checkpoints go.
        checkpoint_interval_s: least time between two.
    """

    trainer: Trainer | FreeRunningTrainer
    task: Task
    settings: Settings
    store: Store
    checkpoint_interval_s: float

    def run(self) -> Effort:
        """Train to the last epoch.

        Raises:
            DivergenceError: a loss is not finite; the last checkpoint stays.
        """
        epochs = total_epochs(self.settings)
        effort = self._resume()
        start = time.monotonic() - effort.elapsed_s
        progress = ProgressLog(self.trainer.costs(epochs), done=self.trainer.epoch)
        last_saved = time.monotonic()
        while self.trainer.epoch < epochs:
            losses = self.trainer.train_epoch()
            self._validate(epochs)
            progress.epoch(self.trainer.epoch, sum(losses) / len(losses))
            if time.monotonic() - last_saved >= self.checkpoint_interval_s:
                self.store.save(self.trainer.state_dict(), {"elapsed_s": time.monotonic() - start})
                last_saved = time.monotonic()
        return replace(effort, elapsed_s=time.monotonic() - start)

    def save(self, effort: Effort) -> None:
        """Write a checkpoint now."""
        self.store.save(self.trainer.state_dict(), asdict(effort))

    def _resume(self) -> Effort:
        checkpoint = self.store.load()
        if checkpoint is None:
            return Effort()
        tensors, progress = checkpoint
        self.trainer.load_state_dict(tensors)
        effort = Effort(**progress | {"pack": tuple(progress.get("pack", ()))})
        logger.info("resumed behind epoch %d", self.trainer.epoch)
        if effort.pack:
            logger.info("trained in a pack of %d: %s", effort.models, ", ".join(effort.pack))
        return effort

    def _validate(self, epochs: int) -> None:
        every = self.settings.get("validate_every_epochs")
        if every is None or (self.trainer.epoch % every and self.trainer.epoch != epochs):
            return
        losses = self.task.validate(self.trainer.parameters)
        self.trainer.best.offer(self.trainer.epoch, self.trainer.parameters, losses)
