import json
import math

import numpy as np
import pytest
from numpy.typing import NDArray
from pyroomacoustics.experimental import measure_rt60
from support.places import RECORDINGS

from rnn_audio.signals.acoustics import (
    CLARITY_JND_DB,
    TIME_JND_PERCENT,
    compare_rooms,
    decay_curve,
    onset_index,
    room_parameters,
)
from rnn_audio.types import Floats

RATE_HZ = 44100


def decay(time_s: float, length_s: float, rate_hz: int = RATE_HZ) -> NDArray[np.float64]:
    return 10 ** (-3 * np.arange(int(length_s * rate_hz)) / rate_hz / time_s)


@pytest.mark.parametrize("rate_hz", [1024, 5512, 44100])
@pytest.mark.parametrize("time_s", [0.2, 0.4, 1.5])
def test_an_exponential_decay_has_one_time(rate_hz: int, time_s: float) -> None:
    measured = room_parameters(decay(time_s, 1.2 * time_s, rate_hz), rate_hz)
    for found in (measured.edt, measured.t20, measured.t30):
        assert found.seconds == pytest.approx(time_s, rel=0.01)
        assert found.correlation == pytest.approx(-1, abs=1e-4)
        assert found.nonlinearity_permille == pytest.approx(0, abs=0.1)


def test_half_a_second_of_a_bedroom_is_long_enough() -> None:
    assert room_parameters(decay(0.4, 0.5), RATE_HZ).t30.seconds == pytest.approx(0.4, rel=0.01)


@pytest.mark.parametrize("time_s", [0.3, 0.4, 0.8])
def test_clarity_of_an_exponential_decay(time_s: float) -> None:
    # Of the energy exp(-a t), a = 6 ln(10) / T, the share 1 - exp(-0.05 a) arrives within 50 ms.
    late_share = 10 ** (-6 * 0.05 / time_s)
    expected_db = 10 * np.log10((1 - late_share) / late_share)
    assert room_parameters(decay(time_s, 2 * time_s), RATE_HZ).c50_db == pytest.approx(expected_db, abs=0.02)


def test_a_double_slope_shows_in_times_and_nonlinearity() -> None:
    measured = room_parameters(np.sqrt(decay(0.1, 2) ** 2 + 0.0005 * decay(1.5, 2) ** 2), RATE_HZ)
    assert measured.edt.seconds < measured.t20.seconds < measured.t30.seconds
    assert measured.t30.nonlinearity_permille > 10


def test_noise_like_decay_agrees_with_pyroomacoustics() -> None:
    response = decay(0.5, 1.0) * np.random.default_rng(0).standard_normal(RATE_HZ)
    response[0] = 3.0
    expected = measure_rt60(response, fs=RATE_HZ, decay_db=30)
    assert room_parameters(response, RATE_HZ).t30.seconds == pytest.approx(expected, rel=0.01)


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings in {RECORDINGS}")
def test_recorded_room_agrees_with_pyroomacoustics() -> None:
    import soundfile

    samples, rate_hz = soundfile.read(RECORDINGS / "room-ir.wav", always_2d=True)
    expected = measure_rt60(samples[534:, 0], fs=rate_hz, decay_db=20)
    assert room_parameters(samples[:, 0], rate_hz).t20.seconds == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("scale", [1e-200, -1.0, 1e200])
def test_scale_and_leading_silence_change_nothing(scale: float) -> None:
    delayed = np.concatenate([np.zeros(500), scale * decay(0.4, 0.5)])
    plain, moved = (room_parameters(samples, RATE_HZ).as_dict() for samples in (decay(0.4, 0.5), delayed))
    assert moved == pytest.approx(plain)


def test_a_range_that_is_not_covered_is_missing_not_lowered() -> None:
    # 0.5 s of a decay by 60 dB in 1 s: 27 dB until the last tenth, enough for 0 to -10 and its headroom only.
    measured = room_parameters(decay(1.0, 0.5), RATE_HZ)
    assert measured.edt.seconds == pytest.approx(1.0, rel=0.01)
    assert measured.t20.seconds is None
    assert measured.t30.seconds is None
    assert "-45 dB are needed" in measured.t30.missing_because


def test_a_noise_floor_forbids_the_range_that_it_spoils() -> None:
    noise = 1e-2 * np.random.default_rng(0).standard_normal(RATE_HZ)
    measured = room_parameters(decay(0.4, 1.0) + noise, RATE_HZ)
    assert measured.t30.seconds is None
    assert "meets the noise floor" in measured.t30.missing_because
    assert measured.edt.seconds == pytest.approx(0.4, rel=0.02)


