"""Launch settings of the Triton kernels of the recurrence, and the inputs that they accept."""

import subprocess
from dataclasses import dataclass, replace
from functools import cache

import torch
import triton

from rnn_audio.errors import InputError

_TILE_ROWS = 16


@dataclass(frozen=True)
class Launch:
    """Settings of one launch.

    Attributes:
        rows: sequences per program.
        warps: warps per program.
        resident: whether a program keeps the recurrent weights on the chip.
    """

    rows: int
    warps: int
    resident: bool = True

    def for_batch(self, batch: int) -> "Launch":
        """The same launch with fewer rows if the batch is smaller; a tensor core's tile keeps all of its rows."""
        if self.rows >= _TILE_ROWS:
            return self
        return replace(self, rows=min(self.rows, triton.next_power_of_2(batch)))


# By precision, then by the hidden size rounded up to a power of two. Chosen by the compiler's registers, spills, shared
# memory and instructions per sample for compute capability 9.0, not by times on a GPU. `ieee` multiplies without tensor
# cores: with few sequences per program, a sample takes few instructions, and the programs use more of the processor.
LAUNCHES = {
    "ieee": {16: Launch(8, 4), 32: Launch(4, 4), 64: Launch(4, 4), 128: Launch(4, 16, resident=False)},
    "tf32x3": {16: Launch(_TILE_ROWS, 4), 32: Launch(_TILE_ROWS, 8), 64: Launch(_TILE_ROWS, 8)},
}


def block_size(hidden_size: int) -> int:
    """Units of a block: a power of two, at least 16, since a product needs 16 terms to sum over."""
    return max(16, triton.next_power_of_2(hidden_size))


def choose_launch(weight_hh: torch.Tensor, precision: str, *, interpreted: bool) -> Launch:
    """The launch for a pack with the recurrent weights `weight_hh`, [M, 4H, H].

    Raises:
        InputError: the weights are not on a CUDA device and Triton does not interpret, or Triton cannot launch.
        ValueError: the kernels do not support the hidden size, the type or the precision.
    """
    if not (weight_hh.is_cuda or interpreted):
        raise InputError(
            f"Triton's recurrence runs on CUDA devices, but the tensors are on {weight_hh.device}; "
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
    """Let Triton build its launcher, a module in C that it compiles at its first use on a machine.

    Raises:
        InputError: Triton cannot build it; the message says what is missing.
    """
    try:
        triton.runtime.driver.active.get_current_target()
    except (RuntimeError, AssertionError, OSError, ImportError, subprocess.SubprocessError) as error:
        raise InputError(
            f"Triton cannot launch kernels on this machine ({error}); at its first use it needs gcc and the headers of "
            "Python (Debian: apt-get install gcc python3-dev); or set RNN_AUDIO_ENGINE=pytorch, which trains slowly"
        ) from error
