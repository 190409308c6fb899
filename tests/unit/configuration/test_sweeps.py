"""Sweeps: what a few lines in the configuration are written out to."""

from typing import Any

import pytest
from support.configurations import Config, overlaid, read_yaml, shipped_config
from support.sweeps import AMPLIFIER, TONE, configuration, load, sweep

from rnn_audio.configuration.experiment import Experiment, load_experiment
from rnn_audio.configuration.grids import name_part

SCALED = ("epochs", "teacher_forcing", "auxiliary.pretraining_epochs")


def shown(experiment: Experiment, name: str = "rates") -> list[str]:
    """The configurations that a sweep's table shows, in order."""
    return [row["configuration"] for row in experiment.config["tables"][name]["rows"]]


# --- what is shipped ---


def setting(settings: Config, key: str) -> Any:  # noqa: ANN401 (any YAML value)
    for part in key.split("."):
        settings = settings[part]
    return settings


@pytest.mark.parametrize("profile", ["", "quick", "laptop"])
def test_every_shipped_sweep_is_written_out(profile: str) -> None:
    config = shipped_config()
    if profile:
        config = overlaid(config, read_yaml(f"profiles/{profile}/settings.yaml"))
    experiment = load_experiment(config)
    assert config["sweeps"]
    for name, declared in config["sweeps"].items():
        if len(declared["values"]) == 1:
            assert name not in experiment.config["tables"] | experiment.config["figures"]
            continue
        table, figure = experiment.config["tables"][name], experiment.config["figures"][name]
        assert len(table["rows"]) == len(declared["values"])
        assert figure == table
        assert table["quantities"] == declared["quantities"]
        assert set(experiment.configurations_of(table, figure)) <= experiment.configurations.keys()
        if declared["vary"] in SCALED and config["scale"]["epochs_factor"] != 1:
            continue
        values = declared["values"].values() if isinstance(declared["values"], dict) else declared["values"]
        settings = [experiment.configurations[row["configuration"]] for row in table["rows"]]
        assert [setting(own, declared["vary"]) for own in settings] == list(values)


# --- what a sweep is written out to ---


def test_each_value_is_a_configuration_that_differs_in_the_varied_key_alone() -> None:
    experiment = load(values=[0.1, 0.02])
    assert shown(experiment) == ["rates_0_1", "rates_0_02"]
    base = experiment.configurations["tone_full"]
    assert experiment.configurations["rates_0_1"] == base | {"learning_rate": 0.1}
    assert experiment.configurations["rates_0_02"] == base | {"learning_rate": 0.02}


def test_the_whole_configuration_has_the_new_configurations_too() -> None:
    experiment = load()
    assert experiment.config["configurations"].keys() == experiment.configurations.keys()


def test_a_sweeps_table_and_figure_have_its_name_and_belong_to_its_paper() -> None:
    experiment = load()
    assert experiment.of_kind("tables", "sweep") == experiment.of_kind("figures", "sweep") == ["rates"]
    assert experiment.of_paper("tables", "paper_a") == ["table_1", "rates"]
    assert experiment.of_paper("figures", "paper_a") == ["figure_1", "tone_fast", "rates"]
    assert experiment.configurations_of(experiment.config["figures"]["rates"]) == shown(experiment)


def test_a_number_is_its_own_label_and_the_key_is_the_header() -> None:
    table = load(values=[1, 0.5], notes=["A note."]).config["tables"]["rates"]
    assert table["labels"] == {"learning_rate": "Learning rate"}
    assert [row["labels"] for row in table["rows"]] == [{"learning_rate": 1}, {"learning_rate": 0.5}]
    assert (table["caption"], table["notes"]) == ("Learning rates", ["A note."])


def test_a_mapping_labels_values_that_are_neither_number_nor_word() -> None:
    schedules = {
        "Inverse sigmoid": {"schedule": "inverse_sigmoid", "k_epochs": 12},
        "exponential": {"schedule": "exponential", "base": 0.95},
    }
    experiment = load(vary="teacher_forcing", values=schedules)
    assert shown(experiment) == ["rates_inverse_sigmoid", "rates_exponential"]
    assert experiment.configurations["rates_exponential"]["teacher_forcing"] == schedules["exponential"]
    labels = [row["labels"]["teacher_forcing"] for row in experiment.config["tables"]["rates"]["rows"]]
    assert labels == list(schedules)


def test_true_false_and_null_are_labelled_as_yaml_writes_them() -> None:
    experiment = load(vary="carry_state", values=[False, True])
    assert shown(experiment) == ["rates_false", "tone_full"]
    experiment = load(vary="gradient_clip_norm", values=[5, None])
    assert shown(experiment) == ["rates_5", "tone_full"]
    assert experiment.config["tables"]["rates"]["rows"][1]["labels"] == {"gradient_clip_norm": "null"}


def test_a_dotted_key_varies_one_entry_of_a_mapping() -> None:
    schedule = {"schedule": "linear", "start": 1.0, "slope_per_epoch": 0.1, "minimum": 0.0}
    experiment = load(
        configuration=TONE | {"teacher_forcing": schedule}, vary="teacher_forcing.minimum", values=[0.0, 0.25]
    )
    table = experiment.config["tables"]["rates"]
    assert table["labels"] == {"minimum": "Minimum"}
    for row in table["rows"]:
        settings = experiment.configurations[row["configuration"]]
        assert settings["teacher_forcing"] == schedule | {"minimum": row["labels"]["minimum"]}


