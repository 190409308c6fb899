"""Free-running training in the configuration: merged key by key, built, and refused where it cannot work."""

from typing import Any

import pytest
from support.workspace import Config, tiny_config

from rnn_audio.configuration.experiment import Experiment, load_experiment
from rnn_audio.errors import InputError
from rnn_audio.training.free_running_method import DecayTerm, Recovery, SpectralTerm
from rnn_audio.training.horizon import Horizon
from rnn_audio.training.recipe import FreeRunningRecipe, Recipe

OWN = {
    "optimiser": "adam",
    "initial_state": "fixed",
    "forget_bias": 2.0,
    "learning_rate_shape": "constant",
    "warm_up_share": 0.25,
    "start_from": None,
    "horizon": "full",
    "recovery": None,
    "decay_loss": None,
    "spectral_loss": None,
}
ALONE = {"preset": "alone", "signal": "sine", "rate_hz": 8000}


def config(own: Config | None = None, **changes: Any) -> Config:  # noqa: ANN401 (any YAML value)
    """A configuration `mine`, whose preset has `OWN`; `own` are more of its keys, `changes` of its `free_running`."""
    base = tiny_config()
    whole = base["presets"]["overfit"] | {"hidden_size": 4, "batch_size": 1, "teacher_forcing": "never"}
    base["presets"]["alone"] = whole | {"free_running": dict(OWN)}
    base["configurations"]["mine"] = ALONE | (own or {}) | ({"free_running": changes} if changes else {})
    return base


def resolved(own: Config | None = None, **changes: Any) -> Config:  # noqa: ANN401 (any YAML value)
    return load_experiment(config(own, **changes)).configurations["mine"]


# --- what is shipped ---


def test_every_shipped_free_running_configuration_is_built(shipped: Experiment) -> None:
    names = shipped.configurations_on("free_running")
    assert len(names) >= 2
    for name in names:
        settings = shipped.configurations[name]
        recipe = Recipe.from_settings(settings)
        assert recipe.method.learning_rate == settings["learning_rate"]
        assert recipe.shape.initial_state == (recipe.method.initial_state != "random")


# --- what is made of it ---


def test_a_configurations_own_keys_change_its_presets_one_by_one() -> None:
    assert resolved()["free_running"] == OWN
    assert resolved(forget_bias=0.0, optimiser="soap")["free_running"] == OWN | {
        "forget_bias": 0.0,
        "optimiser": "soap",
    }


def test_a_mapping_within_is_replaced_as_a_whole() -> None:
    base = config(horizon={"start_samples": 8, "full_at_share": 0.5})
    base["presets"]["alone"]["free_running"]["horizon"] = {"start_samples": 64, "full_at_share": 0.25}
    horizon = load_experiment(base).configurations["mine"]["free_running"]["horizon"]
    assert horizon == {"start_samples": 8, "full_at_share": 0.5}
    base["configurations"]["mine"]["free_running"]["horizon"] = "full"
    assert load_experiment(base).configurations["mine"]["free_running"]["horizon"] == "full"


def test_the_method_is_built_of_all_that_is_set() -> None:
    recovery = {"loss_ratio": 5, "least_loss": 0.1, "patience_epochs": 3, "learning_rate_factor": 0.5, "at_most": 2}
    settings = resolved(
        {"learning_rate": 0.5, "gradient_clip_norm": 3.0},
        learning_rate_shape="cosine",
        fall_from_share=0.75,
        horizon={"start_samples": 8, "full_at_share": 0.5, "growth": 1.5, "grow_below": 0.05},
        recovery=recovery,
        decay_loss={"weight": 0.1, "range_db": 40, "from_share": 0.75},
        spectral_loss={"weight": 0.2, "window_samples": [8, 16]},
    )
    method = Recipe.from_settings(settings).method
    assert method.horizon == Horizon(start_samples=8, full_at_share=0.5, growth=1.5, grow_below=0.05)
    assert method.recovery == Recovery(**recovery)
    assert method.decay == DecayTerm(weight=0.1, range_db=40, from_share=0.75)
    assert method.spectrum == SpectralTerm(weight=0.2, window_samples=(8, 16))
    assert (method.learning_rate, method.gradient_clip_norm) == (0.5, 3.0)
    assert (method.optimiser, method.initial_state, method.forget_bias) == ("adam", "fixed", 2.0)
    assert (method.learning_rate_shape, method.warm_up_share, method.fall_from_share) == ("cosine", 0.25, 0.75)


