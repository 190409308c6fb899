"""Training of generation itself: the network runs on its own output, as it will when it generates (past paper A).

Paper A trains its networks on true samples and finds that they cannot go on alone (section V-E); its attempt without
true samples collapses (V-A). Here the whole generation is one call of the folded recurrence (`recurrence.free_run`),
its error is taken back through all of it, and the best weights on the way are kept.
"""

import logging
import math
from dataclasses import dataclass

import torch

from rnn_audio.errors import InputError
from rnn_audio.losses.formulas import model_by_model
from rnn_audio.losses.generation_loss import decay_difference, relative_error, spectral_difference
from rnn_audio.networks import recurrence
from rnn_audio.networks.engines.pytorch import State
from rnn_audio.networks.model import INITIAL_STATE, ModelShape, Parameters, initialise, stored_state, with_prefix
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.training.adam import Adam
from rnn_audio.training.best_so_far import BestSoFar
from rnn_audio.training.data import SignalData
from rnn_audio.training.free_running_method import FreeRunningMethod
from rnn_audio.training.horizon import epoch_costs
from rnn_audio.training.soap import Soap
from rnn_audio.training.trainer import DivergenceError

logger = logging.getLogger(__name__)


@dataclass
class _Kept:
    """A model's best weights at its present horizon, and its optimiser's state there.

    Attributes:
        loss: theirs; infinite where they are from before the present stage.
        expected: the same where it is finite, and else about what it can be at most.
        epoch: whose they are.
        optimiser: empty where nothing ever goes back to it.
    """

    loss: float
    expected: float
    epoch: int
    parameters: Parameters
    optimiser: dict[str, torch.Tensor]


