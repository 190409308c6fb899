from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from support.sounds import sounds_of

from rnn_audio.errors import InputError
from rnn_audio.evaluation.signal_sounds import LOSSES, Performance, perform
from rnn_audio.networks import recurrence
from rnn_audio.networks.model import ModelShape, Parameters, initialise, save_model, stored_state
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.training.recipe import Recipe

SEEDS = [1, 2]
SIGNAL = np.random.default_rng(0).uniform(-1, 1, 24).astype(np.float32)


def settings(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (any setting)
    return {
        "hidden_size": 8,
        "batch_size": 4,
        "learning_rate": 1e-3,
        "gradient_clip_norm": None,
        "initial_state_scale": 1.0,
        "teacher_forcing": "always",
        "update_length_samples": None,
        "carry_state": True,
    } | changes


def weights(seeds: list[int] = SEEDS) -> Parameters:
    return initialise(ModelShape(8), RandomStreams(seeds))


def performed(seeds: list[int] = SEEDS, **changes: Any) -> Performance:  # noqa: ANN401 (any setting)
    recipe = Recipe.from_settings(settings(**changes))
    data = recipe.signal_data(torch.from_numpy(SIGNAL), len(seeds))
    return perform(weights(seeds), recipe.feeding, data, seeds)


def saved(path: Path, seed: int = 1) -> Path:
    save_model(path, ModelShape(8), weights([seed]))
    return path


def mse(sound: NDArray[np.float32], target: NDArray[np.float32]) -> float:
    return float(np.mean((sound.astype(np.float64) - target) ** 2))


@pytest.mark.parametrize(
    "changes", [{}, {"teacher_forcing": "never"}, {"update_length_samples": 5, "carry_state": False}]
)
def test_the_same_seeds_give_the_same_sounds_alone_or_in_a_pack(changes: dict[str, Any]) -> None:
    first, second = performed(**changes), performed(**changes)
    assert torch.equal(first.predictions, second.predictions)
    assert torch.equal(first.generations, second.generations)
    for index, seed in enumerate(SEEDS):
        alone = performed([seed], **changes)
        assert torch.equal(first.predictions[index], alone.predictions[0])
        assert torch.equal(first.generations[index], alone.generations[0])


def test_initial_states_differ_by_seed_and_by_copy() -> None:
    generations = performed().generations.flatten(0, 1)
    assert len(torch.unique(generations, dim=0)) == len(SEEDS) * 4


def test_evaluation_draws_states_that_training_does_not() -> None:
    streams = RandomStreams(SEEDS)
    data = Recipe.from_settings(settings()).signal_data(torch.from_numpy(SIGNAL), len(SEEDS))
    trained_on = data.batch(streams, "states")
    outputs, _ = recurrence.run(weights(), trained_on.inputs, trained_on.state)
    assert not torch.isclose(outputs, performed().predictions).all(dim=-1).any()


def test_a_prediction_is_fed_the_true_signal_and_a_generation_its_own_output() -> None:
    performance = performed()
    streams = RandomStreams(SEEDS)
    h, c = streams.normal("evaluation", (4, 8)), streams.normal("evaluation", (4, 8))
    inputs = torch.from_numpy(SIGNAL[:-1]).expand(2, 4, -1)
    expected, _ = recurrence.run(weights(), inputs, (h, c))
    torch.testing.assert_close(performance.predictions, expected)
    state, fed, outputs = (h, c), inputs[..., :1], []
    for _ in range(len(SIGNAL) - 1):
        fed, state = recurrence.run(weights(), fed, state)
        outputs.append(fed)
    torch.testing.assert_close(performance.generations, torch.cat(outputs, dim=-1))
    assert torch.equal(performance.targets, torch.from_numpy(SIGNAL[1:]))


def test_a_free_models_prediction_is_its_generation_of_the_whole_signal_from_silence() -> None:
    performance = performed(teacher_forcing="never")
    assert torch.equal(performance.predictions, performance.generations)
    assert torch.equal(performance.targets, torch.from_numpy(SIGNAL))
    streams = RandomStreams(SEEDS)
    h, c = streams.normal("evaluation", (4, 8)), streams.normal("evaluation", (4, 8))
    expected, _ = recurrence.run(weights(), torch.zeros(2, 4, 1), (h, c))
    torch.testing.assert_close(performance.generations[..., :1], expected)


def test_a_model_that_was_trained_with_fresh_states_predicts_with_them() -> None:
    carried = performed(update_length_samples=5)
    reset = performed(update_length_samples=5, carry_state=False)
    assert torch.equal(reset.predictions[..., :5], carried.predictions[..., :5])
    assert not torch.isclose(reset.predictions[..., 5], carried.predictions[..., 5]).any()
    streams = RandomStreams(SEEDS)
    for start in range(0, len(SIGNAL) - 1, 5):
        h, c = streams.normal("evaluation", (4, 8)), streams.normal("evaluation", (4, 8))
        inputs = torch.from_numpy(SIGNAL[:-1][start : start + 5]).expand(2, 4, -1)
        expected, _ = recurrence.run(weights(), inputs, (h, c))
        torch.testing.assert_close(reset.predictions[..., start : start + 5], expected)


def test_predictions_do_not_depend_on_the_update_length_where_the_state_is_carried() -> None:
    assert torch.equal(performed(update_length_samples=5).predictions, performed().predictions)


def test_errors_are_means_over_samples_and_initial_states() -> None:
    performance = performed()
    for index in range(len(SEEDS)):
        for sounds, errors in (
            (performance.predictions, performance.prediction_mse()),
            (performance.generations, performance.generation_mse()),
        ):
            expected = np.mean([mse(sound, SIGNAL[1:]) for sound in sounds[index].numpy()])
            assert errors[index] == pytest.approx(expected, rel=1e-6)


def test_losses_are_means_medians_and_quartiles_over_the_initial_states() -> None:
    performance = performed()
    losses = performance.losses()
    assert tuple(losses) == LOSSES
    assert losses["prediction_mse"] == performance.prediction_mse()
    for index in range(len(SEEDS)):
        errors = [mse(sound, SIGNAL[1:]) for sound in performance.generations[index].numpy()]
        found = [losses[f"generation_mse_{part}"][index] for part in ("lower_quartile", "median", "upper_quartile")]
        assert found == pytest.approx(np.quantile(errors, [0.25, 0.5, 0.75]).tolist(), rel=1e-6)
        assert losses["generation_mse"][index] == pytest.approx(np.mean(errors), rel=1e-6)


@pytest.mark.parametrize(
    "changes",
    [{}, {"teacher_forcing": "never"}, {"teacher_forcing": {"schedule": "exponential", "base": 0.9}}],
)
def test_the_chosen_models_sounds_are_as_long_as_the_signal(tmp_path: Path, changes: dict[str, Any]) -> None:
    sounds = sounds_of(saved(tmp_path / "m.safetensors"), settings(**changes), SIGNAL, seed=1)
    for sound in sounds:
        assert sound.shape == SIGNAL.shape
        assert sound.dtype == np.float32
        assert np.isfinite(sound).all()


def test_the_chosen_models_sounds_open_with_the_signals_first_sample(tmp_path: Path) -> None:
    for sound in sounds_of(saved(tmp_path / "m.safetensors"), settings(), SIGNAL, seed=1):
        assert sound[0] == SIGNAL[0]


def test_a_free_models_sounds_open_with_its_own_first_sample(tmp_path: Path) -> None:
    free = settings(teacher_forcing="never")
    prediction, generation = sounds_of(saved(tmp_path / "m.safetensors"), free, SIGNAL, seed=1)
    assert np.array_equal(prediction, generation)
    assert prediction[0] != SIGNAL[0]


@pytest.mark.parametrize("forcing", ["always", "never"])
def test_the_chosen_models_sounds_are_the_first_of_its_evaluation(tmp_path: Path, forcing: str) -> None:
    chosen = settings(teacher_forcing=forcing, batch_size=1)
    prediction, generation = sounds_of(saved(tmp_path / "m.safetensors", seed=2), chosen, SIGNAL, seed=2)
    performance = performed([2], teacher_forcing=forcing, batch_size=1)
    first = 0 if forcing == "never" else 1
    assert mse(prediction[first:], SIGNAL[first:]) == pytest.approx(performance.prediction_mse()[0], rel=1e-6)
    assert mse(generation[first:], SIGNAL[first:]) == pytest.approx(performance.generation_mse()[0], rel=1e-6)


def test_the_chosen_models_initial_state_is_its_seeds(tmp_path: Path) -> None:
    path = saved(tmp_path / "m.safetensors")
    one, _ = sounds_of(path, settings(), SIGNAL, seed=1)
    other, _ = sounds_of(path, settings(), SIGNAL, seed=2)
    assert not np.array_equal(one, other)


def test_a_model_of_another_hidden_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"m\.safetensors.*hidden size 8"):
        sounds_of(saved(tmp_path / "m.safetensors"), settings(hidden_size=16), SIGNAL, seed=1)


