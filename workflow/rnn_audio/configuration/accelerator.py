"""Choose the processor that trains, without importing PyTorch, so that a workflow starts quickly."""

import ctypes
import importlib.util
from pathlib import Path

from rnn_audio.errors import InputError

LEAST_CAPABILITY = (7, 5)
"""Compute capability of the oldest GPUs that the pinned PyTorch supports: Turing. A GTX 1080 has 6.1."""

_CAPABILITY_ATTRIBUTES = (75, 76)  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR


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
    capability = _capability(driver)
    if capability is not None and capability < LEAST_CAPABILITY:
        found, needed = (".".join(map(str, version)) for version in (capability, LEAST_CAPABILITY))
        return f"the GPU's compute capability is {found}, below {needed}, the least that PyTorch supports"
    return None


def _capability(driver: ctypes.CDLL) -> tuple[int, int] | None:
    """Compute capability of the first GPU, on which jobs train; None if the driver does not say."""
    parts = []
    for attribute in _CAPABILITY_ATTRIBUTES:
        value = ctypes.c_int(0)
        try:
            if driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, 0) != 0:
                return None
        except AttributeError:
            return None
        parts.append(value.value)
    return parts[0], parts[1]


def _pytorch_has_cuda() -> bool:
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    namespace: dict[str, object] = {}
    exec(Path(spec.origin).with_name("version.py").read_text(), namespace)
    return namespace.get("cuda") is not None
