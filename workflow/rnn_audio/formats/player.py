"""A portable model's output, by the compiled recurrence that also trains, without PyTorch."""

import numpy as np

from rnn_audio.formats.portable import PortableModel, State
from rnn_audio.types import Samples

_BLOCK_SAMPLES = 1 << 16
_SETTLING_SAMPLES = 48_000  # as NAM's own exporter


def play(model: PortableModel, samples: Samples, state: State | None = None) -> tuple[Samples, State]:
    """The model's output for a recording.

    Args:
        model: the model.
        samples: the recording, [N].
        state: the state before its first sample, [H] each; by default the model's own. To play a recording in parts,
            give each the state that the last one returned.

    Returns:
        The output, float32, [N], and the state after the last sample.
    """
    from rnn_audio.networks.engines.cell_kernels import run_forward

    hidden, weights = model.hidden_size, model.weights
    h, c = model.state if state is None else state
    joined = np.concatenate([weights["lstm.weight_hh"], weights["lstm.weight_ih"], model.bias[:, None]], axis=1)
    transposed = np.ascontiguousarray(joined.T)
    head = np.concatenate([weights["linear.weight"][0], weights["linear.bias"]])
    recording = np.ascontiguousarray(samples, dtype=np.float32)
    outputs = np.empty((len(recording), 1), np.float32)
    gates = np.empty((1, 4 * hidden), np.float32)
    everywhere = np.ones((0, 0), np.bool_)
    for start in range(0, len(recording), _BLOCK_SAMPLES):
        block = recording[start : start + _BLOCK_SAMPLES, None]
        rows, cells = np.ones((2, hidden + 2), np.float32), np.empty((2, hidden), np.float32)
        rows[0, :hidden], rows[0, hidden], cells[0] = h, block[0, 0], c
        run_forward(transposed, gates, cells, rows, outputs[start : start + len(block)], block, everywhere, head)
        last = len(block) % 2
        h, c = rows[last, :hidden].copy(), cells[last].copy()
    output = outputs[:, 0]
    return (output + recording if model.skip else output), (h, c)


def settled(model: PortableModel) -> PortableModel:
    """The model with the state in which it rests: that after about a second of silence."""
    return model.with_state(play(model, np.zeros(_SETTLING_SAMPLES, np.float32))[1])
