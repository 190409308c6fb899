"""The kernels of `cuda_kernels.cu`, compiled for the CPU and run there (emulated_gpu.cpp), on tensors of the CPU."""

import ctypes
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from support.places import REPOSITORY

COMPILER = shutil.which("g++")
_KERNELS = REPOSITORY / "workflow" / "rnn_audio" / "networks" / "engines" / "cuda_kernels.cu"

Launch = Callable[[str, tuple[int, int], int, Sequence[torch.Tensor | int]], None]


def compile_kernels(folder: Path) -> Launch:
    """Compile the kernels into a folder; returns what takes the place of `cuda_kernels.launch`."""
    library = folder / "emulated.so"
    source = Path(__file__).with_suffix(".cpp")
    command = [COMPILER, "-std=c++17", "-O1", "-shared", "-fPIC", f'-DKERNELS="{_KERNELS}"', "-o", library, source]
    subprocess.run(command, check=True)
    run = ctypes.CDLL(str(library)).launch

    def launch(name: str, grid: tuple[int, int], threads: int, arguments: Sequence[torch.Tensor | int]) -> None:
        values = [
            ctypes.c_void_p(each.data_ptr()) if isinstance(each, torch.Tensor) else ctypes.c_int(each)
            for each in arguments
        ]
        places = (ctypes.c_void_p * len(values))(*(ctypes.addressof(value) for value in values))
        assert run(name.encode(), *grid, threads, places) == 0, f"no kernel {name}"

    return launch
