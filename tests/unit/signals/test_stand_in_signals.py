"""The synthetic signals that config.yaml ships: the figures of docs/stand-ins.md, and what makes a room a room."""

import numpy as np
import pytest
from numpy.typing import NDArray
from pyroomacoustics.experimental import measure_rt60
from support.configurations import read_yaml
from support.stand_ins import documented, predictor_error, shipped_signal

from rnn_audio.signals.acoustics import onset_index, room_parameters
from rnn_audio.signals.loudspeaker import directivity, radiated_share

RATE_HZ = 44100
OCTAVES_HZ = 125.0 * 2.0 ** np.arange(7)
PAPER_LOSSES = {1024: 5.131e-3, 5512: 6.036e-3}
"""The largest losses of the room in table II: a network that has learned anything leaves less than the power."""


def _power_density_db(response: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energy in each octave over its bandwidth, in dB."""
    frequencies = np.fft.rfftfreq(len(response), 1.0 / RATE_HZ)
    energy = np.square(np.abs(np.fft.rfft(response)))
    octaves = [energy[(frequencies >= f / 2**0.5) & (frequencies < f * 2**0.5)].sum() / f for f in OCTAVES_HZ]
    return 10.0 * np.log10(octaves)


def _direct_over_rest_db(response: NDArray[np.float64]) -> float:
    """Energy of the first millisecond, before the floor's reflection, over that of the rest, in dB."""
    first = round(0.001 * RATE_HZ)
    return float(10.0 * np.log10(np.sum(response[:first] ** 2) / np.sum(response[first:] ** 2)))


def _expected_direct_over_rest_db(room: dict[str, object]) -> float:
    """The same by statistical acoustics: a direct sound that spreads, in a diffuse field that Sabine's area absorbs."""
    towards_m = np.subtract(room["microphone_m"], room["source_m"])
    distance_m = np.linalg.norm(towards_m)
    absorption_m2 = 0.161 * np.prod(room["dimensions_m"]) / room["t30_s"]
    direct = np.square(directivity(towards_m[:1] / distance_m, OCTAVES_HZ)[:, 0]) / (4.0 * np.pi * distance_m**2)
    diffuse = 4.0 * radiated_share(OCTAVES_HZ) / absorption_m2
    return float(10.0 * np.log10(direct @ OCTAVES_HZ / (diffuse @ OCTAVES_HZ)))


@pytest.mark.parametrize("rate_hz", [1024, 5512])
def test_the_rooms_power_is_above_the_papers_losses(rate_hz: int) -> None:
    power = np.mean(shipped_signal("impulse_response", rate_hz)[1:] ** 2)
    assert power == pytest.approx(documented("The room", f"power after the first sample, {rate_hz} Hz"), rel=0.02)
    assert power > PAPER_LOSSES[rate_hz]


def test_the_rooms_direct_sound_is_as_strong_as_its_distance_makes_it() -> None:
    measured_db = _direct_over_rest_db(shipped_signal("impulse_response"))
    assert measured_db == pytest.approx(documented("The room", "direct sound over the rest (dB)"), abs=0.2)
    room = read_yaml("config.yaml")["signals"]["impulse_response"]["synthetic"]
    assert measured_db == pytest.approx(_expected_direct_over_rest_db(room), abs=1.5)


def test_the_rooms_spectrum_falls_as_a_loudspeakers_does() -> None:
    density_db = _power_density_db(shipped_signal("impulse_response"))
    tilt_db = np.polyfit(np.arange(len(density_db)), density_db, 1)[0]
    assert tilt_db == pytest.approx(documented("The room", "tilt, 125 Hz to 8 kHz (dB an octave)"), abs=0.1)
    assert -1.3 < tilt_db < -0.4


def test_the_room_can_be_predicted_as_a_measured_one() -> None:
    error = predictor_error(shipped_signal("impulse_response", 5512), 8)
    assert error == pytest.approx(documented("The room", "error of a linear predictor, 8 taps, 5512 Hz"), abs=0.01)


def test_the_rooms_parameters() -> None:
    measured = room_parameters(shipped_signal("impulse_response"), RATE_HZ)
    found = {"T30 (s)": measured.t30.seconds, "EDT (s)": measured.edt.seconds, "C50 (dB)": measured.c50_db}
    for name, value in found.items():
        assert value == pytest.approx(documented("The room", name), rel=0.02)


def test_the_room_has_the_decay_asked_for() -> None:
    room = shipped_signal("impulse_response")
    measured = room_parameters(room, RATE_HZ)
    assert measured.t30.seconds == pytest.approx(0.45, abs=0.03)
    assert measure_rt60(room, fs=RATE_HZ, decay_db=30) == pytest.approx(0.45, abs=0.03)
    # A real decay: straight (below 5 per mille by ISO 3382-2), early and late slope alike.
    assert measured.t30.nonlinearity_permille < 5
    assert measured.t20.seconds == pytest.approx(0.45, abs=0.05)
    assert measured.edt.seconds == pytest.approx(0.45, abs=0.08)


def test_the_room_starts_with_its_direct_sound() -> None:
    room = shipped_signal("impulse_response")
    assert room.shape == (22050,)
    assert onset_index(room) == 0
    assert np.abs(room).argmax() < 5


def test_the_room_grows_dense_and_noise_like() -> None:
    room = shipped_signal("impulse_response")
    # Excess kurtosis of the response with its decay undone: high for single echoes, 0 for Gaussian noise.
    level = room * 10 ** (3 * np.arange(22050) / RATE_HZ / 0.45)
    bounds = (np.array([0, 0.02, 0.05, 0.1, 0.4]) * RATE_HZ).astype(int)
    kurtosis = [np.mean(part**4) / np.mean(part**2) ** 2 - 3 for part in np.split(level, bounds[1:])[:-1]]
    assert kurtosis[0] > kurtosis[1] > kurtosis[2]
    assert abs(kurtosis[3]) < 0.5


def test_the_room_has_no_sweeping_echoes() -> None:
    room = shipped_signal("impulse_response")
    # A sweep is one frequency at a time: its spectrum over 10 ms is peaky, and its flatness far below that of noise
    # (exp(-0.577) = 0.56 for white noise; air and walls tilt it).
    late = room[4410:22050].reshape(-1, 441) * np.hanning(441)
    power = np.square(np.abs(np.fft.rfft(late, axis=1)))[:, 5:60]
    flatness = np.exp(np.mean(np.log(power), axis=1)) / np.mean(power, axis=1)
    assert np.median(flatness) > 0.4


def test_the_room_has_no_offset() -> None:
    room = shipped_signal("impulse_response")
    power = np.square(np.abs(np.fft.rfft(room)))
    below_20_hz = power[np.fft.rfftfreq(22050, 1 / RATE_HZ) < 20].sum()
    assert below_20_hz < 1e-3 * power.sum()


def _last_over_first_tenth_db(samples: NDArray[np.float64]) -> float:
    tenth = len(samples) // 10
    return float(10.0 * np.log10(np.sum(samples[-tenth:] ** 2) / np.sum(samples[:tenth] ** 2)))


def test_the_vibraphone_decays_like_the_room_and_stays_periodic() -> None:
    section, note = "The vibraphone", shipped_signal("vibraphone", 5512)
    fall_db = _last_over_first_tenth_db(note)
    assert fall_db == pytest.approx(documented(section, "level of the last tenth re the first, 5512 Hz (dB)"), abs=1.0)
    assert fall_db == pytest.approx(_last_over_first_tenth_db(shipped_signal("impulse_response", 5512)), abs=5.0)
    power = np.mean(note[1:] ** 2)
    assert power == pytest.approx(documented(section, "power after the first sample, 5512 Hz"), rel=0.02)
    percent = 100.0 * predictor_error(note, 2)
    assert percent == pytest.approx(documented(section, "error of a linear predictor, 2 taps, 5512 Hz (%)"), abs=0.1)


@pytest.mark.parametrize("name", ["steady_sine", "damped_sine", "low_passed_room", "steady_noise"])
def test_a_control_decays_or_is_noise_like(name: str) -> None:
    control = shipped_signal(name, 1024)
    assert control.shape == (512,)  # as many as the room has
    fall_db = _last_over_first_tenth_db(control)
    assert fall_db == pytest.approx(
        documented("The controls", f"`{name}`: level of the last tenth re the first (dB)"), abs=0.5
    )
    percent = 100.0 * predictor_error(control, 8)
    assert percent == pytest.approx(
        documented("The controls", f"`{name}`: error of a linear predictor, 8 taps (%)"), abs=0.3
    )
