import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from scipy.signal import lfilter

from rnn_audio.errors import InputError
from rnn_audio.evaluation.error_spectra import band_energies, band_level_db, error_spectrum, third_octaves
from rnn_audio.evaluation.seed_errors import (
    RESOLUTIONS,
    SeedSpectra,
    difference_over_blocks,
    measure_seeds,
    read_band,
    read_spectra,
)
from rnn_audio.records import read_json, write_json
from rnn_audio.reporting.figures.error_spectra import ErrorCurve, ErrorSpectrumPanel, plot_error_spectra

RATE_HZ = 44100


def noise(seed: int, seconds: float = 10.0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ))


def sine(hz: float, samples: int) -> NDArray[np.float64]:
    return np.sin(2 * np.pi * hz * np.arange(samples) / RATE_HZ)


@pytest.mark.parametrize("spectrum", [error_spectrum, third_octaves])
def test_ten_times_the_error_is_20_db_more_everywhere(spectrum: type) -> None:
    target, error = noise(1, 2), noise(2, 2)
    small, large = (spectrum(target, target - scale * error, RATE_HZ) for scale in (0.01, 0.1))
    np.testing.assert_allclose(large.error_db - small.error_db, 20, atol=1e-6)
    np.testing.assert_allclose(large.relative_db - small.relative_db, 20, atol=1e-6)
    np.testing.assert_array_equal(large.target_db, small.target_db)


@pytest.mark.parametrize("spectrum", [error_spectrum, third_octaves])
def test_silence_has_an_error_of_0_db_relative_to_any_target(spectrum: type) -> None:
    target = noise(1, 2)
    np.testing.assert_allclose(spectrum(target, np.zeros_like(target), RATE_HZ).relative_db, 0, atol=1e-9)


def test_third_octaves_have_the_standards_centres_up_to_half_the_rate() -> None:
    centres = third_octaves(noise(1, 2), noise(2, 2), RATE_HZ).frequencies_hz
    np.testing.assert_allclose(centres[[0, 7, 17, -1]], [19.95, 100, 1000, 15849], rtol=1e-3)
    assert len(centres) == 30  # the band at 20 kHz reaches to 22.4 kHz, beyond half the rate


@pytest.mark.parametrize("hz", [50.0, 440.0, 1000.0, 7000.0])
def test_the_error_of_a_sine_lies_in_its_third_octave_with_its_power(hz: float) -> None:
    target = noise(1, 5)
    bands = third_octaves(target, target - 0.1 * sine(hz, len(target)), RATE_HZ)
    own = int(np.argmin(np.abs(np.log(bands.frequencies_hz / hz))))
    assert bands.error_db[own] == pytest.approx(10 * np.log10(0.1**2 / 2), abs=0.01)
    assert np.max(np.delete(bands.error_db, own)) < bands.error_db[own] - 30


def test_white_noise_is_flat_in_the_fine_spectrum_at_its_density() -> None:
    fine = error_spectrum(noise(1), noise(1) - 0.1 * noise(2), RATE_HZ)
    # The variance is spread over 0 Hz to half the rate.
    density_db = 10 * np.log10(0.1**2 / (RATE_HZ / 2))
    above = fine.frequencies_hz > 500
    np.testing.assert_allclose(fine.error_db[above], density_db, atol=1.0)
    assert np.mean(fine.error_db[above]) == pytest.approx(density_db, abs=0.05)


def test_white_noise_rises_by_10_db_a_decade_in_third_octaves() -> None:
    bands = third_octaves(noise(1), noise(1) - noise(2), RATE_HZ)
    upper = bands.frequencies_hz > 90
    slope = np.polyfit(np.log10(bands.frequencies_hz[upper]), bands.error_db[upper], 1)[0]
    assert slope == pytest.approx(10, abs=0.15)


def test_the_bands_hold_the_whole_power_between_their_outer_edges() -> None:
    target = noise(1, 5)
    bands = third_octaves(target, np.zeros_like(target), RATE_HZ)
    edges = bands.frequencies_hz[0] * 10**-0.05, bands.frequencies_hz[-1] * 10**0.05
    expected = (edges[1] - edges[0]) / (RATE_HZ / 2)
    assert np.sum(10 ** (bands.target_db / 10)) == pytest.approx(expected, rel=0.01)


def test_a_band_level_over_all_frequencies_is_the_error_to_signal_ratio() -> None:
    target, error = noise(1), 0.1 * lfilter([1.0], [1.0, -0.9], noise(2))
    expected = 10 * np.log10(np.sum(error**2) / np.sum(target**2))
    assert band_level_db(target, target - error, RATE_HZ, 0, RATE_HZ / 2) == pytest.approx(expected, abs=0.02)


def test_a_band_level_counts_only_what_lies_in_the_band() -> None:
    target = sine(1500, 5 * RATE_HZ) + sine(4000, 5 * RATE_HZ)
    output = 0.9 * sine(1500, len(target)) + 0.5 * sine(4000, len(target))
    assert band_level_db(target, output, RATE_HZ, 1000, 2000) == pytest.approx(-20, abs=1e-3)
    assert band_level_db(target, output, RATE_HZ, 3000, 5000) == pytest.approx(20 * np.log10(0.5), abs=1e-3)


