"""The LSTM of a pack as a Triton kernel: one launch for a whole chunk, and one for its gradients (`triton_backward`).

One program runs one model and a tile of its sequences through all samples; the state never leaves the chip. Programs
share nothing and use no atomics, so the results depend neither on scheduling nor on the other models of the pack.

Shapes: M models, B sequences, T samples, H units; gates in PyTorch's order i, f, g, o. Blocks are powers of two:
sequences beyond B and units beyond H are masked. The weights of those units are zero, so their states stay zero.

**Weights.** Each kernel gets the recurrent weights in the order in which it sums over them, here transposed, so that
the threads of a warp read different banks of shared memory. RESIDENT loads them once, before the loop; the compiler
keeps each gate's block in shared memory. Four blocks of 64 x 64 take 64 KiB. Four blocks of 128 x 128 would take more
than any GPU has: each is then loaded from the second-level cache before its product, for every sample.

**The state as an operand.** A product's result has another register layout than its operands. Each new h therefore
passes through shared memory once, BLOCK_B x BLOCK_H, for all four products. A single product with all weights,
BLOCK_H x 4 BLOCK_H, would instead have to bring the four gates of a unit together afterwards, which is four times the
exchange.

**Values for backward are kept, not recomputed.** This costs 32 bytes more of memory traffic per unit and sample (i, f,
g and o, written and read). Recomputing the gates would cost four more products per sample in a loop that waits for each
of them. It does not wait for stores, and its loads are issued a sample ahead.
"""

# ruff: noqa: ANN001, N803 (Triton's tensors have no types, and its constants are written in capitals)

import triton
import triton.language as tl

from rnn_audio.networks.engines.triton_blocks import recurrent_of_gate, row_of_gate, tanh


