"""What a trained auxiliary network is judged by, and the reconstruction that is shown."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.sounds import sounds_of

from rnn_audio.errors import InputError
from rnn_audio.evaluation import reconstruction
from rnn_audio.evaluation.reconstruction import auxiliary_mse, reconstruct_chosen, zero_auxiliary_mse
from rnn_audio.evaluation.signal_metrics import evaluate_reconstruction
from rnn_audio.evaluation.signal_sounds import perform
from rnn_audio.jobs.tasks import SignalTask
from rnn_audio.networks import recurrence
from rnn_audio.networks.auxiliary_network import reconstruct
from rnn_audio.networks.model import Parameters, initialise, save_model
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.training.recipe import Recipe

SEEDS = [1, 2]
SIGNAL = np.random.default_rng(0).uniform(-1, 1, 40).astype(np.float32)
AUXILIARY = {
    "pretraining_epochs": 2,
    "anchors": 1,
    "segment_samples": 9,
    "hidden_size": 3,
    "first_state": "bridge",
    "second_state": "zeros",
    "cell_state": "main",
    "feed": "true_samples",
    "gradient_into_main": "full",
    "normalise": "per_segment",
}


def settings(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (any setting)
    return {
        "hidden_size": 6,
        "batch_size": 4,
        "learning_rate": 1e-3,
        "gradient_clip_norm": None,
        "initial_state_scale": 1.0,
        "teacher_forcing": "always",
        "update_length_samples": None,
        "carry_state": True,
        "auxiliary": AUXILIARY | changes,
    }


def recipe(**changes: Any) -> Recipe:  # noqa: ANN401 (any setting)
    return Recipe.from_settings(settings(**changes))


def weights(seeds: list[int] = SEEDS, **changes: Any) -> Parameters:  # noqa: ANN401 (any setting)
    return initialise(recipe(**changes).shape, RandomStreams(seeds))


def measured(seeds: list[int] = SEEDS, **changes: Any) -> list[float]:  # noqa: ANN401 (any setting)
    data = recipe(**changes).signal_data(torch.from_numpy(SIGNAL), len(seeds))
    return auxiliary_mse(weights(seeds, **changes), recipe(**changes).auxiliary_loss, data, seeds)


def by_hand(parameters: Parameters, anchor: int, feed: str) -> torch.Tensor:
    """The reconstruction before one anchor from each of the evaluation's states, [M, B, 8]."""
    streams = RandomStreams(SEEDS)
    state = streams.normal("evaluation", (4, 6)), streams.normal("evaluation", (4, 6))
    inputs = torch.from_numpy(SIGNAL).expand(2, 4, -1)
    _, state = recurrence.run(parameters, inputs[..., :anchor], state)
    return reconstruct(parameters, recipe().shape.auxiliary, inputs[..., anchor - 9 : anchor], state, feed)


@pytest.mark.parametrize("feed", ["true_samples", "own_output"])
def test_the_auxiliary_error_is_the_mean_over_segments_states_and_samples(feed: str) -> None:
    # 39 samples are fed: four segments of 9 fit, the first at the beginning, the last at the end.
    errors = []
    for anchor in (9, 19, 29, 39):
        made = by_hand(weights(), anchor, feed)
        errors.append((made - torch.from_numpy(SIGNAL[anchor - 8 : anchor])).square())
    expected = torch.stack(errors).double().mean(dim=(0, 2, 3))
    assert measured(feed=feed) == pytest.approx(expected.tolist(), rel=1e-6)


def test_a_long_signal_is_judged_at_so_many_segments_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconstruction, "MOST_EVALUATED", 2)
    errors = [
        (by_hand(weights(), at, "true_samples") - torch.from_numpy(SIGNAL[at - 8 : at])).square() for at in (9, 39)
    ]
    assert measured() == pytest.approx(torch.stack(errors).double().mean(dim=(0, 2, 3)).tolist(), rel=1e-6)


def test_a_model_of_a_pack_has_the_error_that_it_has_alone() -> None:
    together = measured()
    assert together[0] != together[1]
    assert [measured([seed])[0] for seed in SEEDS] == together


