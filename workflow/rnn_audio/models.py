"""The recurrent model of both papers, as a pack: one LSTM layer and a linear layer, for many models side by side.

Paper A, section IV-C1 (input 1, hidden 64, output 1); paper B, section 2 and figure 1 (hidden 32 or 64).
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import torch

from rnn_audio.atomic import replacing
from rnn_audio.errors import InputError
from rnn_audio.randomness import RandomStreams

Parameters = dict[str, torch.Tensor]

_METADATA_KEY = "rnn_audio_model"


@dataclass(frozen=True)
class ModelShape:
    """What two models of one pack have in common.

    Attributes:
        hidden_size: number of LSTM units, H.
        skip: whether the input sample is added to the output sample (paper B's published models).
    """

    hidden_size: int
    skip: bool = False

    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each tensor of one model; gates in PyTorch's order i, f, g, o."""
        hidden = self.hidden_size
        return {
            "lstm.weight_ih": (4 * hidden, 1),
            "lstm.weight_hh": (4 * hidden, hidden),
            "lstm.bias_ih": (4 * hidden,),
            "lstm.bias_hh": (4 * hidden,),
            "linear.weight": (1, hidden),
            "linear.bias": (1,),
        }

    def parameter_count(self) -> int:
        """Number of trained values of one model."""
        return sum(math.prod(shape) for shape in self.parameter_shapes().values())


def initialise(shape: ModelShape, streams: RandomStreams) -> Parameters:
    """Fresh weights for a pack, each tensor with a leading model axis.

    Uniform in ±1/sqrt(H), as PyTorch initialises both layers, drawn from each model's own stream.
    """
    bound = 1 / math.sqrt(shape.hidden_size)
    models = []
    for generator in streams.generators("weights"):
        models.append(
            {
                name: torch.empty(*size).uniform_(-bound, bound, generator=generator)
                for name, size in shape.parameter_shapes().items()
            }
        )
    return {name: torch.stack([model[name] for model in models]) for name in shape.parameter_shapes()}


def save_model(path: Path, shape: ModelShape, parameters: Parameters, index: int = 0) -> None:
    """Write one model of a pack as safetensors, atomically and with the same bytes each time.

    The header holds a single metadata entry: several would come out in an arbitrary order.
    """
    from safetensors.torch import save

    tensors = {name: tensor[index].detach().cpu().contiguous() for name, tensor in parameters.items()}
    header = {_METADATA_KEY: json.dumps({"hidden_size": shape.hidden_size, "skip": shape.skip}, sort_keys=True)}
    with replacing(path) as temporary:
        temporary.write_bytes(save(tensors, metadata=header))


def load_model(path: Path) -> tuple[ModelShape, Parameters]:
    """Read one model, as a pack of one.

    Raises:
        InputError: the file is missing, truncated, no safetensors file, or its tensors are not those of its shape.
            Nothing is ever unpickled.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise InputError(f"{path}: there is no such model; train it first")
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"{path}: not a readable safetensors file ({error}); delete it and run the workflow again"
        ) from error
    if _METADATA_KEY not in header:
        raise InputError(f"{path}: a safetensors file, but not a model of this workflow (no '{_METADATA_KEY}' entry)")
    shape = _read_shape(path, header[_METADATA_KEY])
    expected = shape.parameter_shapes()
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if found != expected:
        raise InputError(f"{path}: its tensors {found} are not those of its header, {expected}; train it again")
    if any(tensor.dtype != torch.float32 for tensor in tensors.values()):
        raise InputError(f"{path}: its tensors are not all float32; train it again")
    return shape, {name: tensor.unsqueeze(0) for name, tensor in tensors.items()}


def _read_shape(path: Path, text: str) -> ModelShape:
    try:
        return ModelShape(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: its header does not describe a model ({error}); train it again") from error
