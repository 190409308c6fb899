"""Recordings in pieces: the whole recording's outputs for models that forget, and each model for itself."""

import logging
from types import ModuleType

import pytest
import torch

from rnn_audio.evaluation import device_sounds, pieces
from rnn_audio.evaluation.device_sounds import process
from rnn_audio.evaluation.pieces import process_in_pieces
from rnn_audio.networks.engines import choice as engines
from rnn_audio.networks.model import ModelShape, Parameters, initialise
from rnn_audio.networks.random_streams import RandomStreams

PIECE = 40
SHAPES = [ModelShape(5), ModelShape(5, skip=True)]
QUICK, SLOW, NEVER = -2.0, 2.0, 20.0  # forget gates' biases: to 1e-6 within one warm-up, several pieces, not at all


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE_SAMPLES", PIECE)
    monkeypatch.setattr(pieces, "WARM_UP_SAMPLES", 30)
    device_sounds._report_slow_evaluation.cache_clear()


def sound(samples: int) -> torch.Tensor:
    return 0.3 * torch.randn(samples, generator=torch.Generator().manual_seed(1)) + 0.02


def networks(shape: ModelShape, *forgetting: float) -> Parameters:
    """A pack with one model for each bias of the forget gates."""
    parameters = initialise(shape, RandomStreams(range(len(forgetting))))
    size = shape.hidden_size
    for model, bias in enumerate(forgetting):
        parameters["lstm.bias_ih"][model, size : 2 * size] = bias
    return parameters


def only(parameters: Parameters, model: int) -> Parameters:
    return {name: tensor[model : model + 1] for name, tensor in parameters.items()}


@pytest.mark.parametrize("shape", SHAPES, ids=["plain", "skip"])
@pytest.mark.parametrize("samples", [1, PIECE - 1, PIECE, PIECE + 1, 10 * PIECE, 10 * PIECE + 17])
def test_pieces_make_what_the_whole_makes(shape: ModelShape, samples: int) -> None:
    parameters = {name: one.double() for name, one in networks(shape, QUICK, SLOW).items()}
    recording = sound(samples).double()
    outputs, remaining = process_in_pieces(parameters, shape, recording)
    assert remaining == []
    torch.testing.assert_close(outputs, process(parameters, shape, recording), rtol=0.0, atol=pieces.TOLERANCE)


def test_single_precision_is_as_close_as_chunks_are() -> None:
    parameters, recording = networks(SHAPES[0], QUICK, SLOW), sound(30 * PIECE)
    outputs, remaining = process_in_pieces(parameters, SHAPES[0], recording)
    assert remaining == []
    torch.testing.assert_close(outputs, process(parameters, SHAPES[0], recording), rtol=1e-5, atol=1e-6)


def test_a_model_is_run_until_it_has_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    recording, passes = sound(20 * PIECE), []
    run_pieces = pieces._run_pieces

    def counted(parameters: Parameters, *others: object) -> object:
        passes.append(len(parameters["linear.bias"]))
        return run_pieces(parameters, *others)

    monkeypatch.setattr(pieces, "_run_pieces", counted)
    assert process_in_pieces(networks(SHAPES[0], QUICK, SLOW, QUICK), SHAPES[0], recording)[1] == []
    assert passes[:2] == [3, 3]  # the warm-up, and all pieces
    assert set(passes[2:]) == {1}  # the slow one, a few times more
    passes.clear()
    assert process_in_pieces(networks(SHAPES[0], NEVER), SHAPES[0], recording)[1] == [0]
    assert passes == [1] * (1 + pieces.MOST_PASSES)


def test_no_more_passes_than_pieces_are_needed() -> None:
    shape, recording = SHAPES[0], sound(4 * PIECE).double()
    parameters = {name: one.double() for name, one in networks(shape, NEVER).items()}
    outputs, remaining = process_in_pieces(parameters, shape, recording)
    assert remaining == []
    torch.testing.assert_close(outputs, process(parameters, shape, recording), rtol=1e-12, atol=1e-12)


def test_a_model_in_a_pack_has_the_bytes_that_it_has_alone() -> None:
    parameters, recording = networks(SHAPES[0], NEVER, QUICK, SLOW, QUICK), sound(20 * PIECE)
    parameters["linear.bias"][3] = float("nan")
    parameters["lstm.bias_ih"][3, 0] = float("nan")
    outputs, remaining = process_in_pieces(parameters, SHAPES[0], recording)
    assert remaining == [0, 3]
    for model in (1, 2):
        assert torch.equal(outputs[model], process_in_pieces(only(parameters, model), SHAPES[0], recording)[0][0])


def test_how_much_is_computed_at_once_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters, recording = networks(SHAPES[1], QUICK, SLOW), sound(20 * PIECE)
    outputs, _ = process_in_pieces(parameters, SHAPES[1], recording)
    monkeypatch.setattr(pieces, "_SAMPLES_AT_ONCE", 7 * 20)
    in_parts, _ = process_in_pieces(parameters, SHAPES[1], recording)
    torch.testing.assert_close(in_parts, outputs, rtol=1e-5, atol=1e-6)


@pytest.mark.emulated
def test_a_gpu_runs_a_model_that_does_not_forget_in_order_and_says_so_once(
    gpu: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    shape, recording = SHAPES[1], sound(10 * PIECE)
    parameters = networks(shape, QUICK, NEVER, SLOW)
    there = {name: tensor.to(gpu.DEVICE) for name, tensor in parameters.items()}
    with caplog.at_level(logging.INFO):
        outputs = process(there, shape, recording.to(gpu.DEVICE)).cpu()
        for model in range(3):
            assert torch.equal(outputs[model], process(only(there, model), shape, recording.to(gpu.DEVICE)).cpu()[0])
    assert [record.message for record in caplog.records] == [
        "at least one model does not forget within 280 samples: it takes recordings sample after sample, which is slow"
    ]
    in_order = process(parameters, shape, recording)
    assert torch.equal(outputs[1], in_order[1])
    torch.testing.assert_close(outputs, in_order, rtol=1e-5, atol=1e-6)


def test_a_gpu_reports_nothing_where_all_models_forget(gpu: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    parameters = {name: tensor.to(gpu.DEVICE) for name, tensor in networks(SHAPES[0], QUICK, SLOW).items()}
    with caplog.at_level(logging.INFO):
        process(parameters, SHAPES[0], sound(10 * PIECE).to(gpu.DEVICE))
    assert caplog.records == []


@pytest.mark.emulated
def test_kernels_run_pieces_too(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("triton")
    if torch.cuda.is_available():
        pytest.skip("Triton interprets only where there is no GPU")
    monkeypatch.setenv(engines.OVERRIDE, "triton")
    monkeypatch.setattr(pieces, "PIECE_SAMPLES", 12)
    shape, recording = ModelShape(3), sound(3 * 12 + 3)
    parameters = networks(shape, -4.0, 1.0)
    outputs, remaining = process_in_pieces(parameters, shape, recording)
    assert remaining == []
    torch.testing.assert_close(outputs, process(parameters, shape, recording), rtol=1e-5, atol=2e-6)
    for model in range(2):
        assert torch.equal(outputs[model], process_in_pieces(only(parameters, model), shape, recording)[0][0])
