"""What a sweep's table and figure both show of one value and one quantity: every seed, the chosen one, the baseline."""

import math
import statistics
from dataclasses import dataclass, replace

from rnn_audio.reporting.tables.rows import MISSING, Row


@dataclass(frozen=True)
class SweepPoint:
    """One quantity at one value of a sweep.

    Attributes:
        label: the value, or the label that stands for it.
        seeds: the quantity by seed; NaN where it could not be measured. Of a metric, the chosen seed's alone.
        chosen_seed: the seed that its configuration chose.
        baseline: the loss of predicting zero; NaN where the quantity has none.
        is_loss: whether the quantity is a loss, which every seed has.
    """

    label: str | float
    seeds: dict[int, float]
    chosen_seed: int
    baseline: float
    is_loss: bool

    def chosen(self) -> float:
        """The chosen seed's value."""
        return self.seeds[self.chosen_seed]

    def measured(self) -> list[float]:
        """The values of the seeds that have one."""
        return [value for value in self.seeds.values() if not math.isnan(value)]

    def median(self) -> float:
        """Over the seeds that have a value; NaN without any."""
        return statistics.median(self.measured() or [MISSING])


def sweep_point(row: Row, quantity: str) -> SweepPoint:
    """One quantity of one of a sweep's rows.

    Raises:
        InputError: the results have no such quantity; the message lists those that there are.
    """
    row = replace(row, quantity=quantity)
    (label,) = row.labels.values()
    seed = int(row.selection["chosen_seed"])
    if not row.is_loss():
        return SweepPoint(label, {seed: row.metric(quantity)}, seed, MISSING, is_loss=False)
    return SweepPoint(label, row.losses_by_seed(), seed, row.zero_loss(), is_loss=True)