def test_a_key_may_lie_inside_a_mapping_of_a_mapping() -> None:
    base = shipped_config()["presets"]["free_running"]
    horizon = {"start_samples": 8, "full_at_share": 0.5}
    own = {"signal": "tone", "rate_hz": 8000, "free_running": base["free_running"] | {"horizon": horizon}}
    experiment = load(configuration=base | own, vary="free_running.horizon.start_samples", values=[16, 8])
    name, _ = shown(experiment)
    assert experiment.configurations[name]["free_running"]["horizon"] == horizon | {"start_samples": 16}


def test_a_dotted_key_finds_its_mapping_in_the_preset() -> None:
    config = configuration(rates=sweep(vary="teacher_forcing.base", values=[0.5]))
    config["presets"]["overfit"] |= config["presets"]["annealed"]
    experiment = load_experiment(config)
    assert experiment.configurations["rates_0_5"]["teacher_forcing"] == {"schedule": "exponential", "base": 0.5}
    assert experiment.configurations["tone_full"]["teacher_forcing"] == {"schedule": "exponential", "base": 0.95}


def test_the_varied_key_may_be_the_one_that_the_base_lacks() -> None:
    base = {"preset": "overfit", "signal": "tone"}
    assert shown(load(configuration=base, vary="rate_hz", values=[4000, 2000])) == ["rates_4000", "rates_2000"]


def test_a_sweep_of_one_value_trains_it_and_compares_nothing() -> None:
    experiment = load(values=[0.3])
    assert "rates_0_3" in experiment.configurations
    assert "rates" not in experiment.config["tables"] | experiment.config["figures"]


def test_scale_and_full_update_length_hold_for_sweeps() -> None:
    config = configuration(rates=sweep(vary="update_length_samples", values=[16, "full"]))
    config["scale"] = {"name": "short", "epochs_factor": 0.5}
    experiment = load_experiment(config)
    assert experiment.configurations["rates_16"]["epochs"] == 5
    assert experiment.configurations["rates_16"]["update_length_samples"] == 16
    (note, *_) = experiment.table_notes("rates")
    assert "5 epochs" in note


def test_a_device_can_be_swept() -> None:
    quantities = ["test_loss", "validation_loss", "prediction.error_1_2_khz_db"]
    experiment = load(configuration=AMPLIFIER, quantities=quantities)
    assert shown(experiment) == ["rates_0_1", "rates_0_01", "rates_0_001"]
    assert set(shown(experiment)) <= set(experiment.configurations_on("device"))


def test_a_configuration_without_sweeps_is_whole() -> None:
    config = configuration()
    del config["sweeps"]
    assert load_experiment(config).of_kind("tables", "sweep") == []


def test_a_table_may_name_a_point_of_a_sweep() -> None:
    config = configuration(rates=sweep())
    config["tables"]["table_1"]["rows"][0]["configuration"] = "rates_0_1"
    assert load_experiment(config).configurations_of(config["tables"]["table_1"]) == ["rates_0_1"]


def test_writing_out_leaves_the_configuration_as_it_was() -> None:
    config = configuration(rates=sweep())
    load_experiment(config)
    assert config == configuration(rates=sweep())


@pytest.mark.parametrize(
    ("label", "part"),
    [
        (8, "8"),
        (0.95, "0_95"),
        (1e-3, "0_001"),
        (1e-7, "0_0000001"),
        (2.5e6, "2500000_0"),
        (-40, "minus_40"),
        ("Inverse sigmoid", "inverse_sigmoid"),
        ("main (k = 2)", "main_k_2"),
        ("+-", ""),
    ],
)
def test_a_label_becomes_part_of_a_file_name(label: str | float, part: str) -> None:
    assert name_part(label) == part


# --- what exists is used ---


def test_a_value_that_gives_a_declared_configuration_is_that_configuration() -> None:
    experiment = load(values=[0.1, 0.01, 0.001])
    assert shown(experiment) == ["rates_0_1", "tone_fast", "tone_full"]
    assert experiment.configurations.keys() == {"tone_full", "tone_fast", "rates_0_1"}


def test_a_value_that_gives_an_earlier_sweeps_configuration_is_that_configuration() -> None:
    sizes = sweep(vary="hidden_size", values=[8, 6])
    experiment = load_experiment(configuration(rates=sweep(values=[0.1, 0.2]), sizes=sizes))
    assert shown(experiment) == ["rates_0_1", "rates_0_2"]
    assert shown(experiment, "sizes") == ["tone_full", "sizes_6"]
    rates = sweep(values=[0.1])
    sizes = sweep(configuration=TONE | {"learning_rate": 0.1}, vary="hidden_size", values=[8, 4])
    experiment = load_experiment(configuration(rates=rates, sizes=sizes))
    assert shown(experiment, "sizes") == ["rates_0_1", "sizes_4"]


def test_what_is_the_same_at_a_scale_only_is_not_the_same() -> None:
    config = configuration(lengths=sweep(vary="epochs", values=[9, 10]))
    config["scale"] = {"name": "short", "epochs_factor": 0.1}
    assert shown(load_experiment(config), "lengths") == ["lengths_9", "tone_full"]


def test_a_signal_that_is_varied_has_its_own_label() -> None:
    config = configuration(kinds=sweep(vary="signal", values=["other", "tone"], quantities=["prediction_mse"]))
    config["signals"]["other"] = config["signals"]["other"] | {"label": "Sine, 440 Hz"}
    rows = load_experiment(config).config["tables"]["kinds"]["rows"]
    assert [row["labels"]["signal"] for row in rows] == ["Sine, 440 Hz", "tone"]
    assert [row["configuration"] for row in rows] == ["kinds_sine_440_hz", "tone_full"]
