"""How a free-running training goes: learning rate, decay term, recovery (past paper A, which stops at section V-E)."""

import math
from dataclasses import dataclass

from rnn_audio.training.horizon import Horizon

_WEIGHT_STEPS = 16


@dataclass(frozen=True)
class SpectralTerm:
    """The multi-resolution STFT loss of Yamamoto et al. 2020: spectral convergence and log magnitudes.

    Attributes:
        weight: its share in the sum.
        window_samples: lengths of the Hann windows; each hops by a quarter of its length.
    """

    weight: float
    window_samples: tuple[int, ...]


@dataclass(frozen=True)
class DecayTerm:
    """The mean squared difference of the Schroeder decay curves, in dB squared.

    Attributes:
        weight: its share in the sum.
        range_db: how far the target's decay is followed.
        from_share: share of the epochs after which the term comes in. From the start, it would outweigh the waveform.
        start_weight: the weight with which it comes in, to rise to its own by equal factors; None: its own at once.
    """

    weight: float
    range_db: float
    from_share: float
    start_weight: float | None = None


@dataclass(frozen=True)
class Recovery:
    """What is done when a training diverges: it goes back to its best weights and steps on more slowly.

    Attributes:
        loss_ratio: a loss above this multiple of the best one counts as diverged, as does one that is not finite.
        least_loss: a loss below this never does: where hardly any error is left, jumps of that ratio mend themselves.
        learning_rate_factor: multiplies the learning rate each time.
        at_most: how often, before it is an error.
        patience_epochs: for how many epochs in a row a finite loss may be that high: most jumps mend themselves.
    """

    loss_ratio: float
    least_loss: float
    learning_rate_factor: float
    at_most: int
    patience_epochs: int


@dataclass(frozen=True)
class FreeRunningMethod:
    """A free-running training; each epoch is one update over the horizon, by full BPTT.

    Attributes:
        optimiser: `soap` or `adam`.
        learning_rate: its highest value.
        learning_rate_shape: `cosine`, which falls to 0 behind the last epoch, or `constant`.
        fall_from_share: share of the epochs after which a cosine falls.
        warm_up_share: share of the epochs over which the learning rate rises to its highest value.
        gradient_clip_norm: largest gradient norm of a model, or None.
        initial_state: `learned`, `fixed` (drawn once), or `random` (drawn anew each epoch and for each copy).
        forget_bias: added to the forget gate's bias before training, so that the state is kept at first.
        horizon: how the learned stretch grows; None learns the whole signal from the start.
        recovery: what is done on divergence; None makes it an error.
        decay: the term of the decay curve, or None.
        spectrum: the term of the spectrum, or None.
    """

    optimiser: str
    learning_rate: float
    learning_rate_shape: str
    warm_up_share: float
    gradient_clip_norm: float | None
    initial_state: str
    forget_bias: float
    fall_from_share: float = 0.0
    horizon: Horizon | None = None
    recovery: Recovery | None = None
    decay: DecayTerm | None = None
    spectrum: SpectralTerm | None = None

    def learning_rate_at(self, epoch: int, epochs: int) -> float:
        """The learning rate of the epoch with this index, of so many."""
        rising = max(1.0, self.warm_up_share * epochs)
        rise = min(1.0, (epoch + 1) / rising)
        return self.learning_rate * rise * self._fall(epoch / epochs)

    def _fall(self, share: float) -> float:
        """What is left of the learning rate behind this share of the epochs."""
        if self.learning_rate_shape == "constant" or share <= self.fall_from_share:
            return 1.0
        return 0.5 * (1 + math.cos(math.pi * (share - self.fall_from_share) / (1 - self.fall_from_share)))

    def steps_at(self, epoch: int, epochs: int, samples: int, stage: int = 0) -> int:
        """How many samples are generated in the epoch with this index, behind so many stages that their error ended."""
        return samples if self.horizon is None else self.horizon.steps_at(epoch, epochs, samples, stage)

    def ends_stage(self, error: float, energy: float, whole_energy: float) -> bool:
        """Whether a stretch is learned well enough for the next stage (`Horizon.ends_stage`)."""
        return self.horizon is not None and self.horizon.ends_stage(error, energy, whole_energy)

    def decay_weight_at(self, epoch: int, epochs: int) -> float:
        """The weight of the decay term in the epoch with this index."""
        if self.decay is None or epoch < self.decay.from_share * epochs:
            return 0.0
        if self.decay.start_weight is None:
            return self.decay.weight
        first = math.ceil(self.decay.from_share * epochs)
        # In steps: the best weights are those of one loss, and need some epochs of it.
        step = (epoch - first) * _WEIGHT_STEPS // max(1, epochs - first)
        rise = self.decay.weight / self.decay.start_weight
        return self.decay.start_weight * rise ** (step / (_WEIGHT_STEPS - 1))
