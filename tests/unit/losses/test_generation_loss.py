"""What free-running training minimises, against closed forms, NumPy and auraloss."""

import math
from types import ModuleType

import auraloss
import numpy as np
import pytest
import torch
from support.packs import normal

from rnn_audio.losses.generation_loss import decay_difference, relative_error, spectral_difference
from rnn_audio.signals.acoustics import decay_curve

SAMPLES = 64


def energy(signal: torch.Tensor) -> torch.Tensor:
    return signal.square().sum()


def decay(db_per_sample: float = 0.5, samples: int = SAMPLES) -> torch.Tensor:
    return 10 ** (-db_per_sample * torch.arange(samples, dtype=torch.float64) / 20)


# --- error ---


def test_the_error_of_a_copy_at_another_level_is_the_square_of_what_is_missing() -> None:
    target = normal(SAMPLES)
    outputs = torch.stack([0 * target, 0.5 * target, target, 3 * target])[:, None]
    errors = relative_error(target, outputs, energy(target))
    torch.testing.assert_close(errors, torch.tensor([1, 0.25, 0, 4], dtype=torch.float64))


def test_the_error_of_a_beginning_is_relative_to_the_whole_signal_and_a_mean_over_the_copies() -> None:
    signal = torch.tensor([1.0, 2.0, -2.0, 4.0])  # energy 25
    outputs = torch.tensor([[[1.0, 0.0], [2.0, 2.0]]])  # errors 4 and 1 over the first two samples
    assert relative_error(signal[:2], outputs, energy(signal)).tolist() == pytest.approx([0.1])


# --- decay ---


@pytest.mark.parametrize("samples", [1, 2, 63, 64, 65])
def test_a_decay_on_a_gpu_is_that_on_the_cpu(samples: int, gpu: ModuleType) -> None:
    target = decay(samples=samples)
    outputs = target + 0.1 * normal(2, 1, samples)
    differences, gradients = [], []
    for device in ("cpu", gpu.DEVICE):
        own = outputs.clone().to(device).requires_grad_()
        difference = decay_difference(target.to(device), own, energy(target).to(device), range_db=30)
        (gradient,) = torch.autograd.grad(difference.sum(), own)
        differences.append(difference.detach().cpu())
        gradients.append(gradient.cpu())
    torch.testing.assert_close(*differences)
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("gain", [0.25, 0.5, 2.0])
def test_the_decay_of_a_copy_at_another_level_is_off_by_that_level_everywhere(gain: float) -> None:
    target = decay()
    differences = decay_difference(target, (gain * target).expand(2, 3, -1), energy(target), range_db=30)
    assert differences.tolist() == pytest.approx([(20 * math.log10(gain)) ** 2] * 2, rel=1e-6)


def test_curves_are_those_of_the_acoustic_parameters_as_far_as_the_range_goes() -> None:
    target = decay(1.0) * normal(SAMPLES)
    outputs = torch.stack([decay(slope) * normal(SAMPLES, seed=seed) for seed, slope in ((1, 0.5), (2, 1.5))])
    wanted = decay_curve(target.numpy())
    within = wanted > -20
    assert 0 < within.sum() < SAMPLES
    squares = []
    for output in outputs.numpy():
        level_db = 10 * np.log10(np.sum(output**2) / np.sum(target.numpy() ** 2))
        squares.append(np.mean((decay_curve(output) + level_db - wanted)[within] ** 2))
    ours = decay_difference(target, outputs[None], energy(target), range_db=20)
    assert ours.tolist() == pytest.approx([np.mean(squares)], rel=1e-6)


def test_what_lies_below_the_range_does_not_count() -> None:
    target = decay(1.0)
    # The curve of an endless decay of 1 dB a sample is at -20 dB behind 20 samples; the cut end bends it down.
    louder_tail = torch.where(torch.arange(SAMPLES) < 40, target, 5 * target)
    short, long = (
        float(decay_difference(target, louder_tail[None, None], energy(target), range_db)) for range_db in (10, 60)
    )
    assert short < 0.05
    assert long > 10


def test_a_silent_beginning_has_a_finite_difference() -> None:
    signal = torch.cat([torch.zeros(8), decay().float()])
    outputs = torch.full((1, 1, 8), 0.1)
    assert decay_difference(signal[:8], outputs, energy(signal), range_db=30).isfinite().all()


# --- spectrum ---


@pytest.mark.parametrize("windows", [(16,), (8, 16, 40), (SAMPLES,), (6, 13)])
def test_spectra_are_compared_as_by_auraloss(windows: tuple[int, ...]) -> None:
    target, outputs = normal(SAMPLES), normal(2, 3, SAMPLES, seed=1)
    reference = auraloss.freq.MultiResolutionSTFTLoss(
        fft_sizes=list(windows),
        hop_sizes=[math.ceil(length / 4) for length in windows],
        win_lengths=list(windows),
        eps=1e-14,
    ).double()
    for stft in reference.stft_losses:
        stft.window = stft.window.double()
    ours = spectral_difference(target, outputs, windows)
    for model in range(2):
        theirs = [float(reference(output[None, None], target[None, None])) for output in outputs[model]]
        # auraloss makes its windows in single precision.
        assert float(ours[model]) == pytest.approx(np.mean(theirs), rel=1e-5)


def test_windows_longer_than_the_signal_are_passed_over() -> None:
    target, outputs = normal(20), normal(2, 1, 20, seed=1)
    assert torch.equal(spectral_difference(target, outputs, (8, 21, 1024)), spectral_difference(target, outputs, (8,)))
    assert spectral_difference(target, outputs, (21, 1024)).tolist() == [0, 0]


# --- all ---


def losses_of(target: torch.Tensor, outputs: torch.Tensor) -> dict[str, torch.Tensor]:
    return {
        "error": relative_error(target, outputs, energy(target)),
        "decay": decay_difference(target, outputs, energy(target), range_db=30),
        "spectrum": spectral_difference(target, outputs, (8, 16)),
    }


def test_equal_signals_differ_by_nothing() -> None:
    target = decay() * normal(SAMPLES)
    for losses in losses_of(target, target.expand(2, 1, -1)).values():
        assert losses.tolist() == [0, 0]


@pytest.mark.parametrize("gain", [0.0, 1e-25, 1e-8, 1.0], ids=["silent", "denormal", "faint", "equal"])
def test_gradients_are_finite(gain: float) -> None:
    target = (decay() * normal(SAMPLES)).float()
    outputs = (gain * target).expand(2, 1, -1).clone().requires_grad_()
    for name, losses in losses_of(target, outputs).items():
        assert losses.isfinite().all(), name
        (gradient,) = torch.autograd.grad(losses.sum(), outputs)
        assert gradient.isfinite().all(), name


@pytest.mark.parametrize("name", ["error", "decay", "spectrum"])
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    target, outputs = decay(1.0, 24) * normal(24), normal(2, 2, 24, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda outputs: losses_of(target, outputs)[name], outputs)


def test_one_models_loss_does_not_depend_on_another_models_output() -> None:
    target, outputs = normal(SAMPLES), normal(3, 2, SAMPLES, seed=1)
    changed = outputs.clone()
    changed[1] += 1
    for name, losses in losses_of(target, outputs).items():
        differs = losses != losses_of(target, changed)[name]
        assert differs.tolist() == [False, True, False]
