"""Pairs: what is refused and what is found, and latency of known shifts."""

from functools import cache

import numpy as np
import pytest
from support.places import RECORDED_GUITAR

from rnn_audio.devices.amplifier import amplify
from rnn_audio.devices.checks import check_pair, count_clipped
from rnn_audio.devices.condition import describe_pair
from rnn_audio.devices.latency import TRUSTED, correct_latency, measure_latency
from rnn_audio.errors import InputError
from rnn_audio.signals.guitar import playing
from rnn_audio.signals.recordings import Recording

RATE_HZ = 44100


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    # Six seconds of synthetic playing have too few frequencies. The amplifier inverts.
    played = np.random.default_rng(5).uniform(-0.1, 0.1, 6 * RATE_HZ)
    return played, -amplify(played, RATE_HZ)


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
    checked = check_pair("devices.amp", Recording("in.wav", input, RATE_HZ), Recording("out.wav", target, RATE_HZ))
    return {finding.name: finding.message for finding in checked.findings}


def test_a_good_pair_has_no_findings(pair: tuple[np.ndarray, np.ndarray]) -> None:
    assert _check(*pair) == {}


def test_rates_that_differ_are_named() -> None:
    sound = np.sin(np.arange(1000.0))
    with pytest.raises(InputError, match=r"in.wav has 44100 Hz and out.wav 48000 Hz: resample"):
        check_pair("devices.amp", Recording("in.wav", sound, 44100), Recording("out.wav", sound, 48000))


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
    assert found.samples == shift
    assert found.confidence > 0.5


@pytest.mark.parametrize("which", ["pair", "recorded_pair"])
@pytest.mark.parametrize("shift", [1, 137, -900, 5000])
def test_a_shift_is_found_exactly_through_the_amplifier(which: str, shift: int, request: pytest.FixtureRequest) -> None:
    played, sound = request.getfixturevalue(which)
    own = measure_latency(played, sound, RATE_HZ)
    found = measure_latency(played, _delayed(sound, shift), RATE_HZ)
    # The amplifier's own delay is a fraction of a millisecond, and the same in both.
    assert 0 <= own.samples <= 0.0001 * RATE_HZ
    assert found.samples - own.samples == shift
    assert found.confidence > 0.3


def test_latency_is_a_finding(pair: tuple[np.ndarray, np.ndarray]) -> None:
    played, sound = pair
    found = _check(played, _delayed(sound, 1000))
    assert set(found) == {"latency"}
    assert "out.wav after in.wav by" in found["latency"]


def test_unrelated_recordings_are_not_trusted(pair: tuple[np.ndarray, np.ndarray]) -> None:
    played, _ = pair
    other = playing(6.0, RATE_HZ, seed=6)
    assert measure_latency(played, other, RATE_HZ).confidence < 0.7 * TRUSTED
    assert set(_check(played, other)) == {"latency_uncertain"}


@cache
def long_playing(seed: int) -> np.ndarray:
    return playing(20.0, RATE_HZ, seed)


@pytest.mark.parametrize("seconds", [5, 6, 12, 20])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_unrelated_playing_is_not_trusted_either(seconds: int, seed: int) -> None:
    one, other = (np.tanh(9 * long_playing(own)[: seconds * RATE_HZ]) for own in (seed, seed + 10))
    assert measure_latency(one, other, RATE_HZ).confidence < TRUSTED


def test_pairs_too_short_to_measure_say_so() -> None:
    sound = np.sin(np.arange(1000.0))
    assert set(_check(sound, -sound)) == {"latency_unmeasured"}


def test_latency_of_nothing_is_an_input_error() -> None:
    sound = np.sin(np.arange(30000.0))
    with pytest.raises(InputError, match="silent or constant"):
        measure_latency(sound, np.full(30000, 0.5), RATE_HZ)
    with pytest.raises(InputError, match="too short"):
        measure_latency(sound[:100], sound[:100], RATE_HZ)
    with pytest.raises(InputError, match="30000 samples and target 29999"):
        measure_latency(sound, sound[:-1], RATE_HZ)


@pytest.mark.parametrize("shift", [40, 4, -40])
def test_correction_leaves_the_uncertainty_and_says_what_it_did(shift: int) -> None:
    sound = np.arange(1.0, 1001.0)
    corrected = correct_latency(sound, _delayed(sound, shift), RATE_HZ, shift)
    np.testing.assert_array_equal(corrected.input[:900], corrected.target[4:904])
    assert len(corrected.input) == len(corrected.target) == 1000 - abs(shift - 4)
    assert f"latency of {shift} samples" in corrected.message
    with pytest.raises(InputError, match="leaves nothing"):
        correct_latency(sound, sound, RATE_HZ, 1004)


# --- what people record ---


@pytest.fixture(scope="module")
def take() -> np.ndarray:
    return long_playing(9)


