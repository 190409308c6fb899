"""One trained model on one CPU core, block after block, as a plug-in would run it: the inference engine.

Nothing of the training uses it. It needs numpy and numba, not PyTorch. As in `cell_kernels`, everything that is
compiled is in this file, because numba's cache sees an edit in the file of the outermost function only.
"""

from __future__ import annotations

from collections.abc import Mapping

import numba
import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]

# As in `cell_kernels`: NaN and infinity stay what they are, and inlining does not depend on what else is compiled.
_COMPILED = {"cache": True, "error_model": "numpy", "fastmath": {"contract", "nsz", "reassoc"}}
_INLINED = {**_COMPILED, "forceinline": True}

_ONE = np.float32(1.0)
_HALF = np.float32(0.5)
_TANH_LIMIT = np.float32(7.9)
# The fraction of `cell_kernels.tanh`, whose loops become vector instructions.
_P0, _P1, _P2, _P3, _P4 = (
    np.float32(value) for value in (9.999999943e-01, 1.345062061e-01, 3.578992047e-03, 2.202324444e-05, 1.542796956e-08)
)
_Q1, _Q2, _Q3, _Q4 = (
    np.float32(value) for value in (4.678394861e-01, 2.619223809e-02, 3.423650544e-04, 8.598779279e-07)
)


class Stream:
    """A model with its state, which is carried from one block to the next.

    The outputs do not depend on how the samples are divided into blocks, bit by bit. Against exact functions in double
    precision, they are off by about 1e-6 of full scale.

    Args:
        weights: arrays by the names of `networks.model`: `lstm.weight_ih` [4H, 1], `lstm.weight_hh` [4H, H] with gates
            in the order i, f, g, o, `lstm.bias_ih` and `lstm.bias_hh` [4H], `linear.weight` [1, H], `linear.bias` [1].
        skip: whether the input is added to the output.
        state: h and c before the first sample, [H] each; None: zeros.
    """

    def __init__(
        self, weights: Mapping[str, NDArray], *, skip: bool = False, state: tuple[NDArray, NDArray] | None = None
    ) -> None:
        hidden = weights["lstm.weight_hh"].shape[1]
        # The logistic function is (tanh(x / 2) + 1) / 2: with the halves in the weights, all gates need one tanh.
        scale = np.full(4 * hidden, _HALF)
        scale[2 * hidden : 3 * hidden] = _ONE
        bias = np.asarray(weights["lstm.bias_ih"], dtype=np.float64) + weights["lstm.bias_hh"]
        matrices = [weights["lstm.weight_hh"].T * scale, weights["lstm.weight_ih"][:, 0] * scale, bias * scale]
        self._weights = [np.ascontiguousarray(matrix, dtype=np.float32) for matrix in matrices]
        self._head = np.ascontiguousarray(weights["linear.weight"][0], dtype=np.float32)
        self._ends = np.float32(weights["linear.bias"][0]), np.float32(skip)
        self._start = np.zeros((2, hidden), dtype=np.float32)
        if state is not None:
            self._start[:] = state
        self._state = self._start.copy()
        self._gates = np.empty(4 * hidden, dtype=np.float32)

    def reset(self) -> None:
        """Return to the state before the first sample."""
        self._state[:] = self._start

    @property
    def state(self) -> tuple[Floats32, Floats32]:
        """A copy of h and c after the last sample, [H] each."""
        h, c = self._state.copy()
        return h, c

    def process(self, samples: NDArray[np.floating]) -> Floats32:
        """The outputs for the next block, [N] in and out. Each output is computed before the next input is read."""
        inputs = np.ascontiguousarray(samples, dtype=np.float32)
        outputs = np.empty_like(inputs)
        _run(*self._weights, self._head, *self._ends, *self._state, self._gates, inputs, outputs)
        return outputs


@numba.njit(inline="always", **_COMPILED)
def _tanh(x: np.float32) -> np.float32:
    x = _TANH_LIMIT if x > _TANH_LIMIT else x
    x = -_TANH_LIMIT if x < -_TANH_LIMIT else x
    s = x * x
    numerator = (((_P4 * s + _P3) * s + _P2) * s + _P1) * s + _P0
    denominator = (((_Q4 * s + _Q3) * s + _Q2) * s + _Q1) * s + _ONE
    return x * numerator / denominator


@numba.njit(**_INLINED)
def _add_product(row: Floats32, matrix: Floats32, sums: Floats32) -> None:
    """Add [K] times [K, N] to [N], with eight rows of the matrix at a time, so that the sums are stored less often."""
    inner = row.size - row.size % 8
    for k in range(0, inner, 8):
        a, b, c, d = row[k], row[k + 1], row[k + 2], row[k + 3]
        e, f, g, h = row[k + 4], row[k + 5], row[k + 6], row[k + 7]
        for n in range(sums.size):
            first = a * matrix[k, n] + b * matrix[k + 1, n] + c * matrix[k + 2, n] + d * matrix[k + 3, n]
            second = e * matrix[k + 4, n] + f * matrix[k + 5, n] + g * matrix[k + 6, n] + h * matrix[k + 7, n]
            sums[n] += first + second
    for k in range(inner, row.size):
        for n in range(sums.size):
            sums[n] += row[k] * matrix[k, n]


@numba.njit(**_COMPILED)
def _run(
    weight_hh: Floats32,
    weight_ih: Floats32,
    bias: Floats32,
    head: Floats32,
    head_bias: np.float32,
    skip: np.float32,
    h: Floats32,
    c: Floats32,
    gates: Floats32,
    inputs: Floats32,
    outputs: Floats32,
) -> None:
    """Fill `outputs`, [N], and update h and c, [H].

    `weight_hh` is transposed, [H, 4H]; with `weight_ih` and `bias`, [4H], it is halved for the gates i, f and o.
    `gates` is a buffer, [4H]. `skip` is 1 where the input is added to the output, else 0.
    """
    hidden = h.size
    for sample in range(inputs.size):
        x = inputs[sample]
        for n in range(4 * hidden):
            gates[n] = bias[n] + weight_ih[n] * x
        _add_product(h, weight_hh, gates)
        for n in range(4 * hidden):
            gates[n] = _tanh(gates[n])
        output = head_bias + skip * x
        for n in range(hidden):
            opened, kept = _HALF * gates[n] + _HALF, _HALF * gates[hidden + n] + _HALF
            cell = kept * c[n] + opened * gates[2 * hidden + n]
            c[n] = cell
            h[n] = (_HALF * gates[3 * hidden + n] + _HALF) * _tanh(cell)
            output += head[n] * h[n]
        outputs[sample] = output
