"""One value and one quantity of a sweep, for its table and its figure: every seed, the chosen one, the baseline."""

import math
import statistics
from dataclasses import dataclass, replace

from rnn_audio.configuration.words import is_relative_error
from rnn_audio.reporting.tables.rows import MISSING, Row


@dataclass(frozen=True)
class SweepPoint:
    """One quantity at one value of a sweep.

    Attributes:
        label: the value, or its given label.
        seeds: the quantity by seed; NaN where it could not be measured. For a metric, only the chosen seed.
        chosen_seed: the seed that its configuration chose.
        baseline: the loss of zero output, or 1 for an error over power; NaN if the quantity has neither.
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

    def measured_by_seed(self) -> dict[int, float]:
        """The values of the seeds that have one, by seed."""
        return {seed: value for seed, value in self.seeds.items() if not math.isnan(value)}

    def measured(self) -> list[float]:
        """The values of the seeds that have one."""
        return list(self.measured_by_seed().values())

    def median(self) -> float:
        """The median over the seeds that have a value; NaN without any."""
        return statistics.median(self.measured() or [MISSING])


def sweep_point(row: Row, quantity: str) -> SweepPoint:
    """One quantity of one row of a sweep.

    Raises:
        InputError: the results lack the quantity; the message lists the available ones.
    """
    row = replace(row, quantity=quantity)
    (label,) = row.labels.values()
    seed = int(row.selection["chosen_seed"])
    if not row.is_loss():
        baseline = 1.0 if is_relative_error(quantity) else MISSING
        return SweepPoint(label, {seed: row.metric(quantity)}, seed, baseline, is_loss=False)
    return SweepPoint(label, row.losses_by_seed(), seed, row.zero_loss(), is_loss=True)
