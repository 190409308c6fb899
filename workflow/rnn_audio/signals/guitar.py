"""Guitar and bass playing by plucked-string synthesis: the input of the synthetic device.

It replaces the authors' recordings of guitar and bass if they are not available (paper B, section 3). To a device it
looks like them: a direct-input signal with single notes, chords, slides, palm muting, rests, and soft and loud
playing, with the hum and noise of a pickup.
"""

from __future__ import annotations

import math

import numpy as np

from rnn_audio.errors import InputError
from rnn_audio.signals.guitar_score import Note, score
from rnn_audio.types import Floats

PEAK = 0.8
"""Largest absolute sample of the playing; 1.0 is full scale."""

LOWEST_RATE_HZ = 8000.0
"""Below this rate, the periods of the highest notes are too short for the string's interpolation."""

_PICK_POSITION = 0.13  # share of the string's length between bridge and pick
_PICKUP_POSITION = 0.09  # share of the open string's length between bridge and pickup
_PICKUP_RESONANCE_HZ = 3500.0
_PICKUP_QUALITY = 1.5
_VIBRATO_HZ = 5.5
_SLIDE_SHARE = 0.35  # share of the note during which the finger moves
_RELEASE_S = 0.12
_HUM_HZ = 50.0
# Amplitude of the hum's fundamental and root mean square of the noise, relative to the playing's peak.
_HUM_LEVEL = 10.0 ** (-85.0 / 20.0)
_NOISE_LEVEL = 10.0 ** (-80.0 / 20.0)


def check_rate(rate_hz: float) -> None:
    """Refuse a rate below `LOWEST_RATE_HZ` with an InputError."""
    if not rate_hz >= LOWEST_RATE_HZ:
        raise InputError(f"rate_hz is {rate_hz:g}: the plucked strings need at least {LOWEST_RATE_HZ:g} Hz")


def playing(duration_s: float, rate_hz: float, seed: int, longest_passage_s: float = math.inf) -> Floats:
    """Synthesise guitar and bass playing.

    The same arguments give the same bytes on the same machine and library versions.

    Args:
        duration_s: length in seconds; paper B trained on about seven minutes.
        rate_hz: sampling rate in Hz, at least `LOWEST_RATE_HZ`.
        seed: determines every choice in the score, the picking and the noise.
        longest_passage_s: length in seconds to which a passage in one way of playing is cut.

    Returns:
        Samples, float64, [round(duration_s * rate_hz)]; their largest magnitude is `PEAK`.

    Raises:
        InputError: the duration is not positive or the rate is too low.
    """
    samples = round(duration_s * rate_hz)
    if samples < 1:
        raise InputError(f"duration_s is {duration_s:g}: give the playing a length above 0 s")
    check_rate(rate_hz)
    score_random, pick_random, noise_random = (np.random.default_rng(part) for part in _seeds(seed))
    strings = np.zeros(samples)
    for note in score(duration_s, score_random, longest_passage_s):
        start = round(note.start_s * rate_hz)
        plucked = _pluck(note, rate_hz, pick_random)[: samples - start]
        strings[start : start + len(plucked)] += plucked
    picked_up = _pickup(strings, rate_hz)
    largest = np.abs(picked_up).max()
    scaled = picked_up / largest if largest > 0.0 else picked_up
    sound = scaled + _hum_and_noise(samples, rate_hz, noise_random)
    return sound * (PEAK / np.abs(sound).max())


def _seeds(seed: int) -> list[np.random.SeedSequence]:
    return np.random.SeedSequence(seed).spawn(3)


