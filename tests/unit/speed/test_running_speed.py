from importlib.util import find_spec

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rnn_audio.errors import InputError
from rnn_audio.networks import recurrence
from rnn_audio.networks.model import ModelShape, Parameters, initialise
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.speed.running_speed import compiled, measure_running_speed, onnxruntime, pytorch


def model(hidden_size: int) -> Parameters:
    """Fresh weights, three times as large: gates that saturate, and a state that matters."""
    return {name: 3 * tensor for name, tensor in initialise(ModelShape(hidden_size), RandomStreams([7])).items()}


def recording(samples: int = 3000) -> NDArray[np.float32]:
    return np.random.default_rng(1).uniform(-1, 1, samples).astype(np.float32)


def expected(parameters: Parameters, inputs: NDArray[np.float32], skip: bool) -> NDArray[np.float32]:
    zeros = torch.zeros(1, 1, parameters["lstm.weight_hh"].shape[2])
    with torch.no_grad():
        outputs, _ = recurrence.run(parameters, torch.from_numpy(inputs)[None, None], (zeros, zeros), skip=skip)
    return outputs[0, 0].numpy()


@pytest.mark.parametrize("hidden_size", [1, 8, 32])
@pytest.mark.parametrize("skip", [False, True])
def test_sample_by_sample_equals_the_recurrence(hidden_size: int, skip: bool) -> None:
    parameters, inputs = model(hidden_size), recording()
    outputs = compiled(parameters, skip=skip)(inputs)
    assert outputs.dtype == np.float32
    np.testing.assert_allclose(outputs, expected(parameters, inputs, skip), atol=1e-5, rtol=0)


@pytest.mark.parametrize("program", [compiled, pytorch])
@pytest.mark.parametrize("block_samples", [1, 7, 64, 5000])
def test_blocks_of_any_length_equal_the_recurrence(program: type, block_samples: int) -> None:
    parameters, inputs = model(8), recording(300)
    outputs = program(parameters, block_samples, skip=True)(inputs)
    np.testing.assert_allclose(outputs, expected(parameters, inputs, skip=True), atol=1e-5, rtol=0)


@pytest.mark.parametrize("skip", [False, True])
def test_onnxruntime_equals_the_recurrence(skip: bool) -> None:
    for package in ("onnx", "onnxruntime"):
        pytest.importorskip(package)
    parameters, inputs = model(8), recording(300)
    outputs = onnxruntime(parameters, 64, skip=skip)(inputs)
    np.testing.assert_allclose(outputs, expected(parameters, inputs, skip), atol=1e-5, rtol=0)


@pytest.mark.parametrize("program", [compiled, pytorch])
def test_running_leaves_the_model_and_the_input_alone(program: type) -> None:
    parameters, inputs = model(8), recording(100)
    before = {name: tensor.clone() for name, tensor in parameters.items()}, inputs.copy()
    run = program(parameters, 64)
    np.testing.assert_array_equal(run(inputs), run(inputs))
    np.testing.assert_array_equal(inputs, before[1])
    assert all(torch.equal(parameters[name], before[0][name]) for name in parameters)


def test_speeds_are_named_positive_and_measured_with_one_thread() -> None:
    torch.set_num_threads(2)
    try:
        speeds = measure_running_speed(model(8), rate_hz=8000, seconds=0.02, block_samples=64)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
    hows = ["compiled, sample by sample", "compiled, blocks of 64", "PyTorch's LSTM, blocks of 64"]
    if all(find_spec(package) for package in ("onnx", "onnxruntime")):
        hows.append("onnxruntime, blocks of 64")
    assert [speed.how for speed in speeds] == hows
    assert all(speed.hidden_size == 8 and speed.seconds_per_second > 0 for speed in speeds)


@pytest.mark.parametrize(("seconds", "block_samples"), [(0.0, 64), (1.0, 0)])
def test_nothing_to_measure_is_an_error(seconds: float, block_samples: int) -> None:
    with pytest.raises(InputError, match="positive"):
        measure_running_speed(model(1), 8000, seconds, block_samples)
