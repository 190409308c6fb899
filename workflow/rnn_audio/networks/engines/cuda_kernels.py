"""The launches of the recurrence's CUDA kernels (`cuda_kernels.cu`).

They replace Triton's two kernels (`triton_forward`, `triton_backward`) where all inputs are known, and read and write
the same tensors. NVRTC, which comes with PyTorch, compiles them once a process.
"""

import ctypes
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch

from rnn_audio.networks.engines.triton_sums import add_parts

# Constants of cuda_kernels.cu: sequences of a tile, groups of them and sums in a tile of the backward kernel.
_ROWS = 8
_GROUPS = 4
_SUMS = 10

_ROWS_OF_PART = 2048
"""Samples that one block adds up: enough blocks for a GPU, and few enough to add their sums quickly."""


def forward(
    inputs: torch.Tensor,
    first_h: torch.Tensor,
    first_c: torch.Tensor,
    weight_ih: torch.Tensor,
    weight_hh: torch.Tensor,
    bias: torch.Tensor,
    hidden: torch.Tensor,
    cells: torch.Tensor,
    gates: torch.Tensor,
    last_c: torch.Tensor,
    *,
    keep: bool,
) -> None:
    """Run known inputs, [M, B, T], through a pack; arguments as in `triton_forward.forward_kernel`."""
    inputs = inputs if inputs.stride(-1) == 1 else inputs.contiguous()
    models, batch, steps = inputs.shape
    size = weight_hh.shape[-1]
    tensors = inputs, first_h, first_c, weight_ih, weight_hh, bias, hidden, cells, gates, last_c
    name = f"forward<{size}, {'true' if keep else 'false'}>"
    grid = models, -(-batch // _ROWS)
    launch(name, grid, 4 * size, [*tensors, batch, steps, *inputs.stride()[:2]])


def backward(
    d_outputs: torch.Tensor,
    inputs: torch.Tensor,
    d_last_h: torch.Tensor,
    d_last_c: torch.Tensor,
    weight_hh: torch.Tensor,
    head_weight: torch.Tensor,
    hidden: torch.Tensor,
    cells: torch.Tensor,
    gates: torch.Tensor,
    d_gates: torch.Tensor,
    d_first_h: torch.Tensor,
    d_first_c: torch.Tensor,
) -> tuple[torch.Tensor, ...]:
    """Backpropagate through a chunk of a pack; arguments as in `triton_backward.backward_kernel`.

    Returns:
        The gradients of all weights, as `triton_sums.weight_gradients`.
    """
    inputs = inputs if inputs.stride(-1) == 1 else inputs.contiguous()
    models, batch, steps = d_outputs.shape
    size = weight_hh.shape[-1]
    tiles = -(-batch // _ROWS)
    sums = inputs.new_empty(models, tiles * _GROUPS, _SUMS, size)
    tensors = d_outputs, inputs, d_last_h, d_last_c, weight_hh, head_weight, cells, gates, d_gates, d_first_h, d_first_c
    launch(f"backward<{size}>", (models, tiles), 4 * size, [*tensors, sums, batch, steps, *inputs.stride()[:2]])
    parts = -(-batch * steps // _ROWS_OF_PART)
    recurrent = inputs.new_empty(models, parts, 4 * size, size)
    grid = models, parts
    launch(f"recurrent_gradient<{size}>", grid, 4 * size, [d_gates, hidden, recurrent, batch, steps, _ROWS_OF_PART])
    of_gates, by_input, by_state, of_outputs = add_parts(sums).split([4, 4, 1, 1], dim=1)
    return (
        by_input.reshape(models, 4 * size, 1),
        add_parts(recurrent),
        of_gates.reshape(models, 4 * size),
        by_state.contiguous(),
        of_outputs[:, 0, :1].contiguous(),
    )


def launch(name: str, grid: tuple[int, int], threads: int, arguments: Sequence[torch.Tensor | int]) -> None:
    """Launch a kernel on the current stream.

    Args:
        name: its name in `cuda_kernels.cu`, with its template's arguments.
        grid: number of blocks in two dimensions.
        threads: threads of a block.
        arguments: the kernel's, tensors of the current CUDA device and 32-bit integers.

    Raises:
        RuntimeError: the kernel cannot be compiled or launched.
    """
    from cuda.bindings import driver

    values = tuple(each.data_ptr() if isinstance(each, torch.Tensor) else each for each in arguments)
    types = tuple(ctypes.c_void_p if isinstance(each, torch.Tensor) else ctypes.c_int for each in arguments)
    stream = torch.cuda.current_stream().cuda_stream
    kernel = _kernel(name, torch.cuda.current_device())
    _check(driver.cuLaunchKernel(kernel, *grid, 1, threads, 1, 1, 0, stream, (values, types), 0))


@cache
def _kernel(name: str, device: int) -> Any:  # noqa: ANN401 (a handle of the driver)
    from cuda.bindings import driver, nvrtc

    source = Path(__file__).with_name("cuda_kernels.cu").read_bytes()
    major, minor = torch.cuda.get_device_capability(device)
    program = _check(nvrtc.nvrtcCreateProgram(source, b"cuda_kernels.cu", 0, [], []))
    _check(nvrtc.nvrtcAddNameExpression(program, name.encode()))
    options = [f"--gpu-architecture=sm_{major}{minor}".encode(), b"--std=c++17"]
    (outcome,) = nvrtc.nvrtcCompileProgram(program, len(options), options)
    if outcome != nvrtc.nvrtcResult.NVRTC_SUCCESS:
        log = b" " * _check(nvrtc.nvrtcGetProgramLogSize(program))
        _check(nvrtc.nvrtcGetProgramLog(program, log))
        raise RuntimeError(f"cuda_kernels.cu does not compile: {log.decode().strip()}")
    binary = b" " * _check(nvrtc.nvrtcGetCUBINSize(program))
    _check(nvrtc.nvrtcGetCUBIN(program, binary))
    module = _check(driver.cuModuleLoadData(binary))
    return _check(driver.cuModuleGetFunction(module, _check(nvrtc.nvrtcGetLoweredName(program, name.encode()))))


def _check(answer: tuple) -> Any:  # noqa: ANN401 (of the library's functions, one result each)
    outcome, *results = answer
    if outcome.value != 0:
        raise RuntimeError(f"CUDA: {outcome.name}")
    return results[0] if results else None