def test_the_error_depends_neither_on_how_gradients_flow_nor_on_how_many_anchors_were_trained_on() -> None:
    assert measured(gradient_into_main="none", anchors=5) == pytest.approx(measured(), rel=1e-6)


def test_reconstructing_zero_costs_the_power_of_the_evaluated_segments() -> None:
    powers = [np.mean(SIGNAL[at - 8 : at].astype(np.float64) ** 2) for at in (9, 19, 29, 39)]
    shown = evaluate_reconstruction(SIGNAL, SIGNAL[:9], anchor=9, evaluated=[9, 19, 29, 39])
    assert zero_auxiliary_mse(recipe().auxiliary_loss, SIGNAL) == np.mean(powers) == shown["evaluated_power"]


def saved(path: Path, seed: int = 1) -> Path:
    save_model(path, recipe().shape, weights([seed]))
    return path


@pytest.mark.parametrize("feed", ["true_samples", "own_output"])
def test_the_shown_reconstruction_is_of_the_first_state_before_a_drawn_anchor(tmp_path: Path, feed: str) -> None:
    shown = reconstruct_chosen(saved(tmp_path / "m.safetensors", seed=2), settings(feed=feed), SIGNAL, seed=2)
    streams = RandomStreams(SEEDS)
    for _ in range(2):
        streams.normal("evaluation", (4, 6))
    anchor = int(streams.integers("evaluation", 9, 39, (1,))[1])
    assert shown.anchor == anchor
    assert shown.evaluated == [9, 19, 29, 39]
    assert np.array_equal(shown.segment, SIGNAL[anchor - 9 : anchor])
    assert shown.reconstruction.dtype == np.float32
    assert shown.reconstruction[0] == SIGNAL[anchor - 9]
    np.testing.assert_allclose(shown.reconstruction[1:], by_hand(weights(), anchor, feed)[1, 0].numpy(), rtol=1e-5)


def test_the_shown_reconstruction_is_the_same_whenever_it_is_made(tmp_path: Path) -> None:
    path = saved(tmp_path / "m.safetensors")
    first, second = (reconstruct_chosen(path, settings(), SIGNAL, seed=1) for _ in range(2))
    assert first.anchor == second.anchor
    assert np.array_equal(first.reconstruction, second.reconstruction)


def test_prediction_and_generation_are_the_main_networks_alone(tmp_path: Path) -> None:
    chosen = settings()
    alone = {key: value for key, value in chosen.items() if key != "auxiliary"}
    shape = Recipe.from_settings(alone).shape
    save_model(tmp_path / "alone.safetensors", shape, initialise(shape, RandomStreams([1])))
    beside = sounds_of(saved(tmp_path / "beside.safetensors"), chosen, SIGNAL, seed=1)
    for ours, theirs in zip(beside, sounds_of(tmp_path / "alone.safetensors", alone, SIGNAL, seed=1), strict=True):
        assert np.array_equal(ours, theirs)


def test_a_model_without_the_configurations_auxiliary_network_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "m.safetensors")
    for changes in ({"hidden_size": 4}, {"second_state": "main"}):
        with pytest.raises(InputError, match=r"m\.safetensors.*auxiliary network"):
            reconstruct_chosen(path, settings(**changes), SIGNAL, seed=1)
    alone = {key: value for key, value in settings().items() if key != "auxiliary"}
    with pytest.raises(InputError, match=r"m\.safetensors.*auxiliary network"):
        sounds_of(path, alone, SIGNAL, seed=1)


def test_a_signals_final_losses_include_the_auxiliary_error() -> None:
    task = SignalTask(recipe(), torch.from_numpy(SIGNAL), 8000, SEEDS)
    losses = task.final_losses(weights())
    data = recipe().signal_data(torch.from_numpy(SIGNAL), 2)
    performance = perform(weights(), recipe().feeding, data, SEEDS)
    assert losses == performance.losses() | {"auxiliary_mse": measured()}
