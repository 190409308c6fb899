import math

import pytest
import torch

from rnn_audio.networks.model import ModelShape, Parameters, initialise
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.training.adam import Adam, CapturableAdam

SHAPE = ModelShape(hidden_size=16)
STEPS = 6


def start(seeds: list[int]) -> Parameters:
    return {name: tensor.double().requires_grad_() for name, tensor in initialise(SHAPE, RandomStreams(seeds)).items()}


def gradient(name: str, step: int, models: int) -> torch.Tensor:
    """A gradient whose size differs by model and by step, so that clipping holds some back and not others."""
    index = list(SHAPE.parameter_shapes()).index(name)
    generator = torch.Generator().manual_seed(100 * step + index)
    draws = torch.randn(models, *SHAPE.parameter_shapes()[name], generator=generator, dtype=torch.float64)
    scale = torch.tensor([10.0 ** (model - 2 + (-1) ** step) for model in range(models)], dtype=torch.float64)
    return draws * scale.view(-1, *[1] * (draws.dim() - 1))


@pytest.mark.parametrize("clip_norm", [None, 1.0, 1e-3])
def test_each_model_moves_as_by_pytorchs_adam_and_clipping(clip_norm: float | None) -> None:
    seeds = [1, 2, 3]
    parameters = start(seeds)
    ours = Adam(learning_rate=3e-3, clip_norm=clip_norm)
    copies = [[tensor[model].detach().clone().requires_grad_() for tensor in parameters.values()] for model in range(3)]
    theirs = [torch.optim.Adam(copy, lr=3e-3) for copy in copies]
    for step in range(STEPS):
        for name, parameter in parameters.items():
            parameter.grad = gradient(name, step, models=3)
        for model, (copy, optimiser) in enumerate(zip(copies, theirs, strict=True)):
            for name, tensor in zip(parameters, copy, strict=True):
                tensor.grad = gradient(name, step, models=3)[model]
            if clip_norm is not None:
                torch.nn.utils.clip_grad_norm_(copy, clip_norm)
            optimiser.step()
        ours.step(parameters)
    for model, copy in enumerate(copies):
        for parameter, tensor in zip(parameters.values(), copy, strict=True):
            torch.testing.assert_close(parameter[model], tensor, rtol=1e-12, atol=1e-14)


def test_clipping_scales_each_models_gradient_to_the_norm_or_leaves_it() -> None:
    parameters = start([1, 2, 3])
    optimiser = Adam(learning_rate=1e-3, clip_norm=2.0)
    for name, parameter in parameters.items():
        parameter.grad = gradient(name, step=0, models=3)
    before = [math.sqrt(sum(float(p.grad[model].square().sum()) for p in parameters.values())) for model in range(3)]
    assert before[0] > 2.0
    optimiser.step(parameters)
    for model in range(3):
        # The first moment behind one step is (1 - beta_1) times the gradient that was used.
        used = [first[model] / (1 - optimiser.beta_1) for first in optimiser.first.values()]
        norm = math.sqrt(sum(float(tensor.square().sum()) for tensor in used))
        assert norm == pytest.approx(min(before[model], 2.0), rel=1e-5)


def test_clipping_leaves_a_small_gradient_bit_by_bit() -> None:
    parameters, free = start([1]), start([1])
    for name in parameters:
        parameters[name].grad = 1e-3 * gradient(name, step=1, models=1)
        free[name].grad = parameters[name].grad.clone()
    Adam(learning_rate=1e-3, clip_norm=10.0).step(parameters)
    Adam(learning_rate=1e-3).step(free)
    assert all(torch.equal(parameters[name], free[name]) for name in parameters)


@pytest.mark.parametrize("clip_norm", [None, 1.0])
def test_a_pack_of_three_moves_as_three_alone_bit_by_bit(clip_norm: float | None) -> None:
    seeds = [4, 5, 6]
    pack = {name: tensor.detach().float().requires_grad_() for name, tensor in start(seeds).items()}
    optimiser = Adam(learning_rate=1e-2, clip_norm=clip_norm)
    alone = [
        {name: tensor[model : model + 1].detach().clone().requires_grad_() for name, tensor in pack.items()}
        for model in range(3)
    ]
    optimisers = [Adam(learning_rate=1e-2, clip_norm=clip_norm) for _ in seeds]
    for step in range(STEPS):
        for name, parameter in pack.items():
            parameter.grad = gradient(name, step, models=3).float()
            for model in range(3):
                alone[model][name].grad = parameter.grad[model : model + 1].clone()
        optimiser.step(pack)
        for model in range(3):
            optimisers[model].step(alone[model])
    for model in range(3):
        assert all(torch.equal(pack[name][model], alone[model][name][0]) for name in pack)


