import numpy as np
import pytest

from rnn_audio.devices.repeats import find_repeat
from rnn_audio.types import Floats

RATE_HZ = 8000


def playing(seconds: float, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, round(seconds * RATE_HZ))


def twice(pause_s: float = 1.0) -> Floats:
    """Something, two seconds that come again after others, something."""
    passage = playing(2)
    return np.concatenate([playing(0.37, 2), passage, playing(pause_s, 3), passage, playing(0.5, 4)])


def test_the_passage_and_a_perfect_target_are_found() -> None:
    played = twice()
    repeat = find_repeat(played, np.tanh(3 * played), RATE_HZ)
    assert repeat is not None
    assert (repeat.first, repeat.second) == (round(0.37 * RATE_HZ), round(3.37 * RATE_HZ))
    assert (repeat.samples, repeat.difference) == (2 * RATE_HZ, 0.0)
    assert repeat.finding("target.wav", RATE_HZ) is None


def test_noise_in_the_target_is_measured() -> None:
    """Of independent noise, the difference has twice the power."""
    played = twice()
    noise = 0.1 * np.random.default_rng(9).standard_normal(len(played))
    repeat = find_repeat(played, np.sign(played) + noise, RATE_HZ)
    assert repeat is not None
    assert repeat.difference == pytest.approx(0.02 / 1.01, rel=0.05)
    finding = repeat.finding("target.wav", RATE_HZ)
    assert finding is not None
    assert "target.wav differs by 2 % of its power between 0.4 and 3.4 s" in finding.message
    assert "no model comes below half of it" in finding.message


@pytest.mark.parametrize("played", [playing(4), np.zeros(4 * RATE_HZ), twice()[: round(3.7 * RATE_HZ)], playing(0.001)])
def test_without_half_a_second_that_repeats_there_is_none(played: Floats) -> None:
    assert find_repeat(played, played, RATE_HZ) is None


def test_silence_between_other_playing_is_no_repetition() -> None:
    silence = np.zeros(RATE_HZ)
    played = np.concatenate([playing(1, 1), silence, playing(1, 2), silence, playing(1, 3)])
    assert find_repeat(played, played, RATE_HZ) is None


def test_a_periodic_sound_repeats_without_overlap() -> None:
    tone = np.tile(np.sin(2 * np.pi * np.arange(80) / 80), 600)  # 6 s
    repeat = find_repeat(tone, tone, RATE_HZ)
    assert repeat is not None
    assert repeat.first + repeat.samples <= repeat.second
    assert repeat.samples > 2 * RATE_HZ
    assert repeat.difference == 0
