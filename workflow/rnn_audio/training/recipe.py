"""The recipe of a configuration: how its models are trained, and estimates that a run needs before its first job.

There is one class per training method; a new method adds a class here, and a trainer. Before the first job, a run
looks up which models can train together and how long they take. This must not load PyTorch, so what needs PyTorch is
imported where it is used.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rnn_audio.configuration.method_checks import start_of
from rnn_audio.configuration.settings import total_epochs
from rnn_audio.networks.auxiliary_shape import AuxiliaryShape
from rnn_audio.training.bptt_method import BpttMethod, Feeding
from rnn_audio.training.cost import UPDATE_S, single_step_seconds, step_seconds
from rnn_audio.training.free_running_method import DecayTerm, FreeRunningMethod, Recovery, SpectralTerm
from rnn_audio.training.horizon import Horizon, epoch_costs
from rnn_audio.training.teacher_forcing import TeacherForcing
from rnn_audio.types import Settings

if TYPE_CHECKING:
    import torch

    from rnn_audio.losses.objectives import Objective
    from rnn_audio.networks.model import ModelShape, Parameters
    from rnn_audio.training.auxiliary_loss import AuxiliaryLoss
    from rnn_audio.training.data import SignalData, TrainingData
    from rnn_audio.training.trainer import Trainer


@dataclass(frozen=True)
class Recipe(ABC):
    """How the models of a configuration are trained.

    Attributes:
        settings: the resolved configuration. Each member below reads only the keys that it needs.
    """

    settings: Settings

    @staticmethod
    def from_settings(settings: Settings) -> Recipe:
        """The recipe of a resolved configuration: `BpttRecipe`, unless the key of another method is set."""
        others = [method for key, method in _OTHER_METHODS.items() if key in settings]
        return others[0](settings) if others else BpttRecipe(settings)

    @property
    def epochs(self) -> int:
        """Epochs of all phases."""
        return total_epochs(self.settings)

    @property
    def validate_every(self) -> int | None:
        """Epochs between two validations; None without validation."""
        return self.settings.get("validate_every_epochs")

    @property
    def keeps_best_validation(self) -> bool:
        """Whether training returns the weights with the best validation loss, instead of the last ones."""
        return self.settings.get("keep") == "best_validation"

    @property
    def feeding(self) -> Feeding:
        """What the network is fed in training and in predictions."""
        return Feeding(
            teacher_forcing=TeacherForcing.from_settings(self.settings["teacher_forcing"]),
            update_length=self.settings["update_length_samples"],
            carry_state=self.settings["carry_state"],
        )

    @property
    def starts_from_silence(self) -> bool:
        """Whether the network starts from a sample of 0 and must produce the whole signal (paper A, section V-A).

        Otherwise it is given the signal's first sample and produces the samples after it (section V-E).
        """
        return self.settings["teacher_forcing"] == "never"

    @property
    def shape(self) -> ModelShape:
        """The shape of the models."""
        from rnn_audio.networks.model import ModelShape

        return ModelShape(self.settings["hidden_size"], skip=self.settings.get("skip", False))

    @property
    def auxiliary_loss(self) -> AuxiliaryLoss | None:
        """The auxiliary loss; None without an auxiliary network."""
        return None

    @property
    def can_be_packed(self) -> bool:
        """Whether one job can train several models with these settings together."""
        return True

    def signal_data(self, signal: torch.Tensor, models: int) -> SignalData:
        """A signal, [N], on the training accelerator, as training data of `models` models."""
        from rnn_audio.training.data import SignalData

        return SignalData(
            signal=signal,
            models=models,
            batch_size=self.settings["batch_size"],
            hidden_size=self.settings["hidden_size"],
            silent_seed=self.starts_from_silence,
            state_scale=self.settings["initial_state_scale"],
        )

    @abstractmethod
    def seconds(self, samples: int) -> float:
        """Estimated training time of one model on `samples` samples, on the machine of docs/performance.md."""

    def epoch_costs(self, samples: int) -> list[float]:
        """Estimated relative cost of each epoch on `samples` samples, in any unit."""
        return [1.0] * self.epochs

    @abstractmethod
    def trainer(
        self, data: TrainingData, objective: Objective, seeds: list[int], start: Parameters | None = None
    ) -> Trainer:
        """A new trainer.

        Args:
            data: the training data.
            objective: the loss to minimise; ignored by a method that defines its own.
            seeds: one seed per model.
            start: initial weights of a free-running training, with a leading model axis; random by default.
        """


class BpttRecipe(Recipe):
    """Backpropagation through time: full or truncated, teacher forced, without true samples, or annealed."""

    @property
    def method(self) -> BpttMethod:
        """Settings of the trainer."""
        return BpttMethod(
            **vars(self.feeding),
            learning_rate=self.settings["learning_rate"],
            gradient_clip_norm=self.settings["gradient_clip_norm"],
        )

    def seconds(self, samples: int) -> float:
        """Estimated training time of one model.

        The recurrence runs sample by sample. Its time grows with the number of steps and with the work per step, which
        is batch x hidden x (hidden + 2) multiplications per gate. A signal is one sequence; a device's segments are
        run batch after batch.
        """
        settings = self.settings
        steps, length, batch = samples, samples, settings["batch_size"]
        if "device" in settings:
            length = settings["segment_samples"]
            segments = max(1, samples // length)
            batch = min(batch, segments)
            steps = -(-segments // batch) * length
        work = batch * settings["hidden_size"] * (settings["hidden_size"] + 2)
        step_s = step_seconds(work, mixes=not isinstance(settings["teacher_forcing"], str))
        updates = steps / length * -(-length // (settings["update_length_samples"] or length))
        return self.epochs * (steps * step_s + updates * UPDATE_S)

    def trainer(
        self, data: TrainingData, objective: Objective, seeds: list[int], start: Parameters | None = None
    ) -> Trainer:
        """A new trainer with random weights."""
        from rnn_audio.training.bptt_trainer import BpttTrainer

        return BpttTrainer(self.shape, self.method, data, seeds, objective)


class AuxiliaryRecipe(BpttRecipe):
    """Backpropagation through time with the auxiliary loss of paper A, section IV-C2."""

    @property
    def shape(self) -> ModelShape:
        """The shape of the models, including the auxiliary network."""
        own = self.settings["auxiliary"]
        auxiliary = AuxiliaryShape(own["hidden_size"], own["first_state"], own["second_state"], own["cell_state"])
        return replace(super().shape, auxiliary=auxiliary)

    @property
    def auxiliary_loss(self) -> AuxiliaryLoss:
        """The auxiliary loss."""
        from rnn_audio.training.auxiliary_loss import AuxiliaryLoss

        own = self.settings["auxiliary"]
        reach = own["gradient_into_main"]
        return AuxiliaryLoss(
            shape=self.shape.auxiliary,
            anchors=own["anchors"],
            segment_samples=own["segment_samples"],
            feed=own["feed"],
            gradient_reach={"full": None, "none": 0}.get(reach, reach),
            normalise=own["normalise"],
            pretraining_epochs=own["pretraining_epochs"],
        )

    @property
    def can_be_packed(self) -> bool:
        """Always false: auxiliary networks run model by model anyway."""
        return False

    def trainer(
        self, data: TrainingData, objective: Objective, seeds: list[int], start: Parameters | None = None
    ) -> Trainer:
        """A new trainer with random weights."""
        from rnn_audio.training.auxiliary_trainer import AuxiliaryTrainer

        arguments = {"shape": self.shape, "method": self.method, "data": data, "seeds": seeds, "objective": objective}
        return AuxiliaryTrainer(self.auxiliary_loss, **arguments)


class FreeRunningRecipe(Recipe):
    """Training by generation (extends paper A)."""

    @property
    def method(self) -> FreeRunningMethod:
        """Settings of the trainer."""
        own = self.settings["free_running"]
        recovery, decay, spectrum = own["recovery"], own["decay_loss"], own["spectral_loss"]
        return FreeRunningMethod(
            optimiser=own["optimiser"],
            learning_rate=self.settings["learning_rate"],
            learning_rate_shape=own["learning_rate_shape"],
            fall_from_share=own.get("fall_from_share", 0.0),
            warm_up_share=own["warm_up_share"],
            gradient_clip_norm=self.settings["gradient_clip_norm"],
            initial_state=own["initial_state"],
            forget_bias=own["forget_bias"],
            horizon=self._horizon,
            recovery=None if recovery is None else Recovery(**recovery),
            decay=None if decay is None else DecayTerm(**decay),
            spectrum=None if spectrum is None else SpectralTerm(spectrum["weight"], tuple(spectrum["window_samples"])),
        )

    @property
    def starts_from_silence(self) -> bool:
        """Always false."""
        return False

    @property
    def shape(self) -> ModelShape:
        """The shape of the models, which store their initial state unless it is random."""
        return replace(super().shape, initial_state=self.settings["free_running"]["initial_state"] != "random")

    @property
    def can_be_packed(self) -> bool:
        """True unless it starts from another model, for which it has to wait."""
        return start_of(self.settings) is None

    def seconds(self, samples: int) -> float:
        """Estimated training time of one model: each epoch is one sequence as long as its horizon, and one update."""
        return single_step_seconds(self.settings["hidden_size"]) * sum(self.epoch_costs(samples))

    def epoch_costs(self, samples: int) -> list[float]:
        """Estimated cost of each epoch, in units of the time per sample."""
        return epoch_costs(self._horizon, self.epochs, samples - 1)

    def trainer(
        self, data: SignalData, objective: Objective, seeds: list[int], start: Parameters | None = None
    ) -> Trainer:
        """A new trainer; its settings define the loss, and `objective` is ignored."""
        from rnn_audio.training.free_running_trainer import FreeRunningTrainer

        return FreeRunningTrainer(self.shape, self.method, data, seeds, self.epochs, start)

    @property
    def _horizon(self) -> Horizon | None:
        horizon = self.settings["free_running"]["horizon"]
        return None if horizon == "full" else Horizon(**horizon)


_OTHER_METHODS: dict[str, type[Recipe]] = {"free_running": FreeRunningRecipe, "auxiliary": AuxiliaryRecipe}
