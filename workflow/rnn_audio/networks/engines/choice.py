"""The choice of the recurrence's implementation for an accelerator."""

import importlib.util
import os
from functools import cache

import torch

from rnn_audio.errors import InputError

OVERRIDE = "RNN_AUDIO_ENGINE"
"""Environment variable that sets the engine of the whole process, to compare and test engines."""

OVERRIDES = ("pytorch", "triton")

LARGEST_HIDDEN_SIZE = 128
"""Largest hidden size of the Triton engine."""

# On AMD's processors MKL chooses its code also by the addresses of the arrays: a model in a pack would round otherwise
# than alone. AUTO keeps the choice by processor and ends the choice by address. MKL reads this variable at its first
# product and not again, so that it is set here, where every process comes by that trains (docs/reproducibility.md).
os.environ.setdefault("MKL_CBWR", "AUTO")

_LEAST_SEQUENCES = 12
_LEAST_STATES = 1000


def pick(device: torch.device, hidden_size: int) -> str:
    """The engine for tensors on a PyTorch device: `compiled`, `triton` (`triton_recurrence`) or `pytorch`.

    On a CPU, `compiled` if numba is installed (see `is_compiled_faster` for the cases it leaves to PyTorch). On CUDA,
    `triton` if Triton is installed, the GPU has enough shared memory and the kernels support the hidden size.
    Otherwise `pytorch`, PyTorch's LSTM.

    Raises:
        InputError: the override is not an engine, or names one that is not installed.
    """
    override = os.environ.get(OVERRIDE)
    if override:
        if override not in OVERRIDES:
            raise InputError(f"{OVERRIDE} is {override!r}; set it to one of {', '.join(OVERRIDES)}, or unset it")
        if override == "triton" and not _has_triton():
            raise InputError(f"{OVERRIDE} is 'triton', which is not installed; install it, or unset {OVERRIDE}")
        return override
    if device.type == "cuda" and _has_triton() and _serves(device, hidden_size):
        return "triton"
    return "compiled" if device.type == "cpu" and _has_numba() else "pytorch"


def uses_triton(device: torch.device) -> bool:
    """Whether Triton's kernels train small networks on a PyTorch device; raises what `pick` raises."""
    return pick(device, hidden_size=1) == "triton"


def is_compiled_faster(inputs: torch.Tensor, state: torch.Tensor) -> bool:
    """Whether the compiled engine can run one model's inputs, [B, T], from its state, [B, H], faster than PyTorch.

    Measured (docs/performance.md): PyTorch is faster with 2 to 11 sequences of many units. With few states in total the
    gain is small, and a short training may end before the compiled code is loaded.
    """
    batch, units = state.shape
    large = batch >= _LEAST_SEQUENCES and batch * units >= _LEAST_STATES
    return can_run_compiled(inputs, state) and (batch == 1 or large)


def can_run_compiled(inputs: torch.Tensor, state: torch.Tensor) -> bool:
    """Whether the tensors are float32 on the CPU, and the inputs need no gradient."""
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
    # Below 8.0 a program has at most 64 KiB of shared memory, less than the kernels need for 64 units.
    return hidden_size <= LARGEST_HIDDEN_SIZE and torch.cuda.get_device_capability(device) >= (8, 0)
