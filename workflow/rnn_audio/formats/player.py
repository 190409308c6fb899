"""A portable model's output."""

import numpy as np

from rnn_audio.formats.portable import PortableModel, State
from rnn_audio.types import Samples

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
    # Imported here, because numba takes half a second to import.
    from rnn_audio.networks.engines.streaming import Stream

    stream = Stream(model.weights, skip=model.skip, state=model.state if state is None else state)
    return stream.process(samples), stream.state


def settled(model: PortableModel) -> PortableModel:
    """The model with the state in which it rests: that after about a second of silence."""
    return model.with_state(play(model, np.zeros(_SETTLING_SAMPLES, np.float32))[1])
