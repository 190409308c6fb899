"""What tables and figures may leave out: it is taken from the settings, and from nowhere else."""

from typing import Any

import pytest
from support.configurations import Config, changed, minimal, shipped_config, without_claims

from rnn_audio.configuration.experiment import load_experiment
from rnn_audio.errors import InputError

GRID = {"preset": "overfit", "signal": "tone", "rate_hz": 8000, "grid": {"hidden_size": [4, 6]}}


def tables(**own: Any) -> Config:  # noqa: ANN401 (any YAML value)
    config = minimal()
    config["configurations"]["tones"] = GRID
    config["tables"]["table_1"] |= own
    return config


def rows(config: Config) -> list[Config]:
    return load_experiment(config).config["tables"]["table_1"]["rows"]


def test_a_name_alone_is_a_row_or_a_panel_with_what_all_have_in_common() -> None:
    written = rows(
        tables(
            kind="observations",
            rows=["tone_full", {"configuration": "tone_sub", "quantity": "generation_mse"}],
            quantity="training_mse",
        )
    )
    assert [(row["configuration"], row["quantity"]) for row in written] == [
        ("tone_full", "training_mse"),
        ("tone_sub", "generation_mse"),
    ]
    config = minimal()
    config["figures"]["figure_1"] |= {"shows": "generation", "panels": ["tone_full"]}
    assert load_experiment(config).config["figures"]["figure_1"]["panels"] == [
        {"configuration": "tone_full", "shows": "generation", "title": "Tone 8000 Hz, full BPTT"}
    ]


def test_a_grid_is_a_row_per_member_and_each_has_its_own_published_value() -> None:
    published = {"tones_6": {"value": 0.5}}
    written = rows(tables(rows=[{"configuration": "tones", "published": published}], quantity="training_mse"))
    assert [row["configuration"] for row in written] == ["tones_4", "tones_6"]
    assert [row.get("published") for row in written] == [None, {"value": 0.5}]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"configuration": "tones", "published": {"value": 0.5}}, "'tones' is a grid; name the member of each value"),
        (
            {"configuration": "tones", "published": {"tones_5": {"value": 1}}},
            "'tones_5' is not one of tones_4, tones_6",
        ),
        ({"configuration": "tone_full", "published": {"tones_4": {"value": 1}}}, "'tone_full' is not a grid"),
    ],
)
def test_published_values_that_belong_to_nothing_are_named(row: Config, message: str) -> None:
    with pytest.raises(InputError, match=rf"tables.table_1.rows\[0\].published: {message}"):
        rows(tables(rows=[row], quantity="training_mse"))


def test_labels_are_the_resolved_settings() -> None:
    labels = {"rate_hz": "Rate", "epochs": "Epochs", "update_length_samples": "Length", "select_by": "Rule"}
    config = tables(rows=["tone_full", "tone_sub"], quantity="training_mse", labels=labels)
    config["scale"] = {"name": "quick", "epochs_factor": 0.5}
    experiment = load_experiment(config)
    samples = experiment.samples(experiment.configurations["tone_full"])
    for row, length in zip(experiment.config["tables"]["table_1"]["rows"], (samples, 16), strict=True):
        settings = experiment.configurations[row["configuration"]]
        assert row["labels"] == {
            "rate_hz": settings["rate_hz"],
            "epochs": settings["epochs"],
            "update_length_samples": length,
            "select_by": "prediction mse",
        }


def test_a_label_that_is_no_setting_has_to_be_given() -> None:
    with pytest.raises(InputError, match=r"table_1.rows\[0\].labels: .* those that are not settings"):
        rows(tables(rows=["tone_full"], quantity="training_mse", labels={"colour": "Colour"}))


def test_titles_tell_signals_and_methods_apart() -> None:
    config = without_claims(shipped_config()) | {"sweeps": {}}
    learned = load_experiment(config).configurations_on("signal")
    figure = {"kind": "waveforms", "shows": "prediction", "caption": "Titles"}
    config["figures"] = {
        f"titles_{start}": figure | {"panels": learned[start : start + 26]} for start in range(0, len(learned), 26)
    }
    figures = load_experiment(config).config["figures"]
    titles = [panel["title"] for figure in figures.values() for panel in figure["panels"]]
    assert "Room 1024 Hz, sub-sequence 64, state reset" in titles
    assert "Room 44.1 kHz, free running, hidden size 128" in titles
    assert len(set(titles)) == len(titles)


def test_a_paper_is_that_of_the_preset_or_has_to_be_named() -> None:
    config = minimal()
    del config["tables"]["table_1"]["paper"]
    with pytest.raises(InputError, match=r"tables\.table_1: belongs to no paper; name one of paper_a"):
        load_experiment(config)
    config["papers"]["paper_a"]["presets"] = ["overfit"]
    assert load_experiment(config).of_paper("tables", "paper_a") == ["table_1"]


def test_a_figure_has_no_more_panels_than_letters() -> None:
    grid = changed("configurations/tones", GRID | {"grid": {"hidden_size": list(range(1, 28))}})
    grid["figures"]["figure_1"] |= {"shows": "prediction", "panels": ["tones"]}
    with pytest.raises(InputError, match=r"figures\.figure_1\.panels: has 27, at most 26 fit"):
        load_experiment(grid)
