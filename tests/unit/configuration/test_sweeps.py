"""Sweeps: what a few lines in the configuration are written out to, and what is refused."""

import copy
from typing import Any

import pytest
from support.configurations import AMPLIFIER as AMPLIFIER_PRESET
from support.configurations import OVERFIT, REMOVED, Config, overlaid, read_yaml, shipped_config

from rnn_audio.configuration.experiment import Experiment, load_experiment
from rnn_audio.configuration.grids import name_part
from rnn_audio.errors import InputError

SCALED = ("epochs", "teacher_forcing", "auxiliary.pretraining_epochs")

PRESETS = {
    "overfit": OVERFIT,
    "annealed": {"teacher_forcing": {"schedule": "exponential", "base": 0.95}},
    "amplifier": AMPLIFIER_PRESET,
}
TONE = {"preset": "overfit", "signal": "tone", "rate_hz": 8000}
AMPLIFIER = {"preset": "amplifier"}


def configuration(**sweeps: Config) -> Config:
    """A small complete configuration with these sweeps; `tone_full` is their base."""
    sine = {"generator": "sine", "rate_hz": 8000, "frequency_hz": 440, "amplitude": 1.0, "phase_rad": 0.0}
    signal = {"kind": "tone", "duration_samples": 64, "normalise": "none", "source": "synthetic", "synthetic": sine}
    device = {"rate_hz": 44100, "split": [0.8, 0.1, 0.1], "latency": "report", "source": "file"}
    row = {"configuration": "tone_full", "quantity": "prediction_mse", "labels": {"rate_hz": 8000}}
    return {
        "pathvars": {"results": "results", "logs": "results/logs"},
        "scale": {"name": "paper", "epochs_factor": 1.0},
        "accelerator": "cpu",
        "packing": "auto",
        "seeds": [1, 2],
        "papers": {"paper_a": {"title": "A title", "authors": "An author"}},
        "signals": {"tone": signal, "other": signal},
        "devices": {"amplifier": device | {"file": {"input": "in.wav", "target": "out.wav"}}},
        "presets": copy.deepcopy(PRESETS),
        "configurations": {"tone_full": TONE, "tone_fast": TONE | {"learning_rate": 0.01}},
        "tables": {
            "table_1": {"paper": "paper_a", "kind": "losses", "caption": "Losses", "labels": {"rate_hz": "Rate"}}
            | {"rows": [row]}
        },
        "figures": {
            "figure_1": {"paper": "paper_a", "kind": "loss_curves", "caption": "Curves"}
            | {"panels": [{"configuration": "tone_full", "title": "A"}]}
        },
        "sweeps": sweeps,
    }


def sweep(**changes: object) -> Config:
    """A sweep of the learning rate with some of its keys changed or removed."""
    declared = {
        "paper": "paper_a",
        "caption": "Learning rates",
        "configuration": TONE,
        "vary": "learning_rate",
        "values": [0.1, 0.01, 0.001],
        "quantities": ["prediction_mse", "generation.effective_length_samples"],
        **changes,
    }
    return {key: value for key, value in declared.items() if value is not REMOVED}


def load(**changes: object) -> Experiment:
    return load_experiment(configuration(rates=sweep(**changes)))


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


# --- what is refused ---

