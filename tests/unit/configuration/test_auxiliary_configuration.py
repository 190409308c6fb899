"""The auxiliary loss in the configuration: merged key by key, scaled, and refused where it cannot work."""

from typing import Any

import pytest
from support.configurations import Config, shipped_config

from rnn_audio.configuration.experiment import Experiment, load_experiment
from rnn_audio.configuration.settings import total_epochs
from rnn_audio.errors import InputError
from rnn_audio.training.recipe import Recipe

AUXILIARY = {
    "pretraining_epochs": 20,
    "anchors": 1,
    "segment_samples": 16,
    "hidden_size": 4,
    "first_state": "bridge",
    "second_state": "zeros",
    "cell_state": "main",
    "feed": "true_samples",
    "gradient_into_main": "full",
    "normalise": "per_segment",
}


def config(own: Config | None = None, **preset: Any) -> Config:  # noqa: ANN401 (any YAML value)
    """The shipped configuration with one that learns 64 samples with a small auxiliary network; `own` are its keys."""
    base = shipped_config()
    overfit = base["presets"]["overfit"]
    sine = base["signals"]["sine"]
    tone = sine | {"duration_samples": 64, "synthetic": sine["synthetic"] | {"rate_hz": 8000}}
    base["signals"] = {**base["signals"], "tone": tone}
    base["presets"] = {**base["presets"], "small": overfit | {"epochs": 30, "auxiliary": AUXILIARY | preset}}
    mine = {"preset": "small", "signal": "tone", "rate_hz": 8000} | (own or {})
    base["configurations"] = {**base["configurations"], "mine": mine}
    return base


def resolved(*arguments: Any, **preset: Any) -> Config:  # noqa: ANN401 (any YAML value)
    return load_experiment(config(*arguments, **preset)).configurations["mine"]


# --- what is shipped: paper A, sections IV-C2 and V-D ---


@pytest.mark.parametrize(("name", "fed"), [("sine_4096_auxiliary", 4095), ("room_5512_auxiliary", 2755)])
def test_the_shipped_auxiliary_losses_are_the_papers(shipped: Experiment, name: str, fed: int) -> None:
    settings = shipped.configurations[name]
    recipe = Recipe.from_settings(settings)
    auxiliary = recipe.auxiliary_loss
    assert (auxiliary.anchors, auxiliary.segment_samples, auxiliary.pretraining_epochs) == (1, 128, 100)
    assert settings["epochs"] == 100
    assert (recipe.shape.hidden_size, auxiliary.shape.hidden_size) == (64, 16)
    assert auxiliary.shape.second_state == "zeros"
    assert auxiliary.gradient_reach is None
    assert settings["update_length_samples"] is None
    assert shipped.samples(settings) == fed + 1


@pytest.mark.parametrize("signal", ["sine_4096", "room_5512"])
def test_each_is_beside_the_main_network_alone_for_as_many_epochs(shipped: Experiment, signal: str) -> None:
    beside, alone = (shipped.configurations[f"{signal}_{kind}"] for kind in ("auxiliary", "full_200"))
    assert total_epochs(beside) == total_epochs(alone) == 200
    different = {"auxiliary", "epochs"}
    assert {key: value for key, value in beside.items() if key not in different} == {
        key: value for key, value in alone.items() if key not in different
    }


def test_the_longer_sine_is_the_sine_but_for_its_length() -> None:
    short, long = (shipped_config()["signals"][name] for name in ("sine", "sine_4096"))
    assert long == short | {"duration_samples": 4096, "label": "sine 440 Hz, 4096 samples"}


def test_every_configuration_with_an_auxiliary_network_is_found(shipped: Experiment) -> None:
    names = shipped.configurations_on("auxiliary")
    assert {"sine_4096_auxiliary", "room_5512_auxiliary"} <= set(names)
    assert all("auxiliary" in shipped.configurations[name] for name in names)
    assert "room_5512_full_200" not in names


# --- what is made of it ---


def test_a_configurations_own_keys_change_its_presets_one_by_one() -> None:
    assert resolved()["auxiliary"] == AUXILIARY
    assert resolved({"auxiliary": {"anchors": 4}})["auxiliary"] == AUXILIARY | {"anchors": 4}
    alone = config({"preset": "overfit", "auxiliary": AUXILIARY})
    assert load_experiment(alone).configurations["mine"]["auxiliary"] == AUXILIARY


def test_other_mappings_are_replaced_as_a_whole() -> None:
    base = config({"preset": "annealed", "teacher_forcing": {"schedule": "exponential", "base": 0.5}})
    linear = {"schedule": "linear", "start": 1.0, "slope_per_epoch": 0.1, "minimum": 0.0}
    base["presets"]["annealed"] = base["presets"]["overfit"] | {"teacher_forcing": linear}
    settings = load_experiment(base).configurations["mine"]
    assert settings["teacher_forcing"] == {"schedule": "exponential", "base": 0.5}


