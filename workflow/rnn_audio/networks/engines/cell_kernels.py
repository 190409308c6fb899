"""The time steps of an LSTM with its linear output, on a CPU, forward and backward, compiled with numba.

For a batch, the compiled loop calls BLAS for the matrix products. For a single sequence, a call would take longer than
the product, so the products are written out. Everything is in this file, because numba's cache depends on the file of
the outermost function only, and would not see an edit in another one.

Arrays have the units first and the batch last, so that a gate of the whole batch is contiguous in memory and the loops
use vector registers. All are float32. A product in a shape, as in [4H*B], means that these axes are flattened.
"""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]
Booleans = NDArray[np.bool_]

# Products and sums may be fused, sums reordered, and the sign of a zero ignored. NaN and infinity stay what they are.
COMPILED = {"cache": True, "error_model": "numpy", "fastmath": {"contract", "nsz", "reassoc"}}
# Called functions are inlined by force. If the compiler decided, a process could have two versions of a function, its
# own and an inlined one. Which one runs would depend on what the process compiled or loaded before, so the last bits of
# the first run could differ from those of a repetition.
INLINED = {**COMPILED, "forceinline": True}

_ONE = np.float32(1.0)
_HALF = np.float32(0.5)
_TANH_LIMIT = np.float32(7.9)
# tanh(x) = x P(x^2) / Q(x^2), fitted to |x| <= 7.9 by reweighted least squares: relative error 6e-9, before rounding. A
# fraction of polynomials is compiled to vector instructions; a call of the mathematical library is not.
_P0, _P1, _P2, _P3, _P4 = (
    np.float32(value) for value in (9.999999943e-01, 1.345062061e-01, 3.578992047e-03, 2.202324444e-05, 1.542796956e-08)
)
_Q1, _Q2, _Q3, _Q4 = (
    np.float32(value) for value in (4.678394861e-01, 2.619223809e-02, 3.423650544e-04, 8.598779279e-07)
)


@intrinsic
def _sgemm(
    _typing: Any,  # noqa: ANN401 (numba's context)
    address: types.Type,
    transpose_a: types.Type,
    rows: types.Type,
    columns: types.Type,
    inner: types.Type,
    a: types.Type,
    a_rows: types.Type,
    b: types.Type,
    beta: types.Type,
    c: types.Type,
) -> tuple[types.Type, Callable[..., ir.Value]]:
    """BLAS's product C = op(A) B + beta C of matrices in column-major order without gaps.

    op(A) is [rows, inner]: A, or A transposed if `transpose_a` is T. A has a_rows rows; B is [inner, columns]. A, B and
    C are passed as addresses.
    """
    byte, integer, number, pointer = types.uint8, types.int32, types.float32, types.intp
    signature = types.void(pointer, byte, integer, integer, integer, pointer, integer, pointer, number, pointer)

    def call(context: Any, builder: ir.IRBuilder, _signature: Any, values: list[ir.Value]) -> ir.Value:  # noqa: ANN401
        anything = ir.IntType(8).as_pointer()
        function, transpose, m, n, k, first, first_rows, second, factor, product = values
        first, second, product = (builder.inttoptr(array, anything) for array in (first, second, product))

        def reference(value: ir.Value) -> ir.Value:
            return builder.bitcast(cgutils.alloca_once_value(builder, value), anything)

        plain, one = ir.Constant(ir.IntType(8), ord("N")), ir.Constant(ir.FloatType(), 1.0)
        arguments = [
            *(reference(value) for value in (transpose, plain, m, n, k, one)),
            *(first, reference(first_rows), second, reference(k), reference(factor), product, reference(m)),
        ]
        sgemm = ir.FunctionType(ir.VoidType(), [anything] * len(arguments))
        builder.call(builder.inttoptr(function, sgemm.as_pointer()), arguments)
        return context.get_dummy_value()

    return signature, call


_PLAIN, _TRANSPOSED = np.uint8(ord("N")), np.uint8(ord("T"))
_NOUGHT = np.float32(0.0)


@numba.njit(inline="always", **COMPILED)
def tanh(x: np.float32) -> np.float32:
    """Hyperbolic tangent, with an error of at most 4e-7. NaN stays NaN."""
    x = _TANH_LIMIT if x > _TANH_LIMIT else x
    x = -_TANH_LIMIT if x < -_TANH_LIMIT else x
    s = x * x
    numerator = (((_P4 * s + _P3) * s + _P2) * s + _P1) * s + _P0
    denominator = (((_Q4 * s + _Q3) * s + _Q2) * s + _Q1) * s + _ONE
    return x * numerator / denominator


@numba.njit(**INLINED)
def _squash(gates: Floats32) -> None:
    """The logistic function, in place."""
    for n in range(gates.size):
        gates[n] = _HALF * tanh(_HALF * gates[n]) + _HALF


@numba.njit(**INLINED)
def _squash_symmetric(gates: Floats32) -> None:
    """The hyperbolic tangent, in place."""
    for n in range(gates.size):
        gates[n] = tanh(gates[n])


