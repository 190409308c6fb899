"""The networks of paper A in NumPy, gate by gate and sample by sample, without the library."""

import numpy as np

from rnn_audio.types import Floats

Weights = dict[str, Floats]


def sigmoid(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-x))


def layer_step(weights: Weights, layer: str, x: Floats, h: Floats, c: Floats) -> tuple[Floats, Floats]:
    """One sample through an LSTM layer of this name: x [S, I], h and c [S, H]; returns h and c."""
    hidden = h.shape[-1]
    gate = {}
    for index, letter in enumerate("ifgo"):
        rows = slice(index * hidden, (index + 1) * hidden)
        from_input = x @ weights[f"{layer}.weight_ih"][rows].T + weights[f"{layer}.bias_ih"][rows]
        from_state = h @ weights[f"{layer}.weight_hh"][rows].T + weights[f"{layer}.bias_hh"][rows]
        gate[letter] = from_input + from_state
    c = sigmoid(gate["f"]) * c + sigmoid(gate["i"]) * np.tanh(gate["g"])
    return sigmoid(gate["o"]) * np.tanh(c), c


def linear(weights: Weights, name: str, x: Floats) -> Floats:
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def reconstruct(
    weights: Weights,
    first_state: tuple[Floats, Floats],
    second_state: tuple[Floats, Floats],
    segments: Floats,
    own_output: bool,
) -> Floats:
    """The auxiliary network from the given states: segments [S, L] to outputs [S, L - 1]."""
    fed, outputs = segments[:, :1], []
    for t in range(segments.shape[1] - 1):
        x = fed if own_output else segments[:, t : t + 1]
        first_state = layer_step(weights, "auxiliary.first", x, *first_state)
        second_state = layer_step(weights, "auxiliary.second", first_state[0], *second_state)
        fed = linear(weights, "auxiliary.linear", second_state[0])
        outputs.append(fed[:, 0])
    return np.stack(outputs, axis=-1)
