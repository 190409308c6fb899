"""Settings of free-running training: learning rate, loss terms, recovery (extends paper A, section V-E)."""

import math
from dataclasses import dataclass

from rnn_audio.training.horizon import Horizon

_WEIGHT_STEPS = 16


@dataclass(frozen=True)
class SpectralTerm:
    """The multi-resolution STFT loss of Yamamoto et al. 2020: spectral convergence and log magnitudes.

    Attributes:
        weight: its weight in the total loss.
        window_samples: lengths of the Hann windows; the hop is a quarter of the window.
    """

    weight: float
    window_samples: tuple[int, ...]


@dataclass(frozen=True)
class DecayTerm:
    """The mean squared difference of the Schroeder decay curves, in dB squared.

    Attributes:
        weight: its weight in the total loss.
        range_db: decibels of the target's decay, from its start, that are compared.
        from_share: share of the epochs after which the term is added. From the start, it would outweigh the waveform.
        start_weight: its first weight, which then rises to `weight` by equal factors; None: `weight` at once.
    """

    weight: float
    range_db: float
    from_share: float
    start_weight: float | None = None


@dataclass(frozen=True)
class Recovery:
    """What happens when a training diverges: it restores its best weights and lowers its learning rate.

    Attributes:
        loss_ratio: a loss above this multiple of the best one counts as diverged, as does one that is not finite.
        least_loss: a finite loss below this never counts as diverged: at small errors, such jumps are transient.
        learning_rate_factor: factor on the learning rate at each recovery.
        at_most: number of recoveries before divergence is an error.
        patience_epochs: for how many epochs in a row a finite loss may be that high: most jumps are transient.
    """

    loss_ratio: float
    least_loss: float
    learning_rate_factor: float
    at_most: int
    patience_epochs: int


@dataclass(frozen=True)
class FreeRunningMethod:
    """A free-running training; each epoch is one update by full BPTT over the horizon.

    Attributes:
        optimiser: `soap` or `adam`.
        learning_rate: its highest value.
        learning_rate_shape: `cosine`, which falls to 0 after the last epoch, or `constant`.
        fall_from_share: share of the epochs after which a cosine starts to fall.
        warm_up_share: share of the epochs over which the learning rate rises to its highest value.
        gradient_clip_norm: largest gradient norm of a model, or None.
        initial_state: `learned`, `fixed` (drawn once), or `random` (drawn for each epoch and copy).
        forget_bias: added to the forget gate's bias before training, so that the network keeps its state at first.
        horizon: how the learned part of the signal grows; None learns the whole signal from the start.
        recovery: what happens on divergence; None makes it an error.
        decay: the loss term of the decay curve, or None.
        spectrum: the loss term of the spectrum, or None.
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
        """The learning rate of the epoch with this index, out of `epochs`."""
        rising = max(1.0, self.warm_up_share * epochs)
        rise = min(1.0, (epoch + 1) / rising)
        return self.learning_rate * rise * self._fall(epoch / epochs)

    def _fall(self, share: float) -> float:
        """Factor on the learning rate after this share of the epochs."""
        if self.learning_rate_shape == "constant" or share <= self.fall_from_share:
            return 1.0
        return 0.5 * (1 + math.cos(math.pi * (share - self.fall_from_share) / (1 - self.fall_from_share)))

    def steps_at(self, epoch: int, epochs: int, samples: int, stage: int = 0) -> int:
        """Samples generated in the epoch with this index; `stage` is as in `Horizon.steps_at`."""
        return samples if self.horizon is None else self.horizon.steps_at(epoch, epochs, samples, stage)

    def ends_stage(self, error: float, energy: float, whole_energy: float) -> bool:
        """Whether the horizon is learned well enough for the next stage (`Horizon.ends_stage`)."""
        return self.horizon is not None and self.horizon.ends_stage(error, energy, whole_energy)

    def decay_weight_at(self, epoch: int, epochs: int) -> float:
        """The weight of the decay term in the epoch with this index."""
        if self.decay is None or epoch < self.decay.from_share * epochs:
            return 0.0
        if self.decay.start_weight is None:
            return self.decay.weight
        first = math.ceil(self.decay.from_share * epochs)
        # In steps, because losses under different weights are not comparable: each weight is kept for some epochs.
        step = (epoch - first) * _WEIGHT_STEPS // max(1, epochs - first)
        rise = self.decay.weight / self.decay.start_weight
        return self.decay.start_weight * rise ** (step / (_WEIGHT_STEPS - 1))
