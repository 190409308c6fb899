import copy
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from rnn_audio.configuration import Experiment, load_experiment
from rnn_audio.errors import InputError
from rnn_audio.teacher_forcing import TeacherForcing

Config = dict[str, Any]

ROOT = Path(__file__).parents[2]
REMOVED = object()


def read_yaml(path: str) -> Config:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def overlaid(base: Config, overlay: Config) -> Config:
    """Mappings are merged, everything else is replaced."""
    merged = dict(base)
    for key, value in overlay.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        merged[key] = overlaid(base[key], value) if both else value
    return merged


def minimal() -> Config:
    """A small complete configuration."""
    return {
        "pathvars": {"results": "results", "logs": "results/logs"},
        "scale": {"name": "paper", "epochs_factor": 1.0},
        "device": "cpu",
        "seeds": [1, 2],
        "papers": {"paper_a": {"title": "A title", "authors": "An author"}},
        "signals": {
            "tone": {
                "kind": "tone",
                "duration_samples": 64,
                "normalise": "none",
                "source": "synthetic",
                "synthetic": {
                    "generator": "sine",
                    "rate_hz": 8000,
                    "frequency_hz": 440,
                    "amplitude": 1.0,
                    "phase_rad": 0.0,
                },
                "file": {"path": "recordings/tone.wav", "start": "onset"},
                "url": {"address": "https://example.org/tone.wav", "sha256": "0" * 64},
            }
        },
        "devices": {
            "amplifier": {
                "rate_hz": 44100,
                "split": [0.8, 0.1, 0.1],
                "latency": "report",
                "source": "file",
                "file": {"input": "recordings/in.wav", "target": "recordings/out.wav"},
            }
        },
        "presets": {
            "overfit": {
                "hidden_size": 8,
                "batch_size": 2,
                "learning_rate": 0.001,
                "gradient_clip_norm": None,
                "initial_state_scale": 1.0,
                "epochs": 10,
                "teacher_forcing": "always",
                "update_length_samples": "full",
                "carry_state": True,
                "select_by": "prediction_mse",
            }
        },
        "configurations": {
            "tone_full": {"preset": "overfit", "signal": "tone", "rate_hz": 8000},
            "tone_sub": {"preset": "overfit", "signal": "tone", "rate_hz": 4000, "update_length_samples": 16},
        },
        "tables": {
            "table_1": {
                "paper": "paper_a",
                "kind": "losses",
                "caption": "Losses",
                "labels": {"rate_hz": "Rate (Hz)"},
                "rows": [
                    {
                        "configuration": "tone_full",
                        "quantity": "prediction_mse",
                        "labels": {"rate_hz": 8000},
                        "published": {"value": 0.5, "time_s": 10},
                    }
                ],
            }
        },
        "figures": {
            "figure_1": {
                "paper": "paper_a",
                "kind": "waveforms",
                "caption": "Waveforms",
                "panels": [
                    {"configuration": "tone_sub", "shows": "prediction", "title": "A", "zoom_samples": [0, 8]},
                    {"configuration": "tone_full", "shows": "generation", "title": "B"},
                ],
            }
        },
    }


def changed(path: str, value: Any) -> Config:  # noqa: ANN401 (any YAML value)
    """The small configuration with one value replaced, added or removed; list indices are numbers in the path."""
    config = minimal()
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place: Any = config
    for part in parents:
        place = place[part]
    if value is REMOVED:
        del place[last]
    else:
        place[last] = value
    return config


def shipped() -> Experiment:
    return load_experiment(read_yaml("config.yaml"))


# --- what is shipped ---


def test_the_shipped_configuration_is_sound() -> None:
    experiment = shipped()
    assert experiment.configurations.keys() == experiment.config["configurations"].keys()
    assert experiment.scale_notes() == []