def test_no_error_is_minus_infinity_and_nothing_of_the_target_infinity() -> None:
    target = noise(1, 1)
    assert band_level_db(target, target, RATE_HZ, 1000, 2000) == -np.inf
    assert band_level_db(np.zeros_like(target), target, RATE_HZ, 1000, 2000) == np.inf


def test_short_signals_lose_the_bands_that_they_cannot_resolve() -> None:
    centres = third_octaves(noise(1, 0.05), noise(2, 0.05), RATE_HZ).frequencies_hz
    assert centres[0] > 200  # bins of 20 Hz, and three of them to a band
    with pytest.raises(InputError, match="too few"):
        third_octaves(np.ones(4), np.zeros(4), RATE_HZ)


@pytest.mark.parametrize("band", [(2000, 1000), (-1, 100), (1000, 23000)])
def test_a_band_outside_the_spectrum_is_an_error(band: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="22050 Hz"):
        band_level_db(noise(1, 1), noise(2, 1), RATE_HZ, *band)


def test_signals_of_different_lengths_are_an_error() -> None:
    with pytest.raises(InputError, match="equally long"):
        error_spectrum(np.ones(100), np.ones(99), RATE_HZ)


@pytest.mark.parametrize("seconds", [0.4, 1.0, 7.3])
def test_energies_by_second_add_up_to_the_level_of_the_band(seconds: float) -> None:
    target, output = noise(1, seconds), noise(1, seconds) + 0.1 * noise(2, seconds)
    energies = band_energies(target, output, RATE_HZ, 1000.0, 2000.0)
    assert energies.shape == (max(1, math.ceil(seconds - 0.375)), 2)
    error, wanted = energies.sum(axis=0)
    expected = band_level_db(target, output, RATE_HZ, 1000.0, 2000.0)
    assert 10 * np.log10(error / wanted) == pytest.approx(expected, abs=1e-9)


def test_a_click_is_counted_in_its_second() -> None:
    output = noise(1, 6.0)
    target = output.copy()
    target[round(4.5 * RATE_HZ)] += 50.0
    errors = band_energies(target, output, RATE_HZ, 1000.0, 2000.0)[:, 0]
    assert errors.argmax() == 4
    assert errors[4] > 0.99 * errors.sum()


def test_the_record_of_all_seeds_keeps_what_was_measured(tmp_path: Path) -> None:
    target = noise(0, 3.0)
    target[: 2 * RATE_HZ] *= 0.01
    outputs = {seed: 0.9 * target + 0.01 * seed * noise(seed, 3.0) for seed in (1, 2, 10)}
    write_json(tmp_path / "seeds.json", measure_seeds(target, outputs, RATE_HZ))
    record = read_json(tmp_path / "seeds.json")
    for name, measure in RESOLUTIONS.items():
        spectra = read_spectra(record, name)
        assert list(spectra.relative_db) == [1, 2, 10]
        for seed, output in outputs.items():
            expected = measure(target, output, RATE_HZ)
            np.testing.assert_array_equal(spectra.frequencies_hz, expected.frequencies_hz)
            np.testing.assert_array_equal(spectra.target_db, expected.target_db)
            np.testing.assert_array_equal(spectra.relative_db[seed], expected.relative_db)
    band = read_band(record, "error_1_2_khz_db")
    for seed, output in outputs.items():
        assert band.level_db(seed) == pytest.approx(band_level_db(target, output, RATE_HZ, 1000.0, 2000.0))


def test_silence_has_a_record_too() -> None:
    """Where the target is silent there is no level, which JSON cannot say as a number."""
    record = measure_seeds(np.zeros(RATE_HZ), {1: noise(1, 1.0)}, RATE_HZ)
    assert set(record["spectra"]["fine"]["relative_db"]["1"]) == {None}
    spectra = read_spectra(record, "fine")
    assert np.isneginf(spectra.target_db).all()
    assert np.isnan(spectra.relative_db[1]).all()


def test_the_difference_of_models_is_that_of_their_levels_with_an_interval() -> None:
    target = noise(0, 20.0)
    own, others = noise(1, 20.0), [noise(2, 20.0), noise(3, 20.0)]
    own[: 5 * RATE_HZ] *= 3.0  # its error depends on the passage
    bands = [
        read_band(measure_seeds(target, {7: target + 0.1 * error}, RATE_HZ), "error_1_2_khz_db")
        for error in (own, *others)
    ]
    interval = difference_over_blocks(bands[0], 7, [(band, 7) for band in bands[1:]])
    levels = [band.level_db(7) for band in bands]
    assert interval.value == pytest.approx(levels[0] - np.mean(levels[1:]))
    assert interval.low < interval.value < interval.high
    # Nearly all resamples lie between one loud second of twenty and twelve.
    assert 10 * np.log10(21 / 20) < interval.low
    assert interval.high < 10 * np.log10(116 / 20)
    same = difference_over_blocks(bands[1], 7, [(bands[1], 7)])
    assert (same.low, same.high) == (0.0, 0.0)


