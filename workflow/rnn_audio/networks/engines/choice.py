"""The choice of the recurrence's implementation for an accelerator."""

import importlib.util
import os
from collections.abc import Mapping
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

GPU = "cuda"
"""PyTorch's type of the devices that have the Triton engine."""

TRITON, CAPTURED = "triton", "captured updates"
"""What a trial on a GPU (`jobs.engine_proof`) can reject: the engine, or only that updates run as CUDA graphs."""

_rejected: dict[str, str] = {}

_LEAST_SEQUENCES = 12
_LEAST_STATES = 1000


def reject(reasons: Mapping[str, str]) -> None:
    """Set what this process does not use although it could, of `TRITON` and `CAPTURED`, each with the reason.

    It replaces what was set before. A job calls it once, before it trains: it holds for all models of the process.
    """
    _rejected.clear()
    _rejected.update(reasons)


def rejected() -> dict[str, str]:
    """What `reject` has set."""
    return dict(_rejected)


def pick(device: torch.device, hidden_size: int) -> str:
    """The engine for tensors on a PyTorch device: `compiled`, `triton` (`triton_recurrence`) or `pytorch`.

    On a CPU, `compiled` if numba is installed (see `is_compiled_faster` for the cases it leaves to PyTorch). On CUDA,
    `triton` if Triton is installed, the GPU has enough shared memory, the kernels support the hidden size and no trial
    has rejected it. Otherwise `pytorch`, PyTorch's LSTM.

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
    if device.type == GPU and TRITON not in _rejected and _has_triton() and _serves(device, hidden_size):
        return TRITON
    return "compiled" if device.type == "cpu" and _has_numba() else "pytorch"


def uses_triton(device: torch.device) -> bool:
    """Whether Triton's kernels train small networks on a PyTorch device; raises what `pick` raises."""
    return pick(device, hidden_size=1) == "triton"


def captures(device: torch.device, hidden_size: int) -> bool:
    """Whether updates on a PyTorch device run as CUDA graphs: on a GPU with the Triton engine, unless rejected."""
    return device.type == GPU and CAPTURED not in _rejected and pick(device, hidden_size) == TRITON


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
