"""Pairs: what is refused and what is found, and latency of known shifts."""

import numpy as np
import pytest
from support.places import RECORDED_GUITAR

from rnn_audio.devices.amplifier import amplify
from rnn_audio.devices.checks import check_pair, count_clipped
from rnn_audio.devices.latency import correct_latency, measure_latency
from rnn_audio.errors import InputError
from rnn_audio.signals.guitar import playing
from rnn_audio.signals.recordings import Recording

RATE_HZ = 44100


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    # Heavy distortion hides the level, so a few seconds need varied playing for an unmistakable latency.
    played = playing(6.0, RATE_HZ, seed=5, longest_passage_s=1.0)
    return played, amplify(played, RATE_HZ)


@pytest.fixture(scope="module")
def recorded_pair() -> tuple[np.ndarray, np.ndarray]:
    if not RECORDED_GUITAR.exists():
        pytest.skip(f"no recording at {RECORDED_GUITAR}")
    import soundfile

    played, rate_hz = soundfile.read(RECORDED_GUITAR)
    return played, amplify(played, rate_hz)


def _delayed(samples: np.ndarray, shift: int) -> np.ndarray:
    """Later by `shift` samples, with silence where nothing is known."""
    if shift >= 0:
        return np.concatenate([np.zeros(shift), samples[: len(samples) - shift]])
    return np.concatenate([samples[-shift:], np.zeros(-shift)])


def _check(input: np.ndarray, target: np.ndarray) -> dict[str, str]:
    findings = check_pair(Recording("in.wav", input, RATE_HZ), Recording("out.wav", target, RATE_HZ))
    return {finding.name: finding.message for finding in findings}


def test_a_good_pair_has_no_findings(pair: tuple[np.ndarray, np.ndarray]) -> None:
    assert _check(*pair) == {}


def test_rates_that_differ_are_named() -> None:
    sound = np.sin(np.arange(1000.0))
    with pytest.raises(InputError, match=r"in.wav has 44100 Hz and out.wav 48000 Hz: resample"):
        check_pair(Recording("in.wav", sound, 44100), Recording("out.wav", sound, 48000))


def test_lengths_that_differ_are_named_with_both_lengths() -> None:
    sound = np.sin(np.arange(1000.0))
    with pytest.raises(InputError, match=r"in.wav has 1000 samples and out.wav 990: trim"):
        _check(sound, sound[:990])


def test_silence_is_refused() -> None:
    sound = np.sin(np.arange(1000.0))
    with pytest.raises(InputError, match=r"out.wav is silent \(peak 0.0e\+00\)"):
        _check(sound, np.zeros(1000))
    with pytest.raises(InputError, match=r"in.wav is silent \(peak 9.9e-05\)"):
        _check(np.full(1000, 9.9e-5), sound)


def test_clipping_and_offset_are_found(pair: tuple[np.ndarray, np.ndarray]) -> None:
    played, sound = pair
    found = _check(played, np.clip(4.0 * sound, -1.0, 1.0))
    assert found["clipping"].startswith("out.wav clips")
    found = _check(played - 0.04, sound)
    assert set(found) == {"dc_offset"}
    assert "in.wav has a DC offset of -0.0400" in found["dc_offset"]


def test_clipped_runs_are_counted_by_sign_and_length() -> None:
    samples = np.array([1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, -1.0, -1.0, -1.0, -1.0, 1.0])
    assert count_clipped(samples) == 7
    assert count_clipped(np.sin(np.arange(10000) * 0.1)) == 0


@pytest.mark.parametrize("shift", [0, 1, 137, -900, 5000])
def test_a_shift_is_found_exactly(pair: tuple[np.ndarray, np.ndarray], shift: int) -> None:
    played, _ = pair
    found = measure_latency(played, _delayed(played, shift), RATE_HZ)
    assert (found.samples, found.envelope_samples) == (shift, shift)
    assert found.confidence > 0.1


@pytest.mark.parametrize("which", ["pair", "recorded_pair"])
@pytest.mark.parametrize("shift", [1, 137, -900, 5000])
def test_a_shift_is_found_exactly_through_the_amplifier(which: str, shift: int, request: pytest.FixtureRequest) -> None:
    played, sound = request.getfixturevalue(which)
    own = measure_latency(played, sound, RATE_HZ)
    found = measure_latency(played, _delayed(sound, shift), RATE_HZ)
    # The amplifier's own phase shift is about a millisecond at most, and the same in both. It thins the bass, so with a
    # recorded guitar the onset of the high partials counts: 46 samples.
    assert abs(own.samples) <= 0.0012 * RATE_HZ
    assert found.samples - own.samples == shift
    assert found.confidence > 0.1


def test_latency_is_a_finding(pair: tuple[np.ndarray, np.ndarray]) -> None:
    played, sound = pair
    found = _check(played, _delayed(sound, 1000))
    assert set(found) == {"latency"}
    assert "out.wav after in.wav by" in found["latency"]


def test_unrelated_recordings_are_not_trusted(pair: tuple[np.ndarray, np.ndarray]) -> None:
    played, _ = pair
    other = playing(6.0, RATE_HZ, seed=6)
    assert measure_latency(played, other, RATE_HZ).confidence < 0.05
    assert set(_check(played, other)) == {"latency_uncertain"}


def test_pairs_too_short_to_measure_say_so() -> None:
    sound = np.sin(np.arange(1000.0))
    assert set(_check(sound, sound)) == {"latency_unmeasured"}


def test_latency_of_nothing_is_an_input_error() -> None:
    sound = np.sin(np.arange(30000.0))
    with pytest.raises(InputError, match="silent or constant"):
        measure_latency(sound, np.full(30000, 0.5), RATE_HZ)
    with pytest.raises(InputError, match="too short"):
        measure_latency(sound[:100], sound[:100], RATE_HZ)
    with pytest.raises(InputError, match="30000 samples and target 29999"):
        measure_latency(sound, sound[:-1], RATE_HZ)


@pytest.mark.parametrize("shift", [0, 40, -40])
def test_correction_lines_up_and_says_what_it_did(shift: int) -> None:
    sound = np.arange(1.0, 1001.0)
    corrected = correct_latency(sound, _delayed(sound, shift), RATE_HZ, shift)
    np.testing.assert_array_equal(corrected.input, corrected.target)
    assert len(corrected.input) == 1000 - abs(shift)
    assert f"latency of {shift} samples" in corrected.message
    with pytest.raises(InputError, match="leaves nothing"):
        correct_latency(sound, sound, RATE_HZ, 1000)
