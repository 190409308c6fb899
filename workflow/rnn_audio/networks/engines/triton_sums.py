"""The kernels next to the recurrence: the linear layer, and the gradients of all weights, for a whole pack at once.

A gradient of weights is a sum over all samples of all sequences. The samples are cut into parts, whatever the number of
models; one program sums one part, and a second kernel adds the parts in order. No atomics: results depend neither on
scheduling nor on the other models of the pack.

Shapes: M models, B sequences, T samples, H units, P parts.
"""

# ruff: noqa: ANN001, N803 (Triton's tensors have no types, and its constants are written in capitals)

import torch
import triton
import triton.language as tl

from rnn_audio.networks.engines.triton_launch import block_size

_BLOCK_T = 32
_BLOCKS_A_PART = 128
_BLOCK_OUTPUTS = 64
_BLOCK_PLACES = 256
_HEAD = tl.constexpr(4)


@triton.jit(do_not_specialize=["batch", "steps"])
def linear_kernel(
    hidden,  # [M, T + 1, B, H], the initial state, then the state after each sample
    head_weight,  # [M, H]
    head_bias,  # [M]
    outputs,  # [M, B, T], written
    batch,
    steps,
    HIDDEN: tl.constexpr,
    BLOCK_T: tl.constexpr,
    BLOCK_H: tl.constexpr,
) -> None:
    """Apply each model's linear layer to the states of one sequence, BLOCK_T samples in a program."""
    model = tl.program_id(0).to(tl.int64)
    sequence = tl.program_id(1)
    samples = tl.program_id(2) * BLOCK_T + tl.arange(0, BLOCK_T)
    units = tl.arange(0, BLOCK_H)
    is_sample, is_unit = samples < steps, units < HIDDEN
    rows = model * (steps + 1) * batch + (samples + 1) * batch + sequence
    h = tl.load(hidden + rows[:, None] * HIDDEN + units[None, :], mask=is_sample[:, None] & is_unit[None, :], other=0.0)
    weight = tl.load(head_weight + model * HIDDEN + units, mask=is_unit, other=0.0)
    y = tl.sum(h * weight[None, :], axis=1) + tl.load(head_bias + model)
    tl.store(outputs + (model * batch + sequence) * steps + samples, y, mask=is_sample)


@triton.jit(do_not_specialize=["batch", "steps", "blocks", "parts", "width"])
def part_kernel(
    d_gates,  # [M, T, B, 4H], before the nonlinearities
    hidden,  # [M, T + 1, B, H]
    fed,  # [M, B, T], with any strides: what the network was fed
    d_outputs,  # [M, B, T]
    sums,  # [M, P, width], written; a row holds d_weight_hh, d_weight_ih, d_bias, d_head_weight, d_head_bias
    batch,
    steps,
    blocks,  # blocks of samples of a sequence
    parts,
    width,
    fed_stride_m,
    fed_stride_b,
    fed_stride_t,
    HIDDEN: tl.constexpr,
    BLOCK_T: tl.constexpr,
    BLOCK_H: tl.constexpr,
    BLOCKS_A_PART: tl.constexpr,
    PRECISION: tl.constexpr,
) -> None:
    """Sum one part of a gate's gradients, or of the linear layer's: the fifth program."""
    gate = tl.program_id(0)
    model = tl.program_id(1).to(tl.int64)
    part = tl.program_id(2)
    units = tl.arange(0, BLOCK_H)
    is_unit = units < HIDDEN
    hidden += model * (steps + 1) * batch * HIDDEN
    d_gates += model * steps * batch * 4 * HIDDEN + gate * HIDDEN
    d_outputs += model * batch * steps
    fed += model * fed_stride_m
    sums += (model * parts + part) * width
    first = part * BLOCKS_A_PART
    last = tl.minimum(first + BLOCKS_A_PART, batch * blocks)
    by_input = tl.zeros([BLOCK_H], dtype=d_gates.dtype.element_ty)
    plain = tl.zeros([BLOCK_H], dtype=d_gates.dtype.element_ty)
    if gate == _HEAD:
        bias = tl.zeros([BLOCK_T], dtype=d_gates.dtype.element_ty)
        for block in range(first, last):
            sequence = block // blocks
            samples = (block % blocks) * BLOCK_T + tl.arange(0, BLOCK_T)
            is_sample = samples < steps
            dy = tl.load(d_outputs + sequence * steps + samples, mask=is_sample, other=0.0)
            rows = ((samples + 1) * batch + sequence).to(tl.int64)
            mask = is_sample[:, None] & is_unit[None, :]
            h = tl.load(hidden + rows[:, None] * HIDDEN + units[None, :], mask=mask, other=0.0)
            plain += tl.sum(h * dy[:, None], axis=0)
            bias += dy
        sums += 4 * HIDDEN * (HIDDEN + 2)
        tl.store(sums + units, plain, mask=is_unit)
        tl.store(sums + HIDDEN, tl.sum(bias, axis=0))
    else:
        recurrent = tl.zeros([BLOCK_H, BLOCK_H], dtype=d_gates.dtype.element_ty)
        for block in range(first, last):
            sequence = block // blocks
            samples = (block % blocks) * BLOCK_T + tl.arange(0, BLOCK_T)
            is_sample = samples < steps
            x = tl.load(fed + sequence * fed_stride_b + samples * fed_stride_t, mask=is_sample, other=0.0)
            rows = (samples * batch + sequence).to(tl.int64)
            mask = is_sample[:, None] & is_unit[None, :]
            h = tl.load(hidden + rows[:, None] * HIDDEN + units[None, :], mask=mask, other=0.0)
            d = tl.load(d_gates + rows[:, None] * (4 * HIDDEN) + units[None, :], mask=mask, other=0.0)
            recurrent += tl.dot(tl.trans(d), h, input_precision=PRECISION)
            by_input += tl.sum(d * x[:, None], axis=0)
            plain += tl.sum(d, axis=0)
        own_units = gate * HIDDEN + units
        places = own_units[:, None] * HIDDEN + units[None, :]
        tl.store(sums + places, recurrent, mask=is_unit[:, None] & is_unit[None, :])
        tl.store(sums + 4 * HIDDEN * HIDDEN + own_units, by_input, mask=is_unit)
        tl.store(sums + 4 * HIDDEN * (HIDDEN + 1) + own_units, plain, mask=is_unit)


