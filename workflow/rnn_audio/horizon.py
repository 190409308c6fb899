"""How much of its signal a free-running training learns, epoch by epoch."""

import math
from dataclasses import dataclass

# An update of SOAP takes as long as 800 (hidden 128) to 1400 (hidden 64) samples of one sequence, measured on a CPU.
_UPDATE_SAMPLES = 1000


@dataclass(frozen=True)
class Horizon:
    """How much of the signal is generated and learned: it doubles from stage to stage.

    Attributes:
        start_samples: the first stage's length.
        full_at_share: share of the epochs after which the whole signal is learned.
    """

    start_samples: int
    full_at_share: float

    def steps_at(self, epoch: int, epochs: int, samples: int) -> int:
        """How many of the samples are learned in the epoch with this index; all of them in the last at the latest."""
        if epoch == epochs - 1:
            return samples
        stages = max(0, math.ceil(math.log2(samples / self.start_samples)))
        stage_epochs = self.full_at_share * epochs / max(1, stages)
        stage = stages if stage_epochs == 0 else min(stages, int(epoch / stage_epochs))
        return min(samples, self.start_samples * 2**stage)


def epoch_costs(horizon: Horizon | None, epochs: int, samples: int) -> list[float]:
    """About how long each epoch takes, in the time of a step over one sample; None learns the whole signal always."""
    if horizon is None:
        return [float(samples + _UPDATE_SAMPLES)] * epochs
    return [float(horizon.steps_at(epoch, epochs, samples) + _UPDATE_SAMPLES) for epoch in range(epochs)]
