"""One LSTM layer of one model, over a whole sequence at once, by PyTorch's own kernel.

A state is (h, c).
"""

import torch

State = tuple[torch.Tensor, torch.Tensor]
LayerWeights = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


def lstm_layer(weights: LayerWeights, inputs: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
    """Feed known inputs through the layer.

    Args:
        weights: input [4H, I] and recurrent [4H, H] weights, and both biases [4H]; gates in the order i, f, g, o.
        inputs: [T, B, I].
        state: the state before the first sample, [B, H] each.

    Returns:
        The hidden states, [T, B, H], and the state after the last sample.
    """
    sequence, h, c = torch.lstm(
        inputs,
        (state[0].unsqueeze(0), state[1].unsqueeze(0)),
        list(weights),
        has_biases=True,
        num_layers=1,
        dropout=0.0,
        train=True,
        bidirectional=False,
        batch_first=False,
    )
    return sequence, (h.squeeze(0), c.squeeze(0))
