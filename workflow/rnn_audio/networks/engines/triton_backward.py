"""The kernel that computes a chunk's gradients; `triton_forward` describes the layout of both kernels."""

# ruff: noqa: ANN001, N803 (Triton's tensors have no types, and its constants are written in capitals)

import triton
import triton.language as tl

from rnn_audio.networks.engines.triton_blocks import recurrent_of_gate, row_of_gate, tanh


@triton.jit(do_not_specialize=["batch", "steps"])
def backward_kernel(
    d_outputs,  # [M, B, T]; if MIXED, the gradient through the next sample's input is added
    d_last_h,  # [M, B, H]
    d_last_c,  # [M, B, H]
    forced,  # [M, B, T]; read if MIXED
    weight_ih,  # [M, 4H]; read if MIXED
    weight_hh,  # [M, 4H, H]
    head_weight,  # [M, H]
    cells,  # [M, T + 1, B, H]
    gates,  # [M, T, B, 4H]
    d_gates,  # [M, T, B, 4H], written: gradients before the nonlinearities
    d_first_h,  # [M, B, H], written
    d_first_c,  # [M, B, H], written
    batch,
    steps,
    HIDDEN: tl.constexpr,
    BLOCK_B: tl.constexpr,
    BLOCK_H: tl.constexpr,
    RESIDENT: tl.constexpr,
    MIXED: tl.constexpr,
    PRECISION: tl.constexpr,
) -> None:
    """Backpropagate the gradients of a tile of a model's outputs, and of its last state, through all samples."""
    model = tl.program_id(0).to(tl.int64)
    rows = tl.program_id(1) * BLOCK_B + tl.arange(0, BLOCK_B)
    units = tl.arange(0, BLOCK_H)
    is_row = rows < batch
    is_unit = units < HIDDEN
    mask = is_row[:, None] & is_unit[None, :]
    own_units = rows[:, None] * HIDDEN + units[None, :]
    state_size = batch * HIDDEN

    weight_hh += model * 4 * HIDDEN * HIDDEN
    places = units[:, None] * HIDDEN + units[None, :]  # not transposed: [to unit, from unit]
    is_weight = is_unit[:, None] & is_unit[None, :]
    if RESIDENT:
        w_i = recurrent_of_gate(weight_hh, 0, places, is_weight, HIDDEN)
        w_f = recurrent_of_gate(weight_hh, 1, places, is_weight, HIDDEN)
        w_g = recurrent_of_gate(weight_hh, 2, places, is_weight, HIDDEN)
        w_o = recurrent_of_gate(weight_hh, 3, places, is_weight, HIDDEN)
    w_out = row_of_gate(head_weight + model * HIDDEN, 0, units, is_unit, HIDDEN)

    dh = tl.load(d_last_h + model * state_size + own_units, mask=mask, other=0.0)
    dc = tl.load(d_last_c + model * state_size + own_units, mask=mask, other=0.0)
    d_outputs += model * batch * steps + rows * steps
    if MIXED:
        weight_ih += model * 4 * HIDDEN
        v_i = row_of_gate(weight_ih, 0, units, is_unit, HIDDEN)
        v_f = row_of_gate(weight_ih, 1, units, is_unit, HIDDEN)
        v_g = row_of_gate(weight_ih, 2, units, is_unit, HIDDEN)
        v_o = row_of_gate(weight_ih, 3, units, is_unit, HIDDEN)
        forced += model * batch * steps + rows * steps
        dx = tl.zeros([BLOCK_B], dtype=dh.dtype)

    # From here on, every load for a sample is issued one sample earlier.
    cells += (model * (steps + 1) + steps) * state_size + own_units
    last_gates = (model * steps + steps - 1) * 4 * state_size + rows[:, None] * (4 * HIDDEN) + units[None, :]
    gates += last_gates
    d_gates += last_gates
    dy = tl.load(d_outputs + steps - 1, mask=is_row, other=0.0)
    c = tl.load(cells, mask=mask, other=0.0)
    cells -= state_size
    c_before = tl.load(cells, mask=mask, other=0.0)
    i = tl.load(gates, mask=mask, other=0.0)
    f = tl.load(gates + HIDDEN, mask=mask, other=0.0)
    g = tl.load(gates + 2 * HIDDEN, mask=mask, other=0.0)
    o = tl.load(gates + 3 * HIDDEN, mask=mask, other=0.0)
    for done in range(steps):
        t = steps - 1 - done
        if MIXED:
            dy += dx
            tl.store(d_outputs + t, dy, mask=is_row)
        dh += dy[:, None] * w_out
        squashed = tanh(c)
        d_o = dh * squashed * o * (1 - o)
        dc += dh * o * (1 - squashed * squashed)
        d_i = dc * g * i * (1 - i)
        d_f = dc * c_before * f * (1 - f)
        d_g = dc * i * (1 - g * g)
        dc *= f
        tl.store(d_gates, d_i, mask=mask)
        tl.store(d_gates + HIDDEN, d_f, mask=mask)
        tl.store(d_gates + 2 * HIDDEN, d_g, mask=mask)
        tl.store(d_gates + 3 * HIDDEN, d_o, mask=mask)

        c = c_before
        cells -= state_size
        gates -= 4 * state_size
        d_gates -= 4 * state_size
        is_there = mask & (t > 0)
        dy = tl.load(d_outputs + t - 1, mask=is_row & (t > 0), other=0.0)
        c_before = tl.load(cells, mask=is_there, other=0.0)
        i = tl.load(gates, mask=is_there, other=0.0)
        f = tl.load(gates + HIDDEN, mask=is_there, other=0.0)
        g = tl.load(gates + 2 * HIDDEN, mask=is_there, other=0.0)
        o = tl.load(gates + 3 * HIDDEN, mask=is_there, other=0.0)

        if not RESIDENT:
            w_i = recurrent_of_gate(weight_hh, 0, places, is_weight, HIDDEN)
        dh = tl.dot(d_i, w_i, input_precision=PRECISION)
        if not RESIDENT:
            w_f = recurrent_of_gate(weight_hh, 1, places, is_weight, HIDDEN)
        dh += tl.dot(d_f, w_f, input_precision=PRECISION)
        if not RESIDENT:
            w_g = recurrent_of_gate(weight_hh, 2, places, is_weight, HIDDEN)
        dh += tl.dot(d_g, w_g, input_precision=PRECISION)
        if not RESIDENT:
            w_o = recurrent_of_gate(weight_hh, 3, places, is_weight, HIDDEN)
        dh += tl.dot(d_o, w_o, input_precision=PRECISION)
        if MIXED:
            is_forced = tl.load(forced + t, mask=is_row, other=1)
            dx = tl.sum(d_i * v_i + d_f * v_f + d_g * v_g + d_o * v_o, axis=1)
            dx = tl.where(is_forced != 0, 0.0, dx)

    tl.store(d_first_h + model * state_size + own_units, dh, mask=mask)
    tl.store(d_first_c + model * state_size + own_units, dc, mask=mask)