@numba.njit(**INLINED)
def _move_state(i: Floats32, f: Floats32, g: Floats32, o: Floats32, c: Floats32, next_c: Floats32, h: Floats32) -> None:
    for n in range(c.size):
        cell = f[n] * c[n] + i[n] * g[n]
        next_c[n] = cell
        h[n] = o[n] * tanh(cell)


@numba.njit(**INLINED)
def _project(head: Floats32, h: Floats32, output: Floats32) -> None:
    """The linear layer: `head` holds its H weights, then its bias."""
    units, batch = head.size - 1, output.size
    if batch == 1:
        total = head[units]
        for unit in range(units):
            total += head[unit] * h[unit]
        output[0] = total
        return
    for b in range(batch):
        output[b] = head[units]
    for unit in range(units):
        weight, row = head[unit], h[unit * batch : (unit + 1) * batch]
        for b in range(batch):
            output[b] += weight * row[b]


@numba.njit(**INLINED)
def advance(
    step: int,
    gates: Floats32,
    cells: Floats32,
    rows: Floats32,
    outputs: Floats32,
    inputs: Floats32,
    forced: Booleans,
    head: Floats32,
) -> None:
    """Compute one step's next state, its output and the next step's input from the sums of its gates.

    `gates`, `cells` and `rows` may have fewer rows than the run has steps; they are then reused cyclically.

    Args:
        step: index of the step, from 0.
        gates: [T, 4H*B], in the order i, f, g, o; row `step` has the sums on entry, the activations on return.
        cells: cell states before each step, [T + 1, H*B]; the next row is filled.
        rows: h, input and ones of each step, [T + 1, (H + 2)*B]; h and input of the next row are filled.
        outputs: [T, B]; row `step` is filled.
        inputs: the true samples, [T, B].
        forced: where the true sample is fed, [T, B]; elsewhere the last output is. If empty, it is fed everywhere.
        head: the linear layer's weights and bias, [H + 1].
    """
    batch, size = outputs.shape[1], cells.shape[1]
    here, following = step % len(cells), (step + 1) % len(cells)
    own, row = gates[step % len(gates)], rows[following]
    _squash(own[: 2 * size])
    _squash_symmetric(own[2 * size : 3 * size])
    _squash(own[3 * size :])
    _move_state(
        own[:size],
        own[size : 2 * size],
        own[2 * size : 3 * size],
        own[3 * size :],
        cells[here],
        cells[following],
        row[:size],
    )
    _project(head, row[:size], outputs[step])
    if step + 1 == len(inputs):
        return
    for b in range(batch):
        known = forced.size == 0 or forced[step + 1, b]
        row[size + b] = inputs[step + 1, b] if known else outputs[step, b]


@numba.njit(**INLINED)
def _gate_gradients(
    i: Floats32,
    f: Floats32,
    g: Floats32,
    o: Floats32,
    c: Floats32,
    next_c: Floats32,
    grad_h: Floats32,
    grad_c: Floats32,
    grad_i: Floats32,
    grad_f: Floats32,
    grad_g: Floats32,
    grad_o: Floats32,
) -> None:
    for n in range(c.size):
        squashed = tanh(next_c[n])
        through = grad_c[n] + grad_h[n] * o[n] * (_ONE - squashed * squashed)
        grad_i[n] = through * g[n] * i[n] * (_ONE - i[n])
        grad_f[n] = through * c[n] * f[n] * (_ONE - f[n])
        grad_g[n] = through * i[n] * (_ONE - g[n] * g[n])
        grad_o[n] = grad_h[n] * squashed * o[n] * (_ONE - o[n])
        grad_c[n] = through * f[n]


@numba.njit(**INLINED)
def retreat(
    step: int,
    gates: Floats32,
    cells: Floats32,
    grad_h: Floats32,
    grad_c: Floats32,
    grad_outputs: Floats32,
    forced: Booleans,
    weight_ih: Floats32,
    grad_sums: Floats32,
) -> None:
    """Compute the gradients of one step's gate sums and of the output before it from those of the state after it.

    Args:
        step: index of the step, from 0.
        gates: activations, [T, 4H*B].
        cells: cell states before each step, [T + 1, H*B].
        grad_h: gradient of the hidden state after the step, [H*B].
        grad_c: gradient of the cell state after the step, [H*B]; replaced by that of the cell state before it.
        grad_outputs: gradients of the outputs, [T, B].
        forced: see `advance`.
        weight_ih: [4H].
        grad_sums: filled, [(4H + 1)*B]: gradients of the gates' sums, then of the output of the step before.
    """
    batch, size = grad_outputs.shape[1], cells.shape[1]
    own = gates[step]
    _gate_gradients(
        own[:size],
        own[size : 2 * size],
        own[2 * size : 3 * size],
        own[3 * size :],
        cells[step],
        cells[step + 1],
        grad_h,
        grad_c,
        grad_sums[:size],
        grad_sums[size : 2 * size],
        grad_sums[2 * size : 3 * size],
        grad_sums[3 * size : 4 * size],
    )
    for b in range(batch):
        grad_output = grad_outputs[step - 1, b] if step > 0 else np.float32(0.0)
        if step > 0 and forced.size > 0 and not forced[step, b]:
            for gate in range(weight_ih.size):
                grad_output += weight_ih[gate] * grad_sums[gate * batch + b]
        grad_sums[4 * size + b] = grad_output


