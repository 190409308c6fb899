"""One LSTM model, sample by sample, compiled with numba, as a plug-in would run it."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float32]


@numba.njit(cache=True, inline="always")
def _sigmoid(value: np.float32) -> np.float32:
    return np.float32(1.0) / (np.float32(1.0) + np.exp(-value))


@numba.njit(cache=True)
def run_loop(
    weight_ih: Weights,
    weight_hh: Weights,
    bias: Weights,
    weight_out: Weights,
    bias_out: np.float32,
    h: Weights,
    c: Weights,
    gates: Weights,
    inputs: Weights,
    outputs: Weights,
) -> None:
    """Fill `outputs` and update the state, without allocating memory; everything is float32.

    Args:
        weight_ih: [4H], gates in the order i, f, g, o.
        weight_hh: transposed, [H, 4H], so that the inner loop reads contiguous memory.
        bias: the sum of both biases, [4H].
        weight_out: [H].
        bias_out: a scalar.
        h: hidden state, [H]; changed.
        c: cell state, [H]; changed.
        gates: buffer for the gates, [4H]; changed.
        inputs: [N].
        outputs: [N]; changed.
    """
    hidden = h.shape[0]
    for sample in range(inputs.shape[0]):
        for gate in range(4 * hidden):
            gates[gate] = bias[gate] + weight_ih[gate] * inputs[sample]
        for unit in range(hidden):
            for gate in range(4 * hidden):
                gates[gate] += weight_hh[unit, gate] * h[unit]
        output = bias_out
        for unit in range(hidden):
            kept = _sigmoid(gates[hidden + unit]) * c[unit]
            c[unit] = kept + _sigmoid(gates[unit]) * np.tanh(gates[2 * hidden + unit])
            h[unit] = _sigmoid(gates[3 * hidden + unit]) * np.tanh(c[unit])
            output += weight_out[unit] * h[unit]
        outputs[sample] = output