def noisy(time_s: float, length_s: float, floor_db: float | None, rate_hz: int = RATE_HZ, seed: int = 0) -> Floats:
    """Noise that decays exponentially, on a floor of noise; both levels relative to the start of the decay."""
    random = np.random.default_rng(seed)
    response = decay(time_s, length_s, rate_hz) * random.standard_normal(int(length_s * rate_hz))
    return response if floor_db is None else response + 10 ** (floor_db / 20) * random.standard_normal(len(response))


# The least range above the floor: 10 dB more than the end of the range on which a parameter is measured.
NEEDED_DB = {"edt": -20, "t20": -35, "t30": -45}


@pytest.mark.parametrize("floor_db", [-30, -40, -50, -60])
@pytest.mark.parametrize(("time_s", "length_s"), [(0.3, 0.5), (0.5, 1.0), (0.5, 2.0), (1.0, 2.0)])
def test_decays_on_a_noise_floor_have_the_times_of_the_decay_or_none(
    time_s: float, length_s: float, floor_db: int
) -> None:
    measured = room_parameters(noisy(time_s, length_s, floor_db), RATE_HZ)
    clean = room_parameters(noisy(time_s, length_s, None), RATE_HZ)
    assert clean.noise_floor_db is None
    assert measured.noise_floor_db == pytest.approx(floor_db, abs=1.5)
    for name, needed_db in NEEDED_DB.items():
        found, expected = getattr(measured, name), getattr(clean, name)
        if floor_db > needed_db:
            assert found.seconds is None
            assert "noise floor" in found.missing_because
        else:
            assert found.seconds == pytest.approx(expected.seconds, rel=0.02)
    assert measured.c50_db == pytest.approx(clean.c50_db, abs=0.1)


def test_untreated_the_same_floor_makes_the_times_too_long() -> None:
    """What the treatment is worth: EDT 11 % too long at -30 dB, T30 8 % at -50 dB."""
    for floor_db, name, least in ((-30, "edt", 1.08), (-50, "t30", 1.05)):
        response = noisy(0.5, 1.0, floor_db)
        untreated = room_parameters(response, RATE_HZ, may_be_noisy=False)
        assert getattr(untreated, name).seconds > least * 0.5
        assert untreated.noise_floor_db is None


def test_20_db_above_the_floor_nothing_can_be_measured() -> None:
    measured = room_parameters(noisy(0.5, 1.0, -19), RATE_HZ)
    assert [measured.edt.seconds, measured.t20.seconds, measured.t30.seconds, measured.c50_db] == [None] * 4
    for reason in (measured.edt.missing_because, measured.c50_missing_because):
        assert "meets the noise floor" in reason
        assert "-20 dB are needed" in reason


@pytest.mark.parametrize("rate_hz", [1024, 5512])
def test_a_floor_is_found_at_the_low_rates_of_paper_a(rate_hz: int) -> None:
    for seed in range(5):
        measured, clean = (
            room_parameters(noisy(0.5, 1.0, floor_db, rate_hz, seed), rate_hz) for floor_db in (-50, None)
        )
        assert measured.t30.seconds == pytest.approx(clean.t30.seconds, rel=0.04)
        assert measured.noise_floor_db is not None
        assert clean.noise_floor_db is None


def test_a_second_slower_decay_is_no_floor() -> None:
    coupled = noisy(0.2, 1.0, None) + 10 ** (-30 / 20) * noisy(1.5, 1.0, None, seed=1)
    assert room_parameters(coupled, RATE_HZ).noise_floor_db is None


def test_a_tail_of_digital_silence_is_no_floor() -> None:
    response = np.concatenate([noisy(0.3, 0.5, None), np.zeros(RATE_HZ)])
    assert room_parameters(response, RATE_HZ).noise_floor_db is None
    assert room_parameters(response, RATE_HZ).t30.seconds == pytest.approx(0.3, rel=0.03)


def test_a_network_that_gets_stuck_is_not_excused_as_noise() -> None:
    """Its target decays to the end, so the constant that is left is an error: the decay does not go on."""
    stuck = noisy(0.3, 1.0, None) + 0.01
    assert room_parameters(stuck, RATE_HZ, may_be_noisy=False).t30.seconds is None
    assert room_parameters(stuck, RATE_HZ, may_be_noisy=False).noise_floor_db is None


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (np.zeros(1000), "silent"),
        (np.zeros(0), "no samples"),
        (np.array([1.0, np.nan]), "not finite"),
        (np.ones(1000), "are needed"),
        (np.exp(np.arange(1000) / 50), "are needed"),
        (np.eye(1, 1000)[0], "within two samples"),
    ],
)
def test_signals_that_are_no_room_say_why(samples: NDArray[np.float64], reason: str) -> None:
    measured = room_parameters(samples, 1024)
    for found in (measured.t20, measured.t30):
        assert found.seconds is None
        assert reason in found.missing_because


