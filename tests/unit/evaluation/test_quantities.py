"""The metrics that the configuration may name are those that are measured."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from support.configurations import shipped_config

from rnn_audio.configuration.experiment import load_experiment
from rnn_audio.errors import InputError
from rnn_audio.evaluation.device_metrics import evaluate_device
from rnn_audio.evaluation.quantities import check_quantities, metrics_of
from rnn_audio.evaluation.signal_metrics import evaluate_reconstruction, evaluate_sounds
from rnn_audio.evaluation.states import summarise_states
from rnn_audio.losses.preemphasis import NAMES as FILTERS

NOISE = np.random.default_rng(1).uniform(-0.5, 0.5, 3000).astype(np.float32)


def numbers(record: Mapping[str, Any]) -> set[str]:
    return {
        f"{group}.{key}"
        for group, values in record.items()
        if isinstance(values, Mapping)
        for key, value in values.items()
        if not isinstance(value, str) and not key.endswith("_missing_because")
    }


@pytest.mark.parametrize("name", ["sine_full", "vibraphone_sub_512", "room_1024_sub_64", "room_5512_auxiliary"])
def test_the_metrics_of_signals_are_those_that_are_measured(name: str) -> None:
    experiment = load_experiment(shipped_config())
    settings = experiment.configurations[name]
    kind = experiment.config["signals"][settings["signal"]]["kind"]
    summary = summarise_states(
        NOISE, 0.9 * NOISE[None], NOISE[None], rate_hz=8000, kind=kind, update_length=settings["update_length_samples"]
    )
    states = {"chosen_seed": 1, "seeds": {"1": summary}}
    sounds = {"prediction": NOISE, "generation": NOISE}
    record = evaluate_sounds(NOISE, **sounds, rate_hz=8000, kind=kind, seeded=True, states=states)
    del record["seeds"]
    if "auxiliary" in settings:
        record["reconstruction"] = evaluate_reconstruction(NOISE, NOISE[:100], anchor=200, evaluated=[200])
    assert set(metrics_of(experiment.config, settings)) == numbers(record)


def test_the_metrics_of_devices_are_those_that_are_measured() -> None:
    experiment = load_experiment(shipped_config())
    losses = {f"test_{name}": 0.5 for name in FILTERS}
    selection = {"chosen_seed": 1, "zero_loss": {"test_loss": 1.0}, "seeds": {"1": {"losses": losses}}}
    record = evaluate_device(NOISE, 0.5 * NOISE, 44100, selection)
    assert set(metrics_of(experiment.config, experiment.configurations["amplifier_32_none"])) == numbers(record)


@pytest.mark.parametrize(
    ("configuration", "quantity", "nearest"),
    [
        ("room_1024_full", "generation.nope", "there is no"),
        ("room_1024_full", "generation.t30", "did you mean 'generation.t30_s'"),
        ("sine_full", "generation.t30_s", "generation"),
        ("sine_full", "reconstruction.mse", "has no auxiliary network"),
        ("amplifier_32_none", "prediction.loss_low_pass", "prediction.loss"),
    ],
)
def test_a_metric_that_is_not_measured_is_refused(configuration: str, quantity: str, nearest: str) -> None:
    config = shipped_config()
    config["tables"]["table_3"]["rows"].append(
        {
            "configuration": configuration,
            "quantity": quantity,
            "labels": {"section": "V-E", "signal": "it", "method": "it"},
        }
    )
    with pytest.raises(InputError, match=nearest) as caught:
        check_quantities(load_experiment(config))
    assert "tables.table_3.rows[" in str(caught.value)


def test_a_sweep_of_a_metric_that_is_not_measured_is_refused() -> None:
    config = shipped_config()
    name = next(iter(config["sweeps"]))
    config["sweeps"][name]["quantities"].append("generation.nope")
    with pytest.raises(InputError, match=rf"tables\.{name}\.rows\[0\].*'generation\.nope'"):
        check_quantities(load_experiment(config))


def test_the_shipped_tables_name_what_is_measured() -> None:
    check_quantities(load_experiment(shipped_config()))
