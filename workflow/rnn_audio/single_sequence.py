"""The recurrence of one sequence, compiled as a whole: its matrix products are too small to be called one by one."""

import numba
import numpy as np

from rnn_audio.cell_kernels import COMPILED, Booleans, Floats, advance, retreat


@numba.njit(**COMPILED)
def _multiply(row: Floats, matrix: Floats, product: Floats) -> None:
    """[K] times [K, N] to [N]: several of the matrix's rows at a time, or storing the sums would take the time."""
    inner = row.size - row.size % 8
    for n in range(product.size):
        product[n] = np.float32(0.0)
    for k in range(0, inner, 8):
        a, b, c, d, e, f, g, h = (
            row[k],
            row[k + 1],
            row[k + 2],
            row[k + 3],
            row[k + 4],
            row[k + 5],
            row[k + 6],
            row[k + 7],
        )
        for n in range(product.size):
            first = a * matrix[k, n] + b * matrix[k + 1, n] + c * matrix[k + 2, n] + d * matrix[k + 3, n]
            second = e * matrix[k + 4, n] + f * matrix[k + 5, n] + g * matrix[k + 6, n] + h * matrix[k + 7, n]
            product[n] += first + second
    for k in range(inner, row.size):
        for n in range(product.size):
            product[n] += row[k] * matrix[k, n]


@numba.njit(**COMPILED)
def run_forward(
    weights: Floats,
    gates: Floats,
    cells: Floats,
    rows: Floats,
    outputs: Floats,
    inputs: Floats,
    forced: Booleans,
    head: Floats,
) -> None:
    """All steps forward; `weights` is transposed, [H + 2, 4H], the other arguments are those of `advance`."""
    for step in range(len(inputs)):
        _multiply(rows[step % len(rows)], weights, gates[step % len(gates)])
        advance(step, gates, cells, rows, outputs, inputs, forced, head)


@numba.njit(**COMPILED)
def run_backward(
    weights: Floats,
    gates: Floats,
    cells: Floats,
    grad_h: Floats,
    grad_c: Floats,
    grad_outputs: Floats,
    forced: Booleans,
    weight_ih: Floats,
    grad_sums: Floats,
) -> None:
    """All steps backward.

    Args:
        weights: W_hh above the linear layer's weights, [4H + 1, H].
        grad_h: gradient of the state behind the last step, the last output's included, [H]; becomes that of the first.
        grad_sums: filled, [T, 4H + 1].

    The other arguments are those of `retreat`.
    """
    for step in range(len(gates) - 1, -1, -1):
        retreat(step, gates, cells, grad_h, grad_c, grad_outputs, forced, weight_ih, grad_sums[step])
        _multiply(grad_sums[step], weights, grad_h)
