"""How long a signal is, as far as its declaration tells."""

from collections.abc import Mapping
from typing import Any


def signal_samples(signal: Mapping[str, Any], rate_hz: int) -> int:
    """Samples of a declared signal at a rate; a length in samples is taken at the source's own rate.

    A recording's own rate is not known before it is read: its `duration_samples` count as at `rate_hz`.
    """
    if "duration_s" in signal:
        return int(signal["duration_s"] * rate_hz)
    source_rate_hz = signal["synthetic"]["rate_hz"] if signal["source"] == "synthetic" else rate_hz
    return int(signal["duration_samples"] * rate_hz / source_rate_hz)
