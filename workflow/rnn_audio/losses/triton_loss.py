"""Paper B's training loss (equations 2 to 4) of a pack as Triton kernels: three launches for the loss and its gradient.

A filter of finite length is linear, so the difference of two filtered signals is the filtered difference: only that is
filtered here, and only it is kept for the gradient. One program serves a block of samples of one sequence of one model.
A model's sums are added in an order that does not depend on the other models of the pack.

Shapes: M models, B sequences, T samples in N blocks, K taps.
"""

# ruff: noqa: ANN001, ANN202, N803 (Triton's tensors have no types, and its constants are written in capitals)

from typing import Any

import torch
import triton
import triton.language as tl
from torch.autograd.function import once_differentiable

_BLOCK_T = 512
_SUMS = 4  # of a block: squared emphasised error, squared emphasised target, error, squared target


@triton.jit
def _at(chunk, history, places, is_sample, K: tl.constexpr):
    """Samples of a sequence at places that count from its chunk's first; those before it are in the history."""
    inside = tl.load(chunk + places, mask=is_sample & (places >= 0), other=0.0)
    return inside + tl.load(history + places + (K - 1), mask=is_sample & (places < 0), other=0.0)


@triton.jit(do_not_specialize=["batch", "steps"])
def block_kernel(
    targets,  # [M, B, T], with any strides
    outputs,  # [M, B, T]
    target_history,  # [M, B, K - 1], the samples before the chunk
    output_history,  # [M, B, K - 1]
    taps,  # [M, K], the first for the newest sample
    lengths,  # [M], taps of each model's filter, the rest being zeros
    errors,  # [M, B, T], written: the difference after the pre-emphasis
    sums,  # [M, B, N, 4], written
    batch,
    steps,
    target_stride_m,
    target_stride_b,
    K: tl.constexpr,
    BLOCK_T: tl.constexpr,
) -> None:
    """Filter a block of one sequence, and sum what the loss needs."""
    model = tl.program_id(0).to(tl.int64)
    sequence = tl.program_id(1)
    block = tl.program_id(2)
    row = model * batch + sequence
    targets += model * target_stride_m + sequence * target_stride_b
    outputs += row * steps
    target_history += row * (K - 1)
    output_history += row * (K - 1)
    samples = block * BLOCK_T + tl.arange(0, BLOCK_T)
    is_sample = samples < steps
    error = tl.zeros([BLOCK_T], dtype=errors.dtype.element_ty)
    target = tl.zeros([BLOCK_T], dtype=errors.dtype.element_ty)
    for delay in range(tl.load(lengths + model)):
        tap = tl.load(taps + model * K + delay)
        places = samples - delay
        wanted = _at(targets, target_history, places, is_sample, K)
        made = _at(outputs, output_history, places, is_sample, K)
        target += tap * wanted
        error += tap * (wanted - made)
    tl.store(errors + row * steps + samples, error, mask=is_sample)
    wanted = tl.load(targets + samples, mask=is_sample, other=0.0)
    made = tl.load(outputs + samples, mask=is_sample, other=0.0)
    sums += (row * tl.num_programs(2) + block) * 4
    tl.store(sums, tl.sum(tl.where(is_sample, error * error, 0.0), axis=0))
    tl.store(sums + 1, tl.sum(tl.where(is_sample, target * target, 0.0), axis=0))
    tl.store(sums + 2, tl.sum(wanted - made, axis=0))
    tl.store(sums + 3, tl.sum(wanted * wanted, axis=0))


@triton.jit(do_not_specialize=["batch", "steps", "blocks"])
def model_kernel(
    sums,  # [M, B, N, 4]
    losses,  # [M], written
    factors,  # [M, 2], written: of the gradients of both parts of the loss
    batch,
    steps,
    blocks,
    floor,
    BLOCK_B: tl.constexpr,
    BLOCK_N: tl.constexpr,
) -> None:
    """Equation 4 of one model from the sums of its blocks."""
    model = tl.program_id(0).to(tl.int64)
    rows, columns = tl.arange(0, BLOCK_B), tl.arange(0, BLOCK_N)
    is_block = (rows < batch)[:, None] & (columns < blocks)[None, :]
    sums += ((model * batch + rows[:, None]) * blocks + columns[None, :]) * 4
    samples = (batch * steps).to(losses.dtype.element_ty)
    error_power = tl.sum(tl.sum(tl.load(sums, mask=is_block, other=0.0), axis=1), axis=0) / samples
    target_power = tl.sum(tl.sum(tl.load(sums + 1, mask=is_block, other=0.0), axis=1), axis=0) / samples
    offsets = tl.sum(tl.load(sums + 2, mask=is_block, other=0.0), axis=1) / steps
    plain_power = tl.sum(tl.sum(tl.load(sums + 3, mask=is_block, other=0.0), axis=1), axis=0) / samples
    target_power = tl.where(target_power < floor, floor, target_power)  # keeps what is not a number
    plain_power = tl.where(plain_power < floor, floor, plain_power)
    loss = error_power / target_power + tl.sum(offsets * offsets, axis=0) / batch / plain_power
    tl.store(losses + model, loss)
    tl.store(factors + 2 * model, -2 / (samples * target_power))
    tl.store(factors + 2 * model + 1, -2 / (samples * plain_power))


