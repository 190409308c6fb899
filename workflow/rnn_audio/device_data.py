"""Training data of paper B: paired recordings of a device's input and output, in segments."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from rnn_audio.batches import Batch
from rnn_audio.randomness import RandomStreams
from rnn_audio.recurrence import State


@dataclass(frozen=True)
class DeviceData:
    """Half-second segments in mini-batches, shuffled anew each epoch (paper B, section 3).

    Attributes:
        inputs: [S, T], what went into the device.
        targets: [S, T], what came out.
        models: number of models in the pack, M.
        batch_size: segments a mini-batch, B; the last batch of an epoch holds what is left.
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
        """All segments once, in an order of its own for each model."""
        orders = torch.stack(
            [torch.randperm(len(self.inputs), generator=generator) for generator in streams.generators("shuffle")]
        ).to(self.device)
        for chosen in orders.split(self.batch_size, dim=1):
            state = self._silence(chosen.shape[1])
            yield Batch(self.inputs[chosen], self.targets[chosen], state, self.warm_up)

    def initial_state(self, streams: RandomStreams, stream: str) -> State:
        """A device at rest, whatever the seed."""
        return self._silence(self.batch_size)

    def _silence(self, batch: int) -> State:
        zeros = torch.zeros(self.models, batch, self.hidden_size, device=self.device)
        return zeros, zeros
