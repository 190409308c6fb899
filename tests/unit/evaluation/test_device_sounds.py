"""A device model on a whole recording: chunks make the whole, and its losses are the formulas' in float64."""

from types import ModuleType

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import lfilter

from rnn_audio.evaluation import device_sounds as device_evaluation
from rnn_audio.evaluation.device_sounds import process, whole_losses
from rnn_audio.losses import packed_filter
from rnn_audio.losses.preemphasis import NAMES, taps
from rnn_audio.networks.model import ModelShape, Parameters, initialise
from rnn_audio.networks.random_streams import RandomStreams

RATE_HZ = 44100
SHAPES = [ModelShape(5), ModelShape(5, skip=True)]


def sound(samples: int, seed: int = 0) -> torch.Tensor:
    return 0.3 * torch.randn(samples, generator=torch.Generator().manual_seed(seed)) + 0.02


def by_pytorch(parameters: Parameters, model: int, shape: ModelShape, recording: torch.Tensor) -> torch.Tensor:
    """One model's output from rest by PyTorch's own layers, in float64, [N]."""
    lstm, linear = torch.nn.LSTM(1, shape.hidden_size), torch.nn.Linear(shape.hidden_size, 1)
    for name, parameter in lstm.named_parameters():
        parameter.data = parameters[f"lstm.{name.removesuffix('_l0')}"][model].double()
    for name, parameter in linear.named_parameters():
        parameter.data = parameters[f"linear.{name}"][model].double()
    with torch.no_grad():
        hidden, _ = lstm(recording.double()[:, None])
        output = linear(hidden)[:, 0]
    return output + recording if shape.skip else output


def by_formulas(target: NDArray[np.float64], output: NDArray[np.float64], name: str) -> float:
    """Equations 2 to 4 over the whole signal as one sequence."""
    y, y_hat = (lfilter(taps(name, RATE_HZ), [1.0], signal) for signal in (target, output))
    esr = np.sum((y - y_hat) ** 2) / np.sum(y**2)
    return esr + np.mean(target - output) ** 2 / np.mean(target**2)


@pytest.mark.parametrize("shape", SHAPES, ids=["plain", "skip"])
def test_a_recording_is_sent_through_pytorchs_lstm_and_linear_layer(shape: ModelShape) -> None:
    parameters, recording = initialise(shape, RandomStreams([1, 2, 3])), sound(500)
    outputs = process(parameters, shape, recording)
    assert outputs.shape == (3, 500)
    for model in range(3):
        expected = by_pytorch(parameters, model, shape, recording).float()
        torch.testing.assert_close(outputs[model], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES, ids=["plain", "skip"])
@pytest.mark.parametrize("chunk", [1, 7, 499, 500])
def test_chunks_make_what_the_whole_makes(monkeypatch: pytest.MonkeyPatch, shape: ModelShape, chunk: int) -> None:
    parameters, recording = initialise(shape, RandomStreams([1, 2])), sound(500)
    whole = process(parameters, shape, recording)
    monkeypatch.setattr(device_evaluation, "CHUNK_SAMPLES", chunk)
    torch.testing.assert_close(process(parameters, shape, recording), whole, rtol=1e-5, atol=1e-6)


def test_chunks_are_short_enough_for_cudnn() -> None:
    assert device_evaluation.CHUNK_SAMPLES <= 65_535


def test_processing_trained_weights_keeps_no_gradients() -> None:
    shape = SHAPES[0]
    parameters = {name: one.requires_grad_() for name, one in initialise(shape, RandomStreams([1])).items()}
    assert not process(parameters, shape, sound(10)).requires_grad


@pytest.mark.parametrize("chunk", [44_100, 61])
def test_losses_are_the_formulas_over_the_whole_signal(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(device_evaluation, "CHUNK_SAMPLES", chunk)
    target = sound(1000)
    # Quiet at first and loud later: an average of the chunks' losses would be another number.
    target *= torch.linspace(0.05, 1.0, 1000)
    outputs = torch.stack([0.9 * target + 0.01, sound(1000, seed=1), target**2])
    losses = whole_losses(target, outputs, RATE_HZ)
    assert tuple(losses) == NAMES
    for name in NAMES:
        expected = [by_formulas(target.double().numpy(), output.double().numpy(), name) for output in outputs]
        np.testing.assert_allclose(losses[name], expected, rtol=1e-4)


@given(samples=st.integers(2, 300), chunk=st.integers(1, 310))
@settings(max_examples=25)
def test_losses_do_not_depend_on_the_chunks(samples: int, chunk: int) -> None:
    target = sound(samples)
    outputs = torch.stack([sound(samples, seed=1), 0.5 * target])
    whole = whole_losses(target, outputs, RATE_HZ)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(device_evaluation, "CHUNK_SAMPLES", chunk)
        chunked = whole_losses(target, outputs, RATE_HZ)
    for name in NAMES:
        np.testing.assert_allclose(chunked[name], whole[name], rtol=1e-4)


def test_a_perfect_output_has_no_loss_and_silence_all_of_it() -> None:
    target = sound(800)
    offset = float(target.double().mean() ** 2 / target.double().square().mean())
    losses = whole_losses(target, torch.stack([target, torch.zeros(800)]), RATE_HZ)
    assert offset > 1e-3  # so that the term is seen
    for name in NAMES:
        assert losses[name][0] == 0
        assert losses[name][1] == pytest.approx(1 + offset, rel=1e-5)


def test_only_the_filters_that_are_asked_for_are_judged() -> None:
    target, outputs = sound(100), sound(100, seed=1)[None]
    assert whole_losses(target, outputs, RATE_HZ, ["highpass"]) == {
        "highpass": whole_losses(target, outputs, RATE_HZ)["highpass"]
    }


def test_a_models_losses_do_not_depend_on_its_pack() -> None:
    target, outputs = sound(300), torch.stack([sound(300, seed=seed) for seed in (1, 2, 3)])
    pack = whole_losses(target, outputs, RATE_HZ)
    for model in range(3):
        alone = whole_losses(target, outputs[model : model + 1], RATE_HZ)
        for name in NAMES:
            assert alone[name][0] == pack[name][model]


# A CPU takes the longer one in more chunks, whose filtering is rounded otherwise.
@pytest.mark.parametrize(("samples", "tolerance"), [(300, 1e-12), (100_000, 1e-6)])
def test_a_gpu_sums_the_same_losses(samples: int, tolerance: float, gpu: ModuleType) -> None:
    target = sound(samples)
    outputs = torch.stack([0.9 * target + 0.01, sound(samples, seed=1), target + 1e-3 * sound(samples, seed=2)])
    here, there = (
        whole_losses(target, outputs, RATE_HZ),
        whole_losses(target.to(gpu.DEVICE), outputs.to(gpu.DEVICE), RATE_HZ),
    )
    for name in NAMES:
        np.testing.assert_allclose(there[name], here[name], rtol=tolerance)


def test_the_target_is_filtered_once_for_all_models(monkeypatch: pytest.MonkeyPatch) -> None:
    filtered = []

    def apply_packed(signal: torch.Tensor, *others: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        filtered.append(len(signal))
        return packed_filter.apply_packed(signal, *others)

    monkeypatch.setattr(device_evaluation, "apply_packed", apply_packed)
    whole_losses(sound(100), torch.stack([sound(100, seed=1)] * 4), RATE_HZ, ["highpass"])
    assert filtered == [1, 4]
