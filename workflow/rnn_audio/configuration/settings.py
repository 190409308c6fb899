"""What can be computed from a configuration's settings: its epochs, and its signal's length."""

from collections.abc import Mapping
from typing import Any

PRETRAINING, JOINT = 0, 1
"""The phases of a training with an auxiliary loss, as numbered in its history."""


def total_epochs(settings: dict[str, Any]) -> int:
    """Epochs of a resolved configuration, including those of its pre-training (paper A, section IV-C2)."""
    return settings.get("auxiliary", {}).get("pretraining_epochs", 0) + settings["epochs"]


def signal_samples(signal: Mapping[str, Any], rate_hz: int) -> int:
    """Samples of a declared signal at a rate; `duration_samples` count at the source's own rate.

    A recording's own rate is unknown until it is read: its `duration_samples` count at `rate_hz`.
    """
    if "duration_s" in signal:
        return int(signal["duration_s"] * rate_hz)
    source_rate_hz = signal["synthetic"]["rate_hz"] if signal["source"] == "synthetic" else rate_hz
    return int(signal["duration_samples"] * rate_hz / source_rate_hz)
