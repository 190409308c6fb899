"""The auxiliary network against one that is written out in NumPy, and its gradients against finite differences."""

import itertools
import math

import numpy as np
import pytest
import torch
from support import numpy_networks
from support.addresses import all_moved, moved
from support.numpy_networks import Floats, Weights
from support.packs import normal

from rnn_audio.networks.auxiliary_network import reconstruct
from rnn_audio.networks.auxiliary_shape import AuxiliaryShape
from rnn_audio.networks.model import ModelShape, Parameters, initialise
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.networks.recurrence import State

MODELS, SEGMENTS, LENGTH, MAIN, HIDDEN = 2, 3, 7, 5, 3
PAPERS = AuxiliaryShape(HIDDEN, first_state="bridge", second_state="zeros", cell_state="main")
SHAPES = [
    AuxiliaryShape(hidden, first, second, cell)
    for hidden, first, second, cell in itertools.product(
        (HIDDEN, MAIN), ("bridge", "same_size"), ("zeros", "main"), ("main", "zeros")
    )
]
FEEDS = ("true_samples", "own_output")
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
every_feed = pytest.mark.parametrize("feed", FEEDS)


def pack(shape: AuxiliaryShape = PAPERS, models: int = MODELS) -> Parameters:
    parameters = initialise(ModelShape(MAIN, auxiliary=shape), RandomStreams(range(models)))
    # Twice PyTorch's initial range: the gates leave their linear region.
    return {name: (2 * tensor.double()).requires_grad_() for name, tensor in parameters.items()}


def main_state(models: int = MODELS, segments: int = SEGMENTS) -> State:
    return normal(models, segments, MAIN, seed=1), normal(models, segments, MAIN, seed=2)


def start(weights: Weights, shape: AuxiliaryShape, layer: str, part: str, main: Floats) -> Floats:
    """A layer's hidden or cell state before the seed, by what the switches say, case by case."""
    if layer == "first" and shape.first_state == "same_size":
        size, mapped = MAIN, False
    elif layer == "first":
        size, mapped = shape.hidden_size, True
    else:
        size, mapped = shape.hidden_size, shape.hidden_size != MAIN
    if (layer == "second" and shape.second_state == "zeros") or (part == "cell" and shape.cell_state == "zeros"):
        return np.zeros((len(main), size))
    return numpy_networks.linear(weights, f"auxiliary.bridge_{layer}_{part}", main) if mapped else main


