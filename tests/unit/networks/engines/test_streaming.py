import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.places import REPOSITORY

from rnn_audio.jobs.code_dependencies import code_of
from rnn_audio.networks.engines import cell_kernels, streaming
from rnn_audio.networks.engines.streaming import Stream
from rnn_audio.networks.model_file import ModelShape

Weights = dict[str, NDArray[np.float32]]


def model(hidden_size: int, seed: int = 3) -> Weights:
    """Weights three times as large as fresh ones: gates that saturate, and a state that matters."""
    random, bound = np.random.default_rng(seed), 3 / np.sqrt(hidden_size)
    shapes = ModelShape(hidden_size).parameter_shapes()
    return {name: random.uniform(-bound, bound, shape).astype(np.float32) for name, shape in shapes.items()}


def noise(samples: int, scale: float = 1.0) -> NDArray[np.float32]:
    return np.random.default_rng(1).uniform(-scale, scale, samples).astype(np.float32)


def exact(weights: Weights, inputs: NDArray[np.float32], state: torch.Tensor | None = None) -> NDArray[np.float64]:
    """PyTorch's LSTM and linear layer in double precision; the state is [2, H]."""
    hidden = weights["lstm.weight_hh"].shape[1]
    lstm, linear = torch.nn.LSTM(1, hidden).double(), torch.nn.Linear(hidden, 1).double()
    named = {f"{name}_l0": weights[f"lstm.{name}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    lstm.load_state_dict({name: torch.tensor(array) for name, array in named.items()})
    linear.load_state_dict({name: torch.tensor(weights[f"linear.{name}"]) for name in ("weight", "bias")})
    start = None if state is None else tuple(state.double()[:, None, None])
    with torch.no_grad():
        return linear(lstm(torch.tensor(inputs).double()[:, None, None], start)[0])[:, 0, 0].numpy()


@pytest.mark.parametrize("hidden_size", [1, 7, 8, 32, 33, 64, 96])
def test_it_is_pytorchs_lstm_in_double_precision_up_to_rounding(hidden_size: int) -> None:
    weights, inputs = model(hidden_size), noise(4000)
    # The bounded sum of H terms in the linear layer scales the error.
    tolerance = 2e-6 * max(1.0, float(np.abs(weights["linear.weight"]).sum()))
    np.testing.assert_allclose(Stream(weights).process(inputs), exact(weights, inputs), atol=tolerance, rtol=0)


def test_one_wrong_gate_is_far_outside_the_tolerance() -> None:
    weights, inputs = model(8), noise(1000)
    swapped = weights | {"lstm.weight_hh": np.roll(weights["lstm.weight_hh"], 8, axis=0)}
    assert np.abs(Stream(swapped).process(inputs) - exact(weights, inputs)).max() > 0.1


@given(st.integers(1, 40), st.lists(st.integers(0, 300), max_size=6))
def test_blocks_change_no_bit(hidden_size: int, ends: list[int]) -> None:
    weights, inputs = model(hidden_size), noise(300)
    whole, stream = Stream(weights, skip=True).process(inputs), Stream(weights, skip=True)
    blocks = [stream.process(block) for block in np.split(inputs, sorted(ends))]
    np.testing.assert_array_equal(np.concatenate(blocks), whole)


def test_single_samples_change_no_bit_and_a_reset_begins_again() -> None:
    weights, inputs = model(32), noise(200)
    stream = Stream(weights)
    first = stream.process(inputs)
    assert not np.array_equal(stream.process(inputs), first)
    stream.reset()
    np.testing.assert_array_equal(np.concatenate([stream.process(inputs[n : n + 1]) for n in range(200)]), first)


def test_it_begins_with_a_given_state_and_keeps_it() -> None:
    weights, inputs, state = model(8), noise(100), torch.tensor(noise(16).reshape(2, 8))
    stream = Stream(weights, state=tuple(state.numpy()))
    for _ in range(2):
        np.testing.assert_allclose(stream.process(inputs), exact(weights, inputs, state), atol=1e-5, rtol=0)
        stream.reset()
    assert np.abs(exact(weights, inputs, state) - exact(weights, inputs)).max() > 0.01


def test_the_skip_adds_the_input() -> None:
    weights, inputs = model(8), noise(100)
    added = Stream(weights, skip=True).process(inputs) - Stream(weights).process(inputs)
    np.testing.assert_allclose(added, inputs, atol=1e-6, rtol=0)


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_tiny_and_huge_inputs_stay_finite(scale: float) -> None:
    weights, inputs = model(8), noise(100, scale)
    np.testing.assert_allclose(Stream(weights).process(inputs), exact(weights, inputs), atol=1e-5, rtol=0)


def test_nan_is_not_hidden() -> None:
    outputs = Stream(model(4)).process(np.array([0.0, np.nan, 0.0], dtype=np.float32))
    assert np.isnan(outputs).tolist() == [False, True, True]


def test_training_does_not_depend_on_it() -> None:
    """Its rounding may change; that of a training may not."""
    workflow = REPOSITORY / "workflow"
    names = {path.name for path in code_of(workflow / "scripts/train.py")}
    assert "compiled.py" in names
    assert "streaming.py" not in names


@pytest.mark.parametrize(
    "name", ["_TANH_LIMIT", *(f"_P{power}" for power in range(5)), *(f"_Q{power}" for power in range(1, 5))]
)
def test_its_tanh_has_the_coefficients_of_training(name: str) -> None:
    """They are written twice, for numba's cache does not see an edit in an imported file."""
    assert getattr(streaming, name) == getattr(cell_kernels, name)
