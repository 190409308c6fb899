"""What is made of a configuration when it is loaded."""

from typing import Any

import pytest
from support.configurations import Config, changed, minimal

from rnn_audio.configuration.experiment import load_experiment
from rnn_audio.training.teacher_forcing import TeacherForcing


def test_a_configuration_overrides_its_preset() -> None:
    experiment = load_experiment(minimal())
    sub = experiment.configurations["tone_sub"]
    assert sub["update_length_samples"] == 16
    assert sub["hidden_size"] == 8
    assert "preset" not in sub


def test_full_update_length_is_none() -> None:
    assert load_experiment(minimal()).configurations["tone_full"]["update_length_samples"] is None


def test_a_configuration_needs_no_preset() -> None:
    config = minimal()
    config["configurations"] = {
        name: {key: value for key, value in (config["presets"]["overfit"] | own).items() if key != "preset"}
        for name, own in config["configurations"].items()
    }
    expected = load_experiment(minimal()).configurations
    config["presets"] = {}
    assert load_experiment(config).configurations == expected


@pytest.mark.parametrize(("factor", "epochs"), [(1, 10), (0.1, 1), (0.26, 3), (0.001, 1), (3, 30)])
def test_epochs_are_scaled_and_at_least_one(factor: float, epochs: int) -> None:
    experiment = load_experiment(changed("scale/epochs_factor", factor))
    assert {settings["epochs"] for settings in experiment.configurations.values()} == {epochs}
    assert all(isinstance(settings["epochs"], int) for settings in experiment.configurations.values())


@pytest.mark.parametrize("scale", [{"name": "paper", "epochs_factor": 0.5}, {"name": "quick", "epochs_factor": 1.0}])
def test_any_other_scale_than_the_papers_is_said(scale: Config) -> None:
    experiment = load_experiment(changed("scale", scale))
    (note,) = experiment.scale_notes()
    assert scale["name"] in note
    assert "do not reproduce the paper" in note


def test_loading_leaves_the_configuration_as_it_was() -> None:
    config = minimal()
    load_experiment(config)
    assert config == minimal()


@pytest.mark.parametrize("source", ["synthetic", "file", "url"])
def test_source_settings_hold_the_active_source_only(source: str) -> None:
    experiment = load_experiment(changed("signals/tone/source", source))
    signal = minimal()["signals"]["tone"]
    assert experiment.source_settings("tone") == {
        "kind": "tone",
        "duration_samples": 64,
        "source": source,
        source: signal[source],
    }


@pytest.mark.parametrize(("source", "paths"), [("synthetic", []), ("file", ["recordings/tone.wav"]), ("url", [])])
def test_only_a_file_is_a_recording_of_the_users(source: str, paths: list[str]) -> None:
    assert load_experiment(changed("signals/tone/source", source)).recording_path("tone") == paths


def test_rates_are_those_of_the_signals_configurations_ascending() -> None:
    config = minimal()
    config["configurations"]["again"] = config["configurations"]["tone_sub"]
    config["signals"]["unused"] = config["signals"]["tone"]
    experiment = load_experiment(config)
    assert experiment.rates_hz("tone") == [4000, 8000]
    assert experiment.rates_hz("unused") == []


def test_configurations_of_artefacts_come_once_in_order_of_mention() -> None:
    config = minimal()
    experiment = load_experiment(config)
    figure, table = config["figures"]["figure_1"], config["tables"]["table_1"]
    assert experiment.configurations_of(figure, table) == ["tone_sub", "tone_full"]
    assert experiment.configurations_of(table, figure) == ["tone_full", "tone_sub"]


def test_artefacts_are_found_by_paper_and_by_kind() -> None:
    experiment = load_experiment(minimal())
    assert experiment.of_paper("figures", "paper_a") == ["figure_1"]
    assert experiment.of_paper("figures", "paper_b") == []
    assert experiment.of_kind("figures", "waveforms") == ["figure_1"]
    assert experiment.of_kind("figures", "loss_curves") == []


def test_the_published_loss_is_that_of_the_first_row_that_states_one() -> None:
    config = minimal()
    stated = config["tables"]["table_1"]["rows"][0]
    silent = {key: value for key, value in stated.items() if key != "published"}
    in_words = silent | {"published": {"value": "small"}}
    other = stated | {"configuration": "tone_sub", "published": {"value": 0.25}}
    later = stated | {"published": {"value": 0.125}}
    config["tables"]["table_1"] |= {"kind": "observations", "rows": [other, silent, in_words, stated, later]}
    experiment = load_experiment(config)
    assert experiment.published_loss("tone_full") == 0.5
    assert experiment.published_loss("tone_sub") == 0.25


def test_there_is_no_published_loss_of_another_quantity_or_configuration() -> None:
    experiment = load_experiment(changed("tables/table_1/rows/0/quantity", "generation_mse"))
    assert experiment.published_loss("tone_full") is None
    assert experiment.published_loss("tone_sub") is None


@pytest.mark.parametrize(
    ("source", "origin"),
    [("synthetic", "synthetic (sine)"), ("file", "recording tone.wav"), ("url", "https://example.org/tone.wav")],
)
def test_a_tables_notes_say_where_its_signals_come_from(source: str, origin: str) -> None:
    config = changed("signals/tone/source", source)
    config["tables"]["table_1"]["notes"] = ["A note of its own."]
    notes = load_experiment(config).table_notes("table_1")
    assert any("'tone'" in note and origin in note for note in notes)
    assert notes[-1] == "A note of its own."


@pytest.mark.parametrize(
    "schedule",
    [
        {"schedule": "linear", "start": 1.0, "slope_per_epoch": 0.0125, "minimum": 0.1},
        {"schedule": "exponential", "base": 0.95},
    ],
)
def test_a_scaled_schedule_falls_alike_over_fewer_epochs(schedule: dict[str, Any]) -> None:
    config = minimal()
    config["scale"]["epochs_factor"] = 0.25
    config["configurations"]["tone_full"]["teacher_forcing"] = schedule
    scaled = TeacherForcing.from_settings(load_experiment(config).configurations["tone_full"]["teacher_forcing"])
    whole = TeacherForcing.from_settings(schedule)
    for epoch in range(40):
        assert scaled.probability(epoch) == pytest.approx(whole.probability(4 * epoch))