def test_the_quick_profile_is_sound_and_says_that_it_is_not_the_papers() -> None:
    config = overlaid(read_yaml("config.yaml"), read_yaml("profiles/quick/settings.yaml"))
    quick, full = load_experiment(config), shipped()
    factor = config["scale"]["epochs_factor"]
    assert factor < 1
    assert set(config["configurations"]) <= quick.configurations.keys() <= full.configurations.keys()
    for name, settings in quick.configurations.items():
        assert settings["epochs"] <= max(1, round(factor * full.configurations[name]["epochs"]))
        if "signal" in settings:
            scaled = {"epochs": None, "teacher_forcing": None, "auxiliary": None}
            assert settings | scaled == full.configurations[name] | scaled
    for table in quick.config["tables"]:
        assert any("do not reproduce the paper" in note for note in quick.table_notes(table))


# Tables I and II of "Generating Impulse Responses using Recurrent Neural Networks": minutes and seconds as printed.
PAPER_TABLE_1 = {
    (1024, 100): (5.13e-03, 3 * 60 + 22),
    (1024, 500): (9.882e-04, 15 * 60 + 33),
    (5512, 100): (4.183e-03, 11 * 60 + 9),
    (5512, 500): (3.551e-03, 3600 + 6 * 60 + 12),
}
PAPER_TABLE_2 = {
    (1024, 16): (1.601e-03, 3 * 60 + 44),
    (1024, 64): (1.111e-03, 3 * 60 + 12),
    (1024, 128): (2.074e-03, 3 * 60 + 7),
    (1024, 512): (5.131e-03, 3 * 60 + 14),
    (5512, 128): (2.299e-03, 10 * 60 + 18),
    (5512, 512): (3.386e-03, 16 * 60 + 53),
    (5512, 1024): (4.405e-03, 17 * 60 + 11),
    (5512, 2756): (6.036e-03, 21 * 60 + 14),
}


@pytest.mark.parametrize(
    ("table", "label", "paper"),
    [("table_1", "epochs", PAPER_TABLE_1), ("table_2", "sub_sequence_samples", PAPER_TABLE_2)],
)
def test_published_losses_and_times_are_the_papers(
    table: str, label: str, paper: dict[tuple[int, int], tuple[float, float]]
) -> None:
    rows = shipped().config["tables"][table]["rows"]
    assert len(rows) == len(paper)
    ours = {
        (row["labels"]["sample_rate_hz"], row["labels"][label]): (row["published"]["value"], row["published"]["time_s"])
        for row in rows
    }
    assert ours == paper


def test_table_1_labels_are_its_configurations_rates_and_epochs() -> None:
    experiment = shipped()
    for row in experiment.config["tables"]["table_1"]["rows"]:
        settings = experiment.configurations[row["configuration"]]
        labels = {"sample_rate_hz": settings["rate_hz"], "epochs": settings["epochs"]}
        assert row["labels"] == labels
        assert settings["update_length_samples"] is None


def test_table_2_labels_are_its_configurations_rates_and_sub_sequences() -> None:
    experiment = shipped()
    for row in experiment.config["tables"]["table_2"]["rows"]:
        settings = experiment.configurations[row["configuration"]]
        samples = int(0.5 * settings["rate_hz"])  # the paper's impulse response lasts half a second
        length = settings["update_length_samples"] or samples
        assert row["labels"] == {"sample_rate_hz": settings["rate_hz"], "sub_sequence_samples": length}
        assert settings["epochs"] == 100


def test_networks_and_training_are_those_of_paper_a() -> None:
    signals = [settings for settings in shipped().configurations.values() if "signal" in settings]
    of_the_paper = [settings for settings in signals if "free_running" not in settings]
    assert len(of_the_paper) >= 18
    for settings in of_the_paper:
        assert settings["hidden_size"] == 64
        assert settings["batch_size"] == 64
        assert settings["epochs"] in (100, 200, 500)


# --- what is made of it ---


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
    config["tables"]["table_1"]["rows"] = [other, silent, in_words, stated, later]
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


# --- what is refused ---


def test_the_small_configuration_itself_is_sound() -> None:
    load_experiment(minimal())


UNKNOWN_KEYS = [
    "colour",
    "pathvars/colour",
    "scale/colour",
    "papers/paper_a/colour",
    "signals/tone/colour",
    "signals/tone/synthetic/colour",
    "signals/tone/file/colour",
    "signals/tone/url/colour",
    "devices/amplifier/colour",
    "devices/amplifier/file/colour",
    "presets/overfit/colour",
    "configurations/tone_full/colour",
    "tables/table_1/colour",
    "tables/table_1/rows/0/colour",
    "tables/table_1/rows/0/published/colour",
    "figures/figure_1/colour",
    "figures/figure_1/panels/1/colour",
]


