"""Functions that both Triton kernels of the recurrence use."""

# ruff: noqa: ANN001, ANN201, N803 (Triton's tensors have no types, and its constants are written in capitals)

import triton
import triton.language as tl


@triton.jit
def tanh(x):
    """Hyperbolic tangent by an exponential; in float32, around 0, by a polynomial (from the Cephes library).

    Near 0 the exponential loses digits to cancellation, and decaying sounds need them. libdevice's own function does
    not run in the interpreter.
    """
    magnitude = tl.abs(x)
    far = 1 - 2 / (tl.exp(2 * magnitude) + 1)
    far = tl.where(x < 0, -far, far)
    if x.dtype != tl.float32:
        return far
    square = x * x
    series = -5.70498872745e-3 * square + 2.06390887954e-2
    series = series * square - 5.37397155531e-2
    series = series * square + 1.33314422036e-1
    series = series * square - 3.33332819422e-1
    return tl.where(magnitude < 0.625, series * square * x + x, far)


@triton.jit
def row_of_gate(vector, gate: tl.constexpr, units, is_unit, HIDDEN: tl.constexpr):
    """One gate's part of a vector [4H], as a row [1, BLOCK_H]."""
    return tl.load(vector + gate * HIDDEN + units, mask=is_unit, other=0.0)[None, :]


@triton.jit
def recurrent_of_gate(recurrent, gate: tl.constexpr, places, is_weight, HIDDEN: tl.constexpr):
    """One gate's recurrent weights, [BLOCK_H, BLOCK_H]."""
    return tl.load(recurrent + gate * HIDDEN * HIDDEN + places, mask=is_weight, other=0.0)