@triton.jit(do_not_specialize=["batch", "steps"])
def forward_kernel(
    inputs,  # [M, B, T], with any strides
    forced,  # [M, B, T], whether the input is fed, not the last output; read if MIXED
    previous,  # [M, B], the output before the first; read if MIXED
    first_h,  # [M, B, H]
    first_c,  # [M, B, H]
    weight_ih,  # [M, 4H]
    recurrent,  # [M, 4, H, H]: the recurrent weights of each gate, transposed, [from unit, to unit]
    bias,  # [M, 4H], the sum of both biases
    head_weight,  # [M, H]; read if MIXED
    head_bias,  # [M]; read if MIXED
    hidden,  # [M, T + 1, B, H], written: the initial state, then the state after each sample
    cells,  # [M, T + 1, B, H], written if KEEP
    gates,  # [M, T, B, 4H], written if KEEP: after the nonlinearities
    outputs,  # [M, B, T], written if MIXED
    last_c,  # [M, B, H], written
    batch,
    steps,
    input_stride_m,
    input_stride_b,
    input_stride_t,
    HIDDEN: tl.constexpr,
    BLOCK_B: tl.constexpr,
    BLOCK_H: tl.constexpr,
    RESIDENT: tl.constexpr,
    MIXED: tl.constexpr,
    KEEP: tl.constexpr,
    PRECISION: tl.constexpr,
) -> None:
    """Run a model over a tile of its sequences. MIXED feeds outputs back where not forced; KEEP stores for backward."""
    model = tl.program_id(0).to(tl.int64)  # a pack's arrays can have more than 2^31 elements
    rows = tl.program_id(1) * BLOCK_B + tl.arange(0, BLOCK_B)
    units = tl.arange(0, BLOCK_H)
    is_row = rows < batch
    is_unit = units < HIDDEN
    mask = is_row[:, None] & is_unit[None, :]
    own_units = rows[:, None] * HIDDEN + units[None, :]
    state_size = batch * HIDDEN

    recurrent += model * 4 * HIDDEN * HIDDEN
    places = units[:, None] * HIDDEN + units[None, :]
    is_weight = is_unit[:, None] & is_unit[None, :]
    if RESIDENT:
        w_i = recurrent_of_gate(recurrent, 0, places, is_weight, HIDDEN)
        w_f = recurrent_of_gate(recurrent, 1, places, is_weight, HIDDEN)
        w_g = recurrent_of_gate(recurrent, 2, places, is_weight, HIDDEN)
        w_o = recurrent_of_gate(recurrent, 3, places, is_weight, HIDDEN)
    weight_ih += model * 4 * HIDDEN
    v_i = row_of_gate(weight_ih, 0, units, is_unit, HIDDEN)
    v_f = row_of_gate(weight_ih, 1, units, is_unit, HIDDEN)
    v_g = row_of_gate(weight_ih, 2, units, is_unit, HIDDEN)
    v_o = row_of_gate(weight_ih, 3, units, is_unit, HIDDEN)
    bias += model * 4 * HIDDEN
    b_i = row_of_gate(bias, 0, units, is_unit, HIDDEN)
    b_f = row_of_gate(bias, 1, units, is_unit, HIDDEN)
    b_g = row_of_gate(bias, 2, units, is_unit, HIDDEN)
    b_o = row_of_gate(bias, 3, units, is_unit, HIDDEN)

    h = tl.load(first_h + model * state_size + own_units, mask=mask, other=0.0)
    c = tl.load(first_c + model * state_size + own_units, mask=mask, other=0.0)
    hidden += model * (steps + 1) * state_size + own_units
    tl.store(hidden, h, mask=mask)
    if KEEP:
        cells += model * (steps + 1) * state_size + own_units
        tl.store(cells, c, mask=mask)
        gates += model * steps * 4 * state_size + rows[:, None] * (4 * HIDDEN) + units[None, :]
    if MIXED:
        w_out = row_of_gate(head_weight + model * HIDDEN, 0, units, is_unit, HIDDEN)
        b_out = tl.load(head_bias + model)
        y = tl.load(previous + model * batch + rows, mask=is_row, other=0.0)
        forced += model * batch * steps + rows * steps
        outputs += model * batch * steps + rows * steps
    inputs += model * input_stride_m + rows * input_stride_b

    for t in range(steps):
        x = tl.load(inputs + t * input_stride_t, mask=is_row, other=0.0)
        if MIXED:
            is_forced = tl.load(forced + t, mask=is_row, other=0)
            x = tl.where(is_forced != 0, x, y)
        x = x[:, None]
        if not RESIDENT:
            w_i = recurrent_of_gate(recurrent, 0, places, is_weight, HIDDEN)
        i = tl.sigmoid(x * v_i + b_i + tl.dot(h, w_i, input_precision=PRECISION))
        if not RESIDENT:
            w_f = recurrent_of_gate(recurrent, 1, places, is_weight, HIDDEN)
        f = tl.sigmoid(x * v_f + b_f + tl.dot(h, w_f, input_precision=PRECISION))
        if not RESIDENT:
            w_g = recurrent_of_gate(recurrent, 2, places, is_weight, HIDDEN)
        g = tanh(x * v_g + b_g + tl.dot(h, w_g, input_precision=PRECISION))
        if not RESIDENT:
            w_o = recurrent_of_gate(recurrent, 3, places, is_weight, HIDDEN)
        o = tl.sigmoid(x * v_o + b_o + tl.dot(h, w_o, input_precision=PRECISION))
        c = f * c + i * g
        h = o * tanh(c)
        hidden += state_size
        tl.store(hidden, h, mask=mask)
        if KEEP:
            cells += state_size
            tl.store(cells, c, mask=mask)
            tl.store(gates, i, mask=mask)
            tl.store(gates + HIDDEN, f, mask=mask)
            tl.store(gates + 2 * HIDDEN, g, mask=mask)
            tl.store(gates + 3 * HIDDEN, o, mask=mask)
            gates += 4 * state_size
        if MIXED:
            y = tl.sum(h * w_out, axis=1) + b_out
            tl.store(outputs + t, y, mask=is_row)

    tl.store(last_c + model * state_size + own_units, c, mask=mask)
