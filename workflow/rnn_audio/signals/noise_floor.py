"""The noise floor of a recorded impulse response: where the decay ends in it, and the decay curve without it.

Without this, backward integration adds the noise to the decay, and decay times come out too long: by 8 to 23 % at
floors of -30 to -50 dB. The search follows Lundeby, Vigran, Bietz and Vorländer (1995): the floor is the level of the
tail, and the decay ends where a line through its late part meets the floor. Then all three remedies for noise are
applied (compared by Guski and Vorländer, 2014): the floor is subtracted, the response is cut where the decay meets it,
and what an exponential decay would still have had is added.
"""

from dataclasses import dataclass

import numpy as np

from rnn_audio.types import Floats

_BLOCK_S = 0.01
_FEWEST_BLOCK_SAMPLES = 8
_TAIL_SHARE = 0.1  # at least this much of the end is the first guess of the floor, and has to be left at the end
_ABOVE_FLOOR_DB = (5.0, 25.0)  # the late part of the decay, to which the line is fitted
_FEWEST_BLOCKS = 3
_MARGIN_DB = 10.0  # the decay has to be this far below the floor where the floor is measured
_ROUNDS = 6
_FLAT_DB = 1.5  # a tail that falls by more than this from one half to the other is still a decay
_STANDARD_ERRORS = 3.0


@dataclass(frozen=True)
class NoiseFloor:
    """The noise in which a decay ends.

    Attributes:
        power: mean square of the noise.
        knee: index of the sample at which the decay meets it.
        decay_samples: samples in which the late decay falls to 1/e of its energy.
    """

    power: float
    knee: int
    decay_samples: float


def find_noise_floor(energy: Floats, rate_hz: float) -> NoiseFloor | None:
    """The floor of a squared impulse response, shape (n,), which starts at its onset.

    Returns None if there is none: the response decays to its end, ends in silence, or is too short to tell.
    """
    block = max(_FEWEST_BLOCK_SAMPLES, round(_BLOCK_S * rate_hz))
    blocks = len(energy) // block
    if blocks < 2 * _FEWEST_BLOCKS:
        return None
    means = energy[: blocks * block].reshape(blocks, block).mean(axis=1)
    if not (means > 0).all():
        return None
    levels_db = 10 * np.log10(means)
    centres = (np.arange(blocks) + 0.5) * block
    start = int(levels_db.argmax())
    least_tail = max(1, int(_TAIL_SHARE * len(energy)))
    power = float(energy[-least_tail:].mean())
    floor = None
    for _ in range(_ROUNDS):
        line = _late_line(centres[start:], levels_db[start:], 10 * np.log10(power))
        if line is None:
            return None
        slope, offset = line
        knee = (10 * np.log10(power) - offset) / slope
        floor = NoiseFloor(power, int(knee), -10 / (np.log(10) * slope))
        begin = min(int(knee - _MARGIN_DB / slope), len(energy) - least_tail)
        if knee > len(energy) - least_tail or begin < 0:
            return None
        measured = float(energy[begin:].mean())
        if measured == power:
            break
        power = measured
    return floor if floor.knee > 0 and _is_flat(energy[begin:]) else None


def decay_above_floor(energy: Floats, floor: NoiseFloor) -> Floats:
    """Backward integral of a squared response, shape (n,), up to the knee: level in dB re its first value, (knee,).

    At the knee the decay has the power of the floor; an exponential decay from there on is added.
    """
    heard = energy[: floor.knee] - floor.power
    remaining = np.cumsum(heard[::-1])[::-1] + floor.power * floor.decay_samples
    # The squares scatter around the decay, so the difference from the floor can be negative.
    remaining = np.maximum(remaining, np.finfo(np.float64).tiny)
    return 10 * np.log10(remaining / remaining[0])


def _late_line(places: Floats, levels_db: Floats, floor_db: float) -> tuple[float, float] | None:
    """Slope per sample and level at the onset of a line through the late part of the decay; None without a decay."""
    low, high = (floor_db + above for above in _ABOVE_FLOOR_DB)
    below = np.flatnonzero(levels_db < low)
    end = int(below[0]) if below.size else len(levels_db)
    late = np.flatnonzero(levels_db[:end] <= high)
    first = int(late[0]) if late.size else 0
    if end - first < _FEWEST_BLOCKS:
        first = max(0, end - _FEWEST_BLOCKS)
    if end - first < _FEWEST_BLOCKS:
        return None
    slope, offset = np.polyfit(places[first:end], levels_db[first:end], 1)
    return (float(slope), float(offset)) if slope < 0 else None


def _is_flat(tail: Floats) -> bool:
    """Whether a tail stays at its level, as far as its scatter lets one tell."""
    half = len(tail) // 2
    first, second = tail[:half].mean(), tail[-half:].mean()
    if half == 0 or min(first, second) <= 0:
        return False
    # The mean of m squares of Gaussian noise scatters by sqrt(2/m), which is 4.34 sqrt(2/m) dB; two are compared.
    scatter_db = 10 / np.log(10) * np.sqrt(4 / half)
    return bool(10 * np.log10(first / second) <= _FLAT_DB + _STANDARD_ERRORS * scatter_db)
