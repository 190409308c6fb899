"""Choose the processor that trains, without importing PyTorch, so that a workflow starts quickly."""

import ctypes
import importlib.util
from pathlib import Path

from rnn_audio.errors import InputError


def resolve_accelerator(setting: str) -> str:
    """The accelerator for the configuration's `accelerator`: `auto`, `cpu`, `cuda` or `cuda_on_node`.

    `cuda_on_node` is CUDA on the node that a cluster chooses; only a job on that node can check for a GPU.

    Raises:
        InputError: `cuda` was asked for, but PyTorch or the driver cannot use a GPU. There is no silent fallback.
    """
    if setting == "cpu":
        return "cpu"
    if setting == "cuda_on_node":
        return "cuda"
    obstacle = _obstacle_to_cuda()
    if obstacle is None:
        return "cuda"
    if setting == "auto":
        return "cpu"
    raise InputError(
        f"accelerator: cuda was asked for, but {obstacle}; set accelerator to auto or cpu, or repair the installation"
    )


def require_gpu(who: str) -> None:
    """Check for a GPU that PyTorch can use, for `who`, which measures one.

    Raises:
        InputError: PyTorch or the driver cannot use a GPU.
    """
    obstacle = _obstacle_to_cuda()
    if obstacle is not None:
        raise InputError(f"{who} needs a GPU, but {obstacle}")


def _obstacle_to_cuda() -> str | None:
    if not _pytorch_has_cuda():
        return "the installed PyTorch was built without CUDA"
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return "the NVIDIA driver (libcuda.so.1) is not installed"
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0 or count.value == 0:
        return "the NVIDIA driver finds no GPU (see CUDA_VISIBLE_DEVICES and nvidia-smi)"
    return None


def _pytorch_has_cuda() -> bool:
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    namespace: dict[str, object] = {}
    exec(Path(spec.origin).with_name("version.py").read_text(), namespace)
    return namespace.get("cuda") is not None
