"""Amplifier: its parts against circuit theory, and the whole against what a valve amplifier does."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.signal import freqz

from rnn_audio.devices.amplifier import amplify
from rnn_audio.devices.amplifier_circuit import HIGH_GAIN, ToneStack, tone_stack_filter
from rnn_audio.devices.amplifier_stages import GRID_STEP_V, LOWEST_GRID_V, SUPPLY_SPAN_V, SUPPLY_STEP_V
from rnn_audio.devices.triode import load_line, plate_current
from rnn_audio.errors import InputError

RATE_HZ = 44100


def _sine(level_db: float, frequency_hz: float, seconds: float) -> np.ndarray:
    return 10.0 ** (level_db / 20.0) * np.sin(
        2.0 * np.pi * frequency_hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    )


def _harmonics(sound: np.ndarray, frequency_hz: int, count: int) -> np.ndarray:
    """Amplitudes of the fundamental and its harmonics in one second of sound."""
    spectrum = np.abs(np.fft.rfft(sound[-RATE_HZ:]))
    return spectrum[frequency_hz * np.arange(1, count + 1)]


def _distortion(level_db: float) -> float:
    amplitudes = _harmonics(amplify(_sine(level_db, 441.0, 1.5), RATE_HZ), 441, 20)
    return float(np.sqrt(np.sum(amplitudes[1:] ** 2)) / amplitudes[0])


def _tone_stack_by_nodes(tone: ToneStack, frequency_hz: float) -> complex:
    """The same circuit by nodal analysis with complex admittances: an independent way to its response."""
    s = 2j * np.pi * frequency_hz
    a, p, q, slope, m = range(5)  # treble top, bass top, middle top, slope resistor's end, middle wiper
    nodes = np.zeros((5, 5), dtype=complex)
    driven = np.zeros(5, dtype=complex)

    def connect(first: int, second: int, admittance: complex) -> None:
        nodes[first, first] += admittance
        nodes[second, second] += admittance
        nodes[first, second] -= admittance
        nodes[second, first] -= admittance

    for node, admittance in ((a, s * tone.treble_f), (slope, 1.0 / tone.slope_ohm)):
        nodes[node, node] += admittance
        driven[node] += admittance
    nodes[m, m] += 1.0 / (tone.middle * tone.middle_ohm)
    connect(a, p, 1.0 / tone.treble_ohm)
    connect(slope, p, s * tone.bass_f)
    connect(slope, m, s * tone.middle_f)
    connect(p, q, 1.0 / (tone.bass * tone.bass_ohm))
    connect(q, m, 1.0 / ((1.0 - tone.middle) * tone.middle_ohm))
    voltages = np.linalg.solve(nodes, driven)
    return voltages[p] + tone.treble * (voltages[a] - voltages[p])


def test_the_tone_stack_is_that_of_nodal_analysis() -> None:
    rate_hz = 8 * RATE_HZ
    frequencies = np.array([30.0, 100.0, 500.0, 1000.0, 5000.0])
    _, made = freqz(*tone_stack_filter(HIGH_GAIN.tone, rate_hz), worN=frequencies, fs=rate_hz)
    wanted = np.array([_tone_stack_by_nodes(HIGH_GAIN.tone, one) for one in frequencies])
    np.testing.assert_allclose(made, wanted, rtol=2e-3)


def test_a_12ax7_draws_what_its_datasheet_says() -> None:
    # 1.2 mA at 250 V and -2 V, and an amplification factor of 100: Koren's fit is within a quarter of the former.
    current = float(plate_current(np.float64(-2.0), np.float64(250.0)))
    assert current == pytest.approx(1.2e-3, rel=0.25)
    rise = float(plate_current(np.float64(-1.9), np.float64(240.0))) - current
    assert abs(rise) < 0.05 * current


def test_the_load_line_is_where_valve_and_resistor_agree() -> None:
    table = load_line(250.0, 100e3)
    for row, column in ((600, 80), (750, 100), (801, 70)):
        grid_v = np.float64(LOWEST_GRID_V + row * GRID_STEP_V)
        behind_v = 250.0 - SUPPLY_SPAN_V + column * SUPPLY_STEP_V

        def excess(plate_v: float, grid_v: np.float64 = grid_v, behind_v: float = behind_v) -> float:
            return float(plate_current(grid_v, np.float64(plate_v))) - (behind_v - plate_v) / 100e3

        plate_v = brentq(excess, 0.0, behind_v)
        assert table[row, column] == pytest.approx((behind_v - plate_v) / 100e3, rel=1e-9)
        between = 0.5 * (table[row, column] + table[row + 1, column])
        middle_v = brentq(lambda v, g=grid_v + 0.5 * GRID_STEP_V, b=behind_v: excess(v, g, b), 0.0, behind_v)
        assert between == pytest.approx((behind_v - middle_v) / 100e3, abs=1e-7)


def test_distortion_grows_with_level() -> None:
    # A channel of high gain: clean at the level of a pickup's noise only.
    distortions = [_distortion(level_db) for level_db in (-90.0, -60.0, -40.0, 0.0)]
    assert distortions == sorted(distortions)
    assert distortions[0] < 0.005
    assert distortions[1] > 0.03
    assert distortions[2] > 0.30


def test_even_harmonics_show_the_single_ended_stages() -> None:
    amplitudes = _harmonics(amplify(_sine(-30.0, 441.0, 1.5), RATE_HZ), 441, 3)
    assert amplitudes[1] > 0.01 * amplitudes[0]


def test_a_loud_burst_leaves_the_bias_shifted_and_the_bias_comes_back() -> None:
    probe = _sine(-50.0, 441.0, 2.0)
    loud = _sine(6.0, 110.0, 2.0)
    burst = slice(round(0.5 * RATE_HZ), round(0.8 * RATE_HZ))
    disturbed = probe.copy()
    disturbed[burst] = loud[burst]
    before, after = amplify(probe, RATE_HZ), amplify(disturbed, RATE_HZ)

    def level_change_db(late_s: float) -> float:
        window = slice(burst.stop + round(late_s * RATE_HZ), burst.stop + round((late_s + 0.01) * RATE_HZ))
        return float(20.0 * np.log10(after[window].std() / before[window].std()))

    assert level_change_db(0.01) < -1.0
    assert abs(level_change_db(0.5)) < 0.01


def test_what_it_did_before_the_burst_is_untouched() -> None:
    probe = _sine(-30.0, 441.0, 0.5)
    disturbed = probe.copy()
    disturbed[15000:] = 0.9
    np.testing.assert_allclose(amplify(disturbed, RATE_HZ)[:14900], amplify(probe, RATE_HZ)[:14900], atol=1e-9)


def test_twice_the_oversampling_changes_little() -> None:
    # Two strings of a driven guitar: partials to several kilohertz.
    seconds = np.arange(RATE_HZ) / RATE_HZ
    chord = sum(0.1 / k * np.sin(2.0 * np.pi * k * f * seconds) for f in (110.0, 164.8) for k in range(1, 12))
    coarse, fine = (amplify(chord, RATE_HZ, oversampling=factor) for factor in (8, 16))
    assert np.sum((coarse - fine) ** 2) < 2e-4 * np.sum(fine**2)


def test_aliases_of_a_hard_driven_tone_are_buried() -> None:
    frequency_hz = 1245
    sound = amplify(_sine(-6.0, frequency_hz, 1.5), RATE_HZ)
    spectrum = np.abs(np.fft.rfft(sound[-RATE_HZ:] * np.blackman(RATE_HZ)))
    # The window spreads each harmonic over a few hertz; what is left are aliases.
    aliases = spectrum.copy()
    aliases[:10] = 0.0
    for harmonic in range(frequency_hz, RATE_HZ // 2, frequency_hz):
        aliases[harmonic - 5 : harmonic + 6] = 0.0
    assert 20.0 * np.log10(aliases.max() / spectrum.max()) < -60.0


@pytest.mark.parametrize("level", [0.0, 1e-9, 1.0, 10.0])
def test_any_level_gives_finite_output_below_full_scale(level: float) -> None:
    noise = level * np.random.default_rng(0).uniform(-1.0, 1.0, RATE_HZ // 2)
    sound = amplify(noise, RATE_HZ)
    assert sound.shape == noise.shape
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() < 1.0


def test_dc_does_not_pass() -> None:
    sound = amplify(np.full(3 * RATE_HZ, 0.5), RATE_HZ)
    # Not the very end: there the input stops, and the resampling filter sees it coming.
    assert np.abs(sound[2 * RATE_HZ : -100]).max() < 1e-6
    assert np.abs(amplify(np.zeros(1000), RATE_HZ)).max() < 1e-6


def test_same_bytes_and_blocks_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = _sine(-10.0, 220.0, 0.5)
    once = amplify(sound, RATE_HZ)
    assert once.tobytes() == amplify(sound, RATE_HZ).tobytes()
    monkeypatch.setattr("rnn_audio.devices.amplifier._BLOCK_SAMPLES", 1000)
    np.testing.assert_allclose(amplify(sound, RATE_HZ), once, atol=1e-12)


def test_neither_a_gain_nor_a_waveshaper_is_enough() -> None:
    # A level that rises and falls over partials: the best memoryless curve still misses a tenth of the energy.
    seconds = np.arange(2 * RATE_HZ) / RATE_HZ
    played = 0.3 * np.sin(np.pi * seconds) ** 2 * np.sin(2.0 * np.pi * 110.0 * seconds * (1.0 + 0.3 * seconds))
    sound = amplify(played, RATE_HZ)
    basis = np.stack([(played / 0.3) ** power for power in range(1, 12)], axis=1)
    shaped = basis @ np.linalg.lstsq(basis, sound, rcond=None)[0]
    assert np.sum((sound - shaped) ** 2) > 0.1 * np.sum(sound**2)


def test_mistakes_are_input_errors() -> None:
    with pytest.raises(InputError, match="one channel"):
        amplify(np.zeros((2, 10)), RATE_HZ)
    with pytest.raises(InputError, match="NaN or infinite"):
        amplify(np.array([0.0, np.nan]), RATE_HZ)
    with pytest.raises(InputError, match="at least 16000 Hz"):
        amplify(np.zeros(10), 8000)
    with pytest.raises(InputError, match="oversampling is 0"):
        amplify(np.zeros(10), RATE_HZ, oversampling=0)