@triton.jit(do_not_specialize=["batch", "steps", "blocks"])
def gradient_kernel(
    d_losses,  # [M]
    errors,  # [M, B, T]
    sums,  # [M, B, N, 4]
    factors,  # [M, 2]
    taps,  # [M, K]
    lengths,  # [M]
    d_outputs,  # [M, B, T], written
    batch,
    steps,
    blocks,
    K: tl.constexpr,
    BLOCK_T: tl.constexpr,
    BLOCK_N: tl.constexpr,
) -> None:
    """The gradient of one sequence's outputs: the filter runs backwards over the error, as far as the chunk's end."""
    model = tl.program_id(0).to(tl.int64)
    row = model * batch + tl.program_id(1)
    samples = tl.program_id(2) * BLOCK_T + tl.arange(0, BLOCK_T)
    errors += row * steps
    filtered = tl.zeros([BLOCK_T], dtype=errors.dtype.element_ty)
    for delay in range(tl.load(lengths + model)):
        places = samples + delay
        filtered += tl.load(taps + model * K + delay) * tl.load(errors + places, mask=places < steps, other=0.0)
    columns = tl.arange(0, BLOCK_N)
    offset = tl.sum(tl.load(sums + (row * blocks + columns) * 4 + 2, mask=columns < blocks, other=0.0), axis=0) / steps
    emphasised = tl.load(factors + 2 * model) * filtered
    plain = tl.load(factors + 2 * model + 1) * offset
    d_loss = tl.load(d_losses + model)
    tl.store(d_outputs + row * steps + samples, d_loss * (emphasised + plain), mask=samples < steps)


class JointLoss(torch.autograd.Function):
    """Equation 4 over a chunk; gradients pass to the outputs alone."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 (PyTorch's)
        targets: torch.Tensor,
        outputs: torch.Tensor,
        target_history: torch.Tensor,
        output_history: torch.Tensor,
        taps: torch.Tensor,
        lengths: torch.Tensor,
        floor: float,
    ) -> torch.Tensor:
        """Losses, [M].

        Args:
            ctx: PyTorch's.
            targets: [M, B, T], its samples next to each other.
            outputs: [M, B, T].
            target_history: the targets' K - 1 samples before the chunk, [M, B, K - 1].
            output_history: the outputs', likewise.
            taps: [M, K], the first for the newest sample.
            lengths: the number of taps of each model's filter, [M], integers; the rest of `taps` are zeros.
            floor: smallest mean power to divide by.
        """
        models, batch, steps = outputs.shape
        outputs, taps = outputs.contiguous(), taps.contiguous()
        targets = targets if targets.stride(-1) == 1 else targets.contiguous()
        errors = torch.empty_like(outputs)
        blocks = triton.cdiv(steps, _BLOCK_T)
        sums = outputs.new_empty(models, batch, blocks, _SUMS)
        losses, factors = outputs.new_empty(models), outputs.new_empty(models, 2)
        block_kernel[models, batch, blocks](
            targets,
            outputs,
            target_history.contiguous(),
            output_history.contiguous(),
            taps,
            lengths,
            errors,
            sums,
            batch,
            steps,
            *targets.stride()[:2],
            K=taps.shape[1],
            BLOCK_T=_BLOCK_T,
        )
        model_kernel[(models,)](
            sums,
            losses,
            factors,
            batch,
            steps,
            blocks,
            floor,
            BLOCK_B=triton.next_power_of_2(batch),
            BLOCK_N=triton.next_power_of_2(blocks),
        )
        ctx.save_for_backward(errors, sums, factors, taps, lengths)
        return losses

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_losses: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # noqa: ANN401 (PyTorch's)
        """The gradient of the outputs, [M, B, T]."""
        errors, sums, factors, taps, lengths = ctx.saved_tensors
        models, batch, steps = errors.shape
        d_outputs = torch.empty_like(errors)
        blocks = sums.shape[2]
        gradient_kernel[models, batch, blocks](
            d_losses.contiguous(),
            errors,
            sums,
            factors,
            taps,
            lengths,
            d_outputs,
            batch,
            steps,
            blocks,
            K=taps.shape[1],
            BLOCK_T=_BLOCK_T,
            BLOCK_N=triton.next_power_of_2(blocks),
        )
        return None, d_outputs, *[None] * 5
