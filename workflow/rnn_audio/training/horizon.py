"""How much of the signal a free-running training learns in each epoch."""

import math
from dataclasses import dataclass

# An update of SOAP takes as long as 800 (hidden 128) to 1400 (hidden 64) samples of one sequence, measured on a CPU.
_UPDATE_SAMPLES = 1000
_FAINT_SHARE = 1e-3


@dataclass(frozen=True)
class Horizon:
    """How many samples, from the signal's start, are generated and learned: it grows by a factor at each stage.

    Stages end by schedule or by error. By schedule, the first stage takes as many epochs as each later doubling. By
    error (`grow_below`), a stage ends as soon as its samples are learned well enough.

    Attributes:
        start_samples: length of the first stage.
        full_at_share: share of the epochs after which the whole signal is learned in any case.
        growth: ratio of a stage's length to that of the stage before; above 1.
        grow_below: a stage ends when the squared error is below this share of its samples' energy; None: by schedule.
    """

    start_samples: int
    full_at_share: float
    growth: float = 2.0
    grow_below: float | None = None

    def steps_at(self, epoch: int, epochs: int, samples: int, stage: int) -> int:
        """How many of the samples are learned in the epoch with this index; in the last epoch, all of them.

        Args:
            stage: how many stages have ended by their error; ignored if stages end by schedule.
        """
        if self.grow_below is None:
            return self.steps_by_clock(epoch, epochs, samples)
        is_over = epoch == epochs - 1 or epoch >= self.full_at_share * epochs
        if is_over or stage >= self._last_stage(samples):
            return samples
        # With few samples, a small growth could round to none: grow by at least one sample per stage.
        return min(samples, max(self.start_samples + stage, int(self.start_samples * self.growth**stage)))

    def steps_by_clock(self, epoch: int, epochs: int, samples: int) -> int:
        """How many of the samples are learned in the epoch with this index, if stages end by schedule."""
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
        """Whether the stage's samples are learned well enough for the next stage; false if stages end by schedule.

        Args:
            error: squared error over these samples; NaN if the model restored earlier weights.
            energy: energy of these samples. At least a thousandth of `whole_energy` is used: almost silent samples
                need not be learned to the same relative error.
            whole_energy: energy of the whole signal.
        """
        return self.grow_below is not None and error < self.grow_below * max(energy, _FAINT_SHARE * whole_energy)

    def _last_stage(self, samples: int) -> int:
        """Index of the stage that is the whole signal; below 1 if the first stage is."""
        return math.ceil(math.log2(samples / self.start_samples) / math.log2(self.growth))


def epoch_costs(horizon: Horizon | None, epochs: int, samples: int) -> list[float]:
    """Estimated cost of each epoch, in units of the time per sample; without a horizon, all samples are learned.

    A horizon that grows by error is counted as if it grew by schedule, because its growth is not known in advance.
    """
    if horizon is None:
        return [float(samples + _UPDATE_SAMPLES)] * epochs
    return [float(horizon.steps_by_clock(epoch, epochs, samples) + _UPDATE_SAMPLES) for epoch in range(epochs)]
