"""Losses of a pack of models (paper B, eqs. 2 to 4; paper A's mean squared error), and their sums over a recording.

Every loss takes [M, B, T] (models, batch, time) and returns [M], one loss per model: the gradient of their sum trains
each model as if it were alone. Within a model, numerators and denominators are summed over the batch before the
division, so a quiet segment has less weight than a loud one.

Public code computes other losses under these names. The authors' own training code sums as here, but adds 1e-5 to the
target's mean power, which shifts every value. auraloss averages one ratio per item and adds 1e-8 to the energy (ESR) or
to the power (DC). For one item of normal level, all three agree closely.

Silence: the power in a denominator is at least `POWER_FLOOR`. Above the floor (-50 dB re full scale) the formulas hold
exactly; a silent chunk has a large but finite loss. NaN and infinity in a signal appear in the loss of its model and do
not affect other models.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

POWER_FLOOR = 1e-5
"""Smallest mean target power to divide by; 1.0 is full scale squared."""


def esr(target: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
    """Error-to-signal ratio (paper B, eq. 2): energy of the error over energy of the target.

    Args:
        target: pre-emphasised target, [M, B, T].
        output: pre-emphasised output of the models, [M, B, T].

    Returns:
        Losses, [M]; an output of zeros has 1.0.

    Raises:
        ValueError: the shapes differ or are not [M, B, T].
    """
    _check_shapes(target, output)
    return mse(target, output) / _floored_power(target)


def dc(target: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
    """DC loss (paper B, eq. 3): squared mean error over mean target power, of signals without pre-emphasis.

    The mean of eq. 3 is over one sequence. It is squared per item and then averaged over the batch, as in the authors'
    code, so that offsets of opposite sign in two segments do not cancel.

    Args:
        target: target, [M, B, T].
        output: output of the models, [M, B, T].

    Returns:
        Losses, [M].

    Raises:
        ValueError: the shapes differ or are not [M, B, T].
    """
    _check_shapes(target, output)
    offset_power = model_by_model(_offset_power, target, output)
    return offset_power / _floored_power(target)


def joint(
    target: torch.Tensor,
    output: torch.Tensor,
    emphasised_target: torch.Tensor,
    emphasised_output: torch.Tensor,
) -> torch.Tensor:
    """Training loss of paper B (eq. 4): ESR of the pre-emphasised signals plus DC loss of the plain ones.

    Args:
        target: target, [M, B, T].
        output: output of the models, [M, B, T].
        emphasised_target: target after each model's pre-emphasis, [M, B, T].
        emphasised_output: output after the same filter, [M, B, T].

    Returns:
        Losses, [M].

    Raises:
        ValueError: the shapes of a pair differ or are not [M, B, T].
    """
    return esr(emphasised_target, emphasised_output) + dc(target, output)


def mse(target: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
    """Mean squared error over batch and time.

    Args:
        target: target, [M, B, T].
        output: output of the models, [M, B, T].

    Returns:
        Losses, [M], in squared units of the signal.

    Raises:
        ValueError: the shapes differ or are not [M, B, T].
    """
    _check_shapes(target, output)
    return model_by_model(lambda *pair: (pair[0] - pair[1]).square().mean(dim=(1, 2)), target, output)


def model_by_model(function: Callable[..., torch.Tensor], *tensors: torch.Tensor) -> torch.Tensor:
    """Apply the function to each model's part, [1, ...], of tensors [M, ...], and concatenate the results.

    A GPU splits a reduction depending on the number of sums. Over the whole pack at once, they would be rounded
    differently than for a model alone.
    """
    return torch.cat([function(*own) for own in zip(*(tensor.split(1) for tensor in tensors), strict=True)])


class EsrAccumulator:
    """Equations 2 to 4 of paper B over a whole recording that is added in chunks.

    Sums are float64, so the value does not depend on the chunks, up to rounding; an average of per-chunk losses would.
    The recording counts as one sequence: its DC offset is one mean over all samples.

    Args:
        models: number of models M of the pack.
        device: PyTorch device of the chunks; sums and results stay on it, so that it is not waited for.
    """

    def __init__(self, models: int, device: torch.device | str = "cpu") -> None:
        """Start with no samples."""
        self.models = models
        self.samples = 0
        self._sums = torch.zeros(models, 4, dtype=torch.float64, device=device)

    def update(
        self,
        target: torch.Tensor,
        output: torch.Tensor,
        emphasised_target: torch.Tensor,
        emphasised_output: torch.Tensor,
    ) -> None:
        """Add the next chunk; the state of the pre-emphasis filters must be carried from chunk to chunk.

        Args:
            target: target, [M, B, T].
            output: output of the models, [M, B, T].
            emphasised_target: target after the pre-emphasis, [M, B, T].
            emphasised_output: output after the same filter, [M, B, T].

        Raises:
            ValueError: the four shapes differ, are not [M, B, T], or M is not the accumulator's number of models.
        """
        signals = (target, output, emphasised_target, emphasised_output)
        for signal in signals:
            _check_shapes(target, signal)
        if target.shape[0] != self.models:
            raise ValueError(f"chunk has {target.shape[0]} models, the accumulator {self.models}")
        self.samples += target.shape[1] * target.shape[2]
        self._sums += model_by_model(_sums, *(signal.detach() for signal in signals))

    def esr(self) -> torch.Tensor:
        """ESR of the pre-emphasised signals so far (eq. 2), float64, [M]; NaN before any chunk."""
        error_energy, target_energy, _, _ = self._sums.unbind(1)
        return error_energy / self.samples / (target_energy / self.samples).clamp_min(POWER_FLOOR)

    def dc(self) -> torch.Tensor:
        """DC loss of the plain signals so far (eq. 3), float64, [M]; NaN before any chunk."""
        _, _, error_sum, target_energy = self._sums.unbind(1)
        return (error_sum / self.samples).square() / (target_energy / self.samples).clamp_min(POWER_FLOOR)

    def joint(self) -> torch.Tensor:
        """Sum of both (eq. 4), float64, [M]: paper B's table 1 as fractions; NaN before any chunk."""
        return self.esr() + self.dc()


def _sums(*signals: torch.Tensor) -> torch.Tensor:
    """One model's sums, [1, 4]: energies of filtered error and target, sum of the plain error, energy of the target.

    The signals are those of `EsrAccumulator.update`, [1, B, T].
    """
    target, output, emphasised_target, emphasised_output = (signal.double() for signal in signals)
    terms = (
        (emphasised_target - emphasised_output).square(),
        emphasised_target.square(),
        target - output,
        target.square(),
    )
    return torch.stack([term.sum(dim=(1, 2)) for term in terms], dim=1)


def _floored_power(target: torch.Tensor) -> torch.Tensor:
    return model_by_model(lambda own: own.square().mean(dim=(1, 2)), target).clamp_min(POWER_FLOOR)


def _offset_power(target: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
    return (target - output).mean(dim=2).square().mean(dim=1)


def _check_shapes(target: torch.Tensor, output: torch.Tensor) -> None:
    # Broadcasting a [B, T] target over the models would give plausible, wrong losses.
    if target.ndim != 3 or target.shape != output.shape:
        raise ValueError(f"target {tuple(target.shape)} and output {tuple(output.shape)} must be the same [M, B, T]")
