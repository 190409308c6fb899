import numpy as np
import pytest
import torch
from support.numpy_networks import sigmoid
from support.packs import normal

from rnn_audio.networks import recurrence
from rnn_audio.networks.model import ModelShape, Parameters, initialise
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.networks.recurrence import State
from rnn_audio.types import Floats

MODELS, BATCH, SAMPLES, HIDDEN = 3, 2, 9, 4


def pack(models: int = MODELS, hidden: int = HIDDEN) -> Parameters:
    parameters = initialise(ModelShape(hidden), RandomStreams(range(models)))
    # Twice PyTorch's initial range: the gates leave their linear region.
    return {name: (2 * tensor.double()).requires_grad_() for name, tensor in parameters.items()}


def random_state(models: int = MODELS, batch: int = BATCH, hidden: int = HIDDEN) -> State:
    return normal(models, batch, hidden, seed=1), normal(models, batch, hidden, seed=2)


def layers(parameters: Parameters, model: int) -> tuple[torch.nn.LSTM, torch.nn.Linear]:
    """PyTorch's own layers with one model's weights."""
    hidden = parameters["linear.weight"].shape[-1]
    lstm = torch.nn.LSTM(1, hidden, batch_first=True, dtype=torch.float64)
    linear = torch.nn.Linear(hidden, 1, dtype=torch.float64)
    weights = {name: tensor[model].detach() for name, tensor in parameters.items()}
    lstm.load_state_dict(
        {f"{kind}_l0": weights[f"lstm.{kind}"] for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    )
    linear.load_state_dict({"weight": weights["linear.weight"], "bias": weights["linear.bias"]})
    return lstm, linear


def numpy_step(weights: dict[str, Floats], x: Floats, h: Floats, c: Floats) -> tuple[Floats, Floats, Floats]:
    """One sample through an LSTM, gate by gate: x [B], h and c [B, H]; returns the output [B], h and c."""
    hidden = h.shape[-1]
    gate = {}
    for index, letter in enumerate("ifgo"):
        rows = slice(index * hidden, (index + 1) * hidden)
        gate[letter] = (
            np.outer(x, weights["lstm.weight_ih"][rows, 0])
            + weights["lstm.bias_ih"][rows]
            + h @ weights["lstm.weight_hh"][rows].T
            + weights["lstm.bias_hh"][rows]
        )
    c = sigmoid(gate["f"]) * c + sigmoid(gate["i"]) * np.tanh(gate["g"])
    h = sigmoid(gate["o"]) * np.tanh(c)
    return h @ weights["linear.weight"][0] + weights["linear.bias"][0], h, c


def stepwise(
    parameters: Parameters, inputs: torch.Tensor, forced: torch.Tensor, previous: torch.Tensor, state: State
) -> tuple[torch.Tensor, State]:
    """Sample by sample through `run`: the true sample where forced, the last output elsewhere."""
    outputs, last = [], previous
    for t in range(inputs.shape[-1]):
        fed = torch.where(forced[..., t], inputs[..., t], last)
        output, state = recurrence.run(parameters, fed.unsqueeze(-1), state)
        last = output[..., 0]
        outputs.append(last)
    return torch.stack(outputs, dim=-1), state


def gradients(parameters: Parameters, outputs: torch.Tensor, state: State) -> list[torch.Tensor]:
    """Of a loss that depends on every output and on the last state."""
    weights = torch.linspace(0.5, 1.5, outputs.shape[-1], dtype=torch.float64)
    loss = (weights * outputs).square().sum() + state[0].sum() + state[1].square().sum()
    return list(torch.autograd.grad(loss, list(parameters.values())))


def assert_same(ours: tuple[torch.Tensor, State], theirs: tuple[torch.Tensor, State]) -> None:
    torch.testing.assert_close(ours[0], theirs[0], rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(ours[1], theirs[1], rtol=1e-10, atol=1e-12)


def test_run_is_pytorchs_lstm_and_linear_layer() -> None:
    parameters, inputs, (h, c) = pack(), normal(MODELS, BATCH, SAMPLES), random_state()
    outputs, state = recurrence.run(parameters, inputs, (h, c))
    for model in range(MODELS):
        lstm, linear = layers(parameters, model)
        sequence, (last_h, last_c) = lstm(inputs[model].unsqueeze(-1), (h[model, None], c[model, None]))
        torch.testing.assert_close(outputs[model], linear(sequence)[..., 0], rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(state[0][model], last_h[0], rtol=1e-12, atol=1e-14)
        torch.testing.assert_close(state[1][model], last_c[0], rtol=1e-12, atol=1e-14)


def test_run_is_the_lstm_of_the_equations() -> None:
    parameters, inputs, state = pack(), normal(MODELS, BATCH, SAMPLES), random_state()
    outputs, last = recurrence.run(parameters, inputs, state)
    for model in range(MODELS):
        weights = {name: tensor[model].detach().numpy() for name, tensor in parameters.items()}
        h, c = state[0][model].numpy(), state[1][model].numpy()
        for t in range(SAMPLES):
            output, h, c = numpy_step(weights, inputs[model, :, t].numpy(), h, c)
            np.testing.assert_allclose(outputs[model, :, t].detach().numpy(), output, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(last[0][model].detach().numpy(), h, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(last[1][model].detach().numpy(), c, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("cuts", [[4], [1, 2, 8], list(range(1, SAMPLES))])
def test_carrying_the_state_over_chunks_equals_the_whole(cuts: list[int]) -> None:
    parameters, inputs, state = pack(), normal(MODELS, BATCH, SAMPLES), random_state()
    whole = recurrence.run(parameters, inputs, state)
    chunks = []
    for chunk in inputs.tensor_split(cuts, dim=-1):
        outputs, state = recurrence.run(parameters, chunk, state)
        chunks.append(outputs)
    assert_same((torch.cat(chunks, dim=-1), state), whole)


def test_skip_adds_the_input_to_the_output_and_leaves_the_state() -> None:
    parameters, inputs, state = pack(), normal(MODELS, BATCH, SAMPLES), random_state()
    plain, plain_state = recurrence.run(parameters, inputs, state)
    skipping, skipping_state = recurrence.run(parameters, inputs, state, skip=True)
    assert_same((skipping, skipping_state), (plain + inputs, plain_state))


def test_one_models_input_reaches_no_other_model_nor_another_sequence() -> None:
    parameters, inputs, state = pack(), normal(MODELS, BATCH, SAMPLES), random_state()
    changed = inputs.clone()
    changed[1, 0] += 1
    difference = recurrence.run(parameters, changed, state)[0] - recurrence.run(parameters, inputs, state)[0]
    moved = difference.abs().amax(dim=-1) > 0
    assert moved.tolist() == [[False, False], [True, False], [False, False]]


@pytest.mark.parametrize("steps", [1, 2, 12])
def test_free_run_is_the_loop_that_feeds_outputs_back(steps: int) -> None:
    parameters, first, state = pack(), normal(MODELS, BATCH), random_state()
    free = recurrence.free_run(parameters, first, steps, state)
    never = torch.zeros(MODELS, BATCH, steps, dtype=torch.bool)
    loop = stepwise(parameters, normal(MODELS, BATCH, steps), never, first, state)
    assert free[0].shape == (MODELS, BATCH, steps)
    assert_same(free, loop)
    for ours, theirs in zip(gradients(parameters, *free), gradients(parameters, *loop), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-11)


def test_free_run_is_the_loop_of_the_equations() -> None:
    parameters, first, state = pack(), normal(MODELS, BATCH), random_state()
    outputs, _ = recurrence.free_run(parameters, first, SAMPLES, state)
    for model in range(MODELS):
        weights = {name: tensor[model].detach().numpy() for name, tensor in parameters.items()}
        fed, h, c = first[model].numpy(), state[0][model].numpy(), state[1][model].numpy()
        for t in range(SAMPLES):
            fed, h, c = numpy_step(weights, fed, h, c)
            np.testing.assert_allclose(outputs[model, :, t].detach().numpy(), fed, rtol=1e-10, atol=1e-12)


def test_mixed_run_forced_throughout_is_run() -> None:
    parameters, inputs, state = pack(), normal(MODELS, BATCH, SAMPLES), random_state()
    forced = torch.ones(MODELS, BATCH, SAMPLES, dtype=torch.bool)
    mixed = recurrence.mixed_run(parameters, inputs, forced, normal(MODELS, BATCH, seed=5), state)
    known = recurrence.run(parameters, inputs, state)
    assert_same(mixed, known)
    for ours, theirs in zip(gradients(parameters, *mixed), gradients(parameters, *known), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-11)


def test_mixed_run_never_forced_is_free_run() -> None:
    parameters, inputs, state = pack(), normal(MODELS, BATCH, SAMPLES), random_state()
    seed_samples = normal(MODELS, BATCH, seed=5)
    forced = torch.zeros(MODELS, BATCH, SAMPLES, dtype=torch.bool)
    mixed = recurrence.mixed_run(parameters, inputs, forced, seed_samples, state)
    free = recurrence.free_run(parameters, seed_samples, SAMPLES, state)
    assert_same(mixed, free)
    for ours, theirs in zip(gradients(parameters, *mixed), gradients(parameters, *free), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-11)


def test_mixed_run_is_the_loop_that_chooses_each_input_by_its_mask() -> None:
    parameters, inputs, state = pack(), normal(MODELS, BATCH, SAMPLES), random_state()
    previous = normal(MODELS, BATCH, seed=5)
    forced = normal(MODELS, BATCH, SAMPLES, seed=6) > 0
    assert 0 < forced.double().mean() < 1
    mixed = recurrence.mixed_run(parameters, inputs, forced, previous, state)
    loop = stepwise(parameters, inputs, forced, previous, state)
    assert_same(mixed, loop)
    for ours, theirs in zip(gradients(parameters, *mixed), gradients(parameters, *loop), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-11)


def test_mixed_run_passes_no_gradient_to_the_preceding_output() -> None:
    parameters, inputs, state = pack(), normal(MODELS, BATCH, SAMPLES), random_state()
    previous = normal(MODELS, BATCH).requires_grad_()
    never = torch.zeros(MODELS, BATCH, SAMPLES, dtype=torch.bool)
    outputs, _ = recurrence.mixed_run(parameters, inputs, never, previous, state)
    assert torch.autograd.grad(outputs.sum(), previous, allow_unused=True) == (None,)


def test_detach_keeps_the_values_and_cuts_the_graph() -> None:
    parameters = pack()
    _, state = recurrence.run(parameters, normal(MODELS, BATCH, SAMPLES), random_state())
    cut = recurrence.detach(state)
    for before, after in zip(state, cut, strict=True):
        assert before.requires_grad
        assert not after.requires_grad
        assert torch.equal(before, after)


@pytest.mark.parametrize("kind", ["run", "free_run", "mixed_run"])
def test_gradients_are_those_of_finite_differences(kind: str) -> None:
    models, batch, samples, hidden = 2, 1, 4, 2
    parameters = pack(models, hidden)
    inputs = normal(models, batch, samples).requires_grad_()
    h, c = (tensor.requires_grad_() for tensor in random_state(models, batch, hidden))
    forced = torch.tensor([[[True, False, False, True]], [[False, True, False, True]]])

    def outputs(inputs: torch.Tensor, h: torch.Tensor, c: torch.Tensor, *tensors: torch.Tensor) -> tuple:
        weights = dict(zip(parameters, tensors, strict=True))
        if kind == "run":
            result, state = recurrence.run(weights, inputs, (h, c))
        elif kind == "free_run":
            result, state = recurrence.free_run(weights, inputs[..., 0], samples, (h, c))
        else:
            result, state = recurrence.mixed_run(weights, inputs, forced, normal(models, batch), (h, c))
        return result, *state

    assert torch.autograd.gradcheck(outputs, (inputs, h, c, *parameters.values()))


@pytest.mark.parametrize("positions", [[[0, 4, 9], [9, 1, 4], [2, 2, 2]], [[9], [9], [9]], [[0], [0], [0]]])
def test_noted_states_are_those_behind_as_many_samples(positions: list[list[int]]) -> None:
    parameters, inputs, state = pack(), normal(MODELS, BATCH, SAMPLES), random_state()
    outputs, (noted_h, noted_c) = recurrence.run_noting_states(parameters, inputs, state, torch.tensor(positions))
    torch.testing.assert_close(outputs, recurrence.run(parameters, inputs, state)[0], rtol=1e-10, atol=1e-12)
    assert noted_h.shape == noted_c.shape == (MODELS, len(positions[0]), BATCH, HIDDEN)
    for model, own in enumerate(positions):
        for index, position in enumerate(own):
            h, c = recurrence.run(parameters, inputs[..., :position], state)[1] if position else state
            torch.testing.assert_close(noted_h[model, index], h[model], rtol=1e-10, atol=1e-12)
            torch.testing.assert_close(noted_c[model, index], c[model], rtol=1e-10, atol=1e-12)


def test_gradients_pass_through_noted_states_and_through_the_cuts() -> None:
    parameters, inputs, state = pack(), normal(MODELS, BATCH, SAMPLES), random_state()
    positions = torch.full((MODELS, 1), 4)
    outputs, (h, c) = recurrence.run_noting_states(parameters, inputs, state, positions)
    whole, _ = recurrence.run(parameters, inputs, state)
    _, at_4 = recurrence.run(parameters, inputs[..., :4], state)
    ours = gradients(parameters, outputs, (h[:, 0], c[:, 0]))
    for gradient, expected in zip(ours, gradients(parameters, whole, at_4), strict=True):
        torch.testing.assert_close(gradient, expected, rtol=1e-9, atol=1e-11)
