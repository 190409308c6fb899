"""The auxiliary network: it reconstructs a segment of the signal from the main network's state (paper A, IV-C2).

Shapes: M models, S segments each, L samples per segment, H units of the main network. A state is (h, c). The first
sample of a segment is the seed; the other L - 1 are reconstructed in order.
"""

import torch
from torch.nn.functional import linear

from rnn_audio.networks.auxiliary_shape import LAYERS, STATE_PARTS, AuxiliaryShape
from rnn_audio.networks.engines.pytorch import LayerWeights, State, lstm_layer
from rnn_audio.networks.model import Parameters


def reconstruct(
    parameters: Parameters, shape: AuxiliaryShape, segments: torch.Tensor, main_state: State, feed: str
) -> torch.Tensor:
    """Reconstruct segments, [M, S, L], from the main network's state and the first sample of each.

    Args:
        parameters: of both networks.
        shape: the auxiliary network's.
        segments: the segments, [M, S, L].
        main_state: the main network's state after each segment, [M, S, H] each.
        feed: `true_samples`: the segment's own samples are fed (teacher forced); `own_output`: its first sample, then
            the network's own outputs.

    Returns:
        The reconstructed samples, [M, S, L - 1]. Gradients pass into the state and through fed-back outputs.
    """
    decode = _DECODERS[feed]
    outputs = []
    # Model by model, since a batched product rounds differently for one model than for many.
    for model, own_segments in enumerate(segments):
        own = {name: tensor[model] for name, tensor in parameters.items()}
        own_state = main_state[0][model], main_state[1][model]
        states = [_initial_state(own, shape, layer, own_state) for layer in LAYERS]
        outputs.append(decode(own, own_segments.t(), states).t())
    return torch.stack(outputs)


def _initial_state(own: Parameters, shape: AuxiliaryShape, layer: str, main_state: State) -> State:
    h, c = (
        _carried_over(own, shape, layer, part, of_main) for part, of_main in zip(STATE_PARTS, main_state, strict=True)
    )
    return h, c


def _carried_over(own: Parameters, shape: AuxiliaryShape, layer: str, part: str, of_main: torch.Tensor) -> torch.Tensor:
    """Initial state of a layer, `hidden` or `cell`, from that of the main network, `of_main`, [S, H]."""
    main_size = of_main.shape[-1]
    if shape.starts_from_zeros(layer, part):
        return of_main.new_zeros(len(of_main), shape.layer_size(layer, main_size))
    if not shape.has_bridge(layer, part, main_size):
        return of_main
    bridge = f"auxiliary.bridge_{layer}_{part}"
    return linear(of_main, own[f"{bridge}.weight"], own[f"{bridge}.bias"])


def _decode_forced(own: Parameters, segments: torch.Tensor, states: list[State]) -> torch.Tensor:
    """[L, S] to [L - 1, S]."""
    sequence = segments[:-1].unsqueeze(-1)
    for layer, state in zip(LAYERS, states, strict=True):
        sequence, _ = lstm_layer(_layer_weights(own, layer), sequence, state)
    return _head(own, sequence).squeeze(-1)


def _decode_free(own: Parameters, segments: torch.Tensor, states: list[State]) -> torch.Tensor:
    """[L, S] to [L - 1, S], sample by sample, since each step needs the output of the last."""
    weights = [_layer_weights(own, layer) for layer in LAYERS]
    states = list(states)
    fed = segments[0].unsqueeze(-1)
    outputs = []
    for _ in range(len(segments) - 1):
        values = fed
        for index, layer in enumerate(weights):
            states[index] = torch.lstm_cell(values, states[index], *layer)
            values = states[index][0]
        fed = _head(own, values)
        outputs.append(fed.squeeze(-1))
    return torch.stack(outputs)


_DECODERS = {"true_samples": _decode_forced, "own_output": _decode_free}


def _layer_weights(own: Parameters, layer: str) -> LayerWeights:
    weight_ih, weight_hh, bias_ih, bias_hh = (
        own[f"auxiliary.{layer}.{name}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    return weight_ih, weight_hh, bias_ih, bias_hh


def _head(own: Parameters, hidden: torch.Tensor) -> torch.Tensor:
    return linear(hidden, own["auxiliary.linear.weight"], own["auxiliary.linear.bias"])
