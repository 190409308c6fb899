"""The objective of training: a loss per model of a pack, over consecutive stretches of a batch.

An objective may carry state from stretch to stretch, such as a filter's. `restart` clears it before each batch, and
`observe` updates it with the warm-up, which is not trained on.
"""

from collections.abc import Sequence
from typing import Protocol

import torch

from rnn_audio.losses import formulas as losses
from rnn_audio.losses.packed_filter import apply_packed, following
from rnn_audio.losses.preemphasis import MINIMUM_PHASE, NAMES, pad_taps, taps
from rnn_audio.networks.engines import choice as engines

_RATE_HZ = 44100


class Objective(Protocol):
    """A loss that the trainer calls for each stretch; signals are [M, B, T]."""

    def restart(self) -> None:
        """Clear the state before a new batch."""

    def observe(self, targets: torch.Tensor, outputs: torch.Tensor) -> None:
        """Update the state with a stretch that is not trained on."""

    def memory(self, targets: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The state before the next stretch of such targets: tensors whose shapes do not depend on its length."""

    def remember(self, memory: tuple[torch.Tensor, ...]) -> None:
        """Set the state to one that `memory` returned."""

    def __call__(self, targets: torch.Tensor, outputs: torch.Tensor) -> torch.Tensor:
        """The loss of each model over a stretch, [M]."""


class MeanSquaredError:
    """Paper A's loss (section IV-C1); it has no state."""

    def restart(self) -> None:
        """Do nothing: there is no state."""

    def observe(self, targets: torch.Tensor, outputs: torch.Tensor) -> None:
        """Do nothing: there is no state."""

    def memory(self, targets: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """An empty tuple: there is no state."""
        return ()

    def remember(self, memory: tuple[torch.Tensor, ...]) -> None:
        """Do nothing: there is no state."""

    def __call__(self, targets: torch.Tensor, outputs: torch.Tensor) -> torch.Tensor:
        """Mean squared error over batch and time, [M]."""
        return losses.mse(targets, outputs)


class EmphasisedErrorToSignal:
    """Paper B's loss (equations 2 to 4): ESR after each model's own pre-emphasis filter, plus DC loss.

    Args:
        names: the pre-emphasis filter of each model, M of them.
        rate_hz: sampling rate in Hz.
        device: PyTorch device of the models.
        fused: whether Triton's kernels compute the loss (`triton_loss`); by default, where Triton trains the models.
            They round differently from PyTorch's operations.
        design: how the A-weighting is fitted, one of `preemphasis.DESIGNS`.
    """

    def __init__(
        self,
        names: Sequence[str],
        rate_hz: float,
        device: torch.device | str,
        *,
        fused: bool | None = None,
        design: str = MINIMUM_PHASE,
    ) -> None:
        filters = [taps(name, rate_hz, design) for name in names]
        self._taps = torch.tensor(pad_taps(filters), dtype=torch.float32, device=device)
        self._lengths = torch.tensor([len(one) for one in filters], dtype=torch.int32, device=device)
        self._fused = engines.uses_triton(torch.device(device)) if fused is None else fused
        self._histories: tuple[torch.Tensor, ...] = ()

    def restart(self) -> None:
        """Start the filters from silence."""
        self._histories = ()

    def observe(self, targets: torch.Tensor, outputs: torch.Tensor) -> None:
        """Let the filters see the warm-up, so that they have its samples when the first stretch starts."""
        histories = zip(self.memory(targets), (targets, outputs), strict=True)
        self._histories = tuple(following(history, signal) for history, signal in histories)

    def memory(self, targets: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The last K - 1 samples of targets and outputs, [M, B, K - 1] each; K is the number of taps."""
        if not self._histories:
            silence = targets.new_zeros(*targets.shape[:2], self._taps.shape[1] - 1)
            self._histories = silence, silence
        return self._histories

    def remember(self, memory: tuple[torch.Tensor, ...]) -> None:
        """Set the samples that precede the next stretch."""
        self._histories = memory

    def __call__(self, targets: torch.Tensor, outputs: torch.Tensor) -> torch.Tensor:
        """Equation 4 over a stretch, [M]; the filters' state is carried to the next stretch."""
        target_history, output_history = self.memory(targets)
        if self._fused:
            from rnn_audio.losses.triton_loss import JointLoss

            self.observe(targets, outputs)
            histories = target_history, output_history
            return JointLoss.apply(targets, outputs, *histories, self._taps, self._lengths, losses.POWER_FLOOR)
        emphasised_targets, target_history = apply_packed(targets, self._taps, target_history)
        emphasised_outputs, output_history = apply_packed(outputs, self._taps, output_history)
        self._histories = target_history, output_history
        return losses.joint(targets, outputs, emphasised_targets, emphasised_outputs)


def fused_loss_error(device: torch.device | str) -> float:
    """Largest relative error of paper B's loss and its gradient by Triton's kernels, against PyTorch's operations."""
    generator = torch.Generator().manual_seed(1)
    targets, error = (torch.randn(len(NAMES), 6, 700, generator=generator) for _ in range(2))
    outputs = 0.9 * targets + 0.1 * error

    def results(place: torch.device | str, *, fused: bool) -> tuple[torch.Tensor, torch.Tensor]:
        objective = EmphasisedErrorToSignal(NAMES, _RATE_HZ, place, fused=fused)
        own = targets.to(place)
        leaf = outputs.to(place).requires_grad_()
        objective.observe(own[..., :150], leaf[..., :150])
        losses_of_models = objective(own[..., 150:], leaf[..., 150:])
        return losses_of_models.detach().cpu(), torch.autograd.grad(losses_of_models.sum(), leaf)[0].cpu()

    pairs = zip(results(device, fused=True), results("cpu", fused=False), strict=True)
    errors = [(ours - theirs).norm() / theirs.norm() for ours, theirs in pairs]
    return torch.stack(errors).max().item()  # Python's `max` would lose one that is not a number
