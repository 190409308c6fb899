"""Backpropagation through time for a pack: full or truncated, teacher forced, free-running or annealed.

Paper A, sections V-A to V-C. One loop serves all methods. A batch is cut into sub-sequences. For each one, the loop
runs the network forward, backpropagates the loss and updates the parameters. The next sub-sequence starts from the
detached final state, or from a new one.
"""

import math

import torch

from rnn_audio.losses.objectives import MeanSquaredError, Objective
from rnn_audio.networks import recurrence
from rnn_audio.networks.engines import choice as engines
from rnn_audio.networks.model import ModelShape, Parameters, initialise, with_prefix
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.networks.recurrence import State
from rnn_audio.training.adam import Adam, CapturableAdam
from rnn_audio.training.bptt_method import BpttMethod, sub_sequences
from rnn_audio.training.captured_update import CapturedUpdate, Tensors
from rnn_audio.training.data import Batch, TrainingData
from rnn_audio.training.trainer import DivergenceError, Trainer, by_epoch, by_model


class BpttTrainer(Trainer):
    """Trains a pack of models, one for each seed, epoch by epoch.

    Args:
        shape: the models' common shape.
        method: how they are trained.
        data: what they learn; everything runs on its tensors' accelerator.
        seeds: one seed per model.
        objective: the loss to minimise; by default paper A's mean squared error.
        captured: whether updates run as CUDA graphs (`captured_update`), and losses are read once per batch instead of
            once per update. By default, as `networks.engines.choice.captures` says. It does not change the result.
    """

    _gradients_vary = False
    """Whether a tensor may have a gradient in some updates only; such updates cannot be captured."""

    def __init__(
        self,
        shape: ModelShape,
        method: BpttMethod,
        data: TrainingData,
        seeds: list[int],
        objective: Objective | None = None,
        captured: bool | None = None,
    ) -> None:
        self.shape = shape
        self.method = method
        self.data = data
        self.seeds = seeds
        self.objective = objective or MeanSquaredError()
        self.streams = RandomStreams(seeds)
        on_gpu = data.device.type == "cuda"
        if captured is None:
            captured = engines.captures(data.device, shape.hidden_size)
        captured = captured and not self._gradients_vary
        self._captured = CapturedUpdate(on_gpu=on_gpu) if captured else None
        # On a GPU the two round differently. One of them trains there, so that captured updates are plain ones in bits.
        adam = CapturableAdam if captured or (on_gpu and not self._gradients_vary) else Adam
        self.optimiser = adam(method.learning_rate, method.gradient_clip_norm)
        self.parameters: Parameters = {
            name: tensor.to(data.device).requires_grad_() for name, tensor in initialise(shape, self.streams).items()
        }
        self.history: list[list[float]] = []

    def train_epoch(self) -> list[float]:
        """One pass over the data.

        Returns:
            Each model's loss, averaged over the samples of the epoch; also appended to `history`.

        Raises:
            DivergenceError: a loss is not finite. The epoch is then not part of the history.
        """
        totals = torch.zeros(len(self.seeds), dtype=torch.float64)
        samples = 0
        for batch in self.data.batches(self.streams):
            totals += self._train_batch(batch)
            samples += batch.targets.shape[1] * (batch.targets.shape[2] - batch.warm_up)
        losses = (totals / samples).tolist()
        self.history.append(losses)
        return losses

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Everything needed to resume training: weights, optimiser, random streams and history."""
        tensors = {f"parameters.{name}": tensor.detach() for name, tensor in self.parameters.items()}
        tensors |= {f"adam.{name}": tensor for name, tensor in self.optimiser.state_dict().items()}
        tensors |= {f"streams.{name}": tensor for name, tensor in self.streams.state().items()}
        return tensors | {"history": by_model(self.history, len(self.seeds))}

    def load_state_dict(self, tensors: dict[str, torch.Tensor]) -> None:
        """Restore what `state_dict` returned; training then gives the same bytes as without the interruption."""
        device = self.data.device
        for name in self.parameters:
            self.parameters[name] = tensors[f"parameters.{name}"].to(device).requires_grad_()
        self.optimiser.load_state_dict(
            {name: tensor.to(device) for name, tensor in with_prefix(tensors, "adam.").items()}
        )
        self.streams.restore({name: tensors[f"streams.{name}"] for name in self.streams.state()})
        self.history = by_epoch(tensors["history"])
        if self._captured is not None:
            self._captured.forget()

    def _train_batch(self, batch: Batch) -> torch.Tensor:
        """Train on one batch; returns each model's squared error, or other loss, summed over its samples."""
        probability = self.method.teacher_forcing.probability(self.epoch)
        self.objective.restart()
        state, previous = self._warm_up(batch)
        losses, samples = [], []
        length = batch.targets.shape[-1] - batch.warm_up
        for update, stretch in enumerate(sub_sequences(length, self.method.update_length, offset=batch.warm_up)):
            if update > 0 and not self.method.carry_state:
                state = self.data.initial_state(self.streams, "states")
            inputs, targets = batch.inputs[..., stretch], batch.targets[..., stretch]
            own_losses, state, previous = self._update(update, inputs, targets, previous, state, probability)
            losses.append(own_losses)
            samples.append(targets.shape[1] * targets.shape[2])
        totals = torch.zeros(len(self.seeds), dtype=torch.float64)
        # Read all losses at once: each read waits for the GPU. Only captured updates have not been checked yet.
        for update, own_losses in enumerate(torch.stack(losses).cpu()):
            self._require_finite(own_losses, update)
            totals += own_losses.double() * samples[update]
        return totals

    def _update(
        self,
        update: int,
        inputs: torch.Tensor,
        targets: torch.Tensor,
        previous: torch.Tensor,
        state: State,
        probability: float,
    ) -> tuple[torch.Tensor, State, torch.Tensor]:
        """One update; returns the losses before it, and the state and the output after its last sample."""
        forced = None
        if 0 < probability < 1:
            forced = self.streams.bernoulli("sampling", probability, inputs.shape[1:]).to(inputs.device)
        if self._captured is None:
            outputs, state, losses = self._take_back(inputs, targets, previous, state, probability, forced)
            self._require_finite(losses, update)
            self.optimiser.step(self.parameters)
            return losses, state, outputs[..., -1]
        mode = "mixed" if forced is not None else "known" if probability == 1 else "free"
        stretch = (inputs, targets) if forced is None else (inputs, targets, forced)
        carried = (*state, previous, *self.objective.memory(targets))
        losses, (h, c, previous, *memory) = self._captured(self._repeatable_update, mode, stretch, carried)
        self.objective.remember(tuple(memory))
        return losses, (h, c), previous

    def _repeatable_update(self, mode: str, stretch: Tensors, carried: Tensors) -> tuple[torch.Tensor, Tensors]:
        """One update for `CapturedUpdate`; its losses are checked only at the end of the batch."""
        (inputs, targets, *forced), (h, c, previous, *memory) = stretch, carried
        self.objective.remember(tuple(memory))
        probability = 1.0 if mode == "known" else 0.0
        outputs, state, losses = self._take_back(inputs, targets, previous, (h, c), probability, *forced)
        self.optimiser.step(self.parameters)
        return losses, (*state, outputs[..., -1], *self.objective.memory(targets))

    def _take_back(
        self,
        inputs: torch.Tensor,
        targets: torch.Tensor,
        previous: torch.Tensor,
        state: State,
        probability: float,
        forced: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, State, torch.Tensor]:
        """Run a sub-sequence and backpropagate; returns the outputs, the state after it and the losses."""
        if forced is not None:
            outputs, state = recurrence.mixed_run(self.parameters, inputs, forced, previous, state)
        elif probability == 1:
            outputs, state = recurrence.run(self.parameters, inputs, state, skip=self.shape.skip)
        else:
            outputs, state = recurrence.free_run(self.parameters, previous, inputs.shape[-1], state)
        losses = self.objective(targets, outputs)
        losses.sum().backward()
        return outputs.detach(), recurrence.detach(state), losses.detach()

    def _warm_up(self, batch: Batch) -> tuple[State, torch.Tensor]:
        """The state and the output before the first sample that is trained on (paper B, section 3)."""
        if batch.warm_up == 0:
            return batch.state, batch.inputs[..., 0]
        beginning = slice(0, batch.warm_up)
        with torch.no_grad():
            outputs, state = recurrence.run(
                self.parameters, batch.inputs[..., beginning], batch.state, skip=self.shape.skip
            )
        self.objective.observe(batch.targets[..., beginning], outputs)
        return state, outputs[..., -1]

    def _require_finite(self, losses: torch.Tensor, update: int) -> None:
        for model, loss in enumerate(losses.tolist()):
            if not math.isfinite(loss):
                raise DivergenceError(
                    f"seed {self.seeds[model]}: the loss is {loss} in epoch {self.epoch + 1}, update {update + 1}; "
                    "lower the learning rate or set gradient_clip_norm",
                    model,
                )