def test_what_is_null_or_full_is_left_out() -> None:
    method = Recipe.from_settings(resolved()).method
    assert (method.horizon, method.recovery, method.decay, method.spectrum) == (None, None, None, None)


def test_other_configurations_have_no_free_running_method_and_carry_no_state() -> None:
    steady = Recipe.from_settings(load_experiment(config()).configurations["steady"])
    assert not isinstance(steady, FreeRunningRecipe)
    assert not steady.shape.initial_state


@pytest.mark.parametrize(("state", "is_stored"), [("learned", True), ("fixed", True), ("random", False)])
def test_a_model_carries_its_initial_state_unless_it_is_random(state: str, is_stored: bool) -> None:
    assert Recipe.from_settings(resolved(initial_state=state)).shape.initial_state == is_stored


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"teacher_forcing": "always"}, False),
        ({"teacher_forcing": {"schedule": "exponential", "base": 0.9}}, False),
        ({"teacher_forcing": "never"}, True),
        ({"teacher_forcing": "never", "free_running": OWN}, False),
    ],
)
def test_only_paper_as_network_without_teacher_forcing_starts_from_silence(settings: Config, expected: bool) -> None:
    assert Recipe.from_settings(settings).starts_from_silence == expected
    others = {"batch_size": 1, "hidden_size": 4, "initial_state_scale": 1.0}
    assert Recipe.from_settings(settings | others).signal_data(signal=None, models=1).silent_seed == expected


@pytest.mark.parametrize("start", [None, "steady"])
def test_the_start_of_a_configuration_is_told(start: str | None) -> None:
    experiment = load_experiment(config(start_from=start))
    assert experiment.start_of("mine") == start
    assert experiment.start_of("steady") is None


def test_a_start_may_itself_have_one() -> None:
    base = config(start_from="steady")
    base["configurations"]["next"] = ALONE | {"free_running": {"start_from": "mine"}}
    assert load_experiment(base).start_of("next") == "mine"


# --- what is refused ---


def test_an_unknown_key_is_hinted_at() -> None:
    with pytest.raises(InputError, match=r"mine\.free_running.*'forget_bia'.*did you mean 'forget_bias'"):
        load_experiment(config(forget_bia=1.0))


@pytest.mark.parametrize("key", OWN)
def test_a_missing_key_is_named(key: str) -> None:
    base = config()
    del base["presets"]["alone"]["free_running"][key]
    with pytest.raises(InputError, match=rf"configurations\.mine.*free_running.*'{key}' is missing"):
        load_experiment(base)


WRONG_VALUES = [
    ("optimiser", "sgd"),
    ("initial_state", "zeros"),
    ("forget_bias", "one"),
    ("learning_rate_shape", "linear"),
    ("warm_up_share", 1.5),
    ("warm_up_share", -0.1),
    ("start_from", 7),
    ("start_from", "No Name"),
    ("horizon", "half"),
    ("horizon", {"start_samples": 8}),
    ("horizon", {"start_samples": 0, "full_at_share": 0.5}),
    ("horizon", {"start_samples": 8, "full_at_share": 2}),
    ("fall_from_share", 1),
    ("fall_from_share", -0.1),
    ("fall_from_share", 0.5),  # of a learning rate that is constant
    ("horizon", {"start_samples": 8, "full_at_share": 0.5, "growth": 1}),
    ("horizon", {"start_samples": 8, "full_at_share": 0.5, "grow_below": 0}),
    ("horizon", {"start_samples": 8, "full_at_share": 0.5, "grow_below": 1.5}),
    ("recovery", True),
    ("recovery", {"loss_ratio": 10}),
    ("decay_loss", {"weight": -1, "range_db": 40, "from_share": 0.5}),
    ("decay_loss", {"weight": 1, "range_db": 120, "from_share": 0.5}),
    ("decay_loss", {"weight": 1, "range_db": 20, "from_share": 0.5, "start_weight": 0}),
    ("decay_loss", {"weight": 1, "range_db": 20, "from_share": 0.5, "start_weight": 2}),
    ("decay_loss", 1.0),
    ("spectral_loss", {"weight": 1, "window_samples": []}),
    ("spectral_loss", {"weight": 1, "window_samples": [16, 16]}),
    ("spectral_loss", {"weight": 1, "window_samples": [16.0]}),
    ("spectral_loss", {"weight": 1, "window_samples": [2]}),
]


