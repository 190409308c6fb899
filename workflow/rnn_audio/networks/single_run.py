"""One trained model on one recording, on the CPU and without PyTorch, whose import takes longer than a short run."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def run_single(weights: Mapping[str, Array], inputs: Array, *, skip: bool) -> Array:
    """Feed a recording through a model, from a state of zeros.

    The compiled loop is that of `recurrence.run` for a single sequence on a CPU, so the outputs are the same bytes.

    Args:
        weights: the tensors of `model_file.read_model`.
        inputs: [N], at least one sample.
        skip: whether the input is added to the output (paper B's published models).

    Returns:
        The outputs, [N].
    """
    # Imported here, because numba takes half a second to import.
    from rnn_audio.networks.engines.cell_kernels import run_forward

    recurrent = weights["lstm.weight_hh"]
    units = recurrent.shape[1]
    biases = weights["lstm.bias_ih"] + weights["lstm.bias_hh"]
    joined = np.concatenate([recurrent, weights["lstm.weight_ih"], biases[:, None]], axis=1)
    sequence = np.ascontiguousarray(inputs, dtype=np.float32).reshape(-1, 1)
    # Two places each, which take turns: a step reads one and writes the other.
    rows, cells = np.zeros((2, units + 2), np.float32), np.zeros((2, units), np.float32)
    rows[0, units], rows[:, units + 1] = sequence[0, 0], 1.0
    outputs = np.empty_like(sequence)
    run_forward(
        np.ascontiguousarray(joined.T),
        np.empty((1, 4 * units), np.float32),
        cells,
        rows,
        outputs,
        sequence,
        np.ones((0, 0), np.bool_),  # the true sample is fed everywhere
        np.concatenate([weights["linear.weight"][0], weights["linear.bias"]]),
    )
    return outputs[:, 0] + sequence[:, 0] if skip else outputs[:, 0]