@pytest.mark.parametrize("path", UNKNOWN_KEYS)
def test_an_unknown_key_is_named_with_its_place(path: str) -> None:
    with pytest.raises(InputError, match="unknown key 'colour'") as caught:
        load_experiment(changed(path, 1))
    for part in path.split("/")[:-1]:
        assert part in str(caught.value)


def test_a_misspelt_key_is_hinted_at() -> None:
    with pytest.raises(InputError, match=r"presets\.overfit.*'learning_rat'.*did you mean 'learning_rate'"):
        load_experiment(changed("presets/overfit/learning_rat", 0.1))


WRONG_VALUES = [
    ("device", "gpu"),
    ("seeds", []),
    ("seeds", [1, 1]),
    ("seeds", [-1]),
    ("seeds", ["1"]),
    ("scale/epochs_factor", 0),
    ("scale/epochs_factor", "half"),
    ("pathvars/results", "/results"),
    ("pathvars/results", "../results"),
    ("pathvars/logs", "my logs"),
    ("signals/tone/kind", "speech"),
    ("signals/tone/duration_samples", 1),
    ("signals/tone/synthetic/frequency_hz", -440),
    ("signals/tone/synthetic/amplitude", 1.5),
    ("signals/tone/synthetic/generator", "organ"),
    ("signals/tone/file/start", -1),
    ("signals/tone/url/sha256", "0" * 63),
    ("devices/amplifier/latency", "guess"),
    ("devices/amplifier/split", [0.8, 0.2]),
    ("devices/amplifier/split", [1.0, 0.1, 0.1]),
    ("presets/overfit/hidden_size", 0),
    ("presets/overfit/hidden_size", 1.5),
    ("presets/overfit/batch_size", "64"),
    ("presets/overfit/learning_rate", -0.001),
    ("presets/overfit/learning_rate", "1e-3"),  # what YAML makes of a number without a decimal point
    ("presets/overfit/gradient_clip_norm", 0),
    ("presets/overfit/epochs", True),
    ("presets/overfit/carry_state", "yes please"),
    ("presets/overfit/select_by", "loss"),
    ("presets/overfit/teacher_forcing", "sometimes"),
    ("presets/overfit/teacher_forcing", {"schedule": "exponential", "base": 1.5}),
    ("presets/overfit/teacher_forcing", {"schedule": "linear", "slope": 0.1}),
    ("presets/overfit/update_length_samples", 0),
    ("presets/overfit/update_length_samples", "half"),
    ("configurations/tone_full/rate_hz", 44.1),
    ("tables/table_1/kind", "numbers"),
    ("tables/table_1/rows", []),
    ("tables/table_1/rows/0/published", {}),
    ("figures/figure_1/panels/0/shows", "errors"),
    ("figures/figure_1/panels/0/zoom_samples", [0]),
    ("figures/figure_1/panels/0/zoom_samples", [-5, 5]),
]


@pytest.mark.parametrize(("path", "value"), WRONG_VALUES)
def test_a_wrong_value_is_named_with_its_key(path: str, value: Any) -> None:  # noqa: ANN401 (any YAML value)
    *_, parent, key = ["config", *(part for part in path.split("/") if not part.isdigit())]
    with pytest.raises(InputError) as caught:
        load_experiment(changed(path, value))
    assert parent in str(caught.value)
    assert key in str(caught.value)


