"""How far an accelerator's recurrence is from PyTorch's LSTM in float64 on the CPU, forward and backward."""

from collections.abc import Sequence

import torch

from rnn_audio.networks import recurrence
from rnn_audio.networks.engines.pytorch import State
from rnn_audio.networks.model import ModelShape, Parameters, initialise
from rnn_audio.networks.random_streams import RandomStreams

TOLERANCE = 2e-5
"""Largest relative error of a recurrence in float32 that counts as right. Rounding makes less than 1e-6."""

Tensors = dict[str, torch.Tensor]


def relative_errors(
    device: torch.device | str, hidden_size: int, *, models: int = 2, batch: int = 18, steps: int = 40, mixes: bool
) -> dict[str, float]:
    """Relative errors of the recurrence in float32, by the engine that is picked for the device.

    Args:
        device: the PyTorch device to check.
        hidden_size: H.
        models: number of models of the pack, M.
        batch: sequences of each model, B.
        steps: samples of each sequence, T.
        mixes: whether some inputs are the model's own last output (annealing), instead of all inputs being known.

    Returns:
        For the outputs, both states at the end, and the gradient of each weight and of both initial states: the norm of
        the error over that of the exact values. It is not a number if a result is not.
    """
    generator = torch.Generator().manual_seed(hidden_size)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    # Twice the usual initial weights, so that the gates leave the middle of their curves.
    leaves = {
        name: 2 * tensor for name, tensor in initialise(ModelShape(hidden_size), RandomStreams(range(models))).items()
    }
    leaves |= {name: normal(models, batch, hidden_size) for name in ("first h", "first c")}
    inputs, previous, weights = normal(models, batch, steps), normal(models, batch), normal(models, batch, steps)
    forced = normal(models, batch, steps) > 0 if mixes else torch.ones(models, batch, steps, dtype=torch.bool)
    given = (inputs, forced, previous, weights)
    ours = _run_ours(*_placed(leaves, given, torch.float32, device), mixes=mixes)
    exact = _run_exact(*_placed(leaves, given, torch.float64, "cpu"), mixes=mixes)
    return {name: _relative(ours[name].double().cpu(), tensor) for name, tensor in exact.items()}


def worst(errors: dict[str, float]) -> tuple[str, float]:
    """The name of the largest error, and that error; one that is not a number is the largest of all."""
    return max(errors.items(), key=lambda item: (item[1] != item[1], item[1]))


def is_right(errors: dict[str, float]) -> bool:
    """Whether all errors are below the tolerance; one that is not a number is not."""
    return all(error < TOLERANCE for error in errors.values())


def _placed(
    leaves: Tensors, given: Sequence[torch.Tensor], dtype: torch.dtype, device: torch.device | str
) -> tuple[Tensors, list[torch.Tensor]]:
    own = {name: tensor.to(device, dtype).requires_grad_() for name, tensor in leaves.items()}
    return own, [each.to(device) if each.dtype == torch.bool else each.to(device, dtype) for each in given]


def _run_ours(leaves: Tensors, given: list[torch.Tensor], *, mixes: bool) -> Tensors:
    inputs, forced, previous, weights = given
    parameters, state = _split(leaves)
    if mixes:
        outputs, last = recurrence.mixed_run(parameters, inputs, forced, previous, state)
    else:
        outputs, last = recurrence.run(parameters, inputs, state)
    return _with_gradients(leaves, outputs, last, weights)


def _run_exact(leaves: Tensors, given: list[torch.Tensor], *, mixes: bool) -> Tensors:
    """The same by PyTorch's LSTM, model by model, and sample by sample if inputs are mixed."""
    inputs, forced, previous, weights = given
    parameters, (first_h, first_c) = _split(leaves)
    length = 1 if mixes else inputs.shape[2]
    outputs, last_h, last_c = [], [], []
    for model in range(inputs.shape[0]):
        own = {name: tensor[model] for name, tensor in parameters.items()}
        layer = own["lstm.weight_ih"], own["lstm.weight_hh"], own["lstm.bias_ih"], own["lstm.bias_hh"]
        head = own["linear.weight"], own["linear.bias"]
        state, output, pieces = (first_h[model], first_c[model]), previous[model], []
        for start in range(0, inputs.shape[2], length):
            stretch = slice(start, start + length)
            fed = inputs[model, :, stretch]
            if mixes:
                fed = torch.where(forced[model, :, stretch], fed, output.unsqueeze(1))
            heard, state = recurrence.run_layer(layer, head, fed, state)
            output = heard[:, -1]
            pieces.append(heard)
        outputs.append(torch.cat(pieces, dim=1))
        last_h.append(state[0])
        last_c.append(state[1])
    return _with_gradients(leaves, torch.stack(outputs), (torch.stack(last_h), torch.stack(last_c)), weights)


def _split(leaves: Tensors) -> tuple[Parameters, State]:
    parameters = {name: tensor for name, tensor in leaves.items() if not name.startswith("first ")}
    return parameters, (leaves["first h"], leaves["first c"])


def _with_gradients(leaves: Tensors, outputs: torch.Tensor, last: State, weights: torch.Tensor) -> Tensors:
    """The results, and the gradients of a sum to which outputs and states contribute, quadratically and linearly."""
    h, c = last
    total = (weights * outputs).square().sum() + (weights * outputs).sum() + h.sum() + c.square().sum()
    gradients = torch.autograd.grad(total, list(leaves.values()))
    found = {"outputs": outputs, "last h": h, "last c": c}
    found |= {f"gradient of {name}": gradient for name, gradient in zip(leaves, gradients, strict=True)}
    return {name: tensor.detach() for name, tensor in found.items()}


def _relative(found: torch.Tensor, exact: torch.Tensor) -> float:
    return ((found - exact).norm() / exact.norm()).item()
