"""What a sound has in common with a tone, whatever its phase: pitch, level, purity.

A mean squared error cannot judge a generated tone: one of a slightly wrong frequency drifts out of phase, and its error
exceeds that of silence. Paper A judges by eye ("the generated sine wave signal is also a sine wave", section V-E).
"""

from dataclasses import dataclass

import numpy as np

from rnn_audio.types import Floats, Samples

QUIETEST_DB = -100.0
"""Levels below this one, relative to the target, count as this one, so that silence has a level."""

SOUNDING_DB = -12.0
"""A tone still sounds if the level of its last half is at most this far below the target's."""

_FEWEST_SAMPLES = 8
_ZEROS = 16  # the spectrum's bins lie this many times closer than those of the samples alone
_LOBE_BINS = 2  # half the width of a Hann window's main lobe, in bins of the samples alone


@dataclass(frozen=True)
class Tone:
    """A sound as a tone.

    Attributes:
        frequency_hz: frequency of the strongest peak of the spectrum; None for a constant, for fewer than eight samples
            or if one is not finite.
        peak_share: share of the power, without DC, that this peak holds, 0 to 1: 1 for a steady sine.
    """

    frequency_hz: float | None
    peak_share: float


def describe_tone(samples: Samples, rate_hz: float) -> Tone:
    """The strongest peak of a sound, shape (n,), under a Hann window, without its mean.

    The frequency is interpolated between bins by a parabola through the levels in decibels. It needs a few periods: of
    a steady sine with four or more, it is right within 0.5 %.
    """
    sound = np.asarray(samples, dtype=np.float64)
    if sound.size < _FEWEST_SAMPLES or not np.isfinite(sound).all():
        return Tone(None, 0.0)
    windowed = (sound - sound.mean()) * np.hanning(sound.size + 2)[1:-1]
    power = np.square(np.abs(np.fft.rfft(windowed, _ZEROS * sound.size)))
    if power.max() <= 1e-24 * max(1.0, float(np.square(sound).max())) * sound.size**2:
        return Tone(None, 0.0)
    peak = int(power.argmax())
    lobe = _LOBE_BINS * _ZEROS
    share = power[max(0, peak - lobe) : peak + lobe + 1].sum() / power.sum()
    return Tone((peak + _parabola(power, peak)) * rate_hz / (_ZEROS * sound.size), float(share))


def last_half_level_db(generation: Samples, target: Samples) -> float | None:
    """Level of a generation's last half over that of the target's, in dB, at least -100; both of shape (n,).

    Both without their means, so that a network that is stuck at a constant counts as silent. None if the target is
    constant there, or the generation is not finite.
    """
    powers = [float(np.var(np.asarray(sound[len(sound) // 2 :], dtype=np.float64))) for sound in (generation, target)]
    if powers[1] == 0 or not np.isfinite(powers[0]):
        return None
    return 10.0 * float(np.log10(max(powers[0] / powers[1], 10 ** (QUIETEST_DB / 10))))


def _parabola(power: Floats, peak: int) -> float:
    """How far the maximum of a parabola through a peak and its neighbours is from the peak, in bins."""
    if not 0 < peak < len(power) - 1 or min(power[peak - 1 : peak + 2]) <= 0:
        return 0.0
    before, at, after = np.log(power[peak - 1 : peak + 2])
    curvature = before - 2 * at + after
    return 0.0 if curvature == 0 else float(0.5 * (before - after) / curvature)