@numba.njit(**INLINED)
def _multiply(row: Floats32, matrix: Floats32, product: Floats32) -> None:
    """[K] times [K, N] to [N], with eight rows of the matrix at a time, so that the sums are stored less often."""
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
    weights: Floats32,
    gates: Floats32,
    cells: Floats32,
    rows: Floats32,
    outputs: Floats32,
    inputs: Floats32,
    forced: Booleans,
    head: Floats32,
) -> None:
    """All steps forward; `weights` is transposed, [H + 2, 4H]. The other arguments are those of `advance`."""
    for step in range(len(inputs)):
        _multiply(rows[step % len(rows)], weights, gates[step % len(gates)])
        advance(step, gates, cells, rows, outputs, inputs, forced, head)


@numba.njit(**COMPILED)
def run_backward(
    weights: Floats32,
    gates: Floats32,
    cells: Floats32,
    grad_h: Floats32,
    grad_c: Floats32,
    grad_outputs: Floats32,
    forced: Booleans,
    weight_ih: Floats32,
    grad_sums: Floats32,
) -> None:
    """All steps backward.

    Args:
        weights: W_hh, and below it the linear layer's weights, [4H + 1, H].
        grad_h: gradient of the hidden state after the last step, including the part from the last output, [H]; replaced
            by that of the initial hidden state.
        grad_sums: filled, [T, 4H + 1].

    The other arguments are those of `retreat`.
    """
    for step in range(len(gates) - 1, -1, -1):
        retreat(step, gates, cells, grad_h, grad_c, grad_outputs, forced, weight_ih, grad_sums[step])
        _multiply(grad_sums[step], weights, grad_h)


@numba.njit(**INLINED)
def _multiply_batch(sgemm: int, matrix: Floats32, columns: Floats32, product: Floats32) -> None:
    """[M, K] times [K, B] to [M, B]; `columns` and `product` are flat."""
    m, k = np.int32(matrix.shape[0]), np.int32(matrix.shape[1])
    batch = np.int32(columns.size // k)
    # BLAS reads the arrays in column-major order, as their transposes.
    a, b, c = columns.ctypes.data, matrix.ctypes.data, product.ctypes.data
    _sgemm(sgemm, _PLAIN, batch, m, k, a, batch, b, _NOUGHT, c)


@numba.njit(**INLINED)
def _add_products(sgemm: int, left: Floats32, right: Floats32, total: Floats32) -> None:
    """Add [M, B] times the transpose of [K, B], both flat, to `total`, [M, K]."""
    m, k = np.int32(total.shape[0]), np.int32(total.shape[1])
    batch = np.int32(right.size // k)
    a, b, c = right.ctypes.data, left.ctypes.data, total.ctypes.data
    _sgemm(sgemm, _TRANSPOSED, k, m, batch, a, batch, b, _ONE, c)


@numba.njit(**COMPILED)
def run_batch_forward(
    sgemm: int,
    weights: Floats32,
    gates: Floats32,
    cells: Floats32,
    rows: Floats32,
    outputs: Floats32,
    inputs: Floats32,
    forced: Booleans,
    head: Floats32,
) -> None:
    """All steps of a batch forward.

    Args:
        sgemm: `blas.sgemm_address`.
        weights: [4H, H + 2].

    The other arguments are those of `advance`.
    """
    for step in range(len(inputs)):
        _multiply_batch(sgemm, weights, rows[step % len(rows)], gates[step % len(gates)])
        advance(step, gates, cells, rows, outputs, inputs, forced, head)


@numba.njit(**COMPILED)
def run_batch_backward(
    sgemm: int,
    weights: Floats32,
    gates: Floats32,
    cells: Floats32,
    rows: Floats32,
    grad_h: Floats32,
    grad_c: Floats32,
    grad_outputs: Floats32,
    forced: Booleans,
    weight_ih: Floats32,
    grad_sums: Floats32,
    grad_weights: Floats32,
) -> None:
    """All steps of a batch backward.

    Args:
        sgemm: `blas.sgemm_address`.
        weights: W_hh, and below it the linear layer's weights, transposed, [H, 4H + 1].
        rows: h, input and ones of each step, [T + 1, (H + 2)*B].
        grad_h: gradient of the hidden state after the last step, including the part from the last output, [H*B];
            replaced by that of the initial hidden state.
        grad_sums: buffer for one step's gradients, [(4H + 1)*B].
        grad_weights: [4H + 1, H + 2], gradients of [W_hh, W_ih, b] and, in the last row, of the linear layer's weights
            (from all outputs but the last); each step's are added.

    The other arguments are those of `retreat`.
    """
    for step in range(len(gates) - 1, -1, -1):
        retreat(step, gates, cells, grad_h, grad_c, grad_outputs, forced, weight_ih, grad_sums)
        _multiply_batch(sgemm, weights, grad_sums, grad_h)
        _add_products(sgemm, grad_sums, rows[step], grad_weights)
