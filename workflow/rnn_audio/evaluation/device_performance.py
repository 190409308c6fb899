"""What a trained model makes of a recording (paper B, section 5.1), on the CPU and without PyTorch."""

from pathlib import Path

from rnn_audio.networks.engines.streaming import Stream
from rnn_audio.networks.model_file import read_model
from rnn_audio.types import Samples


def process_recording(model_path: Path, recording: Samples) -> Samples:
    """Process a recording, [N], with a trained model, from a state of zeros; returns [N], float32.

    Raises:
        InputError: the file is not a model.
    """
    shape, weights = read_model(model_path)
    return Stream(weights, skip=shape.skip).process(recording)
