"""White noise: what a room's response is like without its decay."""

import numpy as np
from numpy.typing import NDArray


def noise(*, rate_hz: int, samples: int, seed: int) -> NDArray[np.float64]:
    """Draw Gaussian white noise of standard deviation 1, shape (samples,); it has the same level at any rate."""
    return np.random.default_rng(seed).standard_normal(samples)
