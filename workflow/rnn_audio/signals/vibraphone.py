"""A struck vibraphone bar, by modal synthesis."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rnn_audio.errors import InputError


def vibraphone(
    *,
    rate_hz: int,
    samples: int,
    frequency_hz: float,
    mode_ratios: Sequence[float],
    mode_levels_db: Sequence[float],
    mode_decays_s: Sequence[float],
    contact_s: float,
) -> NDArray[np.float64]:
    """Strike a bar once and let it ring, shape (samples,): the bar's modes, driven by the mallet's force.

    Mode i is a sine of `mode_ratios[i]` times `frequency_hz` that decays by 60 dB in `mode_decays_s[i]`. Its level in
    response to an impulse would be `mode_levels_db[i]` re the first mode. The mallet pushes for `contact_s` with a
    force shaped like half a sine (the contact of a spring with a mass). A soft mallet has a longer contact, which
    makes the attack softer and the modes duller. The tube below the bar and the rotating discs (vibrato) are left out.

    Frequencies of the modes: makers undercut the bars until the second mode is 4 times and the third about 10 times
    the first (Fletcher and Rossing, The Physics of Musical Instruments, chapter on mallet percussion). Small bars
    deviate from this: on three sets of bars the second ratio is 4 up to F5 and falls steadily to 3.5 at F6, the third
    falls from 11 at F3 to 6.5 at F6 (measured for the do-it-yourself vibraphone on wyndorps.de). Interpolated, C6 has
    3.71 and 7.1. Higher modes decay faster.

    Raises InputError if the lists differ in length, a decay or the contact is not positive, or a mode is not below
    half the rate.
    """
    if not len(mode_ratios) == len(mode_levels_db) == len(mode_decays_s) > 0:
        raise InputError(
            "mode_ratios, mode_levels_db and mode_decays_s: give the three lists the same length, one value per mode"
        )
    if min(mode_decays_s) <= 0 or contact_s <= 0:
        raise InputError("mode_decays_s and contact_s: times must be above 0 s")
    if not 0 < frequency_hz * min(mode_ratios) <= frequency_hz * max(mode_ratios) < rate_hz / 2:
        raise InputError(
            f"mode_ratios: every mode must lie between 0 and {rate_hz / 2} Hz, half of rate_hz; "
            "leave out the highest modes or raise rate_hz"
        )

    times_s = np.arange(samples) / rate_hz
    ringing = np.zeros(samples)
    for ratio, level_db, decay_s in zip(mode_ratios, mode_levels_db, mode_decays_s, strict=True):
        decay = 10 ** (-3 * times_s / decay_s)
        ringing += 10 ** (level_db / 20) * decay * np.sin(2 * math.pi * ratio * frequency_hz * times_s)

    force_samples = max(1, round(contact_s * rate_hz))
    force = np.sin(math.pi * (np.arange(force_samples) + 0.5) / force_samples)
    return np.convolve(ringing, force / force.sum())[:samples]
