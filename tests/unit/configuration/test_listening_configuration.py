"""Listening tests of the configuration."""

import copy
from typing import Any

import pytest
from support.configurations import REMOVED, Config, shipped_config, without_claims
from support.listening import NAME

from rnn_audio.configuration.experiment import Experiment, load_experiment
from rnn_audio.configuration.listening import compared_models
from rnn_audio.errors import InputError
from rnn_audio.listening.plan import signals, trials

CONFIG = shipped_config()


def changed(**changes: Any) -> Config:  # noqa: ANN401 (any setting)
    """The shipped configuration with some keys of its listening test replaced, added or removed."""
    config = copy.deepcopy(CONFIG)
    test = config["listening"][NAME] | changes
    config["listening"][NAME] = {key: value for key, value in test.items() if value is not REMOVED}
    return config


def test_the_shipped_test_is_the_papers(shipped: Experiment) -> None:
    test = shipped.config["listening"][NAME]
    assert len(trials(test)) == 8
    assert signals(test) == ["reference", "none", "highpass", "a_weighting", "tanh"]
    assert len({file for trial in trials(test) for file in trial.files.values()}) == 32
    assert {group: list(own.values())[:3] for group, own in test["published"].items()} == {
        "size_32": [74, 76, 79],
        "size_64": [77, 82, 86],
    }
    assert test["paper"] == "amplifier"
    for group, own in test["groups"].items():
        for condition, configuration in own.items():
            settings = shipped.configurations[configuration]
            assert (f"size_{settings['hidden_size']}", settings["pre_emphasis"]) == (group, condition)


def test_a_configuration_without_listening_tests_is_whole() -> None:
    config = without_claims(copy.deepcopy(CONFIG))  # one claim is about it
    del config["listening"]
    assert load_experiment(config).config["listening"] == {}


def test_a_model_that_only_listeners_judge_is_shown_and_needs_no_figure_of_its_own() -> None:
    config = copy.deepcopy(CONFIG)
    config["configurations"]["heard"] = {"preset": "amplifier", "hidden_size": 8, "pre_emphasis": "none"}
    assert "heard" in load_experiment(config).config["figures"]
    for own in config["listening"][NAME]["groups"].values():
        own["more"] = "heard"
    experiment = load_experiment(config)
    assert "heard" not in experiment.config["figures"]
    assert "heard" in compared_models(experiment.config["listening"][NAME])


def test_its_notes_say_the_scale_and_the_device() -> None:
    config = changed(notes=["Held in a booth."])
    config["scale"] = {"name": "small", "epochs_factor": 0.1}
    notes = load_experiment(config).listening_notes(NAME)
    assert "Scale 'small'" in notes[0]
    assert "Device 'amplifier'" in notes[1]
    assert notes[2:] == ["Held in a booth."]


MODELS = {"none": "amplifier_32_none"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"caption": REMOVED}, rf"listening\.{NAME}: the key 'caption' is missing"),
        ({"paper": "paper_c"}, rf"listening\.{NAME}\.paper: there is no 'paper_c'"),
        (
            {"groups": {"a": {"none": "amplifier_32_nil"}}},
            r"\.groups\.a\.none: there is no 'amplifier_32_nil'; did you",
        ),
        (
            {"groups": {"a": {"none": "sine_full"}}},
            r"\.groups\.a\.none: 'sine_full' learns a signal; only models of dev",
        ),
        ({"groups": {"a": MODELS, "b": {"nothing": "amplifier_32_none"}}}, r"\.groups\.b: has nothing, but a has none"),
        ({"groups": {"a": {"reference": "amplifier_32_none"}}}, r"\.a\.reference: the reference is added by itself"),
        ({"groups": {"a": {"tanh": "amplifier_32_none"}}}, r"\.groups\.a\.tanh: the tanh is added by itself"),
        ({"groups": {"a": {"No": "amplifier_32_none"}}}, r"it must be a name of lower-case letters"),
        ({"groups": {}}, r"\.groups: \{\} should be non-empty"),
        ({"anchors": ["tan"]}, r"\.anchors\[0\]: 'tan' is not one of .*; did you mean 'tanh'"),
        ({"clips": {"count": 4, "seconds": 13}}, r"\.clips\.seconds: 13 is greater than the maximum of 12"),
        ({"clips": {"count": 0, "seconds": 8}}, r"\.clips\.count: 0 is less than the minimum of 1"),
        (
            {"clips": {"count": 4, "seconds": 8, "within_s": [[0, 5], [9, 9]]}},
            r"\.clips\.within_s\[1\]: \[9, 9\] is empty; give a start below its stop",
        ),
        ({"results": "/tmp/x"}, r"\.results: '/tmp/x' .*a relative path"),
        ({"published": {"size_16": {"none": 5}}}, r"\.published\.size_16: there is no 'size_16'"),
        (
            {"published": {"size_32": {"nonne": 5}}},
            r"\.published\.size_32\.nonne: there is no 'nonne'; did you mean 'none'",
        ),
        ({"published": {"size_32": {"none": 101}}}, r"101 is greater than the maximum of 100"),
        ({"question": "<b>How?</b>"}, r"question: .* has HTML in it"),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed(changes: Config, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_experiment(changed(**changes))


@pytest.mark.parametrize("name", ["amplifier_table_1", "amplifier_figure_3", "anchors", "guitar_in_room"])
def test_a_test_named_like_a_table_or_a_figure_is_refused(name: str) -> None:
    config = copy.deepcopy(CONFIG)
    config["listening"] = {name: config["listening"][NAME]}
    with pytest.raises(InputError, match=f"listening.{name}: a table or figure has the name '{name}' already"):
        load_experiment(config)


def test_all_models_of_a_test_are_of_one_device() -> None:
    config = changed()
    config["devices"]["other"] = config["devices"]["amplifier"]
    config["configurations"]["elsewhere"] = {"preset": "amplifier", "device": "other", "hidden_size": 8} | {
        "pre_emphasis": "none"
    }
    config["listening"][NAME]["groups"]["size_64"]["none"] = "elsewhere"
    with pytest.raises(InputError, match="'elsewhere' models 'other', others model 'amplifier'; make a test for each"):
        load_experiment(config)