@pytest.mark.parametrize(
    "path",
    [
        "presets/overfit/learning_rate",
        "presets/overfit/initial_state_scale",
        "presets/overfit/gradient_clip_norm",
        "scale/epochs_factor",
        "signals/tone/synthetic/frequency_hz",
    ],
)
def test_a_number_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(InputError, match=path.split("/")[-1]):
        load_experiment(changed(path, math.nan))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("presets/overfit/hidden_size", 8.0),
        ("presets/overfit/batch_size", 2.0),
        ("presets/overfit/update_length_samples", 16.0),
        ("configurations/tone_full/rate_hz", 8000.0),
        ("seeds", [1.0, 2.0]),
    ],
)
def test_a_whole_number_with_a_decimal_point_is_refused_or_taken_as_an_integer(
    path: str,
    value: Any,  # noqa: ANN401 (any YAML value)
) -> None:
    # It becomes a tensor's shape or a part of a file name.
    key = path.split("/")[-1]
    try:
        experiment = load_experiment(changed(path, value))
    except InputError as error:
        assert key in str(error)
        return
    settings = experiment.configurations["tone_full"] | {"seeds": experiment.seeds[0]}
    assert isinstance(settings[key], int)


REQUIRED = [
    "device",
    "seeds",
    "tables",
    "pathvars/logs",
    "scale/name",
    "papers/paper_a/title",
    "signals/tone/normalise",
    "signals/tone/synthetic/rate_hz",
    "signals/tone/file/path",
    "devices/amplifier/file/target",
    "tables/table_1/caption",
    "tables/table_1/rows/0/configuration",
    "figures/figure_1/panels/1/title",
]


@pytest.mark.parametrize("path", REQUIRED)
def test_a_missing_key_is_named_with_its_place(path: str) -> None:
    *parents, key = path.split("/")
    with pytest.raises(InputError, match=f"'{key}' is missing") as caught:
        load_experiment(changed(path, REMOVED))
    for part in parents:
        assert part in str(caught.value)


def test_a_key_that_neither_configuration_nor_preset_gives_is_missing() -> None:
    with pytest.raises(InputError, match=r"configurations\.tone_full.*'epochs' is missing"):
        load_experiment(changed("presets/overfit/epochs", REMOVED))


@pytest.mark.parametrize("source", ["synthetic", "file", "url"])
def test_the_settings_of_the_active_source_are_required(source: str) -> None:
    config = changed("signals/tone/source", source)
    del config["signals"]["tone"][source]
    with pytest.raises(InputError, match=rf"signals\.tone.*'{source}' is missing"):
        load_experiment(config)


@pytest.mark.parametrize("durations", [{}, {"duration_s": 1, "duration_samples": 64}])
def test_a_signal_has_exactly_one_duration(durations: Config) -> None:
    config = changed("signals/tone/duration_samples", REMOVED)
    config["signals"]["tone"] |= durations
    with pytest.raises(InputError, match=r"signals\.tone.*duration"):
        load_experiment(config)


SECTIONS = ["papers", "signals", "devices", "presets", "configurations", "tables", "figures"]


def test_a_name_that_is_no_safe_file_name_is_refused_in_every_section() -> None:
    for section in SECTIONS:
        config = minimal()
        config[section]["a/b"] = next(iter(config[section].values()))
        with pytest.raises(InputError, match=f"{section}.*'a/b'"):
            load_experiment(config)


@pytest.mark.parametrize("name", ["a/b", "a b", "..", "Room", "1st", "", "a\n", "ä", "a" * 64, 7])
def test_a_name_that_is_no_safe_file_name_is_refused(name: str | int) -> None:
    config = minimal()
    config["configurations"][name] = config["configurations"]["tone_full"]
    with pytest.raises(InputError, match="configurations"):
        load_experiment(config)


REFERENCES = [
    ("configurations/tone_full/preset", "overfitt", "overfit"),
    ("configurations/tone_full/signal", "tones", "tone"),
    ("tables/table_1/paper", "paper_b", "paper_a"),
    ("tables/table_1/rows/0/configuration", "tone_ful", "tone_full"),
    ("tables/table_1/rows/0/quantity", "predicton_mse", "prediction_mse"),
    ("figures/figure_1/paper", "paper_b", "paper_a"),
    ("figures/figure_1/panels/1/configuration", "tone_subs", "tone_sub"),
]


@pytest.mark.parametrize(("path", "name", "meant"), REFERENCES)
def test_a_reference_to_nothing_is_named_with_what_was_meant(path: str, name: str, meant: str) -> None:
    with pytest.raises(InputError, match=f"'{name}'.*'{meant}'") as caught:
        load_experiment(changed(path, name))
    for part in path.split("/"):
        assert part in str(caught.value)