def test_clarity_needs_a_late_part() -> None:
    measured = room_parameters(decay(0.4, 0.04), RATE_HZ)
    assert measured.c50_db is None
    assert "50 ms" in measured.c50_missing_because


def test_the_flat_form_is_json_with_units() -> None:
    flat = room_parameters(decay(0.4, 0.5), RATE_HZ).as_dict()
    assert {"t30_s", "edt_s", "t20_s", "c50_db", "t30_nonlinearity_permille", "t30_correlation"} <= flat.keys()
    assert json.loads(json.dumps(flat, allow_nan=False)) == flat


def test_decay_curve_starts_at_0_db_and_falls() -> None:
    curve_db = decay_curve(np.random.default_rng(0).standard_normal(1000))
    assert curve_db[0] == 0
    assert (np.diff(curve_db) <= 0).all()


def test_onset_of_silence_is_an_error() -> None:
    with pytest.raises(ValueError, match="onset"):
        onset_index(np.zeros(4))


def room(t30_s: float | None = 20.0, edt_s: float | None = 20.0, c50_db: float | None = 4.0) -> dict[str, float | None]:
    """Parameters of a room, whose numbers make thresholds that are floats without rounding."""
    return {"t30_s": t30_s, "edt_s": edt_s, "c50_db": c50_db}


def test_the_thresholds_are_those_of_the_standard() -> None:
    assert (TIME_JND_PERCENT, CLARITY_JND_DB) == (5, 1)


def test_equal_rooms_do_not_differ() -> None:
    assert compare_rooms(room(), room()) == {
        "t30_difference_percent": 0,
        "edt_difference_percent": 0,
        "c50_difference_db": 0,
        "t30_within_jnd": True,
        "edt_within_jnd": True,
        "c50_within_jnd": True,
    }


@pytest.mark.parametrize("name", ["t30", "edt"])
@pytest.mark.parametrize(
    ("seconds", "is_within"),
    [
        (21.0, True),
        (math.nextafter(21.0, math.inf), False),
        (19.0, True),
        (math.nextafter(19.0, 0), False),
        (20.9, True),
        (40.0, False),
        (0.1, False),
    ],
)
def test_a_time_is_within_5_per_cent_or_noticeable(name: str, seconds: float, is_within: bool) -> None:
    compared = compare_rooms(room(), room() | {f"{name}_s": seconds})
    assert compared[f"{name}_difference_percent"] == pytest.approx(5 * (seconds - 20))
    assert compared[f"{name}_within_jnd"] is is_within
    others = [compared[key] for key in compared if key.endswith("_within_jnd") and not key.startswith(name)]
    assert others == [True, True]


@pytest.mark.parametrize(
    ("c50_db", "is_within"),
    [(5.0, True), (3.0, True), (math.nextafter(5.0, 9), False), (math.nextafter(3.0, 0), False), (-4.0, False)],
)
def test_clarity_is_within_1_decibel_or_noticeable(c50_db: float, is_within: bool) -> None:
    compared = compare_rooms(room(), room(c50_db=c50_db))
    assert compared["c50_difference_db"] == c50_db - 4
    assert compared["c50_within_jnd"] is is_within


def test_what_a_generation_lacks_is_noticeable_and_what_a_target_lacks_is_not_judged() -> None:
    nothing = room(None, None, None)
    for target, judgement in ((room(), False), (nothing, None)):
        compared = compare_rooms(target, nothing)
        assert {compared[f"{name}_within_jnd"] for name in ("t30", "edt", "c50")} == {judgement}
        assert {value for key, value in compared.items() if "difference" in key} == {None}
    assert set(compare_rooms(nothing, room()).values()) == {None}


def test_measured_rooms_can_be_compared() -> None:
    # Exponential decays: by 4 % longer times, and clarity falls by 4.34 dB times the relative change, at most.
    target, longer, much_longer = (
        room_parameters(decay(time_s, 1.0), RATE_HZ).as_dict() for time_s in (0.4, 0.416, 0.6)
    )
    compared = compare_rooms(target, longer)
    assert compared["t30_difference_percent"] == pytest.approx(4, abs=0.1)
    assert compared["edt_difference_percent"] == pytest.approx(4, abs=0.1)
    assert all(compared[f"{name}_within_jnd"] is True for name in ("t30", "edt", "c50"))
    assert not any(compare_rooms(target, much_longer)[f"{name}_within_jnd"] for name in ("t30", "edt", "c50"))
