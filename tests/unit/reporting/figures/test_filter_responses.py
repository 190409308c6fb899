from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes

from rnn_audio.errors import InputError
from rnn_audio.reporting.figures.filter_responses import plot_filter_responses

RATE_HZ = 44100


@pytest.fixture(scope="module")
def panels() -> list[Axes]:
    return plot_filter_responses(RATE_HZ, ["A note."]).axes


def curve(axes: Axes, label: str) -> tuple[Any, Any]:
    line = next(line for line in axes.lines if line.get_label().startswith(label))
    return np.asarray(line.get_xdata()), np.asarray(line.get_ydata())


def test_the_high_pass_has_the_magnitude_of_equation_5(panels: list[Axes]) -> None:
    hz, gain_db = curve(panels[0], "filter")
    power = 1 + 0.85**2 - 2 * 0.85 * np.cos(2 * np.pi * hz / RATE_HZ)
    np.testing.assert_allclose(gain_db, 10 * np.log10(power), atol=1e-9)


def test_the_folded_differentiator_has_the_magnitude_of_equation_6(panels: list[Axes]) -> None:
    hz, gain_db = curve(panels[1], "filter")
    power = 1 + 0.85**2 - 2 * 0.85 * np.cos(4 * np.pi * hz / RATE_HZ)
    np.testing.assert_allclose(gain_db, 10 * np.log10(power), atol=1e-9)
    assert hz[np.argmax(gain_db)] == pytest.approx(RATE_HZ / 4, rel=0.01)


@pytest.mark.parametrize(("hz", "weight_db"), [(100, -19.14), (1000, 0.0), (2000, 1.20), (10000, -2.49)])
def test_the_curve_behind_the_fit_is_the_standards_with_the_low_pass(
    panels: list[Axes], hz: float, weight_db: float
) -> None:
    low_pass_db = 10 * np.log10(1 + 0.85**2 + 2 * 0.85 * np.cos(2 * np.pi * hz / RATE_HZ))
    wanted_db = np.interp(np.log(hz), np.log(curve(panels[2], "IEC")[0]), curve(panels[2], "IEC")[1])
    assert wanted_db == pytest.approx(weight_db + low_pass_db, abs=0.02)


def test_the_fit_follows_the_curve_from_50_hz_to_16_khz(panels: list[Axes]) -> None:
    hz, fitted_db = curve(panels[2], "filter, 101 taps")
    within = (hz >= 50) & (hz <= 16000)
    assert np.max(np.abs(fitted_db - curve(panels[2], "IEC")[1])[within]) < 1.5


def test_frequencies_are_logarithmic_and_all_curves_lie_inside_the_shared_axes(panels: list[Axes]) -> None:
    assert len({axes.get_ylim() for axes in panels}) == 1
    for axes in panels:
        assert axes.get_xscale() == "log"
        assert axes.get_xlim() == (20, RATE_HZ / 2)
        hz, gain_db = curve(axes, "filter")
        assert hz[0] == pytest.approx(20)
        assert axes.get_ylim()[0] < gain_db.min() < gain_db.max() < axes.get_ylim()[1]
    assert [label.get_text() for label in panels[2].get_xticklabels()][:2] == ["20", "50"]
    assert panels[0].figure.get_supxlabel() == "A note."


def test_a_rate_too_low_for_the_a_weighting_is_an_error() -> None:
    with pytest.raises(InputError, match="1000 Hz"):
        plot_filter_responses(1000)