@pytest.mark.parametrize(
    ("factor", "epochs", "pretraining", "expected"),
    [
        (1.0, 30, 20, (30, 20)),
        (0.1, 30, 20, (3, 2)),
        (0.01, 30, 20, (1, 1)),
        (0.1, 30, 0, (3, 0)),
        (2, 30, 20, (60, 40)),
    ],
)
def test_both_phases_are_scaled(factor: float, epochs: int, pretraining: int, expected: tuple[int, int]) -> None:
    base = config({"epochs": epochs}, pretraining_epochs=pretraining)
    base["scale"] = {"name": "test", "epochs_factor": factor}
    loaded = load_experiment(base)
    settings = loaded.configurations["mine"]
    assert (settings["epochs"], settings["auxiliary"]["pretraining_epochs"]) == expected
    assert total_epochs(settings) == sum(expected)
    assert f"trained for {sum(expected)} epochs" in loaded.scale_notes("mine")[0]


@pytest.mark.parametrize(("reach", "samples"), [("full", None), ("none", 0), (1, 1), (256, 256)])
def test_the_reach_of_gradients_is_a_number_of_samples(reach: str | int, samples: int | None) -> None:
    assert Recipe.from_settings(resolved(gradient_into_main=reach)).auxiliary_loss.gradient_reach == samples


def test_a_configuration_without_auxiliary_has_none(shipped: Experiment) -> None:
    recipe = Recipe.from_settings(shipped.configurations["sine_full"])
    assert recipe.auxiliary_loss is None
    assert recipe.shape.auxiliary is None


# --- what is refused ---


@pytest.mark.parametrize("segment", [2, 63])
def test_a_segment_may_be_as_long_as_what_is_fed(segment: int) -> None:
    assert resolved(segment_samples=segment)["auxiliary"]["segment_samples"] == segment


def test_a_segment_longer_than_what_is_fed_is_refused_with_the_signal_and_its_length() -> None:
    with pytest.raises(
        InputError,
        match=r"configurations\.mine\.auxiliary\.segment_samples: a segment of 64 .*'tone' feeds 63 samples at 8000 Hz",
    ):
        resolved(segment_samples=64)
    with pytest.raises(InputError, match="feeds 31 samples at 4000 Hz"):
        resolved({"rate_hz": 4000}, segment_samples=32)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("teacher_forcing", "never"),
        ("teacher_forcing", {"schedule": "exponential", "base": 0.9}),
        ("update_length_samples", 16),
    ],
)
def test_another_method_around_it_is_refused_with_what_to_do(key: str, value: object) -> None:
    needed = {"teacher_forcing": "always", "update_length_samples": "full"}[key]
    with pytest.raises(InputError, match=rf"configurations\.mine\.{key}: .*set '{key}: {needed}'"):
        resolved({key: value})


WRONG = [
    ("anchors", 0),
    ("anchors", 1.5),
    ("segment_samples", 1),
    ("hidden_size", 0),
    ("pretraining_epochs", -1),
    ("first_state", "zeros"),
    ("second_state", "bridge"),
    ("cell_state", "same"),
    ("feed", "both"),
    ("gradient_into_main", 0),
    ("gradient_into_main", "some"),
    ("normalise", "mean"),
]


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_a_wrong_value_is_named_with_its_key(key: str, value: object) -> None:
    for base in (config(**{key: value}), config({"auxiliary": {key: value}})):
        with pytest.raises(InputError, match=rf"auxiliary\.{key}"):
            load_experiment(base)


def test_an_unknown_key_is_named_with_what_was_meant() -> None:
    with pytest.raises(InputError, match=r"mine\.auxiliary: unknown key 'anchor'; did you mean 'anchors'"):
        resolved({"auxiliary": {"anchor": 2}})


@pytest.mark.parametrize("key", list(AUXILIARY))
def test_a_missing_key_is_named(key: str) -> None:
    incomplete = {name: value for name, value in AUXILIARY.items() if name != key}
    with pytest.raises(InputError, match=rf"configurations\.mine.*auxiliary: the key '{key}' is missing"):
        resolved({"preset": "overfit", "auxiliary": incomplete})


def test_a_device_has_no_auxiliary_loss() -> None:
    base = config()
    base["configurations"]["mine"] = {
        "preset": "amplifier",
        "hidden_size": 32,
        "pre_emphasis": "none",
        "auxiliary": AUXILIARY,
    }
    with pytest.raises(InputError, match=r"configurations\.mine.*auxiliary"):
        load_experiment(base)


@pytest.mark.parametrize(
    ("section", "entries", "change", "place"),
    [
        ("tables", "rows", {"quantity": "auxiliary_mse"}, r"tables\.table_3\.rows\[0\].*'auxiliary_mse'"),
        ("tables", "rows", {"quantity": "reconstruction.mse"}, r"tables\.table_3\.rows\[0\].*'reconstruction'"),
        ("figures", "panels", {"shows": "reconstruction"}, r"figures\.figure_3\.panels\[0\].*'reconstruction'"),
    ],
)
def test_a_reconstruction_that_is_never_made_is_not_shown(
    section: str, entries: str, change: Config, place: str
) -> None:
    base = shipped_config()
    artefact = base[section]["table_3" if section == "tables" else "figure_3"]
    artefact[entries][0] = {"labels": {"section": "V-D"}} if section == "tables" else {}
    artefact[entries][0] |= change | {"configuration": "sine_full"}
    with pytest.raises(InputError, match=place):
        load_experiment(base)
    artefact[entries][0]["configuration"] = "sine_4096_auxiliary"
    load_experiment(base)
