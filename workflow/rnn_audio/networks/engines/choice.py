"""The choice of the recurrence's implementation for an accelerator."""

import importlib.util
import os
from collections.abc import Mapping
from functools import cache

import torch

from rnn_audio.errors import InputError

OVERRIDE = "RNN_AUDIO_ENGINE"
"""Environment variable that sets the engine of the whole process, to compare and test engines."""

OVERRIDES = ("pytorch", "triton", "cuda")

LARGEST_HIDDEN_SIZE = 128
"""Largest hidden size of the Triton engine."""

# On AMD's processors MKL chooses its code also by the addresses of the arrays: a model in a pack would round otherwise
# than alone. AUTO keeps the choice by processor and ends the choice by address. MKL reads this variable at its first
# product and not again, so that it is set here, where every process comes by that trains (docs/reproducibility.md).
os.environ.setdefault("MKL_CBWR", "AUTO")

GPU = "cuda"
"""PyTorch's type of the devices that have the engines of `FUSED`."""

CUDA, TRITON = "cuda", "triton"
FUSED = (CUDA, TRITON)
"""The engines for a GPU, the faster one first: kernels in CUDA C++ where all inputs are known (`cuda_kernels`), with
Triton's for the rest; or Triton's alone (`triton_recurrence`)."""

CAPTURED = "captured updates"
"""What else a trial on a GPU can reject (`jobs.engine_proof`): that updates run as CUDA graphs."""

CUDA_HIDDEN_SIZES = (32, 64)
"""The hidden sizes for which the CUDA kernels are written."""

_rejected: dict[str, str] = {}

_LEAST_SEQUENCES = 12
_LEAST_STATES = 1000


def reject(reasons: Mapping[str, str]) -> None:
    """Set what this process does not use although it could, of `FUSED` and `CAPTURED`, each with the reason.

    It replaces what was set before. A job calls it once, before it trains: it holds for all models of the process.
    """
    _rejected.clear()
    _rejected.update(reasons)


def rejected() -> dict[str, str]:
    """What `reject` has set."""
    return dict(_rejected)


def pick(device: torch.device, hidden_size: int) -> str:
    """The engine for tensors on a PyTorch device: the first of `candidates`; raises what it raises."""
    return candidates(device, hidden_size)[0]


def candidates(device: torch.device, hidden_size: int) -> list[str]:
    """The engines that could serve a PyTorch device, the faster ones first: `compiled`, those of `FUSED`, `pytorch`.

    On a CPU, `compiled` if numba is installed (see `is_compiled_faster` for the cases it leaves to PyTorch). On CUDA,
    those of `FUSED` that are installed, support the GPU and the hidden size, and were not rejected by a trial; then
    `pytorch`, PyTorch's LSTM.

    Raises:
        InputError: the override is not an engine, or names one that is not installed.
    """
    override = os.environ.get(OVERRIDE)
    if override:
        if override not in OVERRIDES:
            raise InputError(f"{OVERRIDE} is {override!r}; set it to one of {', '.join(OVERRIDES)}, or unset it")
        if override in FUSED and not _is_installed(override):
            raise InputError(f"{OVERRIDE} is '{override}', which is not installed; install it, or unset {OVERRIDE}")
        return [override]
    if device.type == GPU:
        served = [engine for engine in FUSED if engine not in _rejected and _serves(engine, device, hidden_size)]
        return [*served, "pytorch"]
    return ["compiled" if device.type == "cpu" and _has_numba() else "pytorch"]


def uses_triton(device: torch.device) -> bool:
    """Whether Triton's kernels train small networks on a PyTorch device; raises what `pick` raises."""
    return pick(device, hidden_size=1) in FUSED


def captures(device: torch.device, hidden_size: int) -> bool:
    """Whether updates on a PyTorch device run as CUDA graphs: on a GPU with an engine of `FUSED`, unless rejected."""
    return device.type == GPU and CAPTURED not in _rejected and pick(device, hidden_size) in FUSED


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
def _is_installed(engine: str) -> bool:
    """Whether what an engine of `FUSED` needs is installed; the CUDA kernels need Triton's as well."""
    has_triton = importlib.util.find_spec("triton") is not None
    if engine == TRITON or not has_triton:
        return has_triton
    return importlib.util.find_spec("cuda") is not None and importlib.util.find_spec("cuda.bindings") is not None


@cache
def _has_numba() -> bool:
    return importlib.util.find_spec("numba") is not None


@cache
def _serves(engine: str, device: torch.device, hidden_size: int) -> bool:
    if not _is_installed(engine):
        return False
    sizes = CUDA_HIDDEN_SIZES if engine == CUDA else range(1, LARGEST_HIDDEN_SIZE + 1)
    # Below 8.0 a program has at most 64 KiB of shared memory, less than Triton's kernels need for 64 units, and tensor
    # cores do not have TF32.
    return hidden_size in sizes and torch.cuda.get_device_capability(device) >= (8, 0)