@pytest.mark.parametrize(("key", "value"), WRONG_VALUES)
def test_a_wrong_value_is_named_with_its_key(key: str, value: Any) -> None:  # noqa: ANN401 (any YAML value)
    with pytest.raises(InputError, match=rf"mine\.free_running\.{key}"):
        load_experiment(config(**{key: value}))


@pytest.mark.parametrize(
    "changes",
    [{"loss_ratio": 1}, {"learning_rate_factor": 0}, {"at_most": 0}, {"patience_epochs": -1}, {"least_loss": -1}],
)
def test_a_wrong_recovery_is_refused(changes: Config) -> None:
    sound = {"loss_ratio": 5, "least_loss": 0.1, "patience_epochs": 3, "learning_rate_factor": 0.5, "at_most": 2}
    load_experiment(config(recovery=sound))
    with pytest.raises(InputError, match=r"mine\.free_running\.recovery"):
        load_experiment(config(recovery=sound | changes))


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"teacher_forcing": "always"}, r"mine\.teacher_forcing: .*'teacher_forcing: never'"),
        ({"teacher_forcing": {"schedule": "exponential", "base": 0.9}}, r"mine\.teacher_forcing: .*never"),
        ({"update_length_samples": 16}, r"mine\.update_length_samples: .*'update_length_samples: full'"),
        ({"batch_size": 2}, r"mine\.batch_size: 2 copies.*'batch_size: 1'"),
    ],
)
def test_settings_that_contradict_it_are_named_with_what_to_set(own: Config, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_experiment(config(own))


def test_copies_differ_where_each_has_a_random_state() -> None:
    assert resolved({"batch_size": 2}, initial_state="random")["batch_size"] == 2


def test_an_auxiliary_network_beside_it_is_refused() -> None:
    base = config()
    base["configurations"]["mine"]["auxiliary"] = base["presets"]["auxiliary"]["auxiliary"]
    with pytest.raises(InputError, match=r"mine: 'auxiliary' and 'free_running' exclude each other"):
        load_experiment(base)


def test_a_device_is_not_generated() -> None:
    base = config()
    base["configurations"]["amplifier"] = {"preset": "amplifier", "hidden_size": 4, "pre_emphasis": "none"}
    load_experiment(base)
    base["configurations"]["amplifier"]["free_running"] = dict(OWN)
    with pytest.raises(InputError, match=r"configurations\.amplifier.*free_running"):
        load_experiment(base)


def test_a_start_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match=r"configurations\.mine\.free_running\.start_from: .*'stedy'"):
        load_experiment(config(start_from="stedy"))


def test_a_device_is_no_start() -> None:
    base = config(start_from="amplifier")
    base["configurations"]["amplifier"] = {"preset": "amplifier", "hidden_size": 4, "pre_emphasis": "none"}
    with pytest.raises(InputError, match=r"mine\.free_running\.start_from: .*'amplifier'.*signal"):
        load_experiment(base)


def test_a_start_of_another_hidden_size_is_named_with_both_sizes() -> None:
    base = config(start_from="steady")
    base["configurations"]["steady"]["hidden_size"] = 8
    with pytest.raises(InputError, match=r"mine\.free_running\.start_from: 'steady' has hidden size 8.* 4;"):
        load_experiment(base)


@pytest.mark.parametrize("starts", [{"mine": "mine"}, {"mine": "one", "one": "two", "two": "one"}])
def test_configurations_that_start_from_each_other_are_refused(starts: dict[str, str]) -> None:
    base = config()
    base["configurations"] |= {name: ALONE | {"free_running": {"start_from": start}} for name, start in starts.items()}
    with pytest.raises(InputError, match=r"(\w+) starts from .*\1\b.*none of them could start"):
        load_experiment(base)
