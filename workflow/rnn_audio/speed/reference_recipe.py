"""The benchmark's reference: the usual training of such networks, with PyTorch's own LSTM, one model at a time.

It is written from the description of paper B's training (section 3) and does not use this library's recurrence,
optimiser or process settings. The loop is the usual one: an LSTM and a linear layer, Adam, and a state that is
detached between two updates.
"""

import torch

from rnn_audio.losses.objectives import Objective
from rnn_audio.training.data import Batch


class ReferenceTrainer:
    """Trains one model as the public recipes do.

    Args:
        hidden_size: H.
        update_length: samples between two updates; None: one update per sequence (full BPTT).
        learning_rate: Adam's.
        objective: the loss that is minimised.
        device: PyTorch device.
        skip: whether the input is added to the output.
    """

    def __init__(
        self,
        hidden_size: int,
        update_length: int | None,
        learning_rate: float,
        objective: Objective,
        device: torch.device,
        *,
        skip: bool = False,
    ) -> None:
        self._lstm = torch.nn.LSTM(1, hidden_size).to(device)
        self._linear = torch.nn.Linear(hidden_size, 1).to(device)
        self._update_length = update_length
        self._objective = objective
        self._skip = skip
        parameters = [*self._lstm.parameters(), *self._linear.parameters()]
        self._optimiser = torch.optim.Adam(parameters, lr=learning_rate)

    def train_batch(self, batch: Batch) -> float:
        """Make all updates of one batch, for a pack of one model; return the sum of their losses."""
        inputs, targets = batch.inputs[0].t().unsqueeze(-1).contiguous(), batch.targets
        state = tuple(tensor[:1].contiguous() for tensor in batch.state)
        self._objective.restart()
        if batch.warm_up:
            with torch.no_grad():
                outputs, state = self._run(inputs[: batch.warm_up], state)
            self._objective.observe(targets[..., : batch.warm_up], outputs)
        length = self._update_length or inputs.shape[0] - batch.warm_up
        total = 0.0
        for start in range(batch.warm_up, inputs.shape[0], length):
            self._optimiser.zero_grad()
            outputs, state = self._run(inputs[start : start + length], state)
            loss = self._objective(targets[..., start : start + length], outputs).sum()
            loss.backward()
            self._optimiser.step()
            state = tuple(tensor.detach() for tensor in state)
            total += loss.item()
        return total

    def _run(
        self, inputs: torch.Tensor, state: tuple[torch.Tensor, ...]
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        """Outputs [1, B, T] of inputs [T, B, 1]."""
        sequence, state = self._lstm(inputs, state)
        outputs = self._linear(sequence)
        outputs = outputs + inputs if self._skip else outputs
        return outputs.squeeze(-1).t().unsqueeze(0), state
