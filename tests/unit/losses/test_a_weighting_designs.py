"""The two designs of the A-weighting: the errors that the documentation states, and who uses which."""

import re

import numpy as np
import pytest
import torch
from scipy.signal import freqz
from support.configurations import overlaid, shipped_config
from support.places import REPOSITORY

from rnn_audio.configuration.experiment import load_experiment
from rnn_audio.errors import InputError
from rnn_audio.losses.objectives import EmphasisedErrorToSignal
from rnn_audio.losses.preemphasis import (
    A_WEIGHTING_TAPS,
    DESIGNS,
    LOW_PASS,
    MINIMUM_PHASE,
    NAMES,
    PLAIN,
    a_weighting_error_db,
    taps,
)

RATE_HZ = 44100.0


def alone(design: str, rate_hz: float = RATE_HZ) -> np.ndarray:
    """The A-weighting's 100 taps, without the low-pass."""
    return np.polydiv(taps("a_weighting", rate_hz, design), LOW_PASS)[0]


def standard_db(frequencies_hz: np.ndarray) -> np.ndarray:
    """The A-weighting from the poles of IEC 61672, 0 dB at 1 kHz."""

    def magnitude(f: np.ndarray) -> np.ndarray:
        poles = np.sqrt((f**2 + 107.65265**2) * (f**2 + 737.86223**2))
        return f**4 / ((f**2 + 20.598997**2) * poles * (f**2 + 12194.217**2))

    return 20 * np.log10(magnitude(frequencies_hz) / magnitude(np.array([1000.0])))


def documented() -> dict[float, list[float]]:
    """The table of docs/deviations.md: by rate in Hz, rms and largest error of each design."""
    text = (
        (REPOSITORY / "docs" / "deviations.md").read_text(encoding="utf-8").partition("### The A-weighting filter")[2]
    )
    rows = re.findall(r"^\| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", text, re.MULTILINE)
    return {1000 * float(rate): [float(value) for value in values] for rate, *values in rows}


def test_the_documented_errors_are_those_of_the_designs() -> None:
    table = documented()
    assert list(table) == [44100, 48000, 96000]
    frequencies = np.geomspace(50, 16000, 2000)
    for rate_hz, stated in table.items():
        measured = []
        for design in (MINIMUM_PHASE, PLAIN):
            _, response = freqz(alone(design, rate_hz), worN=frequencies, fs=rate_hz)
            error = 20 * np.log10(np.abs(response)) - standard_db(frequencies)
            np.testing.assert_allclose(a_weighting_error_db(rate_hz, design), error, atol=2e-3)
            measured += [np.sqrt(np.mean(error**2)), np.abs(error).max()]
        assert measured == pytest.approx(stated, abs=0.06)


def test_the_plain_design_is_a_least_squares_fit_of_linear_phase() -> None:
    own = alone(PLAIN)
    assert len(own) == A_WEIGHTING_TAPS
    np.testing.assert_allclose(own, own[::-1], atol=1e-12)
    # At a minimum, the residual is orthogonal to what each pair of taps can do.
    frequencies = np.linspace(0, RATE_HZ / 2, 2000)
    wanted = np.append(0.0, 10 ** (standard_db(frequencies[1:]) / 20))
    delays = np.arange(A_WEIGHTING_TAPS // 2) + 0.5
    basis = 2 * np.cos(2 * np.pi * frequencies[:, None] / RATE_HZ * delays)
    residual = basis @ own[A_WEIGHTING_TAPS // 2 :] - wanted
    np.testing.assert_allclose(basis.T @ residual, 0, atol=0.05)
    assert np.abs(residual).max() > 1e-3


@pytest.mark.parametrize("name", [name for name in NAMES if name != "a_weighting"])
def test_other_filters_have_one_design(name: str) -> None:
    assert [taps(name, RATE_HZ, design).tolist() for design in DESIGNS] == [taps(name, RATE_HZ).tolist()] * 2


def test_an_unknown_design_is_refused() -> None:
    with pytest.raises(InputError, match="a_weighting_design 'linear' is unknown: choose one of minimum_phase, plain"):
        taps("a_weighting", RATE_HZ, "linear")


def test_the_loss_weights_bass_as_its_design_does() -> None:
    bass = torch.sin(2 * torch.pi * 50 * torch.arange(44100) / RATE_HZ).view(1, 1, -1)
    treble = torch.sin(2 * torch.pi * 3000 * torch.arange(44100) / RATE_HZ).view(1, 1, -1)
    losses = {
        design: EmphasisedErrorToSignal(["a_weighting"], RATE_HZ, "cpu", design=design)(bass + treble, treble).item()
        for design in DESIGNS
    }
    # The error is all of the bass, and the target is the treble alone: 10 dB between the two designs.
    gains = {design: np.abs(freqz(alone(design), worN=[50, 3000], fs=RATE_HZ)[1]) for design in DESIGNS}
    expected = (gains[PLAIN][0] / gains[PLAIN][1] * gains[MINIMUM_PHASE][1] / gains[MINIMUM_PHASE][0]) ** 2
    assert expected == pytest.approx(10, rel=0.1)
    assert losses[PLAIN] / losses[MINIMUM_PHASE] == pytest.approx(expected, rel=0.03)


def test_only_a_choice_other_than_the_default_is_a_setting_of_the_models() -> None:
    shipped = load_experiment(shipped_config())
    plain = load_experiment(overlaid(shipped_config(), {"a_weighting_design": "plain"}))
    assert (shipped.a_weighting_design, plain.a_weighting_design) == (MINIMUM_PHASE, PLAIN)
    assert not any("a_weighting_design" in settings for settings in shipped.configurations.values())
    for name, settings in plain.configurations.items():
        added = {"a_weighting_design": "plain"} if "device" in settings else {}
        assert settings == shipped.configurations[name] | added
