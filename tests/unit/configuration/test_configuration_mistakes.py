"""What is refused of a configuration: each mistake is told by the name of its key."""

import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.configurations import REMOVED, Config, changed, minimal, shipped_config

from rnn_audio.configuration.experiment import load_experiment
from rnn_audio.configuration.files import checked_file
from rnn_audio.errors import InputError


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
    ("accelerator", "gpu"),
    ("packing", 0),
    ("packing", True),
    ("packing", "many"),
    ("packing", 2.5),
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
    "accelerator",
    "packing",
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
    "figures/figure_1/panels/1/configuration",
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


def test_curves_without_a_group_share_the_panel_of_what_they_learn() -> None:
    panels = load_experiment(decays("", "")).config["figures"]["figure_1"]["panels"]
    assert [panel["group"] for panel in panels] == ["Tone 8000 Hz", "Tone 4000 Hz"]


@pytest.mark.parametrize("config", [{}, [], None, "config.yaml"])
def test_what_is_no_configuration_at_all_is_refused(config: object) -> None:
    with pytest.raises(InputError, match="config"):
        load_experiment(config)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_that_is_no_mapping_is_named(section: str) -> None:
    for value in (None, [], "none"):
        with pytest.raises(InputError, match=section):
            load_experiment(changed(section, value))


def test_an_overlay_alone_is_refused_unless_it_is_a_whole_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_text("seeds: [1]\n")
    with pytest.raises(InputError, match=r"^config\.yaml: no such file in .*own\.yaml would be all.*--directory"):
        checked_file("config.yaml", [Path("own.yaml")])
    (tmp_path / "whole.yaml").write_text(yaml.safe_dump(shipped_config()))
    assert checked_file("config.yaml", ["own.yaml", "whole.yaml"]) == "config.yaml"
    assert checked_file("config.yaml", []) == "config.yaml"
