"""What one pass through the network needs, whatever it is trained on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import torch

from rnn_audio.randomness import RandomStreams
from rnn_audio.recurrence import State


@dataclass(frozen=True)
class Batch:
    """Sequences that are learned together.

    Attributes:
        inputs: [M, B, T]; the first sample is the seed of whatever is fed back.
        targets: [M, B, T].
        state: the state before the first sample, [M, B, H] each.
        warm_up: samples at the beginning that only set the state, without gradients or loss.
    """

    inputs: torch.Tensor
    targets: torch.Tensor
    state: State
    warm_up: int = 0


class TrainingData(Protocol):
    """A data set: it yields the batches of an epoch."""

    @property
    def device(self) -> torch.device:
        """Where its tensors are."""

    def batches(self, streams: RandomStreams) -> Iterator[Batch]:
        """One epoch, in an order that each model draws from its own stream."""

    def initial_state(self, streams: RandomStreams, stream: str) -> State:
        """A fresh state for every sequence of a batch."""
