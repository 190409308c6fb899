"""How much of its signal a free-running training learns, epoch by epoch."""

import math
from dataclasses import dataclass

# An update of SOAP takes as long as 800 (hidden 128) to 1400 (hidden 64) samples of one sequence, measured on a CPU.
_UPDATE_SAMPLES = 1000
_FAINT_SHARE = 1e-3


@dataclass(frozen=True)
class Horizon:
    """How much of the signal is generated and learned: it grows by equal factors, from stage to stage.

    By the clock, the first stretch is learned for as long as a doubling takes afterwards. Where `grow_below` is given,
    a stage ends as soon as its stretch is learned that well.

    Attributes:
        start_samples: the first stage's length.
        full_at_share: share of the epochs after which the whole signal is learned, in any case.
        growth: how many times as long as the one before a stage is; above 1.
        grow_below: a stage ends when the squared error is below this share of its stretch's energy; None: by the clock.
    """

    start_samples: int
    full_at_share: float
    growth: float = 2.0
    grow_below: float | None = None

    def steps_at(self, epoch: int, epochs: int, samples: int, stage: int) -> int:
        """How many of the samples are learned in the epoch with this index; all of them in the last at the latest.

        Args:
            stage: how many stages have ended by their error; the clock does not ask.
        """
        if self.grow_below is None:
            return self.steps_by_clock(epoch, epochs, samples)
        is_over = epoch == epochs - 1 or epoch >= self.full_at_share * epochs
        if is_over or stage >= self._last_stage(samples):
            return samples
        # Of a few samples a small growth would be none.
        return min(samples, max(self.start_samples + stage, int(self.start_samples * self.growth**stage)))

    def steps_by_clock(self, epoch: int, epochs: int, samples: int) -> int:
        """How many of the samples are learned in the epoch with this index, if no stage waits for its error."""
        last = self._last_stage(samples)
        if last <= 0 or epoch == epochs - 1:
            return samples
        doublings = math.log2(self.growth)  # in one stage
        doubling_epochs = self.full_at_share * epochs / (1 + (last - 1) * doublings)
        if epoch < doubling_epochs:
            return self.start_samples
        stage = last if doubling_epochs == 0 else 1 + int((epoch / doubling_epochs - 1) / doublings)
        return samples if stage >= last else int(self.start_samples * self.growth**stage)

    def ends_stage(self, error: float, energy: float, whole_energy: float) -> bool:
        """Whether a stretch is learned well enough for the next stage; the clock does not ask.

        Args:
            error: its squared error; NaN where the model went back.
            energy: its own, and `whole_energy` the whole signal's. A stretch that is all but silent counts as a
                thousandth of it: the network need not learn silence to the same number of digits.
        """
        return self.grow_below is not None and error < self.grow_below * max(energy, _FAINT_SHARE * whole_energy)

    def _last_stage(self, samples: int) -> int:
        """Index of the stage that is the whole signal; below 1 where the first is."""
        return math.ceil(math.log2(samples / self.start_samples) / math.log2(self.growth))


def epoch_costs(horizon: Horizon | None, epochs: int, samples: int) -> list[float]:
    """About how long each epoch takes, in the time of a step over one sample; None learns the whole signal always.

    A horizon that waits for the error is taken to grow by the clock: when it does, nobody knows before.
    """
    if horizon is None:
        return [float(samples + _UPDATE_SAMPLES)] * epochs
    return [float(horizon.steps_by_clock(epoch, epochs, samples) + _UPDATE_SAMPLES) for epoch in range(epochs)]
