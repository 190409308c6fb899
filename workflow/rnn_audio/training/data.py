"""Training data in batches: copies of one signal (paper A), or segments of a device's recordings (paper B)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import torch

from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.networks.recurrence import State


@dataclass(frozen=True)
class Batch:
    """Sequences that are learned together.

    Attributes:
        inputs: [M, B, T]; the first sample also seeds free-running generation.
        targets: [M, B, T].
        state: the state before the first sample, [M, B, H] each.
        warm_up: samples at the beginning that only set the state, without gradients or loss.
    """

    inputs: torch.Tensor
    targets: torch.Tensor
    state: State
    warm_up: int = 0


class TrainingData(Protocol):
    """A data set that yields the batches of an epoch."""

    @property
    def device(self) -> torch.device:
        """Where its tensors are."""

    def batches(self, streams: RandomStreams) -> Iterator[Batch]:
        """One epoch, in an order that each model draws from its own stream."""

    def initial_state(self, streams: RandomStreams, stream: str) -> State:
        """A fresh state for every sequence of a batch."""


@dataclass(frozen=True)
class SignalData:
    """One signal as a data set, with one batch per epoch (paper A, sections IV-A and IV-C1).

    Attributes:
        signal: [N] samples.
        models: number of models in the pack, M.
        batch_size: number of copies, B.
        hidden_size: H.
        silent_seed: whether the network starts from a sample of 0 and must produce the whole signal (section V-A),
            instead of starting from the first sample and producing the others.
        state_scale: standard deviation of the random initial state; 0 starts from zeros.
    """

    signal: torch.Tensor
    models: int
    batch_size: int
    hidden_size: int
    silent_seed: bool
    state_scale: float

    @property
    def device(self) -> torch.device:
        """Where the signal is."""
        return self.signal.device

    def batches(self, streams: RandomStreams) -> Iterator[Batch]:
        """The epoch's single batch, its initial states drawn afresh."""
        yield self.batch(streams, "states")

    def batch(self, streams: RandomStreams, stream: str) -> Batch:
        """The signal's copies with initial states from the named stream."""
        inputs, targets = self._pair()
        shape = (self.models, self.batch_size, len(targets))
        return Batch(inputs.expand(shape), targets.expand(shape), self.initial_state(streams, stream))

    def initial_state(self, streams: RandomStreams, stream: str) -> State:
        """Random states for every copy of every model."""
        shape = (self.batch_size, self.hidden_size)
        h, c = streams.normal(stream, shape), streams.normal(stream, shape)
        return (self.state_scale * h).to(self.device), (self.state_scale * c).to(self.device)

    def _pair(self) -> tuple[torch.Tensor, torch.Tensor]:
        if self.silent_seed:
            return torch.zeros_like(self.signal), self.signal
        return self.signal[:-1], self.signal[1:]


@dataclass(frozen=True)
class DeviceData:
    """Half-second segments in mini-batches, shuffled anew each epoch (paper B, section 3).

    Attributes:
        inputs: [S, T], the device's input.
        targets: [S, T], the device's output.
        models: number of models in the pack, M.
        batch_size: segments per mini-batch, B; the last batch of an epoch holds the remaining ones.
        hidden_size: H.
        warm_up: samples of each segment that only set the state.
    """

    inputs: torch.Tensor
    targets: torch.Tensor
    models: int
    batch_size: int
    hidden_size: int
    warm_up: int

    @property
    def device(self) -> torch.device:
        """Where the segments are."""
        return self.inputs.device

    def batches(self, streams: RandomStreams) -> Iterator[Batch]:
        """All segments once, in a different order for each model."""
        orders = torch.stack(
            [torch.randperm(len(self.inputs), generator=generator) for generator in streams.generators("shuffle")]
        ).to(self.device)
        for chosen in orders.split(self.batch_size, dim=1):
            state = self._silence(chosen.shape[1])
            yield Batch(self.inputs[chosen], self.targets[chosen], state, self.warm_up)

    def initial_state(self, streams: RandomStreams, stream: str) -> State:
        """A state of zeros, whatever the seed: the device at rest."""
        return self._silence(self.batch_size)

    def _silence(self, batch: int) -> State:
        zeros = torch.zeros(self.models, batch, self.hidden_size, device=self.device)
        return zeros, zeros