@triton.jit(do_not_specialize=["parts", "width"])
def total_kernel(sums, totals, parts, width, BLOCK: tl.constexpr) -> None:
    """Add the parts of each model in order: sums, [M, P, width], to totals, [M, width]."""
    model = tl.program_id(0).to(tl.int64)
    places = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    mask = places < width
    sums += model * parts * width + places
    total = tl.zeros([BLOCK], dtype=sums.dtype.element_ty)
    for part in range(parts):
        total += tl.load(sums + part * width, mask=mask, other=0.0)
    tl.store(totals + model * width + places, total, mask=mask)


def linear(hidden: torch.Tensor, head_weight: torch.Tensor, head_bias: torch.Tensor) -> torch.Tensor:
    """The outputs of the linear layers, [M, B, T].

    Args:
        hidden: [M, T + 1, B, H], the initial state, then the state after each sample.
        head_weight: [M, 1, H].
        head_bias: [M, 1].
    """
    models, steps, batch, size = hidden.shape[0], hidden.shape[1] - 1, *hidden.shape[2:]
    outputs = hidden.new_empty(models, batch, steps)
    linear_kernel[models, batch, triton.cdiv(steps, _BLOCK_OUTPUTS)](
        hidden,
        head_weight,
        head_bias,
        outputs,
        batch,
        steps,
        HIDDEN=size,
        BLOCK_T=_BLOCK_OUTPUTS,
        BLOCK_H=block_size(size),
    )
    return outputs


def weight_gradients(
    d_gates: torch.Tensor, hidden: torch.Tensor, fed: torch.Tensor, d_outputs: torch.Tensor, precision: str
) -> tuple[torch.Tensor, ...]:
    """The gradients of all weights of a pack, summed over all samples and sequences.

    Args:
        d_gates: [M, T, B, 4H], contiguous.
        hidden: [M, T + 1, B, H], contiguous: the initial state, then the state after each sample.
        fed: the samples that the networks were fed, [M, B, T].
        d_outputs: [M, B, T], contiguous.
        precision: of the products, as in `triton_recurrence.lstm`.

    Returns:
        The gradients of the input weights, [M, 4H, 1], recurrent weights, [M, 4H, H], and bias, [M, 4H], and of the
        linear layer's weight, [M, 1, H], and bias, [M, 1].
    """
    models, batch, steps = fed.shape
    size = hidden.shape[-1]
    blocks = triton.cdiv(steps, _BLOCK_T)
    parts = triton.cdiv(batch * blocks, _BLOCKS_A_PART)
    sizes = [4 * size * size, 4 * size, 4 * size, size, 1]
    sums = hidden.new_empty(models, parts, sum(sizes))
    part_kernel[5, models, parts](
        d_gates,
        hidden,
        fed,
        d_outputs,
        sums,
        batch,
        steps,
        blocks,
        parts,
        sum(sizes),
        *fed.stride(),
        HIDDEN=size,
        BLOCK_T=_BLOCK_T,
        BLOCK_H=block_size(size),
        BLOCKS_A_PART=_BLOCKS_A_PART,
        PRECISION=precision,
        num_warps=8 if size > 64 else 4,
    )
    recurrent, by_input, bias, head_weight, head_bias = add_parts(sums).split(sizes, dim=1)
    four = (models, 4 * size)
    return (
        by_input.reshape(*four, 1),
        recurrent.reshape(*four, size),
        bias.contiguous(),
        head_weight.reshape(models, 1, size),
        head_bias.contiguous(),
    )


def add_parts(sums: torch.Tensor) -> torch.Tensor:
    """The sum over the parts of each model, [M, P, ...], contiguous: added in order, [M, ...]."""
    models, parts, *shape = sums.shape
    totals = sums.new_empty(models, *shape)
    width = totals[0].numel()
    total_kernel[models, triton.cdiv(width, _BLOCK_PLACES)](sums, totals, parts, width, BLOCK=_BLOCK_PLACES)
    return totals
