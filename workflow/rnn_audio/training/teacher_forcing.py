"""How often the network is fed the true sample instead of its own output, as a function of the epoch.

It covers teacher forcing (Williams and Zipser 1989; paper A, section V-B), none (V-A), and annealing, which section
V-E proposes for free-running generation: scheduled sampling (Bengio et al. 2015, section 2.4).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TeacherForcing:
    """A schedule of the probability that an input sample is the true one.

    Attributes:
        schedule: `always`, `never`, `linear`, `exponential` or `inverse_sigmoid`.
        start: linear: the probability at the first epoch.
        slope_per_epoch: linear: decrease of the probability per epoch.
        minimum: linear: the lowest probability.
        base: exponential: k < 1 of k^i.
        k_epochs: inverse sigmoid: k >= 1 of k / (k + exp(i / k)).
    """

    schedule: str
    start: float = 1.0
    slope_per_epoch: float = 0.0
    minimum: float = 0.0
    base: float = 1.0
    k_epochs: float = 1.0

    @classmethod
    def from_settings(cls, settings: str | Mapping[str, Any]) -> "TeacherForcing":
        """Build it from the configuration: `always`, `never`, or a mapping of `schedule` and its constants."""
        return cls(schedule=settings) if isinstance(settings, str) else cls(**settings)

    def probability(self, epoch: int) -> float:
        """Probability of a true input sample in the epoch with this index, from 0."""
        match self.schedule:
            case "always":
                return 1.0
            case "never":
                return 0.0
            case "linear":
                return max(self.minimum, self.start - self.slope_per_epoch * epoch)
            case "exponential":
                return self.base**epoch
            case "inverse_sigmoid":
                # k / (k + exp(i/k)), written so that a late epoch underflows to 0 instead of overflowing.
                return (
                    self.k_epochs
                    * math.exp(-epoch / self.k_epochs)
                    / (self.k_epochs * math.exp(-epoch / self.k_epochs) + 1)
                )
        raise ValueError(f"unknown teacher-forcing schedule '{self.schedule}'")
