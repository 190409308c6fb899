"""Self-consistency of a pair: where the same input is played twice, how far the target differs between both times.

A target that differs has noise, or depends on something else than its input. No model can follow that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_audio.devices.checks import Finding
from rnn_audio.types import Floats

SHORTEST_S = 0.5
"""Shortest passage that counts as a repetition."""

_WINDOW = 64  # samples that have to agree before a repetition is looked at
_PROBE_EVERY_S = 0.1
_QUIET = 1e-3  # of the peak: silence repeats everywhere
_MOST_LAGS = 24
_SETTLING_S = 0.1  # after this, what came before the passage hardly matters
_MOST_DIFFERENCE = 0.01
_BASE = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class Repeat:
    """A passage of the input that comes twice, sample by sample the same.

    Attributes:
        first: index of its first sample, the first time.
        second: the second time; both do not overlap.
        samples: its length.
        difference: power of the difference of the target between both times, over the target's power in them.
    """

    first: int
    second: int
    samples: int
    difference: float

    def finding(self, name: str, rate_hz: float) -> Finding | None:
        """What to do about it; None where both times are alike to a hundredth of the power.

        Args:
            name: the target's name.
            rate_hz: sampling rate in Hz.
        """
        if self.difference < _MOST_DIFFERENCE:
            return None
        found = (
            f"{name} differs by {100 * self.difference:.2g} % of its power between {self.first / rate_hz:.1f} and "
            f"{self.second / rate_hz:.1f} s, where {self.samples / rate_hz:.1f} s of the input are the same"
        )
        advice = "look for noise, a moving control or an effect with a clock; no model comes below half of it"
        return Finding("repeat", found, advice)


def find_repeat(input: Floats, target: Floats, rate_hz: float) -> Repeat | None:
    """The longest passage that the input plays twice, and how alike the target is both times.

    Args:
        input: input of the device, [N].
        target: output of the device, [N].
        rate_hz: sampling rate of both in Hz.

    Returns:
        The passage; None if nothing of `SHORTEST_S` comes twice, as in any playing by hand.
    """
    found = [_longest_at(input, lag) for lag in _lags(input, rate_hz)]
    samples, first, lag = max(found, default=(0, 0, 0))
    if samples < SHORTEST_S * rate_hz:
        return None
    second, skipped = first + lag, round(_SETTLING_S * rate_hz)
    once, again = (target[start + skipped : start + samples] for start in (first, second))
    power = float(np.mean(np.square(once)) + np.mean(np.square(again))) / 2
    difference = float(np.mean(np.square(once - again)))
    return Repeat(first, second, samples, difference / power if power > 0 else 0.0)


def _lags(input: Floats, rate_hz: float) -> list[int]:
    """Distances at which some windows of the input come again, at most `_MOST_LAGS` of them."""
    if len(input) < 2 * _WINDOW:
        return []
    hashes = _hashes(input)
    places = np.arange(0, len(hashes), max(1, round(_PROBE_EVERY_S * rate_hz)))
    loud = _QUIET * float(np.abs(input).max())
    places = np.array([place for place in places if np.ptp(input[place : place + _WINDOW]) > loud], dtype=np.int64)
    if not len(places):
        return []
    order = np.argsort(hashes[places], kind="stable")
    known = hashes[places][order]
    nearest = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    again = np.flatnonzero(known[nearest] == hashes)
    lags = again - places[order][nearest[again]]
    distinct = np.unique(lags[lags > 0])
    chosen = np.linspace(0, len(distinct) - 1, min(len(distinct), _MOST_LAGS)).astype(int)
    return [int(lag) for lag in distinct[chosen]]


def _hashes(input: Floats) -> NDArray[np.uint64]:
    """A hash of each window of `_WINDOW` samples, the same for the same samples."""
    hashes = np.ascontiguousarray(input, dtype=np.float64).view(np.uint64)
    factor, width = _BASE, 1
    while width < _WINDOW:
        hashes = hashes[:-width] * np.uint64(factor) + hashes[width:]
        factor, width = factor * factor % 2**64, 2 * width
    return hashes


def _longest_at(input: Floats, lag: int) -> tuple[int, int, int]:
    """Length and start of the longest passage that comes again after `lag` samples, and the lag."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], input[:-lag] == input[lag:], [0]]).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return 0, 0, lag
    longest = int(np.argmax(ends - starts))
    return min(int(ends[longest] - starts[longest]), lag), int(starts[longest]), lag
