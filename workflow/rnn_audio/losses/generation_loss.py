"""The loss of free-running training: squared error, and differences of decay curves and of spectra.

No term depends on the signal's level: the error is relative to the target's energy, levels are in decibels.
"""

import math

import torch

_FLOOR = 1e-12
"""Energy relative to the whole signal's that is added before the logarithm; float32 resolves no less."""


def relative_error(targets: torch.Tensor, outputs: torch.Tensor, energy: torch.Tensor) -> torch.Tensor:
    """Squared error over the whole signal's energy, averaged over the batch, [M]; targets [T], outputs [M, B, T]."""
    return (outputs - targets).square().sum(-1).mean(-1) / energy


def decay_difference(
    targets: torch.Tensor, outputs: torch.Tensor, energy: torch.Tensor, range_db: float
) -> torch.Tensor:
    """Mean squared difference of two decay curves in dB squared, [M].

    Each curve is the remaining energy (Schroeder 1965), in dB; only the first `range_db` of the target's decay count.

    Args:
        targets: [T].
        outputs: [M, B, T].
        energy: energy of the whole signal, of which the targets may be the beginning and may be nearly silent.
        range_db: decibels of the target's decay that count.
    """
    target_db = _level_db(targets, energy)
    followed = target_db > target_db[0] - range_db
    difference = _level_db(outputs, energy)[..., followed] - target_db[followed]
    return difference.square().mean(dim=(-2, -1))


def spectral_difference(targets: torch.Tensor, outputs: torch.Tensor, window_samples: tuple[int, ...]) -> torch.Tensor:
    """Multi-resolution STFT loss, [M]: mean over the resolutions of spectral convergence plus log-magnitude distance.

    Windows that are longer than the signal are skipped.

    Args:
        targets: [T].
        outputs: [M, B, T].
        window_samples: lengths of the Hann windows.
    """
    fitting = [length for length in window_samples if length <= targets.shape[-1]]
    if not fitting:
        return outputs.new_zeros(outputs.shape[0])
    flat = outputs.flatten(0, 1)
    distances = [_spectral_distance(targets.expand_as(flat), flat, length) for length in fitting]
    return torch.stack(distances).mean(0).view(outputs.shape[:2]).mean(-1)


def _level_db(signals: torch.Tensor, energy: torch.Tensor) -> torch.Tensor:
    # Summed backwards, so that the quiet tail is not lost by rounding against the loud beginning.
    remaining = _running_sums(signals.square().flip(-1)).flip(-1)
    return 10 * torch.log10(remaining / energy + _FLOOR)


def _running_sums(values: torch.Tensor) -> torch.Tensor:
    """Cumulative sums over the last dimension; on a GPU by repeated doubling of the number of summed values."""
    if values.device.type == "cpu":
        return values.cumsum(-1)
    covered = 1  # PyTorch's `cumsum` is not deterministic on a GPU
    while covered < values.shape[-1]:
        values = values + torch.nn.functional.pad(values[..., :-covered], (covered, 0))
        covered *= 2
    return values


def _spectral_distance(targets: torch.Tensor, outputs: torch.Tensor, length: int) -> torch.Tensor:
    target, output = (_magnitudes(sound, length) for sound in (targets, outputs))
    # The gradient of this norm is 0, not NaN, where target and output are equal.
    norm = torch.linalg.vector_norm
    convergence = norm(target - output, dim=(1, 2)) / norm(target, dim=(1, 2))
    return convergence + (target.log() - output.log()).abs().mean(dim=(1, 2))


def _magnitudes(sounds: torch.Tensor, length: int) -> torch.Tensor:
    window = torch.hann_window(length, dtype=sounds.dtype, device=sounds.device)
    # Mirrored at both ends as `torch.stft` does, but with a gradient that is deterministic on CUDA.
    reach = length // 2
    ends = sounds[..., 1 : reach + 1].flip(-1), sounds[..., -reach - 1 : -1].flip(-1)
    mirrored = torch.cat([ends[0], sounds, ends[1]], dim=-1)
    hop = math.ceil(length / 4)
    spectrum = torch.stft(mirrored, length, hop_length=hop, window=window, center=False, return_complex=True)
    # The gradient of the magnitude is not finite at 0, so silence has a floor.
    return (spectrum.real.square() + spectrum.imag.square()).clamp(min=1e-14).sqrt()