STATEFUL = ModelShape(8, initial_state=True)


def free_running() -> dict[str, Any]:
    method = {"initial_state": "learned"}
    return settings(teacher_forcing="never", batch_size=1, free_running=method)


def test_a_stored_state_opens_the_generation_whatever_the_seed() -> None:
    parameters, recipe = initialise(STATEFUL, RandomStreams(SEEDS)), Recipe.from_settings(free_running())
    data = recipe.signal_data(torch.from_numpy(SIGNAL), len(SEEDS))
    performances = [perform(parameters, recipe.feeding, data, seeds) for seeds in (SEEDS, [8, 9])]
    assert torch.equal(performances[0].generations, performances[1].generations)
    first = torch.full((2, 1), float(SIGNAL[0]))
    expected, _ = recurrence.free_run(parameters, first, len(SIGNAL) - 1, stored_state(parameters, copies=1))
    torch.testing.assert_close(performances[0].generations, expected)
    torch.testing.assert_close(performances[0].predictions, expected)
    assert torch.equal(performances[0].targets, torch.from_numpy(SIGNAL[1:]))


def test_a_free_running_models_sounds_open_with_the_signals_first_sample_and_are_one(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    save_model(path, STATEFUL, initialise(STATEFUL, RandomStreams([1])))
    (prediction, generation), (other_seed, _) = (sounds_of(path, free_running(), SIGNAL, seed=seed) for seed in (1, 2))
    assert generation[0] == SIGNAL[0]
    assert generation.shape == SIGNAL.shape
    assert np.array_equal(prediction, generation)
    assert np.array_equal(prediction, other_seed)


def test_a_model_with_another_initial_state_than_its_configurations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"m\.safetensors.*initial state"):
        sounds_of(saved(tmp_path / "m.safetensors"), free_running(), SIGNAL, seed=1)
