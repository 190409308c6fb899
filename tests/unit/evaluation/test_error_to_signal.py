import numpy as np
import pytest
from scipy.signal import lfilter

from rnn_audio.evaluation.error_to_signal import error_to_signal
from rnn_audio.losses.preemphasis import NAMES, taps


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
def test_it_is_the_ratio_of_the_filtered_sounds(name: str, rate_hz: int) -> None:
    target, error = np.random.default_rng(1).uniform(-1, 1, (2, 4000))
    sides = [lfilter(taps(name, rate_hz), 1.0, side) for side in (target, target + 0.1 * error)]
    expected = np.sum((sides[0] - sides[1]) ** 2) / np.sum(sides[0] ** 2)
    assert error_to_signal(target, target + 0.1 * error, name, rate_hz) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("scale", "esr"), [(1, 0), (0, 1), (0.9, 0.01), (-1, 4)])
def test_a_scaled_target_has_the_square_of_what_is_missing(scale: float, esr: float) -> None:
    target = np.random.default_rng(1).uniform(-1, 1, 1000)
    assert error_to_signal(target, scale * target, "a_weighting") == pytest.approx(esr, abs=1e-12)
