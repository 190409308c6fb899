"""Choose the processor that trains, without importing PyTorch, so that a workflow starts quickly."""

import ctypes
import importlib.util
import subprocess
from pathlib import Path

from rnn_audio.errors import InputError

# The least compute capability that PyTorch is built for, by the major version of its CUDA; of others it is not known.
_LEAST_CAPABILITY = {13: (7, 5)}
# Numbers of the driver's attributes of a GPU: its compute capability.
_MAJOR, _MINOR = 75, 76


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


def unused_gpu(setting: str) -> str | None:
    """A sentence about a GPU that `auto` leaves unused, because PyTorch cannot use it; None if there is no such GPU."""
    obstacle = _obstacle_to_cuda() if setting == "auto" else None
    if obstacle is None or isinstance(_driver_with_gpu(), str):
        return None
    return f"The CPU trains and not the GPU of this machine, since {obstacle}."


def driver_version() -> str | None:
    """The version of NVIDIA's driver; None if nvidia-smi does not say."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return said.partition("\n")[0].strip() or None


def _obstacle_to_cuda() -> str | None:
    """Why PyTorch cannot use the first visible GPU; None if nothing speaks against it."""
    cuda = _pytorch_cuda()
    if cuda is None:
        return "the installed PyTorch was built without CUDA"
    driver = _driver_with_gpu()
    if isinstance(driver, str):
        return driver
    return _outdated(driver, cuda)


def _driver_with_gpu() -> ctypes.CDLL | str:
    """The driver, initialised, if it has a GPU; otherwise what is missing."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return "the NVIDIA driver (libcuda.so.1) is not installed"
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0 or count.value == 0:
        return "the NVIDIA driver finds no GPU (see CUDA_VISIBLE_DEVICES and nvidia-smi)"
    return driver


def _outdated(driver: ctypes.CDLL, cuda: str) -> str | None:
    """Why the driver or the first GPU is too old for a PyTorch built with this CUDA; None if it is not, or unknown."""
    needed = int(cuda.partition(".")[0])
    least = _LEAST_CAPABILITY.get(needed)
    version, name = ctypes.c_int(0), ctypes.create_string_buffer(100)
    gpu, major, minor = ctypes.c_int(0), ctypes.c_int(0), ctypes.c_int(0)
    try:
        failed = (
            driver.cuDriverGetVersion(ctypes.byref(version))
            or driver.cuDeviceGet(ctypes.byref(gpu), 0)
            or driver.cuDeviceGetName(name, len(name), gpu)
            or driver.cuDeviceGetAttribute(ctypes.byref(major), _MAJOR, gpu)
            or driver.cuDeviceGetAttribute(ctypes.byref(minor), _MINOR, gpu)
        )
    except AttributeError:  # a driver without these functions
        return None
    if failed:
        return None
    if version.value // 1000 < needed:
        own = f"{version.value // 1000}.{version.value % 1000 // 10}"
        return f"the NVIDIA driver is for CUDA {own}, and the installed PyTorch (CUDA {cuda}) needs a newer driver"
    if least is not None and (major.value, minor.value) < least:
        return (
            f"the {name.value.decode()} has compute capability {major.value}.{minor.value}, and the installed PyTorch "
            f"(CUDA {cuda}) needs {least[0]}.{least[1]} or more; one built with CUDA 12.6 serves older GPUs"
        )
    return None


def _pytorch_cuda() -> str | None:
    """The CUDA version that the installed PyTorch was built with; None without CUDA, or without PyTorch."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    namespace: dict[str, object] = {}
    exec(Path(spec.origin).with_name("version.py").read_text(), namespace)
    cuda = namespace.get("cuda")
    return None if cuda is None else str(cuda)