def test_the_first_step_is_as_long_as_the_learning_rate() -> None:
    # Behind one step the corrected moments are g and g², so that every value moves by the learning rate.
    parameters = {"value": torch.tensor([[1.0, -2.0, 3.0]], dtype=torch.float64, requires_grad=True)}
    parameters["value"].grad = torch.tensor([[0.5, -40.0, 1e3]], dtype=torch.float64)
    Adam(learning_rate=0.25).step(parameters)
    expected = torch.tensor([[0.75, -1.75, 2.75]], dtype=torch.float64)
    torch.testing.assert_close(parameters["value"].detach(), expected, rtol=1e-6, atol=0)


def test_a_step_clears_the_gradients() -> None:
    parameters = {"value": torch.ones(1, 2, requires_grad=True)}
    parameters["value"].sum().backward()
    Adam(learning_rate=0.1).step(parameters)
    assert parameters["value"].grad is None


@pytest.mark.parametrize("clip_norm", [None, 1.0])
def test_a_tensor_without_a_gradient_is_treated_as_by_pytorchs_adam(clip_norm: float | None) -> None:
    parameters = start([1])
    ours = Adam(learning_rate=3e-3, clip_norm=clip_norm)
    copies = {name: tensor[0].detach().clone().requires_grad_() for name, tensor in parameters.items()}
    theirs = torch.optim.Adam(copies.values(), lr=3e-3)
    before = parameters["linear.weight"].detach().clone()
    for step in range(2 * STEPS):
        theirs.zero_grad()
        for name, parameter in parameters.items():
            # The linear layer has a gradient in the second half only, and the bias none in one step of it.
            if name.startswith("linear") and (step < STEPS or (step == STEPS + 2 and name == "linear.bias")):
                continue
            parameter.grad = gradient(name, step, models=1)
            copies[name].grad = gradient(name, step, models=1)[0]
        if clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(copies.values(), clip_norm)
        theirs.step()
        ours.step(parameters)
        if step == STEPS - 1:
            assert torch.equal(parameters["linear.weight"], before)
            assert "linear.weight" not in ours.first
    assert ours.step_count == 2 * STEPS
    for name, copy in copies.items():
        torch.testing.assert_close(parameters[name][0], copy, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("pause", [0, 1, 4])
def test_training_goes_on_from_a_state_dict_to_the_same_bytes(pause: int) -> None:
    parameters, optimiser = start([1, 2]), Adam(learning_rate=1e-2, clip_norm=1.0)
    for step in range(STEPS):
        if step == pause:
            kept = {name: tensor.clone() for name, tensor in optimiser.state_dict().items()}
            weights = {name: tensor.detach().clone().requires_grad_() for name, tensor in parameters.items()}
        give(parameters, step)
        optimiser.step(parameters)
    resumed = Adam(learning_rate=1e-2, clip_norm=1.0)
    resumed.load_state_dict(kept)
    for step in range(pause, STEPS):
        give(weights, step)
        resumed.step(weights)
    assert all(torch.equal(weights[name], parameters[name]) for name in parameters)
    assert resumed.skipped == optimiser.skipped == {"linear.bias": 3}


def give(parameters: Parameters, step: int) -> None:
    """Gradients for all tensors but, in the first steps, one."""
    for name, parameter in parameters.items():
        parameter.grad = None if name == "linear.bias" and step < 3 else gradient(name, step, models=2)


@pytest.mark.parametrize("clip_norm", [None, 1.0])
def test_steps_that_a_graph_can_repeat_are_the_same_steps_bit_by_bit(clip_norm: float | None) -> None:
    ours, theirs = (
        {name: each.detach().float().requires_grad_() for name, each in start([1, 2]).items()} for _ in "ab"
    )
    capturable, plain = CapturableAdam(3e-3, clip_norm), Adam(3e-3, clip_norm)
    for step in range(STEPS):
        for parameters, optimiser in ((ours, capturable), (theirs, plain)):
            for name, parameter in parameters.items():
                parameter.grad = None if name == "linear.bias" else gradient(name, step, models=2).float()
            optimiser.step(parameters)
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []


def test_steps_that_a_graph_can_repeat_go_on_from_the_others_checkpoint() -> None:
    parameters = {name: each.detach().float().requires_grad_() for name, each in start([1]).items()}
    plain = Adam(3e-3)
    for step in range(3):
        for name, parameter in parameters.items():
            parameter.grad = gradient(name, step, models=1).float()
        plain.step(parameters)
    capturable = CapturableAdam(3e-3)
    capturable.load_state_dict(plain.state_dict())
    ours, theirs = capturable.state_dict(), plain.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_tensor_whose_first_gradient_comes_late_is_an_error_where_a_graph_repeats_steps() -> None:
    parameters = {name: torch.ones(1, 2).requires_grad_() for name in "ab"}
    optimiser = CapturableAdam(1e-3)
    parameters["a"].grad = torch.ones(1, 2)
    optimiser.step(parameters)
    parameters["b"].grad = torch.ones(1, 2)
    with pytest.raises(ValueError, match="b has its first gradient"):
        optimiser.step(parameters)
