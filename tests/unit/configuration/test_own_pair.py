from pathlib import Path

import pytest
import yaml
from support.configurations import shipped_config

from rnn_audio.configuration.experiment import load_experiment
from rnn_audio.configuration.own_pair import LONGEST_NAME, as_yaml, name_of, own_pair, validate_every
from rnn_audio.types import Settings


def settings_of(**own: object) -> Settings:
    given = {"input": Path("in.wav"), "target": Path("out: 50 %.wav"), "channels": {"input_channel": 1}}
    given |= {"latency": "correct", "rate_hz": 48000, "segment_samples": 24000, "hidden_size": 12}
    given |= {"pre_emphasis": "a_weighting", "seeds": [1, 2], "epochs": 700}
    return own_pair("lead", shipped_config()["presets"]["amplifier"], **(given | own))


def test_it_is_a_whole_configuration_of_one_model() -> None:
    experiment = load_experiment(yaml.safe_load(as_yaml(settings_of(), Path("Snakefile"))))
    (model,) = experiment.configurations.values()
    asked = {"device": "lead", "hidden_size": 12, "pre_emphasis": "a_weighting", "epochs": 700}
    assert model | asked | {"segment_samples": 24000, "select_by": "validation_loss"} == model
    assert model["learning_rate"] == shipped_config()["presets"]["amplifier"]["learning_rate"]
    assert experiment.seeds == [1, 2]
    # Nothing says that the numbers do not reproduce a paper, since none is reproduced.
    assert experiment.scale_notes("lead") == []


def test_the_recordings_are_named_with_their_channels() -> None:
    (device,) = settings_of(channels={"input_channel": 1, "target_channel": None})["devices"].values()
    files = {"input": str(Path("in.wav").resolve()), "target": str(Path("out: 50 %.wav").resolve())}
    assert device["file"] == files | {"input_channel": 1}
    assert device["rate_hz"] == 48000


@pytest.mark.parametrize(("epochs", "every"), [(1, 1), (100, 1), (250, 2), (750, 7)])
def test_about_a_hundred_validations(epochs: int, every: int) -> None:
    assert validate_every(epochs) == every
    assert settings_of(epochs=epochs)["presets"]["pair"]["validate_every_epochs"] == every


@pytest.mark.parametrize("stem", ["x" * 100, "1 " * 50, "__a__", "{seed}", "-", "ÄÖ", "CON"])
def test_any_file_gives_a_name_that_the_schema_allows(stem: str) -> None:
    name = name_of(Path(f"{stem}.wav"))
    assert len(name) <= LONGEST_NAME
    assert own_name_is_allowed(name)


def own_name_is_allowed(name: str) -> bool:
    settings = settings_of()
    text = as_yaml(settings, Path("Snakefile")).replace("lead", name)
    return name in load_experiment(yaml.safe_load(text)).configurations
