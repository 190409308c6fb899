"""The figures of docs/stand-ins.md for the synthetic amplifier and what is played through it."""

import itertools

import numpy as np
import pytest
from support.configurations import read_yaml
from support.stand_ins import documented

from rnn_audio.devices.amplifier import amplify
from rnn_audio.devices.sources import PASSAGES_IN_A_SPLIT
from rnn_audio.evaluation.baselines import fit_gain, fit_waveshaper
from rnn_audio.signals.guitar import playing
from rnn_audio.signals.guitar_score import BASS, score
from rnn_audio.types import Floats

RATE_HZ = 44100
OWN = read_yaml("config.yaml")["devices"]["amplifier"]["synthetic"]
SECTION = "The amplifier"
TOLERANCE_DB = 1.0
TOLERANCE_PERCENT = 3.0


@pytest.fixture(scope="module")
def played() -> Floats:
    return playing(20.0, RATE_HZ, OWN["seed"], longest_passage_s=2.0)


@pytest.fixture(scope="module")
def amplified(played: Floats) -> Floats:
    return amplify(played, RATE_HZ, oversampling=OWN["oversampling"])


def _decibels(over: float, under: float) -> float:
    return float(10.0 * np.log10(over / under))


def _band_db(sound: Floats, from_hz: float, to_hz: float) -> float:
    """Energy from one frequency to another over all of it, in dB."""
    frequencies = np.fft.rfftfreq(len(sound), 1.0 / RATE_HZ)
    energy = np.square(np.abs(np.fft.rfft(sound)))
    return _decibels(energy[(frequencies >= from_hz) & (frequencies < to_hz)].sum(), energy.sum())


@pytest.mark.parametrize("octave_hz", [2000, 4000, 8000, 16000])
def test_its_octaves(amplified: Floats, octave_hz: int) -> None:
    level_db = _band_db(amplified, octave_hz / 2**0.5, octave_hz * 2**0.5)
    assert level_db == pytest.approx(documented(SECTION, f"octave at {octave_hz} Hz (dB)"), abs=TOLERANCE_DB)


def test_its_energy_above_10_khz(amplified: Floats) -> None:
    level_db = _band_db(amplified, 10000.0, RATE_HZ)
    assert level_db == pytest.approx(documented(SECTION, "above 10 kHz (dB)"), abs=TOLERANCE_DB)


def test_its_energy_after_the_high_pass_of_the_loss(amplified: Floats) -> None:
    filtered = amplified[1:] - 0.85 * amplified[:-1]
    level_db = _decibels(np.sum(filtered**2), np.sum(amplified**2))
    assert level_db == pytest.approx(documented(SECTION, "after the high-pass of paper B (dB)"), abs=TOLERANCE_DB)


def test_what_a_gain_and_a_waveshaper_leave(played: Floats, amplified: Floats) -> None:
    guesses = {
        "error of the best gain (%)": fit_gain(played, amplified) * played,
        "error of the best waveshaper (%)": fit_waveshaper(played, amplified, bins=100).apply(played),
    }
    for figure, guess in guesses.items():
        percent = 100.0 * np.sum((amplified - guess) ** 2) / np.sum(amplified**2)
        assert percent == pytest.approx(documented(SECTION, figure), abs=TOLERANCE_PERCENT)


def test_its_compression(played: Floats, amplified: Floats) -> None:
    softly = amplify(10.0**-1.5 * played, RATE_HZ, oversampling=OWN["oversampling"])
    level_db = _decibels(np.sum(softly**2), np.sum(amplified**2))
    assert level_db == pytest.approx(documented(SECTION, "output for 30 dB less input (dB)"), abs=TOLERANCE_DB)


def test_the_playings_crest_factor_and_ways(played: Floats) -> None:
    crest_db = 20.0 * np.log10(np.abs(played).max() / played.std())
    assert crest_db == pytest.approx(documented("The playing", "crest factor, 20 s (dB)"), abs=1.0)
    ways = [_ways_in_splits(12.0, seed) for seed in range(100)]
    one_sided = sum(BASS not in heard or heard == {BASS} for splits in ways for heard in splits)
    assert one_sided == documented("The playing", "splits without bass or guitar, 12 s, of 300")
    least = min(len(heard) for splits in ways for heard in splits)
    assert least == documented("The playing", "least ways of playing in a split, 12 s")


def _ways_in_splits(duration_s: float, seed: int) -> list[set[str]]:
    """Ways of playing that are heard for more than 0.1 s in train, val and test."""
    notes = score(duration_s, np.random.default_rng(seed), longest_passage_s=0.1 * duration_s / PASSAGES_IN_A_SPLIT)
    bounds_s = (0.0, 0.8 * duration_s, 0.9 * duration_s, duration_s)
    return [
        {note.way for note in notes if min(note.start_s + note.duration_s, end_s) - max(note.start_s, start_s) > 0.1}
        for start_s, end_s in itertools.pairwise(bounds_s)
    ]
