"""The recurrence of one model on a CPU, forward and backward, faster than PyTorch's own.

The values that a step reads are kept as one row [h; x; 1]. One matrix product then gives the gates' sums, including
input and biases, one the gradient of the last state, and one the gradients of all weights. The loops over the steps
are compiled: see `cell_kernels`.

Shapes: a batch of B sequences, T samples, H units. float32 only.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.autograd.function import once_differentiable

from rnn_audio.networks.engines.blas import sgemm_address
from rnn_audio.networks.engines.cell_kernels import run_backward, run_batch_backward, run_batch_forward, run_forward
from rnn_audio.networks.engines.pytorch import State

_EVERYWHERE = torch.ones(0, 0, dtype=torch.bool)


def run_sequences(
    weights: torch.Tensor,
    head: torch.Tensor,
    inputs: torch.Tensor,
    state: State,
    forced: torch.Tensor | None = None,
) -> tuple[torch.Tensor, State]:
    """Feed a batch through one LSTM and its linear layer.

    Args:
        weights: [W_hh, W_ih, b], [4H, H + 2], gates in the order i, f, g, o.
        head: the linear layer's weights and bias, [H + 1].
        inputs: the true samples, [B, T]. They get no gradient.
        state: the state before the first sample, [B, H] each.
        forced: where the true sample is fed, [B, T] of bool; elsewhere the last output is. The first sample is always
            fed. None: everywhere.

    Returns:
        The outputs, [B, T], and the state after the last sample. Gradients pass to weights, head and state.
    """
    keep = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in (weights, head, *state))
    mask = _EVERYWHERE if forced is None else forced.t().contiguous()
    outputs, h, c = _Recurrence.apply(weights, head, *state, inputs.t().contiguous(), mask, keep)
    return outputs.t(), (h, c)


def _own(tensor: torch.Tensor) -> torch.Tensor:
    """A contiguous copy, whose memory is not shared with another tensor."""
    return tensor.clone(memory_format=torch.contiguous_format)


class _Recurrence(torch.autograd.Function):
    """The autograd function. Arrays for the compiled loops are [places, units*batch]; a place holds one time step."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 (PyTorch's context has no type that lists its attributes)
        weights: torch.Tensor,
        head: torch.Tensor,
        h: torch.Tensor,
        c: torch.Tensor,
        inputs: torch.Tensor,
        forced: torch.Tensor,
        keep: bool,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        steps, batch = inputs.shape
        units = h.shape[1]
        places = steps + 1 if keep else 2
        rows = torch.empty(places, units + 2, batch)
        rows[0, :units], rows[0, units] = h.t(), inputs[0]
        rows[:, units + 1] = 1
        cells = torch.empty(places, units, batch)
        cells[0] = c.t()
        gates = torch.empty(steps if keep else 1, 4 * units, batch)
        outputs = torch.empty(steps, batch)
        arrays = [tensor.flatten(1).numpy() for tensor in (gates, cells, rows)]
        arrays += [tensor.numpy() for tensor in (outputs, inputs, forced, head)]
        if batch == 1:
            run_forward(weights.t().contiguous().numpy(), *arrays)
        else:
            run_batch_forward(sgemm_address(), weights.contiguous().numpy(), *arrays)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(weights, head, rows, cells, gates, forced)
        last = steps % places
        return outputs, _own(rows[last, :units].t()), _own(cells[last].t())

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any,  # noqa: ANN401
        grad_outputs: torch.Tensor | None,
        grad_h: torch.Tensor | None,
        grad_c: torch.Tensor | None,
    ) -> tuple[torch.Tensor | None, ...]:
        weights, head, rows, cells, gates, forced = ctx.saved_tensors
        steps, (units, batch) = len(gates), cells.shape[1:]
        # Optimisers treat None and zero gradients differently: if only states are used, the linear layer gets None.
        uses_head = grad_outputs is not None or forced.numel() > 0
        grad_outputs = head.new_zeros(steps, batch) if grad_outputs is None else grad_outputs.contiguous()
        grad_h, grad_c = (head.new_zeros(batch, units) if grad is None else grad for grad in (grad_h, grad_c))
        # W_hh, and below it the linear layer's weights: the transpose maps the gradients of a step's gate sums and of
        # the output before it to the gradient of the hidden state that both depend on.
        both = torch.cat([weights[:, :units], head[:units].unsqueeze(0)])
        grad_h = _own(torch.addr(grad_h.t(), head[:units], grad_outputs[-1]))
        grad_c = _own(grad_c.t())
        weight_ih = weights[:, units].contiguous().numpy()
        kept = [tensor.flatten(1).numpy() for tensor in (gates, cells, rows)]
        ends = [grad_h.view(-1).numpy(), grad_c.view(-1).numpy()]
        behind = [grad_outputs.numpy(), forced.numpy(), weight_ih]
        if batch == 1:
            grad_sums = torch.empty(steps, 4 * units + 1)
            run_backward(both.numpy(), *kept[:2], *ends, *behind, grad_sums.numpy())
            grad_both = grad_sums.t() @ rows[:-1].squeeze(-1)
        else:
            grad_sums = torch.empty((4 * units + 1) * batch)
            grad_both = torch.zeros(4 * units + 1, units + 2)
            transposed = both.t().contiguous().numpy()
            run_batch_backward(sgemm_address(), transposed, *kept, *ends, *behind, grad_sums.numpy(), grad_both.numpy())
        grad_head = grad_both[-1] + grad_outputs[-1] @ rows[-1].t()
        grad_head = torch.cat([grad_head[:units], grad_head[units + 1 :]])
        grad_weights, grad_head = grad_both[:-1], grad_head if uses_head else None
        return grad_weights, grad_head, grad_h.t(), grad_c.t(), None, None, None
