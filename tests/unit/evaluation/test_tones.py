"""Pitch and level of generated tones, and what all initial states of a model have in common."""

import json
import math

import numpy as np
import pytest

from rnn_audio.evaluation.distances import effective_length
from rnn_audio.evaluation.states import boundary_error_ratio, summarise_states
from rnn_audio.evaluation.tones import QUIETEST_DB, SOUNDING_DB, Tone, describe_tone, last_half_level_db
from rnn_audio.types import Floats

RATE_HZ = 44100


def sine(frequency_hz: float, samples: int = 1024, phase: float = 0.0, rate_hz: float = RATE_HZ) -> Floats:
    return np.sin(2 * np.pi * frequency_hz * np.arange(samples) / rate_hz + phase)


@pytest.mark.parametrize("phase", [0.0, 1.0, 2.5])
@pytest.mark.parametrize("frequency_hz", [350.0, 425.0, 440.0, 1046.5, 9000.0])
def test_a_sine_of_a_few_periods_has_its_frequency(frequency_hz: float, phase: float) -> None:
    tone = describe_tone(0.3 * sine(frequency_hz, 512, phase) + 0.7, RATE_HZ)
    assert tone.frequency_hz == pytest.approx(frequency_hz, rel=0.005)
    assert tone.peak_share > 0.99


def test_the_peak_of_a_decaying_note_is_its_pitch() -> None:
    note = sine(1046.5, 1378, rate_hz=5512) * np.exp(-3 * np.arange(1378) / 5512)
    tone = describe_tone(note, 5512)
    assert tone.frequency_hz == pytest.approx(1046.5, rel=1e-3)
    assert tone.peak_share > 0.95


def test_the_share_of_the_peak_falls_with_noise_and_overtones() -> None:
    noise = np.random.default_rng(0).standard_normal(1024)
    assert describe_tone(noise, RATE_HZ).peak_share < 0.2
    mixed = describe_tone(sine(1000.0) + sine(5000.0, phase=1.0) / 2, RATE_HZ)
    assert mixed.frequency_hz == pytest.approx(1000.0, rel=0.005)
    assert mixed.peak_share == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize("sound", [np.zeros(100), np.full(100, 3.7), np.ones(7), np.full(100, np.nan)])
def test_what_is_no_tone_has_no_frequency(sound: Floats) -> None:
    assert describe_tone(sound, RATE_HZ) == Tone(None, 0.0)


def test_the_level_of_the_last_half_is_relative_and_without_dc() -> None:
    target = sine(440.0)
    assert last_half_level_db(target + 5.0, target) == pytest.approx(0.0)
    assert last_half_level_db(0.1 * target, target) == pytest.approx(-20.0)
    died = np.where(np.arange(1024) < 512, target, 0.25)
    assert last_half_level_db(died, target) == QUIETEST_DB
    assert last_half_level_db(target, died) is None
    assert last_half_level_db(np.full(1024, np.nan), target) is None


def summary(generations: list[Floats], kind: str = "tone", **changes: object) -> dict:
    target = sine(440.0)
    stacked = np.array(generations)
    arguments = {"rate_hz": RATE_HZ, "kind": kind, "update_length": None} | changes
    return summarise_states(target, stacked, stacked, **arguments)


def test_states_of_a_tone_are_counted_by_whether_they_still_sound() -> None:
    target = sine(440.0)
    detuned = [0.9 * sine(frequency) for frequency in (420.0, 425.0, 430.0)]
    quiet = 10 ** ((SOUNDING_DB - 0.1) / 20) * target
    result = summary([*detuned, quiet])
    assert result["states"] == 4
    generation = result["generation"]
    assert generation["sounding_states_percent"] == 75.0
    assert generation["dominant_frequency_hz"]["median"] == pytest.approx(425.0, rel=0.005)
    assert generation["last_half_level_db"]["median"] == pytest.approx(20 * math.log10(0.9), abs=0.5)
    lengths = [effective_length(sound, target, RATE_HZ) for sound in (*detuned, quiet)]
    assert generation["effective_length_samples"]["median"] == np.median(lengths)
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_states_that_all_died_have_no_pitch() -> None:
    generation = summary([np.zeros(1024)] * 3)["generation"]
    assert generation["sounding_states_percent"] == 0.0
    assert generation["dominant_frequency_hz"] is None
    assert generation["last_half_level_db"]["median"] == QUIETEST_DB


def test_rooms_are_not_judged_as_tones() -> None:
    assert summary([np.zeros(1024)], kind="room")["generation"].keys() == {"effective_length_samples"}


def test_a_tone_that_has_ended_has_nothing_to_compare_with() -> None:
    ended = np.where(np.arange(1024) < 500, sine(440.0), 0.0)
    result = summarise_states(
        ended, ended[np.newaxis], ended[np.newaxis], rate_hz=RATE_HZ, kind="note", update_length=None
    )
    assert "sounding_states_percent" not in result["generation"]


def test_bursts_after_resets_are_a_ratio_of_errors() -> None:
    """Errors of 3 in the first four samples of each sub-sequence but the first, of 1 elsewhere."""
    target = np.ones(100)
    errors = np.ones(100)
    errors[:16] = 50.0  # the first sub-sequence starts as every sound does
    for start in range(16, 100, 16):
        errors[start : start + 4] = 3.0
    predictions = target + np.stack([errors, -errors])
    assert boundary_error_ratio(target, predictions, 16) == pytest.approx(9.0)
    assert boundary_error_ratio(target, np.zeros((2, 100)), 16) == pytest.approx(1.0)


def test_a_decaying_target_makes_no_bursts() -> None:
    """A model that has learned nothing errs more at the starts, where the target is louder."""
    target = np.exp(-np.arange(512) / 30) * np.random.default_rng(0).standard_normal(512)
    assert boundary_error_ratio(target, np.zeros((3, 512)), 64) == pytest.approx(1.0)
    assert boundary_error_ratio(target, np.tile(0.5 * target, (3, 1)), 64) == pytest.approx(1.0)


@pytest.mark.parametrize(("length", "update_length"), [(16, 16), (20, 3), (18, 16)])
def test_without_later_sub_sequences_there_is_no_ratio(length: int, update_length: int) -> None:
    assert boundary_error_ratio(np.ones(length), np.zeros((1, length)), update_length) is None


def test_a_perfect_prediction_has_no_ratio() -> None:
    assert boundary_error_ratio(np.ones(100), np.ones((1, 100)), 16) is None
    assert boundary_error_ratio(np.zeros(100), np.ones((1, 100)), 16) is None  # nor has silence


@pytest.mark.parametrize("update_length", [None, 1024, 5000])
def test_full_bptt_has_no_boundaries(update_length: int | None) -> None:
    assert summary([np.zeros(1024)], update_length=update_length)["prediction"] == {}
    assert "boundary_error_ratio" in summary([np.ones(1024)], update_length=64)["prediction"]