class FreeRunningTrainer:
    """Trains a pack of models to generate a signal from its first sample; each epoch is one update.

    Args:
        shape: the models' common shape; its `initial_state` says whether they carry one.
        method: how they are trained.
        data: the signal.
        seeds: one seed a model.
        epochs: how many there will be, for the schedules.
        start: weights to start from, instead of random ones; tensors that it lacks are random.

    Raises:
        InputError: the signal is silent behind its first sample.

    Attributes:
        parameters: each model's best weights so far, leading model axis.
        history: each model's mean squared error in each epoch, over that epoch's horizon.
    """

    def __init__(
        self,
        shape: ModelShape,
        method: FreeRunningMethod,
        data: SignalData,
        seeds: list[int],
        epochs: int,
        start: Parameters | None = None,
    ) -> None:
        self.shape = shape
        self.method = method
        self.data = data
        self.seeds = seeds
        self.epochs = epochs
        self._energy = data.signal[1:].square().sum()
        if not self._energy > 0:
            raise InputError("the signal is silent behind its first sample: there is nothing to generate")
        self.streams = RandomStreams(seeds)
        self.history: list[list[float]] = []
        self.best = BestSoFar()  # of validations: there is nothing to validate on
        self._rates: list[list[float]] = []
        self._lengths: list[list[int]] = []
        self._recoveries = [0] * len(seeds)
        self._high_losses = [0] * len(seeds)  # in a row
        fresh = self._initialise(start)
        self._models = [
            {name: tensor[index : index + 1].clone() for name, tensor in fresh.items()} for index in range(len(seeds))
        ]
        self._optimisers = [self._new_optimiser() for _ in seeds]
        self._kept = [self._keep(index, math.inf) for index in range(len(seeds))]
        self._stages = [0] * len(seeds)
        self._horizons = [0] * len(seeds)
        self._decay_weight = 0.0
        energies = data.signal.double().square().cpu()
        energies[0] = 0  # the seed sample is no part of what is generated
        self._energy_until = energies.cumsum(0).tolist()

    @property
    def epoch(self) -> int:
        """Number of epochs done."""
        return len(self.history)

    @property
    def parameters(self) -> Parameters:
        """The best weights of each model over the present horizon; the whole signal's, when training is over."""
        return {name: torch.cat([kept.parameters[name] for kept in self._kept]) for name in self._kept[0].parameters}

    def train_epoch(self) -> list[float]:
        """One update of each model.

        Returns:
            Each model's mean squared error before the update, over the epoch's horizon; NaN where it diverged and the
            model went back to earlier weights. Also appended to `history`.

        Raises:
            DivergenceError: a training diverged, and may not recover (again). The epoch is not part of the history.
        """
        self._enter_stage()
        for model in self._models:
            for tensor in self._trained(model).values():
                tensor.requires_grad_()
        errors, losses = self._losses()
        losses.sum().backward()
        rates = [self._update(index, loss) for index, loss in enumerate(losses.tolist())]
        squares = (errors.detach() * self._energy).tolist()
        squares = [squared if rate > 0 else math.nan for squared, rate in zip(squares, rates, strict=True)]
        mse = [squared / steps for squared, steps in zip(squares, self._horizons, strict=True)]
        self.history.append(mse)
        self._rates.append(rates)
        self._lengths.append(list(self._horizons))
        self._end_stages(squares)
        return mse

    def costs(self, epochs: int) -> list[float]:
        """About how long each of so many epochs takes, in any unit."""
        return epoch_costs(self.method.horizon, epochs, len(self.data.signal) - 1)

    def extra_columns(self, model: int) -> dict[str, list[float]]:
        """Each epoch's learning rate, 0 where the model went back instead of stepping, and how much was learned."""
        return {
            "learning_rate": [rates[model] for rates in self._rates],
            "horizon_samples": [lengths[model] for lengths in self._lengths],
        }

    def report(self, model: int) -> dict[str, int]:
        """Which epoch a model's weights are from, counted from 1, and how often it went back to earlier ones."""
        return {"best_epoch": self._kept[model].epoch + 1, "recoveries": self._recoveries[model]}

    def state_dict(self) -> dict[str, torch.Tensor]:
        """All that training goes on from."""
        tensors = {f"streams.{name}": tensor for name, tensor in self.streams.state().items()}
        tensors["history"] = torch.tensor(self.history, dtype=torch.float64)
        tensors["rates"] = torch.tensor(self._rates, dtype=torch.float64)
        tensors["lengths"] = torch.tensor(self._lengths)
        tensors["horizons"] = torch.tensor(self._horizons)
        tensors["stages"] = torch.tensor(self._stages)
        tensors["decay_weight"] = torch.tensor(self._decay_weight, dtype=torch.float64)
        tensors["recoveries"] = torch.tensor(self._recoveries)
        tensors["high_losses"] = torch.tensor(self._high_losses)
        tensors["kept.loss"] = torch.tensor([kept.loss for kept in self._kept], dtype=torch.float64)
        tensors["kept.expected"] = torch.tensor([kept.expected for kept in self._kept], dtype=torch.float64)
        tensors["kept.epoch"] = torch.tensor([kept.epoch for kept in self._kept])
        for index, (model, kept, optimiser) in enumerate(zip(self._models, self._kept, self._optimisers, strict=True)):
            tensors |= {f"{index}.model.{name}": tensor.detach() for name, tensor in model.items()}
            tensors |= {f"{index}.kept.{name}": tensor for name, tensor in kept.parameters.items()}
            tensors |= {f"{index}.kept_optimiser.{name}": tensor for name, tensor in kept.optimiser.items()}
            tensors |= {f"{index}.optimiser.{name}": tensor for name, tensor in optimiser.state_dict().items()}
        return tensors

    def load_state_dict(self, tensors: dict[str, torch.Tensor]) -> None:
        """Go on from what `state_dict` returned, to the same bytes as without the break."""
        on_device = {name: tensor.to(self.data.device) for name, tensor in tensors.items() if name[0].isdigit()}
        self.streams.restore({name: tensors[f"streams.{name}"] for name in self.streams.state()})
        self.history = tensors["history"].tolist()
        self._rates = tensors["rates"].tolist()
        self._lengths = tensors["lengths"].tolist()
        self._horizons = tensors["horizons"].tolist()
        self._stages = tensors["stages"].tolist()
        self._decay_weight = tensors["decay_weight"].item()
        self._recoveries = tensors["recoveries"].tolist()
        self._high_losses = tensors["high_losses"].tolist()
        for index, optimiser in enumerate(self._optimisers):
            # A file has an order of its own, and sums over all tensors, for clipping, would round differently.
            names = list(self._models[index])
            self._models[index] = {name: on_device[f"{index}.model.{name}"] for name in names}
            self._kept[index] = _Kept(
                tensors["kept.loss"][index].item(),
                tensors["kept.expected"][index].item(),
                int(tensors["kept.epoch"][index]),
                {name: on_device[f"{index}.kept.{name}"] for name in names},
                with_prefix(on_device, f"{index}.kept_optimiser."),
            )
            optimiser.load_state_dict(with_prefix(on_device, f"{index}.optimiser."))

    def _initialise(self, start: Parameters | None) -> Parameters:
        fresh = initialise(self.shape, self.streams)
        hidden = self.shape.hidden_size
        fresh["lstm.bias_ih"][:, hidden : 2 * hidden] += self.method.forget_bias
        if self.shape.initial_state:
            for name in INITIAL_STATE:
                fresh[name] = self.data.state_scale * self.streams.normal("states", (hidden,))
        return {name: tensor.to(self.data.device) for name, tensor in (fresh | (start or {})).items()}

    def _new_optimiser(self) -> Soap | Adam:
        kind = {"soap": Soap, "adam": Adam}[self.method.optimiser]
        return kind(self.method.learning_rate, self.method.gradient_clip_norm)

    def _trained(self, model: Parameters) -> Parameters:
        """All tensors of a model but an initial state that is fixed."""
        learns_state = self.method.initial_state == "learned"
        return {name: tensor for name, tensor in model.items() if learns_state or name not in INITIAL_STATE}

    def _enter_stage(self) -> None:
        """Losses over another horizon, or with another term, are not comparable: the best of each stage counts."""
        decay_weight = self.method.decay_weight_at(self.epoch, self.epochs)
        for index, kept in enumerate(self._kept):
            steps = self.method.steps_at(self.epoch, self.epochs, len(self.data.signal) - 1, self._stages[index])
            if (steps, decay_weight) == (self._horizons[index], self._decay_weight):
                continue
            # The weights stay, to go back to. They cost what they did, and the samples that have come in.
            new_energy = self._energy_until[steps] - self._energy_until[self._horizons[index]]
            added = new_energy / self._energy_until[-1] if decay_weight == self._decay_weight else math.inf
            kept.loss, kept.expected = math.inf, kept.expected + added
            self._horizons[index] = steps
        self._decay_weight = decay_weight

    def _end_stages(self, squares: list[float]) -> None:
        """Note which models have learned their stretch; `squares` are their squared errors over it."""
        for index, (squared, steps) in enumerate(zip(squares, self._horizons, strict=True)):
            self._stages[index] += self.method.ends_stage(squared, self._energy_until[steps], self._energy_until[-1])

    def _losses(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Each model's relative error, and what is minimised: the error and the other terms, [M] each."""
        stacked = {name: torch.cat([model[name] for model in self._models]) for name in self._models[0]}
        state = stored_state(stacked, self.data.batch_size) or self.data.initial_state(self.streams, "states")
        alike = {steps: [i for i, own in enumerate(self._horizons) if own == steps] for steps in set(self._horizons)}
        if len(alike) == 1:
            return self._losses_over(self._horizons[0], stacked, state)
        parts = {
            steps: self._losses_over(
                steps, {name: tensor[own] for name, tensor in stacked.items()}, (state[0][own], state[1][own])
            )
            for steps, own in alike.items()
        }
        order = torch.tensor([index for own in alike.values() for index in own]).argsort()
        errors, losses = (torch.cat([part[which] for part in parts.values()])[order] for which in (0, 1))
        return errors, losses

    def _losses_over(self, steps: int, stacked: Parameters, state: State) -> tuple[torch.Tensor, torch.Tensor]:
        """The losses of models that learn a stretch of one length, [M] each."""
        first = self.data.signal[0].expand(state[0].shape[:2])
        outputs, _ = recurrence.free_run(stacked, first, steps, state)
        targets = self.data.signal[1 : steps + 1]
        errors = losses = model_by_model(lambda own: relative_error(targets, own, self._energy), outputs)
        if self._decay_weight > 0:
            range_db = self.method.decay.range_db
            difference = model_by_model(lambda own: decay_difference(targets, own, self._energy, range_db), outputs)
            losses = losses + self._decay_weight * difference
        if self.method.spectrum is not None and self.method.spectrum.weight > 0:
            windows = self.method.spectrum.window_samples
            distance = model_by_model(lambda own: spectral_difference(targets, own, windows), outputs)
            losses = losses + self.method.spectrum.weight * distance
        return errors, losses

    def _update(self, index: int, loss: float) -> float:
        """Move one model, or take it back to its best weights; returns the learning rate, 0 where it went back."""
        model, optimiser = self._models[index], self._optimisers[index]
        divergence = self._divergence(index, loss)
        if divergence is not None:
            self._recover(index, divergence)
            return 0.0
        if loss < self._kept[index].loss and self._high_losses[index] == 0:
            self._kept[index] = self._keep(index, loss)
        slowed = 1.0 if self.method.recovery is None else self.method.recovery.learning_rate_factor
        rate = self.method.learning_rate_at(self.epoch, self.epochs) * slowed ** self._recoveries[index]
        optimiser.learning_rate = rate
        optimiser.step(self._trained(model))
        return rate

    def _divergence(self, index: int, loss: float) -> str | None:
        """Why a model cannot go on from its present weights; None where it can."""
        recovery, best = self.method.recovery, self._kept[index].expected
        is_high = recovery is not None and loss > max(recovery.loss_ratio * best, recovery.least_loss)
        self._high_losses[index] = self._high_losses[index] + 1 if is_high else 0
        is_lost = is_high and self._high_losses[index] > recovery.patience_epochs
        if is_lost or not math.isfinite(loss):
            return f"the loss is {loss:.3g}"
        # Errors that are taken back through many samples can overflow where the loss itself does not.
        squares = sum(tensor.grad.square().sum() for tensor in self._trained(self._models[index]).values())
        return None if math.isfinite(squares) else f"the gradient is not finite at a loss of {loss:.3g}"

    def _recover(self, index: int, divergence: str) -> None:
        recovery, kept = self.method.recovery, self._kept[index]
        place = f"seed {self.seeds[index]}: {divergence} in epoch {self.epoch + 1}"
        if recovery is None:
            raise DivergenceError(
                f"{place}; lower the learning rate, clip gradients or set free_running.recovery", index
            )
        if self._recoveries[index] == recovery.at_most:
            limit = f"after {recovery.at_most} recoveries (free_running.recovery.at_most)"
            raise DivergenceError(f"{place}, {limit}; lower the learning rate", index)
        self._recoveries[index] += 1
        self._high_losses[index] = 0
        logger.warning(
            "%s, from %.3g at best: back to the weights of epoch %d, learning rate times %g from here on",
            place,
            kept.expected,
            kept.epoch + 1,
            recovery.learning_rate_factor,
        )
        if math.isinf(kept.loss):
            kept.expected = math.inf  # the next loss is theirs, however high
        self._models[index] = _copy(kept.parameters)
        # Without the momentum, which led to where it diverged. The scales stay: an optimiser that knows none yet steps
        # far in all directions, and undoes what was learned.
        optimiser = self._optimisers[index]
        optimiser.load_state_dict(_copy(kept.optimiser))
        for momentum in optimiser.first.values():
            momentum.zero_()

    def _keep(self, index: int, loss: float) -> _Kept:
        optimiser = {} if self.method.recovery is None else _copy(self._optimisers[index].state_dict())
        return _Kept(loss, loss, self.epoch, _copy(self._models[index]), optimiser)


def _copy(tensors: Parameters) -> Parameters:
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}
