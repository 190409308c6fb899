"""Grids: every combination once, in order, under a name of its own."""

from typing import Any

import pytest
from support.configurations import Config, changed

from rnn_audio.configuration.experiment import load_experiment
from rnn_audio.configuration.grids import expand_grids
from rnn_audio.errors import InputError


def with_grid(grid: Any, name: str = "tones") -> Config:  # noqa: ANN401 (any YAML value)
    own = {"preset": "overfit", "signal": "tone", "rate_hz": 8000}
    return changed(f"configurations/{name}", own | {"grid": grid})


def test_each_combination_is_a_configuration_in_the_grids_place() -> None:
    config = {"configurations": {"a": {"x": 1}, "g": {"y": 0, "grid": {"x": [2, 0.5], "z": ["p", "q"]}}, "b": {"x": 3}}}
    expanded, members = expand_grids(config)
    assert members == {"g": ["g_2_p", "g_2_q", "g_0_5_p", "g_0_5_q"]}
    assert list(expanded["configurations"]) == ["a", *members["g"], "b"]
    assert expanded["configurations"]["g_0_5_q"] == {"y": 0, "x": 0.5, "z": "q"}


def test_members_are_configurations_like_any_other() -> None:
    experiment = load_experiment(with_grid({"hidden_size": [4, 6], "epochs": [1]}))
    assert [experiment.configurations[f"tones_{size}_1"]["hidden_size"] for size in (4, 6)] == [4, 6]
    by_hand = changed(
        "configurations/other", {"preset": "overfit", "signal": "tone", "rate_hz": 8000, "hidden_size": 4}
    )
    assert load_experiment(by_hand).configurations["other"] == experiment.configurations["tones_4_1"] | {
        "epochs": experiment.configurations["tone_full"]["epochs"]
    }


@pytest.mark.parametrize(
    ("grid", "name", "message"),
    [
        ({}, "tones", "grid.*should be non-empty"),
        ({"hidden_size": []}, "tones", "grid.hidden_size"),
        ({"hidden_size": [4, 4]}, "tones", "grid.hidden_size.*non-unique"),
        ({"hidden_size": [None]}, "tones", r"grid.hidden_size\[0\]"),
        ({"hiden_size": [4]}, "tones", "tones_4.*'hiden_size'.*'hidden_size'"),
        ({"hidden_size": [0]}, "tones", "tones_0.*hidden_size: 0 is less than"),
        ({"hidden_size": [4]}, "a" * 62, "has more than 63 characters"),
        ({"update_length_samples": ["full"]}, "tone", "two configurations named 'tone_full'"),
    ],
)
def test_a_grid_that_cannot_be_is_named(grid: Config, name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_experiment(with_grid(grid, name))


def test_a_preset_and_a_sweep_have_no_grid() -> None:
    with pytest.raises(InputError, match=r"presets\.overfit\.grid"):
        load_experiment(changed("presets/overfit/grid", {"hidden_size": [4]}))