def curve(label: str, level_db: float, seeds: int = 1) -> ErrorCurve:
    relative_db = {seed: np.linspace(0, -30, 30) + level_db + seed for seed in range(1, seeds + 1)}
    return ErrorCurve(label, SeedSpectra(np.geomspace(20, 16000, 30), np.linspace(0, -40, 30), relative_db), 1)


def panels(seeds: int = 1) -> list[ErrorSpectrumPanel]:
    names = ("none", "highpass", "folded_differentiator", "a_weighting")
    curves = tuple(curve(name, -20.0 - index, seeds) for index, name in enumerate(names))
    return [ErrorSpectrumPanel("LSTM 32", curves), ErrorSpectrumPanel("LSTM 64", curves[::-1])]


def test_the_figure_draws_the_error_relative_to_the_target() -> None:
    figure = plot_error_spectra(panels(), ["A note."])
    drawn = {line.get_label(): line for line in figure.axes[0].lines}
    for given in panels()[0].curves:
        np.testing.assert_array_equal(drawn[given.label].get_xdata(), given.spectra.frequencies_hz)
        np.testing.assert_array_equal(drawn[given.label].get_ydata(), given.spectra.relative_db[1])
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["(a) LSTM 32", "(b) LSTM 64"]
    assert figure.get_supxlabel() == "A note."


def test_the_range_over_the_seeds_is_an_area_that_is_named() -> None:
    figure = plot_error_spectra(panels(seeds=5))
    areas = {area.get_label(): area for area in figure.axes[0].collections}
    (outline,) = areas["highpass, range over the seeds"].get_paths()
    first = {line.get_label(): line for line in figure.axes[0].lines}["highpass"].get_ydata()[0]
    at_20_hz = outline.vertices[outline.vertices[:, 0] == 20.0, 1]
    assert (at_20_hz.min(), at_20_hz.max()) == (first - 0.0, first + 4.0)  # the chosen seed is the lowest of five
    assert "range over the seeds" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_one_seed_has_no_range() -> None:
    figure = plot_error_spectra(panels())
    assert not figure.axes[0].collections
    assert "range over the seeds" not in [text.get_text() for text in figure.legends[0].get_texts()]


def test_what_lies_80_db_below_the_target_is_not_drawn_and_that_is_said() -> None:
    given = curve("none", 0.0)
    given.spectra.target_db[-3:] = (-79.0, -81.0, -np.inf)
    figure = plot_error_spectra([ErrorSpectrumPanel("LSTM 32", (given,))])
    assert len(figure.axes[0].lines[1].get_xdata()) == 28
    assert "more than 80 dB below" in figure.get_supxlabel()
    assert figure.axes[0].get_xlim()[1] == given.spectra.frequencies_hz[-3]


def test_a_chosen_seed_without_a_spectrum_is_an_error() -> None:
    with pytest.raises(InputError, match=r"'none'.*seed 9.*\[1\]"):
        replace(curve("none", 0.0), chosen_seed=9)


def test_panels_share_their_axes_and_a_model_has_one_line_in_all() -> None:
    first, second = plot_error_spectra(panels()).axes
    assert first.get_ylim() == second.get_ylim()
    assert first.get_xlim() == second.get_xlim() == (20, 16000)
    colours = [
        {line.get_label(): line.get_color() for line in axes.lines if line.get_marker() != "None"}
        for axes in (first, second)
    ]
    assert colours[0] == colours[1]
    assert len(set(colours[0].values())) == 4


def test_lines_differ_without_colour() -> None:
    lines = [line for line in plot_error_spectra(panels()).axes[0].lines if line.get_marker() != "None"]
    assert len({line.get_marker() for line in lines}) == 4
    solid = [np.dot(to_rgb(line.get_color()), (0.299, 0.587, 0.114)) for line in lines if line.get_linestyle() == "-"]
    assert abs(solid[0] - solid[1]) > 0.4


def test_the_band_of_the_paper_is_shaded_and_named() -> None:
    figure = plot_error_spectra(panels())
    band = figure.axes[0].patches[0]
    assert (band.get_x(), band.get_x() + band.get_width()) == (1000, 2000)
    assert figure.legends[0].get_texts()[-1].get_text() == "1 to 2 kHz"


def test_figures_that_cannot_be_read_are_errors() -> None:
    with pytest.raises(InputError, match="at least one panel"):
        plot_error_spectra([])
    with pytest.raises(InputError, match=r"'LSTM 32'.*no curve"):
        replace(panels()[0], curves=())
    more = ErrorSpectrumPanel("LSTM 16", tuple(curve(f"model {number}", 0.0) for number in range(5, 10)))
    with pytest.raises(InputError, match="at most 8 models, not 9"):
        plot_error_spectra([*panels(), more])
