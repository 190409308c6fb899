"""The Triton kernels of the recurrence as an autograd function.

Shapes as in `networks.recurrence`: M models, B sequences, T samples, H units.
"""

from typing import Any

import torch
import triton
from torch.autograd.function import once_differentiable

from rnn_audio.networks.engines import cuda_kernels, triton_sums
from rnn_audio.networks.engines.triton_backward import backward_kernel
from rnn_audio.networks.engines.triton_forward import forward_kernel
from rnn_audio.networks.engines.triton_launch import Launch, block_size

Pair = tuple[torch.Tensor, torch.Tensor]


class Recurrence(torch.autograd.Function):
    """One chunk: a launch forward and a launch backward."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 (PyTorch's)
        weight_ih: torch.Tensor,
        weight_hh: torch.Tensor,
        bias_ih: torch.Tensor,
        bias_hh: torch.Tensor,
        head_weight: torch.Tensor,
        head_bias: torch.Tensor,
        inputs: torch.Tensor,
        first_h: torch.Tensor,
        first_c: torch.Tensor,
        feedback: Pair | None,
        keep: bool,
        precision: str,
        launch: Launch,
        by_cuda: bool,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The outputs, [M, B, T], and the last h and c, [M, B, H] each; arguments as in `triton_recurrence`.

        `feedback` is the mask and the preceding output of a mixed run, `keep` whether gradients are needed, `by_cuda`
        whether the CUDA kernels run in place of Triton's.
        """
        models, batch, steps = inputs.shape
        size = weight_hh.shape[-1]
        weights = (weight_ih, weight_hh, head_weight, head_bias)
        weight_ih, weight_hh, head_weight, head_bias = (each.contiguous() for each in weights)
        hidden = inputs.new_empty(models, steps + 1, batch, size)
        cells = torch.empty_like(hidden) if keep else hidden
        gates = inputs.new_empty(models, steps, batch, 4 * size) if keep else hidden
        outputs = hidden if feedback is None else inputs.new_empty(models, batch, steps)
        last_c = inputs.new_empty(models, batch, size)
        first_h, first_c, bias = first_h.contiguous(), first_c.contiguous(), bias_ih + bias_hh
        if by_cuda:
            cuda_kernels.forward(
                inputs, first_h, first_c, weight_ih, weight_hh, bias, hidden, cells, gates, last_c, keep=keep
            )
        else:
            forced, previous = feedback or (hidden, hidden)  # not read without feedback: any tensor
            recurrent = weight_hh.view(models, 4, size, size).transpose(2, 3).contiguous()
            forward_kernel[models, triton.cdiv(batch, launch.rows)](
                inputs,
                forced,
                previous,
                first_h,
                first_c,
                weight_ih,
                recurrent,
                bias,
                head_weight,
                head_bias,
                hidden,
                cells,
                gates,
                outputs,
                last_c,
                batch,
                steps,
                *inputs.stride(),
                HIDDEN=size,
                BLOCK_B=launch.rows,
                BLOCK_H=block_size(size),
                RESIDENT=launch.resident,
                MIXED=feedback is not None,
                KEEP=keep,
                PRECISION=precision,
                num_warps=launch.warps,
                num_stages=1,
            )
        if feedback is None:
            outputs = triton_sums.linear(hidden, head_weight, head_bias)
        if keep:
            ctx.set_materialize_grads(False)
            # The outputs are inputs too. They are copied, because the caller may change them in place.
            fed_back = () if feedback is None else (*feedback, outputs.clone())
            ctx.save_for_backward(weight_ih, weight_hh, head_weight, inputs, hidden, cells, gates, *fed_back)
            ctx.precision, ctx.launch, ctx.by_cuda = precision, launch, by_cuda
        return outputs, hidden[:, -1].clone(), last_c

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any,  # noqa: ANN401 (PyTorch's)
        d_outputs: torch.Tensor | None,
        d_last_h: torch.Tensor | None,
        d_last_c: torch.Tensor | None,
    ) -> tuple[torch.Tensor | None, ...]:
        """The gradients of all tensor arguments; `feedback` gets none."""
        weight_ih, weight_hh, head_weight, inputs, hidden, cells, gates, *fed_back = ctx.saved_tensors
        models, batch, steps = inputs.shape
        size = weight_hh.shape[-1]
        d_gates = torch.empty_like(gates)
        d_first_h = inputs.new_empty(models, batch, size)
        d_first_c = torch.empty_like(d_first_h)
        # Optimisers treat None and zero gradients differently: if only states are used, the linear layer gets None.
        uses_head = d_outputs is not None or bool(fed_back)
        d_outputs = torch.zeros_like(inputs) if d_outputs is None else d_outputs
        d_last_h, d_last_c = (torch.zeros_like(d_first_h) if grad is None else grad for grad in (d_last_h, d_last_c))
        if not fed_back:
            forced, fed = d_gates, inputs
            d_outputs = d_outputs.contiguous()
        else:
            forced, previous, outputs = fed_back
            own = torch.cat([previous.unsqueeze(-1), outputs[..., :-1]], dim=-1)
            fed = torch.where(forced != 0, inputs, own)
            d_outputs = d_outputs.clone(memory_format=torch.contiguous_format)  # the kernel adds to it
        d_last_h, d_last_c = d_last_h.contiguous(), d_last_c.contiguous()
        if ctx.by_cuda:
            known = d_outputs, fed, d_last_h, d_last_c, weight_hh, head_weight, hidden, cells, gates
            weight_gradients = cuda_kernels.backward(*known, d_gates, d_first_h, d_first_c)
        else:
            backward_kernel[models, triton.cdiv(batch, ctx.launch.rows)](
                d_outputs,
                d_last_h,
                d_last_c,
                forced,
                weight_ih,
                weight_hh,
                head_weight,
                cells,
                gates,
                d_gates,
                d_first_h,
                d_first_c,
                batch,
                steps,
                HIDDEN=size,
                BLOCK_B=ctx.launch.rows,
                BLOCK_H=block_size(size),
                RESIDENT=ctx.launch.resident,
                MIXED=bool(fed_back),
                PRECISION=ctx.precision,
                num_warps=ctx.launch.warps,
                num_stages=1,
            )
            weight_gradients = triton_sums.weight_gradients(d_gates, hidden, fed, d_outputs, ctx.precision)
        d_weight_ih, d_weight_hh, d_bias, d_head_weight, d_head_bias = weight_gradients
        d_inputs = None
        if ctx.needs_input_grad[6]:
            d_inputs = torch.stack(
                [(own @ weight).squeeze(-1).t() for own, weight in zip(d_gates, weight_ih, strict=True)]
            )
            if fed_back:
                d_inputs = d_inputs.masked_fill(forced == 0, 0.0)
        if not uses_head:
            d_head_weight = d_head_bias = None
        state_and_inputs = d_inputs, d_first_h, d_first_c
        return d_weight_ih, d_weight_hh, d_bias, d_bias, d_head_weight, d_head_bias, *state_and_inputs, *[None] * 5
