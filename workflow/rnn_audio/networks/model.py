"""The recurrent model of both papers: one LSTM layer and a linear layer. A pack holds several models of one shape.

Paper A, section IV-C1 (input 1, hidden 64, output 1); paper B, section 2 and figure 1 (hidden 32 or 64).
"""

from pathlib import Path

import torch

from rnn_audio.atomic import replacing
from rnn_audio.networks.model_file import INITIAL_STATE, ModelShape, header_of, read_model
from rnn_audio.networks.random_streams import RandomStreams

Parameters = dict[str, torch.Tensor]


def initialise(shape: ModelShape, streams: RandomStreams) -> Parameters:
    """Initial weights for a pack; each tensor has a leading model axis.

    They are uniform, as in PyTorch, and drawn from each model's own stream. The main network's weights are drawn first,
    so an auxiliary network does not change them.
    """
    bounds = shape.initial_bounds()
    models = []
    for generator in streams.generators("weights"):
        models.append(
            {
                name: torch.empty(*size).uniform_(-bounds[name], bounds[name], generator=generator)
                for name, size in shape.parameter_shapes().items()
            }
        )
    return {name: torch.stack([model[name] for model in models]) for name in shape.parameter_shapes()}


def stored_state(parameters: Parameters, copies: int) -> tuple[torch.Tensor, torch.Tensor] | None:
    """The initial state (h, c) that is part of the model, for B = `copies` sequences, [M, B, H] each; or None."""
    if INITIAL_STATE[0] not in parameters:
        return None
    h, c = (parameters[name].unsqueeze(1).expand(-1, copies, -1) for name in INITIAL_STATE)
    return h, c


def with_prefix(tensors: Parameters, prefix: str) -> Parameters:
    """The tensors whose names begin with the prefix, under their names without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def save_model(path: Path, shape: ModelShape, parameters: Parameters, index: int = 0) -> None:
    """Write one model of a pack as safetensors, atomically and with the same bytes each time.

    The header holds one metadata entry, since several would be written in arbitrary order.
    """
    from safetensors.torch import save

    tensors = {name: tensor[index].detach().cpu().contiguous() for name, tensor in parameters.items()}
    metadata = header_of(shape, tensors)
    with replacing(path) as temporary:
        temporary.write_bytes(save(tensors, metadata=metadata))


def load_model(path: Path) -> tuple[ModelShape, Parameters]:
    """Read one model, as a pack of one; raises what `model_file.read_model` raises."""
    shape, tensors = read_model(path, framework="pt")
    return shape, {name: tensor.unsqueeze(0) for name, tensor in tensors.items()}
