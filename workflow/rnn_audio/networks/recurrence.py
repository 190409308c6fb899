"""The recurrence of a pack: teacher forced, free-running, or a mixture of both.

Shapes: M models, a batch of B sequences each, T samples, H units. A state is (h, c), both [M, B, H]. All functions are
differentiable and take the parameters of `networks.model`.
"""

import itertools

import torch

from rnn_audio.networks.engines import choice as engines
from rnn_audio.networks.engines.pytorch import LayerWeights, State, lstm_layer
from rnn_audio.networks.model import Parameters

LONGEST_PIECE = 128
"""Most samples of one piece in `run_noting_states`. Pieces of many different sizes fragment the memory that the process
keeps (`jobs.runtime`): 16 GiB instead of 1 after 200 epochs at 5512 Hz."""


def detach(state: State) -> State:
    """The state detached from the graph, where truncated backpropagation ends."""
    return state[0].detach(), state[1].detach()


def run(
    parameters: Parameters, inputs: torch.Tensor, state: State, *, skip: bool = False
) -> tuple[torch.Tensor, State]:
    """Feed known inputs, [M, B, T], through each model.

    Returns:
        The outputs, [M, B, T], and the state after the last sample.
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


def run_noting_states(
    parameters: Parameters, inputs: torch.Tensor, state: State, positions: torch.Tensor
) -> tuple[torch.Tensor, State]:
    """Feed known inputs, [M, B, T], and return intermediate states.

    `run` returns the state at its end only, so the run is cut where a state is needed. It is also cut every
    `LONGEST_PIECE` samples, so that most allocations have the same size at any positions.

    Args:
        positions: [M, K], integers from 0 to T: how many samples each model has read at the states to return.

    Returns:
        The outputs, [M, B, T], and the states at the positions, [M, K, B, H] each. Gradients pass through both.
    """
    length = inputs.shape[-1]
    regular = [*range(LONGEST_PIECE, length, LONGEST_PIECE), length]
    outputs, noted_h, noted_c = [], [], []
    for model, wanted in enumerate(positions.tolist()):
        only = slice(model, model + 1)
        own = {name: tensor[only] for name, tensor in parameters.items()}
        own_state = state[0][only], state[1][only]
        pieces, states = [], {0: own_state}
        for start, stop in itertools.pairwise(sorted({0, *wanted, *regular})):
            piece, own_state = run(own, inputs[only, :, start:stop], own_state)
            pieces.append(piece)
            states[stop] = own_state
        outputs.append(torch.cat(pieces, dim=-1))
        noted_h.append(torch.cat([states[position][0] for position in wanted]))
        noted_c.append(torch.cat([states[position][1] for position in wanted]))
    return torch.cat(outputs), (torch.stack(noted_h), torch.stack(noted_c))


def free_run(parameters: Parameters, first: torch.Tensor, steps: int, state: State) -> tuple[torch.Tensor, State]:
    """Feed `first`, [M, B], then each model's own output, for `steps` samples in total.

    With the output y = w h + b_o fed back, the gates get (W_hh + W_ih w) h + (b + W_ih b_o). After the first sample,
    the loop is an ordinary LSTM with these folded weights and no input. Gradients pass through the folding.

    Returns:
        The outputs, [M, B, steps], and the state after the last sample.
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
        previous: the output before the first sample, [M, B]; gradients stop at it.
        state: the state before the first sample.

    Returns:
        The outputs, [M, B, T], and the state after the last sample. Gradients pass through the fed-back outputs.
    """
    weight_ih, weight_hh = parameters["lstm.weight_ih"], parameters["lstm.weight_hh"]
    engine = engines.pick(inputs.device, weight_hh.shape[-1])
    if engine in engines.FUSED:
        from rnn_audio.networks.engines import triton_recurrence

        biases = parameters["lstm.bias_ih"], parameters["lstm.bias_hh"]
        return triton_recurrence.mixed(weight_ih, weight_hh, biases, _head(parameters), inputs, forced, previous, state)
    outputs, last_h, last_c = [], [], []
    # The first input is known in both cases, so it is put into `inputs`.
    first = torch.where(forced[..., 0], inputs[..., 0], previous.detach())
    inputs = torch.cat([first.unsqueeze(-1), inputs[..., 1:]], dim=-1)
    for model in range(inputs.shape[0]):
        own = {name: tensor[model] for name, tensor in parameters.items()}
        compiled = engine == "compiled" and engines.can_run_compiled(inputs[model], state[0][model])
        mix = _mix_compiled if compiled else _mix
        output, (h, c) = mix(own, inputs[model], forced[model], (state[0][model], state[1][model]))
        outputs.append(output)
        last_h.append(h)
        last_c.append(c)
    return torch.stack(outputs), (torch.stack(last_h), torch.stack(last_c))


def _mix_compiled(
    own: Parameters, inputs: torch.Tensor, forced: torch.Tensor, state: State
) -> tuple[torch.Tensor, State]:
    weights = own["lstm.weight_ih"], own["lstm.weight_hh"], own["lstm.bias_ih"], own["lstm.bias_hh"]
    return _run_compiled(weights, (own["linear.weight"], own["linear.bias"]), inputs, state, forced)


def _mix(own: Parameters, inputs: torch.Tensor, forced: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
    """One model's mixed run, [B, T], sample by sample, on any device and in any precision.

    The first sample of `inputs` is fed even where it is not forced.
    """
    weight_ih, weight_hh = own["lstm.weight_ih"].t(), own["lstm.weight_hh"].t()
    bias = own["lstm.bias_ih"] + own["lstm.bias_hh"]
    weight_out = own["linear.weight"].t()
    h, c = state
    output = inputs[:, :1]
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
    # Elementwise, since a batched product rounds differently for one model than for many.
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
    """The LSTM and the linear layer: outputs, [M, B, T], and the last state."""
    engine = engines.pick(inputs.device, weight_hh.shape[-1])
    if engine in engines.FUSED:
        from rnn_audio.networks.engines import triton_recurrence

        return triton_recurrence.lstm(weight_ih, weight_hh, biases, head, inputs, state, by_cuda=engine == engines.CUDA)
    outputs, last_h, last_c = [], [], []
    for model in range(inputs.shape[0]):
        weights = (weight_ih[model], weight_hh[model], biases[0][model], biases[1][model])
        own_head = head[0][model], head[1][model]
        compiled = engine == "compiled" and engines.is_compiled_faster(inputs[model], state[0][model])
        run_model = _run_compiled if compiled else run_layer
        output, (h, c) = run_model(weights, own_head, inputs[model], (state[0][model], state[1][model]))
        outputs.append(output)
        last_h.append(h)
        last_c.append(c)
    return torch.stack(outputs), (torch.stack(last_h), torch.stack(last_c))


def run_layer(
    weights: LayerWeights, head: tuple[torch.Tensor, torch.Tensor], inputs: torch.Tensor, state: State
) -> tuple[torch.Tensor, State]:
    """One model by PyTorch's LSTM, on any device and in any precision: outputs, [B, T], and the last state."""
    sequence, state = lstm_layer(weights, inputs.t().unsqueeze(-1), state)
    return torch.nn.functional.linear(sequence, *head).squeeze(-1).t(), state


def _run_compiled(
    weights: LayerWeights,
    head: tuple[torch.Tensor, torch.Tensor],
    inputs: torch.Tensor,
    state: State,
    forced: torch.Tensor | None = None,
) -> tuple[torch.Tensor, State]:
    """One model by the compiled recurrence: outputs, [B, T], and the last state."""
    from rnn_audio.networks.engines.compiled import run_sequences

    weight_ih, weight_hh, bias_ih, bias_hh = weights
    joined = torch.cat([weight_hh, weight_ih, (bias_ih + bias_hh).unsqueeze(1)], dim=1)
    return run_sequences(joined, torch.cat([head[0].squeeze(0), head[1]]), inputs, state, forced)
