"""What the engines for a GPU compute, by PyTorch's LSTM: it takes their place in tests of their trials."""

import torch

from rnn_audio.networks.engines import pytorch

Result = tuple[torch.Tensor, pytorch.State]


def right(
    weight_ih: torch.Tensor,
    weight_hh: torch.Tensor,
    biases: tuple[torch.Tensor, ...],
    head: tuple[torch.Tensor, ...],
    inputs: torch.Tensor,
    state: pytorch.State,
    *,
    by_cuda: bool = False,
) -> Result:
    """What the engines for a GPU compute, by PyTorch."""
    outputs, states = [], []
    for m in range(inputs.shape[0]):
        weights = weight_ih[m], weight_hh[m], biases[0][m], biases[1][m]
        own_state = state[0][m], state[1][m]
        sequence, last = pytorch.lstm_layer(weights, inputs[m].t().unsqueeze(-1), own_state)
        outputs.append(torch.nn.functional.linear(sequence, head[0][m], head[1][m]).squeeze(-1).t())
        states.append(last)
    return torch.stack(outputs), (torch.stack([h for h, _ in states]), torch.stack([c for _, c in states]))


def right_mixed(
    weight_ih: torch.Tensor,
    weight_hh: torch.Tensor,
    biases: tuple[torch.Tensor, ...],
    head: tuple[torch.Tensor, ...],
    inputs: torch.Tensor,
    forced: torch.Tensor,
    previous: torch.Tensor,
    state: pytorch.State,
) -> Result:
    outputs, last = [], previous.detach().unsqueeze(-1)
    for step in range(inputs.shape[2]):
        here = slice(step, step + 1)
        fed = torch.where(forced[..., here], inputs[..., here], last)
        last, state = right(weight_ih, weight_hh, biases, head, fed, state)
        outputs.append(last)
    return torch.cat(outputs, dim=-1), state
