import numpy as np
import pytest
from numpy.typing import NDArray

from rnn_audio.errors import InputError
from rnn_audio.signals.acoustics import room_parameters
from rnn_audio.signals.generators import GENERATORS, check_generator, synthesise
from rnn_audio.signals.guitar import playing

RATE_HZ = 44100
ROOM_KEYS = {
    "dimensions_m": [4.0, 3.0, 2.5],
    "source_m": [0.6, 2.5, 1.0],
    "microphone_m": [2.6, 0.5, 0.75],
    "t30_s": 0.45,
    "scattering": 0.5,
    "highest_hz": 20000,
    "seed": 2,
}
# As short as may be, since its cost grows with the cube of its length.
SMALL_ROOM = {"rate_hz": 16000, "samples": 1600, "own_keys": ROOM_KEYS | {"t30_s": 0.15, "highest_hz": 7000}}
NOTE_KEYS = {
    "frequency_hz": 1046.5,
    "mode_ratios": [1.0, 3.71, 7.1],
    "mode_levels_db": [0.0, -12.0, -20.0],
    "mode_decays_s": [4.0, 0.8, 0.3],
    "contact_s": 0.0005,
}
SINE_KEYS = {"frequency_hz": 440.0, "amplitude": 1.0, "phase_rad": 0.0}


def test_the_papers_sine() -> None:
    sine = synthesise("sine", rate_hz=RATE_HZ, samples=1024, own_keys=SINE_KEYS)
    assert sine.shape == (1024,)
    assert sine[0] == 0
    # 441 samples are 4.4 periods; a quarter of a period is 25.06 samples.
    assert sine[25] == pytest.approx(1.0, abs=1e-4)
    # A sine fulfils x[n+1] = 2 cos(w) x[n] - x[n-1].
    np.testing.assert_allclose(sine[2:], 2 * np.cos(2 * np.pi * 440 / RATE_HZ) * sine[1:-1] - sine[:-2], atol=1e-12)


def test_amplitude_and_phase_of_a_sine() -> None:
    keys = SINE_KEYS | {"amplitude": 0.3, "phase_rad": np.pi / 2}
    assert synthesise("sine", rate_hz=RATE_HZ, samples=1, own_keys=keys)[0] == pytest.approx(0.3)


def test_a_damped_sine_falls_by_60_db_in_its_decay() -> None:
    keys = SINE_KEYS | {"frequency_hz": 441.0, "phase_rad": np.pi / 2}
    steady = synthesise("sine", rate_hz=RATE_HZ, samples=RATE_HZ, own_keys=keys)
    damped = synthesise("damped_sine", rate_hz=RATE_HZ, samples=RATE_HZ, own_keys=keys | {"decay_s": 0.5})
    np.testing.assert_allclose(damped[[0, 22050]], [steady[0], 1e-3 * steady[22050]], rtol=1e-9)
    np.testing.assert_array_equal(np.sign(damped), np.sign(steady))


