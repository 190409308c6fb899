"""Small models for tests of file formats."""

import numpy as np

from rnn_audio.formats.portable import PortableModel
from rnn_audio.networks.model_file import ModelShape

RATE_HZ = 44100


def random_model(hidden_size: int = 6, skip: bool = True, seed: int = 0, **also: object) -> PortableModel:
    """A model with weights as PyTorch draws them, uniform within 1/sqrt(H)."""
    random, bound = np.random.default_rng(seed), 1 / np.sqrt(hidden_size)
    weights = {
        name: random.uniform(-bound, bound, shape).astype(np.float32)
        for name, shape in ModelShape(hidden_size).parameter_shapes().items()
    }
    return PortableModel(weights, skip=skip, **{"rate_hz": RATE_HZ, "name": "small", **also})


def noise(samples: int = 600, seed: int = 1) -> np.ndarray:
    """Noise at about a guitar's level, float64 values that float32 has too."""
    return np.random.default_rng(seed).uniform(-0.9, 0.9, samples).astype(np.float32).astype(float)
