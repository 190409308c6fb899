"""Address of this machine's matrix product, for compiled loops that call it directly."""

import ctypes
from functools import cache
from pathlib import Path

import torch

_LIBRARY = Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"


@cache
def sgemm_address() -> int:
    """The address of a BLAS `sgemm` in Fortran's convention, with integers of 32 bits.

    PyTorch's own (MKL) if its library has it, as on x86, where it is the fastest; otherwise SciPy's (OpenBLAS).
    """
    address = _pytorch_sgemm()
    if address is not None:
        return address
    # Imported here, because loading SciPy takes time.
    from numba.extending import get_cython_function_address

    return get_cython_function_address("scipy.linalg.cython_blas", "sgemm")


def _pytorch_sgemm() -> int | None:
    try:
        return ctypes.cast(ctypes.CDLL(str(_LIBRARY)).sgemm_, ctypes.c_void_p).value
    except (OSError, AttributeError):  # the library has another name on other systems, or does not export the function
        return None
