"""One model in free-running training: its weights, optimiser and horizon, and the best weights for recovery."""

import logging
import math
from dataclasses import dataclass

import torch

from rnn_audio.networks.model import INITIAL_STATE, Parameters, with_prefix
from rnn_audio.training.adam import Adam
from rnn_audio.training.free_running_method import FreeRunningMethod
from rnn_audio.training.soap import Soap
from rnn_audio.training.trainer import DivergenceError

_OPTIMISERS = {"soap": Soap, "adam": Adam}
_COUNTS = ("horizon", "recoveries", "stage", "high_losses")

logger = logging.getLogger(__name__)


@dataclass
class Kept:
    """A model's best weights at its current horizon, and the optimiser's state at that epoch.

    Attributes:
        loss: the loss of these weights; infinite if they are from an earlier stage.
        expected: `loss` if finite; otherwise an estimate of the most that it can be.
        epoch: index of the epoch of these weights.
        parameters: the weights.
        optimiser: the optimiser's state; empty without recovery.
    """

    loss: float
    expected: float
    epoch: int
    parameters: Parameters
    optimiser: dict[str, torch.Tensor]


class Learner:
    """One model of a pack. The trainer runs all models together and passes each learner its loss.

    Args:
        place: the model's index in the pack, for errors.
        seed: the model's seed, for messages.
        weights: the initial weights, with a leading model axis of length one.
        method: how the model is trained.
        epochs: total number of epochs, for the schedules.
        energy_until: item n is the energy of the first n generated samples, for n from 0 to all of them.

    Attributes:
        weights: the current weights.
        kept: the best weights.
        stage: how many stages have ended by their error.
        horizon: how many samples are currently learned.
        recoveries: how often earlier weights were restored.
        high_losses: how many losses in a row were too high.
        rates: learning rate of each epoch; 0 if earlier weights were restored instead of a step.
        horizons: samples learned in each epoch.
    """

    def __init__(
        self,
        place: int,
        seed: int,
        weights: Parameters,
        method: FreeRunningMethod,
        epochs: int,
        energy_until: list[float],
    ) -> None:
        self.weights = weights
        self.stage, self.horizon = 0, 0
        self.recoveries, self.high_losses = 0, 0
        self.rates: list[float] = []
        self.horizons: list[int] = []
        self._place = place
        self._seed = seed
        self._method = method
        self._epochs = epochs
        self._energy_until = energy_until
        self._optimiser = _OPTIMISERS[method.optimiser](method.learning_rate, method.gradient_clip_norm)
        self.kept = self._keep(math.inf)

    @property
    def epoch(self) -> int:
        """Number of epochs done."""
        return len(self.rates)

    def begin_epoch(self) -> None:
        """Enter the next stage if it is due, and enable gradients of the weights.

        Losses over different horizons or with different terms are not comparable: each stage has its own best loss.
        """
        for tensor in self._trained().values():
            tensor.requires_grad_()
        steps = self._method.steps_at(self.epoch, self._epochs, len(self._energy_until) - 1, self.stage)
        before = self._method.decay_weight_at(self.epoch - 1, self._epochs) if self.epoch > 0 else 0.0
        is_same_loss = self._method.decay_weight_at(self.epoch, self._epochs) == before
        if steps == self.horizon and is_same_loss:
            return
        # The kept weights stay for recovery. Their loss is estimated as before plus the energy of the added samples.
        new_energy = self._energy_until[steps] - self._energy_until[self.horizon]
        added = new_energy / self._energy_until[-1] if is_same_loss else math.inf
        self.kept.loss, self.kept.expected = math.inf, self.kept.expected + added
        self.horizon = steps

    def update(self, loss: float, squared_error: float) -> float:
        """Make an optimiser step, or restore the best weights; this ends the epoch.

        Args:
            loss: the minimised loss.
            squared_error: squared error of the generation over the horizon; if it is low enough, the stage ends.

        Returns:
            The mean squared error over the horizon, before the step; NaN if earlier weights were restored.

        Raises:
            DivergenceError: the model diverged and no recovery is left.
        """
        divergence = self._divergence(loss)
        if divergence is None:
            rate = self._step(loss)
        else:
            self._recover(divergence)
            rate, squared_error = 0.0, math.nan
        self.rates.append(rate)
        self.horizons.append(self.horizon)
        energy, whole_energy = self._energy_until[self.horizon], self._energy_until[-1]
        self.stage += self._method.ends_stage(squared_error, energy, whole_energy)
        return squared_error / self.horizon

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Everything needed to resume this model's training."""
        tensors = {name: torch.tensor(getattr(self, name)) for name in _COUNTS}
        tensors["rates"] = torch.tensor(self.rates, dtype=torch.float64)
        tensors["horizons"] = torch.tensor(self.horizons, dtype=torch.int64)
        tensors["kept_loss"] = torch.tensor([self.kept.loss, self.kept.expected], dtype=torch.float64)
        tensors["kept_epoch"] = torch.tensor(self.kept.epoch)
        tensors |= {f"model.{name}": tensor.detach() for name, tensor in self.weights.items()}
        tensors |= {f"optimiser.{name}": tensor for name, tensor in self._optimiser.state_dict().items()}
        tensors |= {f"kept.{name}": tensor for name, tensor in self.kept.parameters.items()}
        return tensors | {f"kept_optimiser.{name}": tensor for name, tensor in self.kept.optimiser.items()}

    def load_state_dict(self, tensors: dict[str, torch.Tensor]) -> None:
        """Restore what `state_dict` returned; training then gives the same bytes as without the interruption."""
        for name in _COUNTS:
            setattr(self, name, int(tensors[name]))
        self.rates, self.horizons = tensors["rates"].tolist(), tensors["horizons"].tolist()
        # Keep the order of names: a file may have another, and the sum over all tensors for clipping would round
        # differently.
        names = list(self.weights)
        self.weights = {name: tensors[f"model.{name}"] for name in names}
        self._optimiser.load_state_dict(with_prefix(tensors, "optimiser."))
        kept = {name: tensors[f"kept.{name}"] for name in names}
        loss, expected = tensors["kept_loss"].tolist()
        self.kept = Kept(loss, expected, int(tensors["kept_epoch"]), kept, with_prefix(tensors, "kept_optimiser."))

    def _trained(self) -> Parameters:
        """All tensors of the model except a fixed initial state."""
        learns_state = self._method.initial_state == "learned"
        return {name: tensor for name, tensor in self.weights.items() if learns_state or name not in INITIAL_STATE}

    def _step(self, loss: float) -> float:
        if loss < self.kept.loss and self.high_losses == 0:
            self.kept = self._keep(loss)
        slowed = 1.0 if self._method.recovery is None else self._method.recovery.learning_rate_factor
        rate = self._method.learning_rate_at(self.epoch, self._epochs) * slowed**self.recoveries
        self._optimiser.learning_rate = rate
        self._optimiser.step(self._trained())
        return rate

    def _divergence(self, loss: float) -> str | None:
        """Why the current weights count as diverged; None if they do not."""
        recovery = self._method.recovery
        is_high = recovery is not None and loss > max(recovery.loss_ratio * self.kept.expected, recovery.least_loss)
        self.high_losses = self.high_losses + 1 if is_high else 0
        is_lost = is_high and self.high_losses > recovery.patience_epochs
        if is_lost or not math.isfinite(loss):
            return f"the loss is {loss:.3g}"
        # Backpropagation through many samples can overflow even where the loss does not.
        squares = sum(tensor.grad.square().sum() for tensor in self._trained().values())
        return None if math.isfinite(squares) else f"the gradient is not finite at a loss of {loss:.3g}"

    def _recover(self, divergence: str) -> None:
        recovery, kept = self._method.recovery, self.kept
        where = f"seed {self._seed}: {divergence} in epoch {self.epoch + 1}"
        if recovery is None:
            advice = "lower the learning rate, clip gradients or set free_running.recovery"
            raise DivergenceError(f"{where}; {advice}", self._place)
        if self.recoveries == recovery.at_most:
            limit = f"after {recovery.at_most} recoveries (free_running.recovery.at_most)"
            raise DivergenceError(f"{where}, {limit}; lower the learning rate", self._place)
        self.recoveries += 1
        self.high_losses = 0
        logger.warning(
            "%s (best loss so far %.3g): back to the weights of epoch %d, learning rate multiplied by %g from now on",
            where,
            kept.expected,
            kept.epoch + 1,
            recovery.learning_rate_factor,
        )
        if math.isinf(kept.loss):
            kept.expected = math.inf  # accept the restored weights' next loss, however high
        self.weights = _copy(kept.parameters)
        # Clear the momentum, which led to the divergence. Keep the second moments: without them, the optimiser takes
        # large steps in all directions and undoes what was learned.
        self._optimiser.load_state_dict(_copy(kept.optimiser))
        for momentum in self._optimiser.first.values():
            momentum.zero_()

    def _keep(self, loss: float) -> Kept:
        optimiser = {} if self._method.recovery is None else _copy(self._optimiser.state_dict())
        return Kept(loss, loss, self.epoch, _copy(self.weights), optimiser)


def _copy(tensors: Parameters) -> Parameters:
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}
