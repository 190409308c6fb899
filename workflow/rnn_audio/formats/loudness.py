"""Loudness and gain of a model as Neural Amp Modeler's files state them, by which its plugin sets the output level."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from rnn_audio.formats.player import play, settled
from rnn_audio.formats.portable import PortableModel
from rnn_audio.types import Floats

_PACKAGE = "nam"
_INPUT_GAINS = np.linspace(0.0, 1.0, 11)


def loudness_and_gain(model: PortableModel) -> dict[str, float]:
    """The keys `loudness` (dB) and `gain` (0 to 1), empty where the package neural-amp-modeler is not installed.

    They are measured on a passage that ships in that package, played sample by sample at whatever rate the model has.
    Loudness is the RMS of the output. Gain is how far the output at lower levels of the input is above a proportional
    one: 0 for a linear model, 1 for one that is as loud at any level.
    """
    sound = _passage()
    if sound is None:
        return {}
    rested = settled(model)
    levels = np.array([_rms(play(rested, level * sound)[0]) for level in _INPUT_GAINS])
    if levels[-1] <= 0:
        return {}
    loudest = levels[-1] * len(levels)
    gain = (levels.sum() - loudest / 2) / (loudest / 2)
    return {"loudness": float(20 * np.log10(levels[-1])), "gain": float(np.clip(gain, 0.0, 1.0))}


def _passage() -> Floats | None:
    import soundfile

    package = find_spec(_PACKAGE)
    folders = package.submodule_search_locations if package else None
    path = Path(folders[0], "models", "_resources", "loudness_input.wav") if folders else None
    return soundfile.read(path)[0] if path is not None and path.is_file() else None


def _rms(samples: Floats) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
