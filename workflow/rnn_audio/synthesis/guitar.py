"""Guitar and bass playing, as a signal."""

import numpy as np
from numpy.typing import NDArray

from rnn_audio.guitar import playing


def guitar(*, rate_hz: int, samples: int, seed: int) -> NDArray[np.float64]:
    """Synthesise playing as the simulated amplifier gets it, shape (samples,): see `rnn_audio.guitar.playing`.

    Raises InputError where the rate is below `rnn_audio.guitar.LOWEST_RATE_HZ`.
    """
    return playing(samples / rate_hz, rate_hz, seed)
