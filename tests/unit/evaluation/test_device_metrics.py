"""A device model's metrics, and what models without a network reach."""

import numpy as np
import pytest
from scipy.signal import lfilter

from rnn_audio.evaluation.device_metrics import baseline_losses, evaluate_device
from rnn_audio.losses.preemphasis import NAMES, taps
from rnn_audio.records import Record
from rnn_audio.types import Floats

RATE_HZ = 44100
SAMPLES = 6000


def sound(seed: int = 0, samples: int = SAMPLES) -> Floats:
    return 0.3 * np.random.default_rng(seed).standard_normal(samples) + 0.02


def loss(target: Floats, output: Floats, name: str) -> float:
    """Equations 2 to 4 of paper B over a whole signal."""
    y, y_hat = (lfilter(taps(name, RATE_HZ), [1.0], signal) for signal in (target, output))
    return np.sum((y - y_hat) ** 2) / np.sum(y**2) + np.mean(target - output) ** 2 / np.mean(target**2)


def selection(losses: float) -> Record:
    measured = {f"test_{name}": losses + place for place, name in enumerate(NAMES)}
    return {
        "chosen_seed": 2,
        "zero_loss": {"test_loss": 1.01},
        "seeds": {"1": {"losses": dict.fromkeys(measured, 9.0)}, "2": {"losses": measured}},
    }


def test_losses_are_those_of_the_chosen_seed() -> None:
    target = sound()
    metrics = evaluate_device(target, 0.9 * target, RATE_HZ, selection(0.25))
    assert (metrics["kind"], metrics["rate_hz"], metrics["target"]["samples"]) == ("device", RATE_HZ, SAMPLES)
    assert metrics["target"]["power"] == pytest.approx(np.mean(target**2), rel=1e-12)
    assert metrics["zero_loss"] == 1.01
    assert metrics["prediction"].keys() == {f"loss_{name}" for name in NAMES} | {"error_1_2_khz_db"}
    assert [metrics["prediction"][f"loss_{name}"] for name in NAMES] == [0.25, 1.25, 2.25, 3.25]


def test_the_band_error_is_of_1_to_2_khz_and_relative() -> None:
    seconds = np.arange(RATE_HZ) / RATE_HZ
    inside, outside = np.sin(2 * np.pi * 1500 * seconds), np.sin(2 * np.pi * 5000 * seconds)

    def level(output: Floats) -> float:
        return evaluate_device(inside + outside, output, RATE_HZ, selection(0.0))["prediction"]["error_1_2_khz_db"]

    # A tenth of the tone in the band is missing: -20 dB, whatever is wrong outside.
    assert level(0.9 * inside + outside) == pytest.approx(-20.0, abs=0.01)
    assert level(0.9 * inside + 0.2 * outside) == pytest.approx(-20.0, abs=0.01)


def test_recordings_as_they_are_on_disk_are_taken() -> None:
    target, output = sound().astype(np.float32), sound(seed=1).astype(np.float32)
    single, double = (
        evaluate_device(target.astype(kind), output.astype(kind), RATE_HZ, selection(0.1))
        for kind in (np.float32, np.float64)
    )
    assert single["target"]["power"] == double["target"]["power"]


def test_baselines_are_fitted_to_train_and_judged_on_test() -> None:
    # In training the device is a gain of 0.5, in the test one of 0.4: the misfit is (0.1 / 0.4)^2 of the power.
    train, test = sound(), sound(seed=1)
    losses = baseline_losses((train, 0.5 * train), (test, 0.4 * test), RATE_HZ)
    assert losses.keys() == {"zero", "gain", "waveshaper"}
    assert all(values.keys() == set(NAMES) for values in losses.values())
    for name in NAMES:
        assert losses["zero"][name] == pytest.approx(loss(0.4 * test, np.zeros(SAMPLES), name), rel=1e-4)
        assert losses["gain"][name] == pytest.approx(loss(0.4 * test, 0.5 * test, name), rel=1e-4)
    assert losses["gain"]["none"] == pytest.approx(0.0625 * losses["zero"]["none"], rel=1e-4)


def test_a_waveshaper_models_a_device_without_memory_and_a_gain_does_not() -> None:
    train, test = sound(), np.clip(sound(seed=1), -0.8, 0.8)
    losses = baseline_losses((train, np.tanh(4 * train)), (test, np.tanh(4 * test)), RATE_HZ)
    assert losses["waveshaper"]["none"] < 1e-4
    assert losses["gain"]["none"] > 0.02
