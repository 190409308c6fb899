"""What the generations and predictions of one model have in common, from all initial states of its evaluation.

The network's initial state is random (paper A, section IV-C1), and a sound from one state can be far from that of
another. A sound can only be from one of them; the numbers here are of all.
"""

from collections.abc import Sequence

import numpy as np

from rnn_audio.evaluation.distances import effective_length
from rnn_audio.evaluation.quantities import TONES
from rnn_audio.evaluation.tones import SOUNDING_DB, describe_tone, last_half_level_db
from rnn_audio.records import Record
from rnn_audio.types import Floats, Samples

BURST_SAMPLES = 4
"""Samples after the start of a sub-sequence in which a reset of the state shows (paper A, section V-C, figure 4)."""


def summarise_states(
    target: Samples, predictions: Samples, generations: Samples, *, rate_hz: int, kind: str, update_length: int | None
) -> Record:
    """Summaries over the initial states of one model.

    Args:
        target: what both should equal, [T]; without a seed sample.
        predictions: [B, T].
        generations: [B, T].
        rate_hz: sampling rate of all in Hz.
        kind: the kind of the signal; tones and notes are judged as tones.
        update_length: length of a sub-sequence in training; None if it was never updated in between.

    Returns:
        A record with the entries `states`, `generation` and `prediction`; each is empty if nothing applies.
    """
    generation: Record = {
        "effective_length_samples": _quartiles([effective_length(sound, target, rate_hz) for sound in generations])
    }
    if kind in TONES:
        generation |= _tones(target, generations, rate_hz)
    prediction: Record = {}
    if update_length is not None and update_length < len(target):
        prediction["boundary_error_ratio"] = boundary_error_ratio(target, predictions, update_length)
    return {"states": len(generations), "generation": generation, "prediction": prediction}


def boundary_error_ratio(target: Samples, predictions: Samples, update_length: int) -> float | None:
    """Relative error in the first samples of each sub-sequence but the first, over that in their other samples.

    Relative: squared errors over the power of the target at the same places, since a decaying target is louder at the
    starts. About 1 where the state is carried over; above 1 where its reset makes bursts (paper A, figure 4).

    Args:
        target: [T].
        predictions: from several initial states, [B, T].
        update_length: length of a sub-sequence.

    Returns:
        The ratio; None if there is no later sub-sequence of more than `BURST_SAMPLES`, or its target is silent, or
        there is no error in the rest of it.
    """
    wanted = np.asarray(target, dtype=np.float64)
    errors = np.square(predictions - wanted).mean(axis=0)
    place = np.arange(len(errors)) % update_length
    later = np.arange(len(errors)) >= update_length
    first, rest = (
        _ratio(errors[part].sum(), np.square(wanted[part]).sum())
        for part in (later & (place < BURST_SAMPLES), later & (place >= BURST_SAMPLES))
    )
    return None if first is None or rest is None else _ratio(first, rest)


def _tones(target: Samples, generations: Samples, rate_hz: int) -> Record:
    """As tones: the level of every state's last half, and the pitch and purity of those that still sound."""
    measured = [last_half_level_db(sound, target) for sound in generations]
    levels = [level for level in measured if level is not None]
    if not levels:
        return {}
    half = len(target) // 2
    sounding = [
        sound for sound, level in zip(generations, measured, strict=True) if level is not None and level >= SOUNDING_DB
    ]
    tones = [describe_tone(sound[half:], rate_hz) for sound in sounding]
    return {
        "sounding_states_percent": 100 * len(sounding) / len(generations),
        "last_half_level_db": _quartiles(levels),
        "dominant_frequency_hz": _quartiles([tone.frequency_hz for tone in tones if tone.frequency_hz is not None]),
        "peak_share_percent": _quartiles([100 * tone.peak_share for tone in tones]),
    }


def _ratio(above: float, below: float) -> float | None:
    return float(above / below) if below > 0 else None


def _quartiles(values: Sequence[float] | Floats) -> dict[str, float] | None:
    """Median and quartiles; None without values."""
    if len(values) == 0:
        return None
    low, median, high = np.quantile(np.asarray(values, dtype=np.float64), [0.25, 0.5, 0.75]).tolist()
    return {"lower_quartile": low, "median": median, "upper_quartile": high}