def test_a_reference_that_resembles_nothing_is_answered_with_what_there_is() -> None:
    with pytest.raises(InputError, match="choose from tone_full, tone_sub"):
        load_experiment(changed("tables/table_1/rows/0/configuration", "zzz"))


def test_a_preset_of_a_preset_is_not_dropped_silently() -> None:
    with pytest.raises(InputError, match=r"presets\.overfit.*preset"):
        load_experiment(changed("presets/overfit/preset", "longer"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("skip", True),
        ("segment_samples", 100),
        ("warm_up_samples", 10),
        ("pre_emphasis", "highpass"),
        ("validate_every_epochs", 2),
        ("keep", "best_validation"),
    ],
)
def test_a_setting_that_only_devices_know_is_refused_where_a_signal_is_learned(key: str, value: Any) -> None:  # noqa: ANN401 (any YAML value)
    with pytest.raises(InputError, match=rf"configurations\.tone_full.*'?{key}"):
        load_experiment(changed(f"configurations/tone_full/{key}", value))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("tables/table_1/rows/0/labels", {"rate": 8000}, r"table_1\.rows\[0\]\.labels.*rate_hz"),
        ("tables/table_1/rows/0/labels", {"rate_hz": 1, "epochs": 1}, r"table_1\.rows\[0\]\.labels.*epochs"),
        ("tables/table_1/rows/0/quantity", REMOVED, r"table_1\.rows\[0\].*quantity"),
        ("figures/figure_1/panels/1/shows", REMOVED, r"figure_1\.panels\[1\].*shows"),
        ("figures/figure_1/panels/0/zoom_samples", [8, 8], r"figure_1\.panels\[0\]\.zoom_samples.*empty"),
        ("figures/figure_1/panels/0/zoom_samples", [9, 8], r"figure_1\.panels\[0\]\.zoom_samples.*empty"),
    ],
)
def test_an_entry_that_does_not_fit_its_artefact_is_named(
    path: str,
    value: Any,  # noqa: ANN401 (any YAML value)
    message: str,
) -> None:
    with pytest.raises(InputError, match=message):
        load_experiment(changed(path, value))


def decays(*groups: str) -> Config:
    """A figure of decays of two configurations that learn one signal at two rates."""
    names = ("tone_full", "tone_sub")
    panels = [
        {"configuration": name, "title": name} | ({"group": group} if group else {})
        for name, group in zip(names, groups, strict=True)
    ]
    return changed("figures/figure_1", {"paper": "paper_a", "kind": "decays", "caption": "Decays", "panels": panels})


def test_curves_of_a_decay_panel_have_one_target() -> None:
    load_experiment(decays("4 kHz", "8 kHz"))
    message = r"figure_1\.panels\[1\].*'tone_sub' learns 'tone' at 4000 Hz.*'All' shows 'tone' at 8000 Hz"
    with pytest.raises(InputError, match=message):
        load_experiment(decays("All", "All"))


def test_a_curve_of_decays_needs_its_panel() -> None:
    with pytest.raises(InputError, match=r"figure_1\.panels\[1\].*'group'"):
        load_experiment(decays("All", ""))


@pytest.mark.parametrize("config", [{}, [], None, "config.yaml"])
def test_what_is_no_configuration_at_all_is_refused(config: object) -> None:
    with pytest.raises(InputError, match="config"):
        load_experiment(config)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_that_is_no_mapping_is_named(section: str) -> None:
    for value in (None, [], "none"):
        with pytest.raises(InputError, match=section):
            load_experiment(changed(section, value))


def mutate_shipped(change: Callable[[Config], None]) -> Config:
    config = copy.deepcopy(read_yaml("config.yaml"))
    change(config)
    return config


def test_a_removed_configuration_is_missed_by_the_table_that_shows_it() -> None:
    config = mutate_shipped(lambda config: config["configurations"].pop("room_1024_sub_16"))
    with pytest.raises(InputError, match=r"table_2\.rows\[0\]\.configuration.*room_1024_sub_16"):
        load_experiment(config)


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
