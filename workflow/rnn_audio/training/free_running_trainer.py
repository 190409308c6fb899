"""Training by generation: the network is fed its own output, as when it generates (extends paper A).

Paper A's networks are trained on true samples and then fail to generate alone (section V-E); its attempt without true
samples collapses (V-A). Here one call of the folded recurrence (`recurrence.free_run`) generates everything, the error
is backpropagated through all of it, and the best weights seen so far are kept.
"""

import torch

from rnn_audio.errors import InputError
from rnn_audio.losses.formulas import model_by_model
from rnn_audio.losses.generation_loss import decay_difference, relative_error, spectral_difference
from rnn_audio.networks import recurrence
from rnn_audio.networks.model import INITIAL_STATE, ModelShape, Parameters, initialise, stored_state, with_prefix
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.networks.recurrence import State
from rnn_audio.training.data import SignalData
from rnn_audio.training.free_running_method import FreeRunningMethod
from rnn_audio.training.learner import Learner
from rnn_audio.training.trainer import Trainer, by_epoch, by_model


class FreeRunningTrainer(Trainer):
    """Trains a pack of models to generate a signal from its first sample; each epoch is one update.

    Args:
        shape: the models' common shape; its `initial_state` says whether the models store one.
        method: how they are trained.
        data: the signal.
        seeds: one seed per model.
        epochs: total number of epochs, for the schedules.
        start: weights to start from, instead of random ones; tensors missing from it are random.

    Raises:
        InputError: the signal is silent after its first sample.

    Attributes:
        history: mean squared error of each epoch and model, over the epoch's horizon.
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
            raise InputError("the signal is silent after its first sample: there is nothing to generate")
        self.streams = RandomStreams(seeds)
        self.history: list[list[float]] = []
        energies = data.signal.double().square().cpu()
        energies[0] = 0  # the seed sample is not generated
        energy_until = energies.cumsum(0).tolist()
        fresh = self._initialise(start)
        self._learners = []
        for place, seed in enumerate(seeds):
            weights = {name: tensor[place : place + 1].clone() for name, tensor in fresh.items()}
            self._learners.append(Learner(place, seed, weights, method, epochs, energy_until))

    @property
    def parameters(self) -> Parameters:
        """The best weights of each model over its current horizon, which is the whole signal at the end of training."""
        best = [learner.kept.parameters for learner in self._learners]
        return {name: torch.cat([own[name] for own in best]) for name in best[0]}

    def train_epoch(self) -> list[float]:
        """One update of each model.

        Returns:
            Each model's mean squared error before the update, over the epoch's horizon; NaN if the model diverged and
            its earlier weights were restored. Also appended to `history`.

        Raises:
            DivergenceError: a model diverged and no recovery is left. The epoch is not part of the history.
        """
        for learner in self._learners:
            learner.begin_epoch()
        errors, losses = self._losses()
        losses.sum().backward()
        squares = (errors.detach() * self._energy).tolist()
        mse = [
            learner.update(loss, squared_error)
            for learner, loss, squared_error in zip(self._learners, losses.tolist(), squares, strict=True)
        ]
        self.history.append(mse)
        return mse

    def extra_columns(self, model: int) -> dict[str, list[float]]:
        """Each epoch's learning rate (0 if earlier weights were restored instead of a step) and horizon in samples."""
        learner = self._learners[model]
        return {"learning_rate": list(learner.rates), "horizon_samples": list(learner.horizons)}

    def report(self, model: int) -> dict[str, int]:
        """The epoch of a model's best weights, counted from 1, and how often it restored earlier weights."""
        learner = self._learners[model]
        return {"best_epoch": learner.kept.epoch + 1, "recoveries": learner.recoveries}

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Everything needed to resume training."""
        tensors = {f"streams.{name}": tensor for name, tensor in self.streams.state().items()}
        tensors["history"] = by_model(self.history, len(self.seeds))
        for place, learner in enumerate(self._learners):
            tensors |= {f"{place}.{name}": tensor for name, tensor in learner.state_dict().items()}
        return tensors

    def load_state_dict(self, tensors: dict[str, torch.Tensor]) -> None:
        """Restore what `state_dict` returned; training then gives the same bytes as without the interruption."""
        self.streams.restore({name: tensors[f"streams.{name}"] for name in self.streams.state()})
        self.history = by_epoch(tensors["history"])
        for place, learner in enumerate(self._learners):
            own = with_prefix(tensors, f"{place}.")
            learner.load_state_dict({name: tensor.to(self.data.device) for name, tensor in own.items()})

    def _initialise(self, start: Parameters | None) -> Parameters:
        fresh = initialise(self.shape, self.streams)
        hidden = self.shape.hidden_size
        fresh["lstm.bias_ih"][:, hidden : 2 * hidden] += self.method.forget_bias
        if self.shape.initial_state:
            for name in INITIAL_STATE:
                fresh[name] = self.data.state_scale * self.streams.normal("states", (hidden,))
        return {name: tensor.to(self.data.device) for name, tensor in (fresh | (start or {})).items()}

    def _losses(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Each model's relative error, and its total loss (the error plus the other terms), [M] each."""
        models = [learner.weights for learner in self._learners]
        stacked = {name: torch.cat([own[name] for own in models]) for name in models[0]}
        state = stored_state(stacked, self.data.batch_size) or self.data.initial_state(self.streams, "states")
        horizons = [learner.horizon for learner in self._learners]
        alike = {steps: [place for place, own in enumerate(horizons) if own == steps] for steps in set(horizons)}
        if len(alike) == 1:
            return self._losses_over(horizons[0], stacked, state)
        parts = {
            steps: self._losses_over(
                steps, {name: tensor[own] for name, tensor in stacked.items()}, (state[0][own], state[1][own])
            )
            for steps, own in alike.items()
        }
        order = torch.tensor([place for own in alike.values() for place in own]).argsort()
        errors, losses = (torch.cat([part[which] for part in parts.values()])[order] for which in (0, 1))
        return errors, losses

    def _losses_over(self, steps: int, stacked: Parameters, state: State) -> tuple[torch.Tensor, torch.Tensor]:
        """The same as `_losses`, for models whose horizon is `steps` samples, [M] each."""
        first = self.data.signal[0].expand(state[0].shape[:2])
        outputs, _ = recurrence.free_run(stacked, first, steps, state)
        targets = self.data.signal[1 : steps + 1]
        errors = losses = model_by_model(lambda own: relative_error(targets, own, self._energy), outputs)
        decay_weight = self.method.decay_weight_at(self.epoch, self.epochs)
        if decay_weight > 0:
            range_db = self.method.decay.range_db
            difference = model_by_model(lambda own: decay_difference(targets, own, self._energy, range_db), outputs)
            losses = losses + decay_weight * difference
        if self.method.spectrum is not None and self.method.spectrum.weight > 0:
            windows = self.method.spectrum.window_samples
            distance = model_by_model(lambda own: spectral_difference(targets, own, windows), outputs)
            losses = losses + self.method.spectrum.weight * distance
        return errors, losses
