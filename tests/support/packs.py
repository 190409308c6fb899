"""Packs with random weights, signals and states, and gradients of a loss that depends on all of them."""

from collections.abc import Callable

import torch

from rnn_audio.networks.model import ModelShape, Parameters, initialise
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.networks.recurrence import State

Run = Callable[[Parameters, torch.Tensor, State], tuple[torch.Tensor, State]]


def random_pack(models: int, hidden: int, dtype: torch.dtype = torch.float64) -> Parameters:
    parameters = initialise(ModelShape(hidden), RandomStreams(range(models)))
    # Twice PyTorch's initial range, so that the gates leave their linear region.
    return {name: 2 * tensor.to(dtype) for name, tensor in parameters.items()}


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    # Drawn in float64 for every type, so that the numbers are the same up to rounding.
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def with_gradients(run: Run, parameters: Parameters, inputs: torch.Tensor, state: State) -> dict[str, torch.Tensor]:
    """Outputs, last state, and the gradients of a loss of these by weights, inputs and first state."""
    leaves = parameters | {"inputs": inputs, "h": state[0], "c": state[1]}
    leaves = {name: tensor.detach().clone().requires_grad_() for name, tensor in leaves.items()}
    outputs, (h, c) = run({name: leaves[name] for name in parameters}, leaves["inputs"], (leaves["h"], leaves["c"]))
    weights = torch.linspace(0.5, 1.5, outputs.shape[-1], dtype=outputs.dtype, device=outputs.device)
    loss = (weights * outputs).square().sum() + h.sum() + c.square().sum()
    gradients = torch.autograd.grad(loss, list(leaves.values()))
    named = {f"gradient of {name}": gradient for name, gradient in zip(leaves, gradients, strict=True)}
    return {name: tensor.detach() for name, tensor in {"outputs": outputs, "last h": h, "last c": c}.items()} | named
