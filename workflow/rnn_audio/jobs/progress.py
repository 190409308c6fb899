"""Progress of a training in the log: epoch, loss and remaining time."""

import logging
import time
from collections.abc import Callable, Sequence
from itertools import accumulate

logger = logging.getLogger(__name__)


class ProgressLog:
    """Logs the first epoch, the last one, and one every few seconds.

    Args:
        costs: estimated relative cost of each epoch, in any unit.
        done: number of epochs done before this process started.
        interval_s: least time between two lines, in seconds.
        clock: returns the time in seconds; a parameter for tests.
    """

    def __init__(
        self,
        costs: Sequence[float],
        done: int = 0,
        interval_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._epochs = len(costs)
        self._behind = list(accumulate(costs, initial=0.0))
        self._done_before = done
        self._interval_s = interval_s
        self._clock = clock
        self._start = clock()
        self._last: float | None = None

    def epoch(self, epoch: int, loss: float) -> None:
        """Report that `epoch` epochs are done; `loss` is that of the last one."""
        now = self._clock()
        if self._last is not None and now - self._last < self._interval_s and epoch < self._epochs:
            return
        self._last = now
        pace = (now - self._start) / (self._behind[epoch] - self._behind[self._done_before])
        left = format_duration(pace * (self._behind[-1] - self._behind[epoch]))
        logger.info("epoch %d of %d, loss %.4e, %s left", epoch, self._epochs, loss, left)


def format_duration(seconds: float) -> str:
    """A duration in readable form: `45 s`, `3 min 22 s`, `1 h 6 min`, `2 d 3 h`."""
    total = round(seconds)
    if total < 60:
        return f"{total} s"
    minutes, rest = divmod(total, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h"
