"""The CPU's own recurrence against PyTorch's LSTM in float64, its gradients included."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numba.extending import get_cython_function_address
from support.addresses import all_moved, moved

from rnn_audio.networks import recurrence
from rnn_audio.networks.engines import blas
from rnn_audio.networks.engines import compiled as cpu_recurrence
from rnn_audio.networks.engines.cell_kernels import tanh
from rnn_audio.networks.engines.choice import can_run_compiled, is_compiled_faster
from rnn_audio.networks.engines.compiled import run_sequences
from rnn_audio.networks.model import ModelShape, Parameters, initialise
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.networks.recurrence import State

TOLERANCE = {"rtol": 2e-5, "atol": 2e-6}


def pack(hidden: int, models: int = 1) -> Parameters:
    parameters = initialise(ModelShape(hidden), RandomStreams(range(models)))
    # Twice PyTorch's initial range: the gates leave their linear region.
    return {name: (2 * tensor).requires_grad_() for name, tensor in parameters.items()}


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def states(batch: int, hidden: int, models: int = 1) -> State:
    return normal(models, batch, hidden, seed=1).requires_grad_(), normal(
        models, batch, hidden, seed=2
    ).requires_grad_()


def doubled(tensors: Parameters) -> Parameters:
    return {name: tensor.detach().double().requires_grad_() for name, tensor in tensors.items()}


def compare(batch: int, hidden: int, samples: int, forced: torch.Tensor | None = None) -> None:
    """Outputs, last state and every gradient, of float32 here and of float64 by PyTorch's operations."""
    singles = pack(hidden) | dict(zip("hc", states(batch, hidden), strict=True))
    doubles = doubled(singles)
    inputs, previous = normal(1, batch, samples, seed=3), normal(1, batch, seed=4)
    results = []
    for own in (singles, doubles):
        parameters = {name: tensor for name, tensor in own.items() if name not in "hc"}
        known = inputs.to(own["h"].dtype)
        if forced is None:
            outputs, state = recurrence.run(parameters, known, (own["h"], own["c"]))
        else:
            outputs, state = recurrence.mixed_run(
                parameters, known, forced, previous.to(known.dtype), (own["h"], own["c"])
            )
        weights = torch.linspace(0.5, 1.5, samples, dtype=known.dtype)
        loss = (weights * outputs).square().mean() + state[0].mean() + state[1].square().mean()
        results.append((outputs, *state, *torch.autograd.grad(loss, list(own.values()))))
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours.double(), theirs, **TOLERANCE)


@pytest.mark.parametrize(
    ("batch", "hidden", "samples"),
    [(1, 8, 50), (1, 13, 50), (13, 77, 7), (75, 32, 20), (60, 40, 3), (150, 16, 1)],
)
def test_outputs_state_and_gradients_are_pytorchs_in_float64(batch: int, hidden: int, samples: int) -> None:
    assert is_compiled_faster(normal(batch, samples), normal(batch, hidden))
    compare(batch, hidden, samples)


@pytest.mark.parametrize(("batch", "hidden", "samples"), [(1, 8, 40), (3, 5, 40), (64, 32, 12), (2, 4, 1)])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_mixtures_of_true_samples_and_outputs_are_those_of_the_loop(
    batch: int, hidden: int, samples: int, share: float
) -> None:
    forced = torch.rand(1, batch, samples, generator=torch.Generator().manual_seed(5)) < share
    compare(batch, hidden, samples, forced)


@pytest.mark.parametrize("batch", [1, 75])
def test_carrying_the_state_over_chunks_equals_the_whole(batch: int) -> None:
    parameters, inputs, state = pack(32), normal(1, batch, 23), states(batch, 32)
    whole, last = recurrence.run(parameters, inputs, state)
    pieces = []
    for piece in inputs.tensor_split([1, 8, 22], dim=-1):
        outputs, state = recurrence.run(parameters, piece, state)
        pieces.append(outputs)
    torch.testing.assert_close(torch.cat(pieces, dim=-1), whole, rtol=0, atol=0)
    torch.testing.assert_close(state, last, rtol=0, atol=0)


@pytest.mark.parametrize("batch", [1, 75])
def test_a_pack_equals_its_models_alone_to_the_bit(batch: int) -> None:
    together, inputs, state = pack(32, models=3), normal(3, batch, 9), states(batch, 32, models=3)
    outputs, last = recurrence.run(together, inputs, state)
    outputs.square().sum().backward()
    for model in range(3):
        only = slice(model, model + 1)
        alone = all_moved({name: tensor[only] for name, tensor in together.items()}, elements=model + 1)
        alone = {name: tensor.requires_grad_() for name, tensor in alone.items()}
        h, c, own_inputs = (moved(tensor[only], elements=3) for tensor in (*state, inputs))
        own, own_last = recurrence.run(alone, own_inputs, (h, c))
        own.square().sum().backward()
        assert torch.equal(own[0], outputs[model])
        assert torch.equal(own_last[1][0], last[1][model])
        for name, tensor in alone.items():
            assert torch.equal(tensor.grad[0], together[name].grad[model])


