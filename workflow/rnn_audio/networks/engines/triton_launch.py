"""How the Triton kernels of the recurrence are cut and launched, and what they take."""

import subprocess
from dataclasses import dataclass, replace
from functools import cache

import torch
import triton

from rnn_audio.errors import InputError

_TILE_ROWS = 16


@dataclass(frozen=True)
class Launch:
    """One way of launching them.

    Attributes:
        rows: sequences a program takes.
        warps: warps a program has.
        resident: whether a program keeps the recurrent weights on the chip.
    """

    rows: int
    warps: int
    resident: bool = True

    def for_batch(self, batch: int) -> "Launch":
        """The same with no more rows than so many sequences fill; a tensor core's tile has all of its own."""
        if self.rows >= _TILE_ROWS:
            return self
        return replace(self, rows=min(self.rows, triton.next_power_of_2(batch)))


# By precision, and by the hidden size's next power of two. Chosen from the compiler's registers, spills, shared memory
# and instructions a sample for compute capability 9.0, not from times on a GPU. `ieee` multiplies without tensor cores:
# few sequences a program leave few instructions between two samples, and spread over more of the processor.
LAUNCHES = {
    "ieee": {16: Launch(8, 4), 32: Launch(4, 4), 64: Launch(4, 4), 128: Launch(4, 16, resident=False)},
    "tf32x3": {16: Launch(_TILE_ROWS, 4), 32: Launch(_TILE_ROWS, 8), 64: Launch(_TILE_ROWS, 8)},
}


def block_size(hidden_size: int) -> int:
    """Units of a block: a power of two, and 16 at least, which a product needs to sum over."""
    return max(16, triton.next_power_of_2(hidden_size))


def choose_launch(weight_hh: torch.Tensor, precision: str, *, interpreted: bool) -> Launch:
    """The launch for a pack, by its recurrent weights, [M, 4H, H].

    Raises:
        InputError: the weights are neither on a CUDA device nor in Triton's interpreter, or Triton cannot launch.
        ValueError: a hidden size, a type or a precision that the kernels do not have.
    """
    if not (weight_hh.is_cuda or interpreted):
        raise InputError(
            f"Triton's recurrence runs on CUDA devices, the tensors are on {weight_hh.device}; "
            "unset RNN_AUDIO_ENGINE, or set TRITON_INTERPRET=1 for tests without a GPU"
        )
    if weight_hh.dtype != torch.float32 and not (interpreted and weight_hh.dtype == torch.float64):
        raise ValueError(f"the kernels take float32 (and float64 in the interpreter), not {weight_hh.dtype}")
    sizes = LAUNCHES.get(precision)
    if sizes is None:
        raise ValueError(f"precision is {precision!r}, must be one of {', '.join(LAUNCHES)}")
    hidden_size = weight_hh.shape[-1]
    if hidden_size > max(sizes):
        raise ValueError(f"hidden size {hidden_size} is above {max(sizes)}, the kernels' largest in {precision}")
    if not interpreted:
        prepare_driver()
    return sizes[block_size(hidden_size)]


@cache
def prepare_driver() -> None:
    """Let Triton make what launches its kernels: at its first use on a machine, it compiles a module of its own in C.

    Raises:
        InputError: it cannot; the message says what it lacks.
    """
    try:
        triton.runtime.driver.active.get_current_target()
    except (RuntimeError, AssertionError, OSError, ImportError, subprocess.SubprocessError) as error:
        raise InputError(
            f"Triton cannot launch kernels on this machine ({error}); at its first use it needs gcc and the headers of "
            "Python (Debian: apt-get install gcc python3-dev); or set RNN_AUDIO_ENGINE=pytorch, which trains slowly"
        ) from error
