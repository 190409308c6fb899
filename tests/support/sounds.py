"""Sounds of a trained model, as the workflow writes them."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_audio.evaluation.signal_sounds import first_sounds, perform_trained

Sound = NDArray[np.float32]


def sounds_of(model: Path, settings: dict[str, Any], signal: Sound, seed: int) -> tuple[Sound, Sound]:
    """Prediction and generation from the first state of the model's evaluation."""
    return first_sounds(perform_trained(model, settings, signal, seed), signal)
