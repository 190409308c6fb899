"""The differentiable recurrence of a pack by Triton kernels, on CUDA devices and, for tests, in Triton's interpreter.

Shapes as in `networks.recurrence`: M models, B sequences, T samples, H units; a state is (h, c), both [M, B, H].
"""

import torch
import triton

from rnn_audio.networks.engines.pytorch import State
from rnn_audio.networks.engines.triton_forward import forward_kernel
from rnn_audio.networks.engines.triton_function import Pair, Recurrence
from rnn_audio.networks.engines.triton_launch import choose_launch


def lstm(
    weight_ih: torch.Tensor,
    weight_hh: torch.Tensor,
    biases: Pair,
    head: Pair,
    inputs: torch.Tensor,
    state: State,
    precision: str = "ieee",
    *,
    by_cuda: bool = False,
) -> tuple[torch.Tensor, State]:
    """Feed known inputs through each model's LSTM and linear layer.

    Args:
        weight_ih: [M, 4H, 1]; gates in the order i, f, g, o.
        weight_hh: [M, 4H, H].
        biases: [M, 4H] each.
        head: weight [M, 1, H] and bias [M, 1] of the linear layer.
        inputs: [M, B, T].
        state: the state before the first sample.
        precision: of the products with the recurrent weights: `ieee`, or `tf32x3` for hidden sizes up to 64, which
            sums three products in TF32 on tensor cores.
        by_cuda: whether the CUDA kernels (`cuda_kernels`) run in place of Triton's, in their own precision.

    Returns:
        The outputs, [M, B, T], and the state after the last sample. Gradients pass to all tensor arguments.

    Raises:
        InputError: the tensors are not on a CUDA device and Triton does not interpret.
        ValueError: the kernels do not support the hidden size, the type or the precision.
    """
    return _apply(weight_ih, weight_hh, biases, head, inputs, state, None, precision, by_cuda=by_cuda)


def mixed(
    weight_ih: torch.Tensor,
    weight_hh: torch.Tensor,
    biases: Pair,
    head: Pair,
    inputs: torch.Tensor,
    forced: torch.Tensor,
    previous: torch.Tensor,
    state: State,
    precision: str = "ieee",
) -> tuple[torch.Tensor, State]:
    """Feed the input where `forced`, [M, B, T] of bool, is true, and the model's own last output elsewhere.

    The other arguments, the results and the errors are those of `lstm`. `previous`, [M, B], is the output before the
    first sample; gradients stop at it. They pass through the outputs that are fed back.
    """
    feedback = forced.contiguous().view(torch.uint8), previous.detach().contiguous()
    return _apply(weight_ih, weight_hh, biases, head, inputs, state, feedback, precision)


def _apply(
    weight_ih: torch.Tensor,
    weight_hh: torch.Tensor,
    biases: Pair,
    head: Pair,
    inputs: torch.Tensor,
    state: State,
    feedback: Pair | None,
    precision: str,
    *,
    by_cuda: bool = False,
) -> tuple[torch.Tensor, State]:
    launch = choose_launch(weight_hh, precision, interpreted=not isinstance(forward_kernel, triton.JITFunction))
    launch = launch.for_batch(inputs.shape[1])
    tensors = (weight_ih, weight_hh, *biases, *head, inputs, *state)
    keep = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)
    outputs, h, c = Recurrence.apply(*tensors, feedback, keep, precision, launch, by_cuda)
    return outputs, (h, c)