def test_noise_is_white_and_follows_its_seed() -> None:
    first, again, other = (
        synthesise("noise", rate_hz=RATE_HZ, samples=20000, own_keys={"seed": seed}) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.std() == pytest.approx(1.0, abs=0.02)
    assert np.abs(np.correlate(first, first[:-100], mode="valid")[1:]).max() < 0.05 * (first @ first)


@pytest.mark.parametrize("t30_s", [0.15, 0.25])
def test_rooms_at_other_rates_and_times(t30_s: float) -> None:
    own_keys = ROOM_KEYS | {"t30_s": t30_s, "highest_hz": 7000}
    room = synthesise("furnished_room", rate_hz=16000, samples=4800, own_keys=own_keys)
    assert room_parameters(room, 16000).t30.seconds == pytest.approx(t30_s, rel=0.1)


@pytest.fixture(scope="module")
def small_room() -> NDArray[np.float64]:
    return synthesise("furnished_room", **SMALL_ROOM)


def test_room_follows_its_seed(small_room: NDArray[np.float64]) -> None:
    other = synthesise("furnished_room", **SMALL_ROOM | {"own_keys": SMALL_ROOM["own_keys"] | {"seed": 3}})
    assert not np.array_equal(small_room, other)


def test_room_is_reproducible_and_ignores_and_keeps_global_state(small_room: NDArray[np.float64]) -> None:
    from pyroomacoustics import constants

    previous = constants.get("num_threads"), constants.get("c")
    constants.set("num_threads", 3)
    constants.set("c", 300.0)
    try:
        np.random.seed(7)  # the global generator must not matter
        assert synthesise("furnished_room", **SMALL_ROOM).tobytes() == small_room.tobytes()
        assert (constants.get("num_threads"), constants.get("c")) == (3, 300.0)
    finally:
        constants.set("num_threads", previous[0])
        constants.set("c", previous[1])


def test_note_has_its_modes_and_their_decays() -> None:
    note = synthesise("vibraphone", rate_hz=RATE_HZ, samples=RATE_HZ, own_keys=NOTE_KEYS)
    late = np.abs(np.fft.rfft(note[22050:] * np.hanning(22050)))
    assert np.argmax(late) * 2 == pytest.approx(1046.5, abs=2)
    for ratio, decay_s in zip(NOTE_KEYS["mode_ratios"], NOTE_KEYS["mode_decays_s"], strict=True):
        # Demodulate the mode in two windows 0.1 s apart: its level falls by 60 dB per decay time.
        wave = np.exp(-2j * np.pi * ratio * 1046.5 * np.arange(RATE_HZ) / RATE_HZ) * note
        levels = [np.abs(np.sum(wave[start : start + 4410] * np.hanning(4410))) for start in (2205, 6615)]
        assert 20 * np.log10(levels[1] / levels[0]) == pytest.approx(-6 / decay_s, rel=0.02)


def test_note_is_struck_and_softer_mallets_are_duller() -> None:
    hard, soft = (
        synthesise("vibraphone", rate_hz=RATE_HZ, samples=4410, own_keys=NOTE_KEYS | {"contact_s": contact_s})
        for contact_s in (0.0001, 0.001)
    )
    assert abs(hard[0]) < 0.1 * np.abs(hard).max()
    assert np.abs(hard).argmax() < 0.01 * RATE_HZ
    spectra = [np.square(np.abs(np.fft.rfft(note))) for note in (hard, soft)]
    shares = [spectrum[300:].sum() / spectrum.sum() for spectrum in spectra]
    assert shares[1] < 0.1 * shares[0]


@pytest.mark.parametrize(
    ("name", "own_keys", "expected"),
    [
        ("gong", {}, "generator: there is no 'gong'; choose one of"),
        ("sine", {"frequency_hz": 1.0, "amplitude": 1.0}, "phase_rad: missing; sine needs"),
        ("sine", SINE_KEYS | {"pitch": 3}, "pitch: not a key of sine; remove it"),
        ("sine", SINE_KEYS | {"frequency_hz": 30000.0}, "frequency_hz: .*choose one between"),
        ("furnished_room", ROOM_KEYS | {"source_m": [5.0, 1.0, 1.0]}, "source_m: .*outside the room.*move it"),
        ("furnished_room", ROOM_KEYS | {"microphone_m": [1.0, 1.0, 0.0]}, "microphone_m: .*outside the room.*move it"),
        ("furnished_room", ROOM_KEYS | {"highest_hz": 22050}, "highest_hz: 22050 Hz .* between 60 and 22050 Hz"),
        ("furnished_room", ROOM_KEYS | {"scattering": 1.5}, "scattering: .*choose a number from 0 to 1"),
        ("furnished_room", ROOM_KEYS | {"t30_s": 0.01}, "t30_s: 0.01 s is out of .*reach; choose one from"),
        (
            "vibraphone",
            NOTE_KEYS | {"mode_ratios": [1.0]},
            "mode_ratios, mode_levels_db and mode_decays_s: give the three lists the same length",
        ),
        ("vibraphone", NOTE_KEYS | {"mode_decays_s": [4.0, 0.0, 1.0]}, "mode_decays_s and contact_s: .*above 0 s"),
        ("vibraphone", NOTE_KEYS | {"mode_ratios": [1.0, 4.0, 30.0]}, "mode_ratios: .*raise rate_hz"),
    ],
)
def test_mistakes_name_the_key_and_the_remedy(name: str, own_keys: dict[str, object], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        synthesise(name, rate_hz=RATE_HZ, samples=2000, own_keys=own_keys)


def test_every_generator_checks_its_keys() -> None:
    assert set(GENERATORS) == {"damped_sine", "furnished_room", "guitar", "noise", "sine", "vibraphone"}
    check_generator("furnished_room", ROOM_KEYS)
    check_generator("sine", SINE_KEYS)
    check_generator("damped_sine", SINE_KEYS | {"decay_s": 0.5})
    check_generator("noise", {"seed": 1})
    check_generator("vibraphone", NOTE_KEYS)
    check_generator("guitar", {"seed": 1})


def test_the_guitar_is_the_simulated_amplifiers_input() -> None:
    guitar = synthesise("guitar", rate_hz=8000, samples=8001, own_keys={"seed": 2})
    np.testing.assert_array_equal(guitar, playing(8001 / 8000, 8000, 2))
    assert guitar.shape == (8001,)


def test_a_guitar_at_too_low_a_rate_is_an_error() -> None:
    with pytest.raises(InputError, match="rate_hz is 4000: the plucked strings need at least 8000 Hz"):
        synthesise("guitar", rate_hz=4000, samples=100, own_keys={"seed": 2})