def _pluck(note: Note, rate_hz: float, random: np.random.Generator) -> Floats:
    from rnn_audio.signals.plucked_string import vibrate

    held = round(note.duration_s * rate_hz)
    periods = _periods(note, held + round(_RELEASE_S * rate_hz), rate_hz)
    damping = 0.8 if note.palm_muted else 0.25
    # The pole is given for 44.1 kHz; it changes with the rate so that the string sounds equally bright.
    damping = damping ** (44100.0 / rate_hz)
    frequency_hz = rate_hz / periods[0]
    ring_s = 0.35 if note.palm_muted else min(6.0, 500.0 / frequency_hz)
    velocity = vibrate(
        _excitation(note, len(periods), float(periods[0]), rate_hz, random),
        periods,
        _loop_gain(ring_s, frequency_hz),
        _loop_gain(_RELEASE_S, frequency_hz),
        damping,
        held,
    )
    # The pickup gets the wave and its inverted echo from the bridge, which travels twice the distance between them.
    echo = round(2.0 * _PICKUP_POSITION * rate_hz / note.open_hz)
    heard = velocity.copy()
    heard[echo:] -= velocity[: len(velocity) - echo]
    fade = min(len(heard), round(0.02 * rate_hz))
    heard[len(heard) - fade :] *= np.linspace(1.0, 0.0, fade)
    return note.force * heard


def _periods(note: Note, samples: int, rate_hz: float) -> Floats:
    """Period in samples at each sample, with slide and vibrato, [samples]."""
    seconds = np.arange(samples) / rate_hz
    begin_s = note.duration_s * (0.5 - _SLIDE_SHARE / 2.0)
    moved = np.clip((seconds - begin_s) / (note.duration_s * _SLIDE_SHARE), 0.0, 1.0)
    fret = note.fret + (note.slide_to - note.fret) * moved
    swelling = np.clip(seconds / note.duration_s, 0.0, 1.0)
    cents = note.vibrato_cents * swelling * np.sin(2.0 * np.pi * _VIBRATO_HZ * seconds)
    return rate_hz / (note.open_hz * 2.0 ** (fret / 12.0 + cents / 1200.0))


def _loop_gain(decay_s: float, frequency_hz: float) -> float:
    """Gain of one round trip with which the tone decays by 60 dB in `decay_s`."""
    return float(10.0 ** (-3.0 / (decay_s * frequency_hz)))


def _excitation(note: Note, samples: int, period: float, rate_hz: float, random: np.random.Generator) -> Floats:
    """Push of the pick on the string, with its echo from the bridge, [samples]; harder is shorter and brighter."""
    from scipy.signal import lfilter

    width = max(2, round(rate_hz * (0.0012 - 0.0008 * note.force)))
    push = np.zeros(samples)
    width = min(width, samples)
    push[:width] = np.hanning(width + 2)[1:-1] * (1.0 + 0.3 * random.standard_normal(width))
    # A released string's velocity falls by 6 dB an octave above its lowest partials.
    pole = np.exp(-2.0 * np.pi * (100.0 + 250.0 * note.force) / rate_hz)
    softened = lfilter([1.0 - pole], [1.0, -pole], push)
    echo = round(_PICK_POSITION * period)
    plucked = softened.copy()
    plucked[echo:] -= softened[: samples - echo]
    return plucked


def _pickup(strings: Floats, rate_hz: float) -> Floats:
    """Resonant low-pass of the pickup's coil and cable, and the high-pass of a DI box, [N]."""
    from scipy.signal import bilinear, butter, lfilter, sosfilt

    resonance = 2.0 * np.pi * min(_PICKUP_RESONANCE_HZ, 0.4 * rate_hz)
    numerator, denominator = bilinear([resonance**2], [1.0, resonance / _PICKUP_QUALITY, resonance**2], fs=rate_hz)
    coloured = lfilter(numerator, denominator, strings)
    return sosfilt(butter(1, 20.0, "highpass", fs=rate_hz, output="sos"), coloured)


def _hum_and_noise(samples: int, rate_hz: float, random: np.random.Generator) -> Floats:
    seconds = np.arange(samples) / rate_hz
    hum = sum(np.sin(2.0 * np.pi * _HUM_HZ * harmonic * seconds) / harmonic for harmonic in (1, 2, 3, 5))
    return _HUM_LEVEL * hum + _NOISE_LEVEL * random.standard_normal(samples)
