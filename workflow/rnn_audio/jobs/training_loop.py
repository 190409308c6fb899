"""The loop over the epochs of a training, with checkpoints from which it resumes after it was killed."""

import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import torch

from rnn_audio.jobs.progress import ProgressLog
from rnn_audio.jobs.tasks import LossesByName, Task
from rnn_audio.networks.model import Parameters, with_prefix
from rnn_audio.training.best_so_far import BestSoFar
from rnn_audio.training.recipe import Recipe
from rnn_audio.training.trainer import Trainer

CHECKPOINT_INTERVAL_S = 2.0

_FINAL = "final_losses."

Tensors = dict[str, torch.Tensor]

logger = logging.getLogger(__name__)


class Store(Protocol):
    """The checkpoint of a model or of a pack."""

    def save(self, tensors: Mapping[str, torch.Tensor], progress: Mapping[str, Any]) -> None:
        """Replace the checkpoint, atomically."""

    def load(self) -> tuple[Tensors, dict[str, Any]] | None:
        """The last checkpoint's tensors and progress; None if there is none."""


@dataclass(frozen=True)
class Effort:
    """Time and memory of a training.

    Attributes:
        elapsed_s: time in the training loop in seconds, over all restarts.
        pack: labels of the models that finished training in the pack; empty for a model that trained alone.
        peak_memory_mib: peak memory of the pack's process, in MiB.
    """

    elapsed_s: float = 0.0
    pack: tuple[str, ...] = ()
    peak_memory_mib: float = 0.0

    @property
    def models(self) -> int:
        """Number of models that trained together."""
        return max(1, len(self.pack))


@dataclass
class TrainingLoop:
    """Trains the remaining epochs, validates in between, and keeps the weights with the lowest validation loss.

    Attributes:
        trainer: a new trainer; if there is a checkpoint, its state is restored from that.
        task: validates the models.
        recipe: sets the number of epochs, how often to validate, and which weights to return.
        store: the checkpoint.
        checkpoint_interval_s: least time between two checkpoints, in seconds.
        best: each model's weights with the lowest validation loss.
    """

    trainer: Trainer
    task: Task
    recipe: Recipe
    store: Store
    checkpoint_interval_s: float
    best: BestSoFar = field(default_factory=BestSoFar, init=False)
    _final: LossesByName = field(default_factory=dict, init=False)

    def run(self) -> Effort:
        """Train to the last epoch.

        Raises:
            DivergenceError: a model diverged; the last checkpoint is kept.
        """
        epochs = self.recipe.epochs
        effort = self._resume()
        start = time.monotonic() - effort.elapsed_s
        progress = ProgressLog(self.recipe.epoch_costs(self.task.samples), done=self.trainer.epoch)
        last_saved = time.monotonic()
        while self.trainer.epoch < epochs:
            losses = self.trainer.train_epoch()
            self._validate()
            progress.epoch(self.trainer.epoch, sum(losses) / len(losses))
            if time.monotonic() - last_saved >= self.checkpoint_interval_s:
                self.store.save(self.state_dict(), {"elapsed_s": time.monotonic() - start})
                last_saved = time.monotonic()
        return replace(effort, elapsed_s=time.monotonic() - start)

    def parameters(self) -> Parameters:
        """The weights to return: those of the best validation or the trainer's, depending on the recipe."""
        return self.best.parameters if self.recipe.keeps_best_validation else self.trainer.parameters

    def final_losses(self) -> LossesByName:
        """Each model's losses at the end of training, by name.

        The job that trains a pack evaluates all its models, and the jobs of the others find them in their checkpoints.
        """
        if not self._final:
            self._final = self.task.final_losses(self.parameters())
        return self._final

    def history(self, model: int) -> dict[str, list[float]]:
        """One model's columns per epoch: training loss, the trainer's extra columns, and validation loss, if any.

        The validation loss is NaN in epochs without validation.
        """
        columns = {self.task.loss_name: [losses[model] for losses in self.trainer.history]}
        columns |= self.trainer.extra_columns(model)
        if self.best.history:
            validated = {epoch: losses[model] for epoch, losses in self.best.history}
            columns["validation_loss"] = [validated.get(epoch + 1, math.nan) for epoch in range(self.trainer.epoch)]
        return columns

    def state_dict(self) -> Tensors:
        """Everything needed to resume training, in the layout of `Trainer.state_dict`; and final losses, if known."""
        final = {f"{_FINAL}{name}": torch.tensor(losses, dtype=torch.float64) for name, losses in self._final.items()}
        return self.trainer.state_dict() | self.best.state_dict() | final

    def _resume(self) -> Effort:
        checkpoint = self.store.load()
        if checkpoint is None:
            return Effort()
        tensors, progress = checkpoint
        self.trainer.load_state_dict(tensors)
        self.best.load_state_dict(tensors, self.task.data.device)
        self._final = {name: losses.tolist() for name, losses in with_prefix(tensors, _FINAL).items()}
        effort = Effort(**progress | {"pack": tuple(progress.get("pack", ()))})
        logger.info("resumed after epoch %d", self.trainer.epoch)
        if effort.pack:
            logger.info("trained in a pack of %d: %s", effort.models, ", ".join(effort.pack))
        return effort

    def _validate(self) -> None:
        epoch, every = self.trainer.epoch, self.recipe.validate_every
        if every is not None and (epoch % every == 0 or epoch == self.recipe.epochs):
            self.best.offer(epoch, self.trainer.parameters, self.task.validate(self.trainer.parameters))
