"""Which implementation of the recurrence serves which accelerator."""

import importlib.util
import os
from functools import cache

import torch

from rnn_audio.errors import InputError

OVERRIDE = "RNN_AUDIO_ENGINE"
"""Environment variable that names an engine for the whole process, to compare engines and to test them."""

OVERRIDES = ("pytorch", "triton")

LARGEST_HIDDEN_SIZE = 128
"""Of Triton's engine."""

# On AMD's processors MKL chooses its code also by the addresses of the arrays: a model in a pack would round otherwise
# than alone. AUTO keeps the choice by processor and ends the choice by address. MKL reads this variable at its first
# product and not again, so that it is set here, where every process comes by that trains (docs/reproducibility.md).
os.environ.setdefault("MKL_CBWR", "AUTO")

_LEAST_SEQUENCES = 12
_LEAST_STATES = 1000


def pick(device: torch.device, hidden_size: int) -> str:
    """The engine for tensors on a device: `compiled` (`cpu_recurrence`), `triton` (`triton_recurrence`) or `pytorch`.

    A CPU has the compiled one where numba is installed; it leaves to PyTorch what PyTorch is faster at. On CUDA it is
    Triton's, where it is installed, the GPU has the shared memory for it and the kernels the hidden size; PyTorch's
    LSTM otherwise.

    Raises:
        InputError: the override names no engine, or one that is not installed.
    """
    override = os.environ.get(OVERRIDE)
    if override:
        if override not in OVERRIDES:
            raise InputError(f"{OVERRIDE} is {override!r}, must be one of {', '.join(OVERRIDES)}, or not set")
        if override == "triton" and not _has_triton():
            raise InputError(f"{OVERRIDE} is 'triton', but the package triton is not installed")
        return override
    if device.type == "cuda" and _has_triton() and _serves(device, hidden_size):
        return "triton"
    return "compiled" if device.type == "cpu" and _has_numba() else "pytorch"


def is_compiled_faster(inputs: torch.Tensor, state: torch.Tensor) -> bool:
    """Whether the compiled engine can run one model's inputs, [B, T], from its state, [B, H], faster than PyTorch.

    Measured (docs/performance.md): PyTorch is faster with 2 to 11 sequences of many units. With few states in all there
    is little to be gained, and a short training may be over before it has loaded what numba compiled.
    """
    batch, units = state.shape
    large = batch >= _LEAST_SEQUENCES and batch * units >= _LEAST_STATES
    return can_run_compiled(inputs, state) and (batch == 1 or large)


def can_run_compiled(inputs: torch.Tensor, state: torch.Tensor) -> bool:
    """Whether the tensors are float32 on the CPU, and no gradient of the inputs is asked for."""
    kinds = {(tensor.device.type, tensor.dtype) for tensor in (inputs, state)}
    return kinds == {("cpu", torch.float32)} and not inputs.requires_grad


@cache
def _has_triton() -> bool:
    return importlib.util.find_spec("triton") is not None


@cache
def _has_numba() -> bool:
    return importlib.util.find_spec("numba") is not None


@cache
def _serves(device: torch.device, hidden_size: int) -> bool:
    # Before 8.0 a program has 64 KiB of shared memory at most: less than the kernels need for 64 units.
    return hidden_size <= LARGEST_HIDDEN_SIZE and torch.cuda.get_device_capability(device) >= (8, 0)
