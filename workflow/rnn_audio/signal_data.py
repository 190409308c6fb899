"""Training data of paper A: one signal, copied over the batch, the copies apart in their initial states only."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from rnn_audio.batches import Batch
from rnn_audio.randomness import RandomStreams
from rnn_audio.recurrence import State


@dataclass(frozen=True)
class SignalData:
    """One signal as a data set: one batch an epoch (paper A, sections IV-A and IV-C1).

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