REFUSED = [
    ({"vary": "learning_rat"}, r"sweeps\.rates\.vary: .*'learning_rat'; did you mean 'learning_rate'"),
    ({"vary": "teacher_forcing.bas"}, r"sweeps\.rates\.vary: .*did you mean 'teacher_forcing\.base'"),
    ({"vary": "learning_rate.base"}, r"sweeps\.rates\.vary: .*'learning_rate\.base'"),
    ({"vary": "preset", "values": ["overfit"]}, r"sweeps\.rates\.vary: there is no 'preset'"),
    ({"vary": "teacher_forcing.base", "values": [0.5]}, r"values\[0\]: 'teacher_forcing' is 'always'"),
    ({"vary": "segment_samples", "values": [9]}, r"values\[0\].*segment_samples.*left out"),
    ({"values": [0.1, -1]}, r"sweeps\.rates\.values\[1\].*learning_rate: -1 .* minimum of 0"),
    ({"values": ["1e-3"]}, r"sweeps\.rates\.values\[0\].*learning_rate: '1e-3' is not of type 'number'"),
    ({"values": {"low": 0.1, "high": 11}}, r"sweeps\.rates\.values\.high .*learning_rate: 11 .* maximum of 10"),
    ({"vary": "hidden_size", "values": [8, True]}, r"values\[1\].*hidden_size: True is not of type 'integer'"),
    ({"vary": "teacher_forcing", "values": ["nver"]}, r"values\[0\].*teacher_forcing: 'nver'.*always, never"),
    ({"vary": "signal", "values": ["tones"]}, r"values\[0\]\.signal: there is no 'tones'; did you mean 'tone'"),
    ({"values": []}, r"sweeps\.rates\.values: .*at least one"),
    ({"values": {}}, r"sweeps\.rates\.values: .*at least one"),
    ({"values": [0.1, 0.1]}, r"sweeps\.rates\.values: .*none of them twice"),
    ({"values": {"a": 0.1, "b": 0.1}}, r"sweeps\.rates\.values\.b: the same settings as sweeps\.rates\.values\.a"),
    ({"values": [[0.1]]}, r"sweeps\.rates\.values\[0\]: .*a number or a word"),
    ({"values": {1: 0.1}}, r"sweeps\.rates\.values: .*text"),
    ({"values": 0.1}, r"sweeps\.rates\.values: .*a list of numbers or words"),
    ({"values": {"a b": 0.1, "a-b": 0.2}}, r"values\.a-b: .*'rates_a_b', like sweeps\.rates\.values\.a b, whose set"),
    ({"values": {"+": 0.1}}, r"sweeps\.rates\.values\.\+: gives no file name"),
    ({"values": {"a" * 58: 0.1}}, r"more than 63 characters"),
    ({"quantities": []}, r"sweeps\.rates\.quantities"),
    ({"quantities": ["predicton_mse"]}, r"quantities\[0\]: .*'predicton_mse'; did you mean 'prediction_mse'"),
    ({"quantities": ["prediction_mse", "sound.t30_s"]}, r"quantities\[1\]: there is no 'sound'"),
    ({"quantities": ["test_loss"]}, r"quantities\[0\]: there is no 'test_loss'; choose from prediction_mse"),
    ({"quantities": ["reconstruction.mse"]}, r"quantities\[0\]: 'sweeps\.rates\.values\[0\]' has no auxiliary network"),
    (
        {"configuration": AMPLIFIER, "quantities": ["prediction_mse"]},
        r"quantities\[0\]: there is no 'prediction_mse'; choose from test_loss",
    ),
    (
        {"configuration": AMPLIFIER, "vary": "warm_up_samples", "values": [9, 1000], "quantities": ["test_loss"]},
        r"sweeps\.rates\.values\[1\]\.warm_up_samples: 1000 leave nothing of a segment",
    ),
    ({"configuration": {"preset": "overfit", "signal": "tone"}}, r"values\[0\].*the key 'rate_hz' is missing"),
    ({"configuration": TONE | {"preset": "over"}}, r"sweeps\.rates\.configuration\.preset: there is no 'over'"),
    ({"configuration": TONE | {"colour": 1}}, r"sweeps\.rates\.configuration: unknown key 'colour'"),
    ({"paper": "paper_b"}, r"sweeps\.rates\.paper: there is no 'paper_b'; did you mean 'paper_a'"),
    ({"colour": 1}, r"sweeps\.rates: unknown key 'colour'"),
    ({"quantities": REMOVED}, r"sweeps\.rates: the key 'quantities' is missing"),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_a_sweep_that_cannot_be_meant_is_named_with_what_is_allowed(changes: Config, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load(**changes)
    assert "\n" not in str(caught.value)


def test_a_point_that_would_be_named_like_another_configuration_names_both() -> None:
    config = configuration(tone=sweep(values={"full": 0.5}))
    with pytest.raises(InputError, match=r"sweeps\.tone\.values\.full: .*'tone_full'.*configurations\.tone_full"):
        load_experiment(config)


def test_points_of_two_sweeps_that_would_have_one_name_are_both_named() -> None:
    config = configuration(a=sweep(values={"b c": 0.5}), a_b=sweep(values={"c": 0.6}))
    with pytest.raises(InputError, match=r"sweeps\.a_b\.values\.c: .*'a_b_c'.*sweeps\.a\.values\.b c"):
        load_experiment(config)


@pytest.mark.parametrize(("section", "name"), [("tables", "table_1"), ("figures", "figure_1")])
def test_a_sweep_named_like_a_table_or_figure_names_both(section: str, name: str) -> None:
    with pytest.raises(InputError, match=rf"sweeps\.{name}: .*{section}\.{name}"):
        load_experiment(configuration(**{name: sweep()}))


def test_nobody_declares_a_table_of_a_sweep_by_hand() -> None:
    config = configuration(rates=sweep())
    config["tables"]["table_1"]["kind"] = "sweep"
    with pytest.raises(InputError, match=r"tables\.table_1\.kind"):
        load_experiment(config)


@pytest.mark.parametrize("name", ["a/b", "Rates", "1st", ""])
def test_a_sweeps_name_is_a_safe_file_name(name: str) -> None:
    with pytest.raises(InputError, match="sweeps"):
        load_experiment(configuration(**{name: sweep()}))


def test_a_signal_that_is_varied_has_its_own_label() -> None:
    config = configuration(kinds=sweep(vary="signal", values=["other", "tone"], quantities=["prediction_mse"]))
    config["signals"]["other"] = config["signals"]["other"] | {"label": "Sine, 440 Hz"}
    rows = load_experiment(config).config["tables"]["kinds"]["rows"]
    assert [row["labels"]["signal"] for row in rows] == ["Sine, 440 Hz", "tone"]
    assert [row["configuration"] for row in rows] == ["kinds_sine_440_hz", "tone_full"]
