"""The recurrence of a pack: teacher forced, free-running, or a mixture of both.

Shapes: M models, a batch of B sequences each, T samples, H units. A state is (h, c), both [M, B, H]. Everything here
is differentiable and takes the parameters of `models`.
"""

import torch

from rnn_audio.models import Parameters

State = tuple[torch.Tensor, torch.Tensor]


def detach(state: State) -> State:
    """The same state, cut from the graph: where truncated backpropagation ends."""
    return state[0].detach(), state[1].detach()


def run(
    parameters: Parameters, inputs: torch.Tensor, state: State, *, skip: bool = False
) -> tuple[torch.Tensor, State]:
    """Feed known inputs, [M, B, T], through each model.

    Returns:
        The outputs, [M, B, T], and the state behind the last sample.
    """
    outputs, state = _lstm(
        parameters["lstm.weight_ih"],
        parameters["lstm.weight_hh"],
        (parameters["lstm.bias_ih"], parameters["lstm.bias_hh"]),
        _head(parameters),
        inputs,
        state,
    )
    return (outputs + inputs if skip else outputs), state


def free_run(parameters: Parameters, first: torch.Tensor, steps: int, state: State) -> tuple[torch.Tensor, State]:
    """Feed `first`, [M, B], then each model's own output, for `steps` samples in all.

    With the output y = w h + b_o fed back, the gates see (W_hh + W_ih w) h + (b + W_ih b_o): behind the first sample
    the loop is an ordinary LSTM with folded weights and no input. Gradients pass through the fold.

    Returns:
        The outputs, [M, B, steps], and the state behind the last sample.
    """
    opening, state = run(parameters, first.unsqueeze(-1), state)
    if steps == 1:
        return opening, state
    weight_ih, weight_hh, biases = _fold(parameters)
    silence = first.new_zeros(*first.shape, steps - 1)
    rest, state = _lstm(weight_ih, weight_hh, biases, _head(parameters), silence, state)
    return torch.cat([opening, rest], dim=-1), state


def mixed_run(
    parameters: Parameters, inputs: torch.Tensor, forced: torch.Tensor, previous: torch.Tensor, state: State
) -> tuple[torch.Tensor, State]:
    """Feed the true sample where `forced`, [M, B, T] of bool, is true, and the model's own last output elsewhere.

    Args:
        inputs: the true samples, [M, B, T].
        previous: the output that precedes the first sample, [M, B]; gradients stop at it.
        state: the state before the first sample.

    Returns:
        The outputs, [M, B, T], and the state behind the last sample. Gradients pass through the fed-back outputs.
    """
    outputs, last_h, last_c = [], [], []
    for model in range(inputs.shape[0]):
        own = {name: tensor[model] for name, tensor in parameters.items()}
        own_state = (state[0][model], state[1][model])
        output, (h, c) = _mix(own, inputs[model], forced[model], previous[model].detach(), own_state)
        outputs.append(output)
        last_h.append(h)
        last_c.append(c)
    return torch.stack(outputs), (torch.stack(last_h), torch.stack(last_c))


def _mix(
    own: Parameters, inputs: torch.Tensor, forced: torch.Tensor, previous: torch.Tensor, state: State
) -> tuple[torch.Tensor, State]:
    """One model's mixed run, [B, T]: sample by sample, as each step needs the last one's output."""
    weight_ih, weight_hh = own["lstm.weight_ih"].t(), own["lstm.weight_hh"].t()
    bias = own["lstm.bias_ih"] + own["lstm.bias_hh"]
    weight_out = own["linear.weight"].t()
    h, c = state
    output = previous.unsqueeze(-1)
    outputs = []
    for true_sample, is_forced in zip(inputs.split(1, dim=-1), forced.split(1, dim=-1), strict=True):
        gates = torch.addmm(bias + torch.where(is_forced, true_sample, output) * weight_ih, h, weight_hh)
        i, f, g, o = gates.chunk(4, dim=-1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        output = torch.addmm(own["linear.bias"], h, weight_out)
        outputs.append(output)
    return torch.cat(outputs, dim=-1), (h, c)


def _head(parameters: Parameters) -> tuple[torch.Tensor, torch.Tensor]:
    return parameters["linear.weight"], parameters["linear.bias"]


def _fold(parameters: Parameters) -> tuple[torch.Tensor, torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
    weight_ih = parameters["lstm.weight_ih"]
    # Element by element: a batched product takes another path for one model than for many, and rounds differently.
    weight_hh = parameters["lstm.weight_hh"] + weight_ih * parameters["linear.weight"]
    bias_ih = parameters["lstm.bias_ih"] + weight_ih.squeeze(-1) * parameters["linear.bias"]
    return torch.zeros_like(weight_ih), weight_hh, (bias_ih, parameters["lstm.bias_hh"])


def _lstm(
    weight_ih: torch.Tensor,
    weight_hh: torch.Tensor,
    biases: tuple[torch.Tensor, torch.Tensor],
    head: tuple[torch.Tensor, torch.Tensor],
    inputs: torch.Tensor,
    state: State,
) -> tuple[torch.Tensor, State]:
    """PyTorch's LSTM and the linear layer, model by model: outputs [M, B, T] and the last state."""
    outputs, last_h, last_c = [], [], []
    for model in range(inputs.shape[0]):
        sequence, h, c = torch.lstm(
            inputs[model].t().unsqueeze(-1),
            (state[0][model].unsqueeze(0), state[1][model].unsqueeze(0)),
            [weight_ih[model], weight_hh[model], biases[0][model], biases[1][model]],
            has_biases=True,
            num_layers=1,
            dropout=0.0,
            train=True,
            bidirectional=False,
            batch_first=False,
        )
        projected = torch.nn.functional.linear(sequence, head[0][model], head[1][model])
        outputs.append(projected.squeeze(-1).t())
        last_h.append(h.squeeze(0))
        last_c.append(c.squeeze(0))
    return torch.stack(outputs), (torch.stack(last_h), torch.stack(last_c))
