"""The benchmark's reference trains what ours trains: the comparison is of speed, not of results."""

import pytest
import torch

from rnn_audio.losses.objectives import EmphasisedErrorToSignal, MeanSquaredError
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.speed.benchmark_cases import Case, Epochs
from rnn_audio.speed.benchmark_records import OURS, REFERENCE
from rnn_audio.speed.reference_recipe import ReferenceTrainer
from rnn_audio.training.data import DeviceData, SignalData

SETTINGS = {
    "hidden_size": 8,
    "batch_size": 3,
    "learning_rate": 0.01,
    "update_length_samples": 16,
    "teacher_forcing": "always",
    "carry_state": True,
    "gradient_clip_norm": None,
    "skip": False,
}
DEVICE = SETTINGS | {"skip": True, "pre_emphasis": "highpass", "warm_up_samples": 10}


def test_both_recipes_move_the_same_weights_to_the_same_place() -> None:
    case = Case("any", OURS, DEVICE, samples=90, models=1)
    ours = Epochs(case, "cpu")._trainer
    batch = next(iter(ours.data.batches(RandomStreams([1]))))
    objective = EmphasisedErrorToSignal(["highpass"], 44100, "cpu")
    reference = ReferenceTrainer(8, 16, 0.01, objective, torch.device("cpu"), skip=True)
    start = {name: tensor[0].detach().clone() for name, tensor in ours.parameters.items()}
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(reference._lstm, f"{name}_l0").data.copy_(start[f"lstm.{name}"])
    for name in ("weight", "bias"):
        getattr(reference._linear, name).data.copy_(start[f"linear.{name}"])
    ours._train_batch(batch)
    reference.train_batch(batch)
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        moved = getattr(reference._lstm, f"{name}_l0").detach()
        torch.testing.assert_close(moved, ours.parameters[f"lstm.{name}"][0], rtol=1e-3, atol=1e-5)
        assert not torch.equal(moved, start[f"lstm.{name}"])


@pytest.mark.parametrize("settings", [SETTINGS, SETTINGS | {"update_length_samples": None}, DEVICE])
def test_the_reference_learns(settings: dict) -> None:
    if "pre_emphasis" in settings:
        noise = torch.randn(2, 3, 90, generator=torch.Generator().manual_seed(1))
        data = DeviceData(noise[0], 0.5 * noise[0], 1, 3, 8, 10)
        objective = EmphasisedErrorToSignal(["highpass"], 44100, "cpu")
    else:
        data = SignalData(torch.sin(torch.arange(90.0) / 4), 1, 3, 8, False, 1.0)
        objective = MeanSquaredError()
    batch = next(iter(data.batches(RandomStreams([1]))))
    recipe = ReferenceTrainer(8, settings["update_length_samples"], 0.01, objective, torch.device("cpu"))
    losses = [recipe.train_batch(batch) for _ in range(40)]
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize("settings", [SETTINGS, DEVICE])
@pytest.mark.parametrize(("recipe", "models"), [(OURS, 3), (REFERENCE, 1)])
def test_a_case_counts_the_samples_that_it_learns(settings: dict, recipe: str, models: int) -> None:
    case = Case("any", recipe, settings, samples=90, models=models)
    learned = 80 if "pre_emphasis" in settings else 89
    assert case.trained_samples == 3 * models * learned
    assert Epochs(case, "cpu").train() > 0
