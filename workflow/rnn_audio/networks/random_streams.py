"""Reproducible random streams: each model of a pack draws from its own generators, so that it trains as if alone.

All streams are on the CPU, so a seed gives the same numbers on every accelerator.
"""

from collections.abc import Sequence

import numpy as np
import torch

STREAMS = ("weights", "states", "sampling", "shuffle", "evaluation", "anchors")


class RandomStreams:
    """One generator per model and purpose.

    Args:
        seeds: one seed per model of the pack.

    Every (seed, purpose) pair has an independent stream, so that drawing more numbers from one (a longer training, a
    larger batch) does not change another.
    """

    def __init__(self, seeds: Sequence[int]) -> None:
        self._generators = {stream: [_generator(seed, index) for seed in seeds] for index, stream in enumerate(STREAMS)}

    def generators(self, stream: str) -> list[torch.Generator]:
        """The generators for one purpose, one per model."""
        return self._generators[stream]

    def normal(self, stream: str, shape: Sequence[int]) -> torch.Tensor:
        """Standard normal numbers, shape [models, *shape]."""
        return torch.stack([torch.randn(*shape, generator=generator) for generator in self._generators[stream]])

    def bernoulli(self, stream: str, probability: float, shape: Sequence[int]) -> torch.Tensor:
        """Booleans that are true with the given probability, shape [models, *shape]."""
        draws = [torch.rand(*shape, generator=generator) for generator in self._generators[stream]]
        return torch.stack(draws) < probability

    def integers(self, stream: str, lowest: int, highest: int, shape: Sequence[int]) -> torch.Tensor:
        """Uniform integers from `lowest` to `highest`, both included, shape [models, *shape]."""
        draws = [
            torch.randint(lowest, highest + 1, tuple(shape), generator=generator)
            for generator in self._generators[stream]
        ]
        return torch.stack(draws)

    def state(self) -> dict[str, torch.Tensor]:
        """The state of every stream, for a checkpoint: uint8 tensors [models, bytes]."""
        return {
            stream: torch.stack([generator.get_state() for generator in generators])
            for stream, generators in self._generators.items()
        }

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Continue every stream from a `state`."""
        for stream, generators in self._generators.items():
            for generator, saved in zip(generators, state[stream], strict=True):
                generator.set_state(saved.clone())


def _generator(seed: int, index: int) -> torch.Generator:
    # PyTorch seeds its generator with 32 bits; hashing spreads neighbouring seeds over all of them.
    word = np.random.SeedSequence([seed, index]).generate_state(1, np.uint32)[0]
    generator = torch.Generator()
    generator.manual_seed(int(word))
    return generator