@every_shape
@every_feed
def test_the_network_is_that_of_the_equations(shape: AuxiliaryShape, feed: str) -> None:
    parameters, segments, (h, c) = pack(shape), normal(MODELS, SEGMENTS, LENGTH), main_state()
    ours = reconstruct(parameters, shape, segments, (h, c), feed)
    assert ours.shape == (MODELS, SEGMENTS, LENGTH - 1)
    for model in range(MODELS):
        weights = {name: tensor[model].detach().numpy() for name, tensor in parameters.items()}
        main = {"hidden": h[model].numpy(), "cell": c[model].numpy()}
        first, second = (
            tuple(start(weights, shape, layer, part, state) for part, state in main.items())
            for layer in ("first", "second")
        )
        expected = numpy_networks.reconstruct(weights, first, second, segments[model].numpy(), feed == "own_output")
        np.testing.assert_allclose(ours[model].detach().numpy(), expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("hidden_size", [1, 16])
def test_stacked_layers_of_one_size_have_pytorchs_parameters(hidden_size: int) -> None:
    shape = AuxiliaryShape(hidden_size, "bridge", "main", "main")
    lstm = torch.nn.LSTM(1, hidden_size, num_layers=2)
    bridges = [torch.nn.Linear(64, hidden_size) for _ in range(4)]
    expected = sum(
        parameter.numel()
        for layer in (lstm, torch.nn.Linear(hidden_size, 1), *bridges)
        for parameter in layer.parameters()
    )
    assert sum(math.prod(size) for size in shape.parameter_shapes(64).values()) == expected


def test_initial_weights_fill_the_range_of_pytorchs_layers() -> None:
    shape = ModelShape(64, auxiliary=AuxiliaryShape(16, "bridge", "main", "main"))
    weights = initialise(shape, RandomStreams(range(40)))
    layers = {
        "first": torch.nn.LSTM(1, 16),
        "second": torch.nn.LSTM(16, 16),
        "linear": torch.nn.Linear(16, 1),
        "bridge_first_hidden": torch.nn.Linear(64, 16),
        "bridge_second_cell": torch.nn.Linear(64, 16),
    }
    for name, layer in layers.items():
        ours = torch.cat([tensor.flatten() for key, tensor in weights.items() if key.startswith(f"auxiliary.{name}.")])
        theirs = torch.cat([parameter.detach().flatten() for parameter in layer.parameters()])
        bound = {"first": 0.25, "second": 0.25, "linear": 0.25}.get(name, 0.125)
        assert 0.95 * bound < ours.abs().max() <= bound
        assert theirs.abs().max() <= bound


@every_feed
def test_the_first_sample_is_all_that_a_network_fed_its_own_output_sees(feed: str) -> None:
    parameters, segments = pack(), normal(MODELS, SEGMENTS, LENGTH)
    changed = segments.clone()
    changed[..., 2:] += 1
    before, after = (reconstruct(parameters, PAPERS, each, main_state(), feed) for each in (segments, changed))
    # Output t was fed the samples up to t: the third sample is seen by the third output, or by none.
    assert torch.equal(before[..., :2], after[..., :2])
    assert torch.equal(before, after) == (feed == "own_output")
    changed[..., 0] += 1
    assert not torch.isclose(reconstruct(parameters, PAPERS, changed, main_state(), feed), before).any()


def test_both_ways_of_feeding_agree_until_an_output_is_fed_back() -> None:
    parameters, segments = pack(), normal(MODELS, SEGMENTS, LENGTH)
    forced, free = (reconstruct(parameters, PAPERS, segments, main_state(), feed) for feed in FEEDS)
    torch.testing.assert_close(forced[..., 0], free[..., 0], rtol=1e-12, atol=1e-14)
    assert not torch.isclose(forced[..., 1:], free[..., 1:]).any()
    fed = torch.cat([segments[..., :1], free], dim=-1)
    torch.testing.assert_close(reconstruct(parameters, PAPERS, fed, main_state(), "true_samples"), free)


@every_shape
def test_the_parts_of_the_state_that_start_from_zeros_change_nothing(shape: AuxiliaryShape) -> None:
    parameters, segments, (h, c) = pack(shape), normal(MODELS, SEGMENTS, LENGTH), main_state()
    before = reconstruct(parameters, shape, segments, (h, c), "true_samples")
    assert not torch.equal(reconstruct(parameters, shape, segments, (h + 1, c), "true_samples"), before)
    same = torch.equal(reconstruct(parameters, shape, segments, (h, c + 1), "true_samples"), before)
    assert same == (shape.cell_state == "zeros")


@pytest.mark.parametrize("second_state", ["zeros", "main"])
def test_the_second_layer_starts_from_the_main_state_only_where_asked(second_state: str) -> None:
    # A first layer without weights puts out the same whatever it starts from, so that only the second is left.
    shape = AuxiliaryShape(HIDDEN, "bridge", second_state, "main")
    parameters = {
        name: torch.zeros_like(tensor) if name.startswith(("auxiliary.first", "auxiliary.bridge_first")) else tensor
        for name, tensor in pack(shape).items()
    }
    segments, (h, c) = normal(MODELS, SEGMENTS, LENGTH), main_state()
    before = reconstruct(parameters, shape, segments, (h, c), "true_samples")
    after = reconstruct(parameters, shape, segments, (h + 1, c), "true_samples")
    assert torch.equal(before, after) == (second_state == "zeros")


@pytest.mark.parametrize("shape", [PAPERS, AuxiliaryShape(2, "same_size", "main", "main")], ids=str)
@every_feed
def test_gradients_are_those_of_finite_differences(shape: AuxiliaryShape, feed: str) -> None:
    parameters = {name: tensor for name, tensor in pack(shape, 1).items() if name.startswith("auxiliary.")}
    segments = normal(1, 1, 4).requires_grad_()
    h, c = (tensor.requires_grad_() for tensor in main_state(1, 1))

    def outputs(segments: torch.Tensor, h: torch.Tensor, c: torch.Tensor, *tensors: torch.Tensor) -> torch.Tensor:
        weights = dict(zip(parameters, tensors, strict=True))
        return reconstruct(weights, shape, segments, (h, c), feed)

    assert torch.autograd.gradcheck(outputs, (segments, h, c, *parameters.values()))


@every_shape
@every_feed
def test_a_pack_reconstructs_as_its_models_alone_bit_by_bit(shape: AuxiliaryShape, feed: str) -> None:
    parameters = {name: tensor.detach().float() for name, tensor in pack(shape, 3).items()}
    segments, (h, c) = normal(3, 8, LENGTH).float(), (state.float() for state in main_state(3, 8))
    together = reconstruct(parameters, shape, segments, (h, c), feed)
    for model in range(3):
        only = slice(model, model + 1)
        own = all_moved({name: tensor[only] for name, tensor in parameters.items()}, elements=model + 1)
        own_segments, own_h, own_c = (moved(tensor[only], elements=3) for tensor in (segments, h, c))
        alone = reconstruct(own, shape, own_segments, (own_h, own_c), feed)
        assert torch.equal(together[only], alone)