@pytest.mark.parametrize("batch", [1, 75])
def test_without_gradients_the_same_comes_out(batch: int) -> None:
    parameters, inputs, state = pack(32), normal(1, batch, 30), states(batch, 32)
    outputs, last = recurrence.run(parameters, inputs, state)
    with torch.no_grad():
        plain, plain_last = recurrence.run(parameters, inputs, state)
    assert torch.equal(plain, outputs)
    assert torch.equal(plain_last[0], last[0])
    assert torch.equal(plain_last[1], last[1])
    assert plain.grad_fn is None


@pytest.mark.parametrize("batch", [1, 75])
def test_the_state_holds_nothing_of_the_run(batch: int) -> None:
    _, (h, c) = run_sequences(
        normal(32, 10), normal(9), normal(batch, 30), (torch.zeros(batch, 8), torch.zeros(batch, 8))
    )
    for tensor in (h, c):
        assert tensor.untyped_storage().nbytes() == 4 * batch * 8


@pytest.mark.parametrize("batch", [1, 75])
def test_the_gradient_that_comes_in_is_left_as_it_is(batch: int) -> None:
    shift = normal(batch, 8, seed=1).requires_grad_()
    weights, head = normal(32, 10).requires_grad_(), normal(9)
    state = torch.zeros(batch, 8), torch.zeros(batch, 8)
    _, (_, c) = run_sequences(weights, head, normal(batch, 30), state)
    factor = normal(batch, 8, seed=2)
    ((c + 2 * shift) * factor).sum().backward()
    torch.testing.assert_close(shift.grad, 2 * factor, rtol=0, atol=0)


@pytest.mark.parametrize("batch", [1, 75])
def test_what_is_not_finite_stays_visible_and_in_its_own_sequence(batch: int) -> None:
    inputs = normal(1, batch, 6)
    inputs[0, -1, 2] = torch.nan
    outputs, _ = recurrence.run(pack(32), inputs, states(batch, 32))
    assert outputs[0, -1, 2:].isnan().all()
    assert outputs[0, -1, :2].isfinite().all()
    assert outputs[0, :-1].isfinite().all()


def test_what_it_cannot_run_is_left_to_pytorch() -> None:
    inputs, state = normal(4, 9), normal(4, 16)
    assert can_run_compiled(inputs, state)
    assert not can_run_compiled(inputs.double(), state.double())
    assert not can_run_compiled(inputs.requires_grad_(), state)
    assert not is_compiled_faster(normal(4, 9), normal(4, 256))
    assert not is_compiled_faster(normal(16, 9), normal(16, 32))


def test_weights_that_are_not_trained_get_no_gradient() -> None:
    weights, head = normal(32, 10), normal(9).requires_grad_()
    outputs, _ = run_sequences(weights, head, normal(3, 5), (torch.zeros(3, 8), torch.zeros(3, 8)))
    outputs.sum().backward()
    assert weights.grad is None
    assert head.grad is not None


@pytest.mark.parametrize("batch", [1, 20])
@pytest.mark.parametrize("last", [0, 1])
def test_a_linear_layer_that_is_not_used_gets_no_gradient_but_one_that_feeds_back_does(batch: int, last: int) -> None:
    """One of zero would count as a step of Adam (the auxiliary loss is trained alone at first)."""
    parameters, inputs, state = pack(50), normal(1, batch, 6), states(batch, 50)
    assert is_compiled_faster(inputs[0], state[0][0])
    recurrence.run(parameters, inputs, state)[1][last].sum().backward()
    assert [name for name, tensor in parameters.items() if tensor.grad is None] == ["linear.weight", "linear.bias"]
    forced = torch.zeros(1, batch, 6, dtype=torch.bool)
    recurrence.mixed_run(parameters, inputs, forced, inputs[..., 0], state)[1][last].sum().backward()
    assert parameters["linear.weight"].grad.abs().min() > 0


def test_the_hyperbolic_tangent_is_within_4e_7_everywhere() -> None:
    x = np.concatenate([np.linspace(-12, 12, 20001), [-1e30, -1e-30, 0, 1e-30, 1e30, np.inf, -np.inf]]).astype(
        np.float32
    )
    ours = np.array([tanh(value) for value in x])
    np.testing.assert_allclose(ours, np.tanh(x.astype(np.float64)), rtol=4e-7, atol=0)
    assert np.abs(ours).max() <= 1
    assert np.isnan(tanh(np.float32(np.nan)))


def gradients(batch: int, hidden: int) -> list[torch.Tensor]:
    """Outputs and gradients of a run over five steps."""
    leaves = [normal(4 * hidden, hidden + 2), normal(hidden + 1), normal(batch, hidden), normal(batch, hidden)]
    weights, head, h, c = (leaf.requires_grad_() for leaf in leaves)
    outputs, _ = run_sequences(weights, head, normal(batch, 5), (h, c))
    outputs.square().sum().backward()
    return [outputs.detach(), *(leaf.grad for leaf in leaves)]


def test_a_system_whose_pytorch_hides_its_products_has_scipys(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = gradients(7, 6)
    monkeypatch.setattr(blas, "_LIBRARY", Path("a library of another name"))
    find = blas.sgemm_address.__wrapped__
    assert find() == get_cython_function_address("scipy.linalg.cython_blas", "sgemm")
    monkeypatch.setattr(cpu_recurrence, "sgemm_address", find)
    for ours, theirs in zip(gradients(7, 6), expected, strict=True):
        torch.testing.assert_close(ours, theirs, **TOLERANCE)
