"""The shape of a model, and its file: read without PyTorch, whose import takes longer than running a network once."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rnn_audio import digests
from rnn_audio.errors import InputError
from rnn_audio.networks.auxiliary_shape import AuxiliaryShape

INITIAL_STATE = ("initial_state.h", "initial_state.c")
"""Names of the tensors of an initial state that is part of the model."""

_METADATA_KEY = "rnn_audio_model"
_REMEDY = "delete it and run the workflow again"


@dataclass(frozen=True)
class ModelShape:
    """Shape of a model; all models of a pack have the same.

    Attributes:
        hidden_size: number of LSTM units, H.
        skip: whether the input sample is added to the output sample (paper B's published models).
        initial_state: whether the state before the first sample is part of the model, learned or fixed.
        auxiliary: the auxiliary network, which reconstructs what the model has read (paper A, section IV-C2), or None.
    """

    hidden_size: int
    skip: bool = False
    initial_state: bool = False
    auxiliary: AuxiliaryShape | None = None

    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each tensor of one model; gates in PyTorch's order i, f, g, o."""
        hidden = self.hidden_size
        main = {
            "lstm.weight_ih": (4 * hidden, 1),
            "lstm.weight_hh": (4 * hidden, hidden),
            "lstm.bias_ih": (4 * hidden,),
            "lstm.bias_hh": (4 * hidden,),
            "linear.weight": (1, hidden),
            "linear.bias": (1,),
        }
        if self.initial_state:
            main |= dict.fromkeys(INITIAL_STATE, (hidden,))
        return main if self.auxiliary is None else main | self.auxiliary.parameter_shapes(hidden)

    def initial_bounds(self) -> dict[str, float]:
        """Bound of each tensor's uniform initial values: 1/sqrt(H) for both layers, as in PyTorch."""
        bounds = dict.fromkeys(self.parameter_shapes(), 1 / math.sqrt(self.hidden_size))
        return bounds if self.auxiliary is None else bounds | self.auxiliary.initial_bounds(self.hidden_size)

    def parameter_count(self) -> int:
        """Number of trained values of one model."""
        return sum(math.prod(shape) for shape in self.parameter_shapes().values())


def header_of(shape: ModelShape, tensors: Mapping[str, Any]) -> dict[str, str]:
    """The metadata of a model's file: its shape, and a digest of its tensors (PyTorch's or NumPy's)."""
    described = _describe(shape)
    described |= {digests.KEY: digests.digest_tensors(described, tensors)}
    return {_METADATA_KEY: json.dumps(described, sort_keys=True)}


def read_model(path: Path, framework: str = "np") -> tuple[ModelShape, dict[str, Any]]:
    """Read the shape and the tensors of one model. Nothing is unpickled.

    Args:
        path: its file.
        framework: `np` for NumPy's arrays, `pt` for PyTorch's tensors.

    Raises:
        InputError: the file is missing, truncated, changed or not a safetensors file, or its tensors do not match
            its shape.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise InputError(f"{path}: no such model; train it first")
    try:
        with safe_open(path, framework=framework) as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: not a readable safetensors file ({error}); {_REMEDY}") from error
    if _METADATA_KEY not in header:
        raise InputError(
            f"{path}: a safetensors file, but not a model of this workflow (no '{_METADATA_KEY}' entry); {_REMEDY}"
        )
    shape, sha256 = _read_shape(path, header[_METADATA_KEY])
    expected = shape.parameter_shapes()
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if found != expected:
        raise InputError(f"{path}: its tensors {found} do not match its header, {expected}; {_REMEDY}")
    if any(str(tensor.dtype).removeprefix("torch.") != "float32" for tensor in tensors.values()):
        raise InputError(f"{path}: its tensors are not all float32; {_REMEDY}")
    if not all(np.isfinite(np.asarray(tensor)).all() for tensor in tensors.values()):
        raise InputError(f"{path}: it has weights that are not finite; {_REMEDY}")
    try:
        digests.check(digests.digest_tensors(_describe(shape), tensors), sha256)
    except digests.ChangedError as error:
        raise InputError(f"{path}: {error}; {_REMEDY}") from error
    return shape, tensors


def _describe(shape: ModelShape) -> dict[str, Any]:
    description = {"hidden_size": shape.hidden_size, "skip": shape.skip}
    if shape.initial_state:
        description["initial_state"] = True
    return description if shape.auxiliary is None else description | {"auxiliary": asdict(shape.auxiliary)}


def _read_shape(path: Path, text: str) -> tuple[ModelShape, str | None]:
    try:
        description = json.loads(text)
        sha256 = description.pop(digests.KEY, None)
        if "auxiliary" in description:
            description["auxiliary"] = AuxiliaryShape(**description["auxiliary"])
        shape = ModelShape(**description)
        shape.parameter_shapes()  # fails for sizes that are not numbers
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: its header does not describe a model ({error}); {_REMEDY}") from error
    return shape, sha256