def _cabinet(samples: np.ndarray) -> np.ndarray:
    """Distortion through a loudspeaker and the decaying resonance of its box, which have no delay but their own."""
    from scipy.signal import butter, sosfilt

    loud = np.tanh(20 * samples)
    speaker = sosfilt(butter(2, 5000, fs=RATE_HZ, output="sos"), loud)
    return 0.3 * speaker + 0.3 * sosfilt(butter(2, [90, 140], "bandpass", fs=RATE_HZ, output="sos"), loud)


@pytest.mark.parametrize("delay", [0, 23000, 44100, -3000])
def test_the_delay_of_a_cabinet_is_not_its_own(take: np.ndarray, delay: int) -> None:
    rich = take + 0.01 * np.random.default_rng(2).standard_normal(len(take))  # a real guitar has all frequencies
    found = measure_latency(rich, _delayed(_cabinet(rich), delay), RATE_HZ)
    assert 0 <= found.samples - delay <= 4
    assert found.confidence > TRUSTED
    assert not found.moved(RATE_HZ)


def test_a_delay_beyond_the_search_is_unknown_and_not_a_wrong_one(take: np.ndarray) -> None:
    findings = _check(take, _delayed(np.tanh(4 * take), 3 * RATE_HZ))
    assert set(findings) - {"dc_offset"} == {"latency_uncertain"}
    assert "looked for up to 2 s" in findings["latency_uncertain"]


def test_a_drift_is_told_in_parts_per_million(take: np.ndarray) -> None:
    at = np.arange(len(take)) * (1 - 2e-4)
    found = measure_latency(take, np.tanh(4 * np.interp(at, np.arange(len(take)), take)), RATE_HZ)
    assert found.moved(RATE_HZ)
    assert found.drift_ppm(RATE_HZ) == pytest.approx(200, rel=0.15)


def test_lost_samples_are_told_with_their_time(take: np.ndarray) -> None:
    half = len(take) // 2
    target = np.concatenate([take[:half], take[half + 512 :], np.zeros(512)])
    message = _check(take, np.tanh(4 * target))["latency_moves"]
    assert "jumps by -512 samples between" in message
    before, after = (float(time) for time in message.partition("between ")[2].partition(" s")[0].split(" and "))
    assert before < 10.0 < after


def test_pauses_with_an_offset_have_no_latency_of_their_own(take: np.ndarray) -> None:
    pauses = np.where(np.arange(len(take)) < 13 * RATE_HZ, 0.0, take)
    found = measure_latency(pauses + 0.01, np.tanh(4 * pauses), RATE_HZ)
    assert {samples for _, samples in found.course} == {0}
    assert min(seconds for seconds, _ in found.course) > 13.0 - found.place_s / 2


def test_a_jump_lies_within_the_recording() -> None:
    short = np.random.default_rng(6).uniform(-0.5, 0.5, 5 * RATE_HZ)
    half = len(short) // 2
    target = np.concatenate([short[:half], short[half + 512 :], np.zeros(512)])
    before, after, change = measure_latency(short, target, RATE_HZ).jump()
    assert change == -512
    assert 0.0 <= before < 2.5 < after <= 5.0


def test_an_echo_and_the_polarity_are_told(take: np.ndarray) -> None:
    findings = _check(take, 0.4 * -(take + 1.2 * _delayed(take, 14400)))
    assert set(findings) == {"echo", "polarity"}
    assert "327 ms later" in findings["echo"]


def test_the_same_recording_twice_quiet_sides_pauses_and_hum_are_told(take: np.ndarray) -> None:
    assert set(_check(take, take)) == {"same"}
    assert "out.wav is quiet" in _check(take, 0.001 * np.tanh(4 * take))["level"]
    pauses = np.where(np.arange(len(take)) % (5 * RATE_HZ) < 3 * RATE_HZ, 0.0, take)
    assert "is silent for 6" in _check(pauses, np.tanh(4 * pauses))["silence"]
    hum = 1e-3 * np.sin(2 * np.pi * 50 * np.arange(len(take)) / RATE_HZ)
    assert "out.wav hums at 50 Hz (-63 dB" in _check(pauses, np.tanh(4 * pauses) + hum)["hum"]


def test_the_table_of_a_pair_has_a_row_per_property_and_says_what_to_do(take: np.ndarray) -> None:
    input, target = (
        Recording(name, samples, RATE_HZ) for name, samples in (("in", take), ("out", _delayed(take, 500)))
    )
    rows = {own.name: own for own in describe_pair(input, target, check_pair("devices.amp", input, target))}
    assert rows["latency (samples)"].target == 500
    assert rows["latency (samples)"].advice.startswith("set devices.amp.latency to correct")
    assert {own.advice for name, own in rows.items() if name != "latency (samples)"} == {"nothing"}
    assert rows["polarity (1, or -1 if inverted)"].target == 1
    assert len(rows) == 11
