"""Settings of the training process: threads, memory, denormals, determinism."""

import ctypes
import os
import sys

import torch

_M_TRIM_THRESHOLD = -1
_M_TOP_PAD = -2
_M_MMAP_MAX = -4
_TOP_PAD_BYTES = 256 * 2**20


def prepare_process(accelerator: str, threads: int) -> None:
    """Make this process fast and reproducible; call it before the first tensor.

    Several models train at once in separate processes, so each process uses only its own threads. Denormal numbers,
    which decaying signals produce, are flushed to zero, because each one costs tens of cycles.
    """
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    _keep_memory()
    if accelerator == "cuda":
        # cuBLAS is deterministic only with a fixed workspace. On a CPU all operations used here are deterministic, and
        # PyTorch's check would cost a second of imports.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)
        # By default cuDNN rounds the factors of its products to 10 bits (TF32). An environment variable can make cuBLAS
        # do so, too.
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False
        # Deterministic mode would also fill new memory to expose uninitialised reads: gigabytes in backpropagation.
        torch.utils.deterministic.fill_uninitialized_memory = False


def peak_memory_mib(accelerator: str) -> float:
    """Peak memory of this process: GPU memory when training on a GPU, main memory otherwise."""
    if accelerator == "cuda":
        return torch.cuda.max_memory_reserved() / 2**20  # memory of captured graphs is reserved, not allocated
    import resource  # not on Windows, where this library can be imported, though the workflow needs Linux or macOS

    unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def forget_memory(accelerator: str) -> None:
    """Release cached GPU memory that is not in use, and restart the count of peak memory."""
    if accelerator == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether the GPU ran out of memory; libraries other than PyTorch report it only in the message."""
    said = str(error)
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in said or "ALLOC_FAILED" in said


def accelerator_name(accelerator: str) -> str:
    """The accelerator's product name."""
    if accelerator == "cuda":
        return torch.cuda.get_device_name()
    return _processor_name()


def _processor_name() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123 (a kernel interface)
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return "unknown processor"


def _keep_memory() -> None:
    """Let glibc keep freed memory: backpropagation through a long sequence frees and reallocates gigabytes each epoch.

    By default each large block is mapped and unmapped, and the kernel clears every page again; that took over half
    of an epoch. C libraries without mallopt are left unchanged.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
    mallopt(_M_TOP_PAD, _TOP_PAD_BYTES)
