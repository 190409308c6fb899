"""Where this machine's matrix product is, for compiled loops that call it themselves."""

import ctypes
from functools import cache
from pathlib import Path

import torch

_LIBRARY = Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"


@cache
def sgemm_address() -> int:
    """The address of a BLAS `sgemm` in Fortran's convention, with integers of 32 bits.

    PyTorch's own (MKL) where its library has it, as on x86: it is the fastest there. SciPy's (OpenBLAS) elsewhere.
    """
    address = _pytorch_sgemm()
    if address is not None:
        return address
    # Imported here: only those who need it should wait for SciPy.
    from numba.extending import get_cython_function_address

    return get_cython_function_address("scipy.linalg.cython_blas", "sgemm")


def _pytorch_sgemm() -> int | None:
    try:
        return ctypes.cast(ctypes.CDLL(str(_LIBRARY)).sgemm_, ctypes.c_void_p).value
    except (OSError, AttributeError):  # another system's library has another name, or the function no name outside
        return None
