"""Guitar: pitch, determinism, and what makes it a direct-input recording."""

import itertools

import numpy as np
import pytest

from rnn_audio.errors import InputError
from rnn_audio.signals.guitar import PEAK, playing
from rnn_audio.signals.guitar_score import BASS, BASS_STRINGS_HZ, WAYS, score
from rnn_audio.signals.plucked_string import vibrate

RATE_HZ = 44100


@pytest.fixture(scope="module")
def minute() -> np.ndarray:
    return playing(60.0, RATE_HZ, seed=1)


@pytest.mark.parametrize(("frequency_hz", "damping"), [(41.203, 0.25), (110.0, 0.8), (659.26, 0.25)])
def test_a_string_has_the_pitch_of_its_period(frequency_hz: float, damping: float) -> None:
    samples = 2 * RATE_HZ
    push = np.zeros(samples)
    push[:8] = 1.0
    sound = vibrate(push, np.full(samples, RATE_HZ / frequency_hz), 0.999, 0.9, damping, samples)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(samples), 8 * samples))
    near = np.arange(len(spectrum)) * RATE_HZ / (8 * samples)
    window = (near > 0.97 * frequency_hz) & (near < 1.03 * frequency_hz)
    found = near[window][np.argmax(spectrum[window])]
    assert abs(1200.0 * np.log2(found / frequency_hz)) < 5.0


def test_a_string_decays_by_its_loop_gain_and_stops_when_muted() -> None:
    period, gain = 100.0, 0.98
    samples = 20000
    push = np.zeros(samples)
    push[:200] = np.hanning(200)
    sound = vibrate(push, np.full(samples, period), gain, 0.5, 0.0, 10000)
    rounds = 50
    first, later = (np.abs(sound[start : start + 100]).max() for start in (1000, 1000 + rounds * 100))
    # A smooth push loses nothing to the interpolation.
    assert later / first == pytest.approx(gain**rounds, rel=0.02)
    assert np.abs(sound[12000:]).max() < 1e-6


def test_same_seed_same_bytes_and_other_seed_other_playing() -> None:
    first = playing(5.0, RATE_HZ, seed=3)
    assert first.tobytes() == playing(5.0, RATE_HZ, seed=3).tobytes()
    assert not np.array_equal(first, playing(5.0, RATE_HZ, seed=4))


def test_length_and_peak(minute: np.ndarray) -> None:
    assert minute.shape == (60 * RATE_HZ,)
    assert minute.dtype == np.float64
    assert np.abs(minute).max() == pytest.approx(PEAK)
    assert abs(minute.mean()) < 1e-4


def test_levels_are_those_of_a_direct_input_recording(minute: np.ndarray) -> None:
    crest_db = 20.0 * np.log10(np.abs(minute).max() / minute.std())
    assert 15.0 < crest_db < 28.0
    frames = minute[: len(minute) // 2205 * 2205].reshape(-1, 2205)
    levels_db = 20.0 * np.log10(np.sqrt(np.mean(frames**2, axis=1)))
    # Rests with a noise floor, and a wide range of loudness in between.
    assert -85.0 < levels_db.min() < -70.0
    assert np.percentile(levels_db, 95) > -30.0
    assert np.percentile(levels_db, 95) - np.percentile(levels_db, 20) > 12.0


def test_the_spectrum_falls_above_the_low_partials(minute: np.ndarray) -> None:
    power = np.abs(np.fft.rfft(minute)) ** 2
    frequencies = np.fft.rfftfreq(len(minute), 1.0 / RATE_HZ)
    low, high, top = (
        power[(frequencies >= start) & (frequencies < end)].sum()
        for start, end in ((40.0, 1000.0), (1000.0, 5000.0), (10000.0, 20000.0))
    )
    assert 0.001 * low < high < 0.5 * low
    assert top < 1e-3 * high


@pytest.mark.parametrize("duration_s", [12.0, 13.7, 20.0, 60.0, 180.0, 420.0])
def test_every_split_has_bass_guitar_and_three_ways_of_playing(duration_s: float) -> None:
    for seed in range(20):
        notes = score(duration_s, np.random.default_rng(seed), longest_passage_s=0.1 * duration_s / 3)
        assert {note.way for note in notes} == set(WAYS)
        for begin_s, end_s in (
            (0.0, 0.8 * duration_s),
            (0.8 * duration_s, 0.9 * duration_s),
            (0.9 * duration_s, duration_s),
        ):
            heard = {
                note.way
                for note in notes
                if min(note.start_s + note.duration_s, end_s) - max(note.start_s, begin_s) > 0.1
            }
            assert BASS in heard
            assert len(heard) >= 3


def test_passages_are_cut_and_their_rests_too() -> None:
    notes = score(30.0, np.random.default_rng(5), longest_passage_s=1.0)
    starts = [note for before, note in itertools.pairwise(notes) if note.way != before.way]
    assert len(starts) >= 29
    assert all(after.start_s - before.start_s < 1.0 + 1e-9 for before, after in itertools.pairwise(starts))
    assert min(note.duration_s for note in notes) > 0.0


def test_the_score_has_every_way_of_playing_in_any_minute() -> None:
    notes = score(60.0, np.random.default_rng(0))
    assert all(0.0 <= note.start_s < 60.0 and 0.0 < note.force <= 1.0 for note in notes)
    assert any(note.palm_muted for note in notes)
    assert any(note.slide_to != note.fret for note in notes)
    assert any(note.vibrato_cents > 0.0 for note in notes)
    assert any(note.open_hz == BASS_STRINGS_HZ[0] for note in notes)
    assert {note.way for note in notes} == set(WAYS)
    assert all((note.open_hz in BASS_STRINGS_HZ) == (note.way == BASS) for note in notes)


def test_mistakes_are_input_errors() -> None:
    with pytest.raises(InputError, match="length above 0 s"):
        playing(0.0, RATE_HZ, seed=0)
    with pytest.raises(InputError, match="need at least 8000 Hz"):
        playing(1.0, 4000.0, seed=0)
