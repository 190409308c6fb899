"""A pack's state, taken apart: what its models alone would have."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from support import free_running
from support.training_jobs import METHODS, SIGNAL

from rnn_audio.jobs.packs.checkpoints import only
from rnn_audio.jobs.tasks import SignalTask
from rnn_audio.jobs.training_loop import TrainingLoop
from rnn_audio.training.recipe import Recipe

SEEDS = [5, 3, 8]


def loop_of(settings: dict[str, Any], seeds: list[int], epochs: int = 3) -> TrainingLoop:
    """After so many epochs, each with a validation."""
    recipe = Recipe.from_settings(settings)
    task = SignalTask(recipe, torch.from_numpy(SIGNAL), 8000, seeds)
    loop = TrainingLoop(recipe.trainer(task.data, task.objective, seeds), task, recipe, None, math.inf)
    for _ in range(epochs):
        train_and_validate(loop)
    return loop


def train_and_validate(loop: TrainingLoop) -> None:
    losses = loop.trainer.train_epoch()
    loop.best.offer(loop.trainer.epoch, loop.trainer.parameters, losses)


def assert_same(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> None:
    assert ours.keys() == theirs.keys()
    for name in theirs:
        assert torch.equal(ours[name].nan_to_num(), theirs[name].nan_to_num()), name


@pytest.mark.parametrize("models", [[0], [2], [1, 2], [2, 0]])
@pytest.mark.parametrize("settings", METHODS.values(), ids=METHODS.keys())
def test_part_of_a_pack_is_the_pack_of_that_part(settings: dict[str, Any], models: list[int]) -> None:
    part = only(loop_of(settings, SEEDS).state_dict(), models)
    assert_same(part, loop_of(settings, [SEEDS[model] for model in models]).state_dict())


@pytest.mark.parametrize("models", [[0], [2, 0]])
@pytest.mark.parametrize("optimiser", ["soap", "adam"])
@pytest.mark.parametrize("state", ["learned", "random"])
def test_part_of_a_free_running_pack_is_the_pack_of_that_part(optimiser: str, state: str, models: list[int]) -> None:
    rich = replace(free_running.RICH, horizon=free_running.WAITING, learning_rate=0.05)
    method = replace(rich, optimiser=optimiser, initial_state=state)
    part = only(free_running.trained(method, SEEDS).state_dict(), models)
    assert_same(part, free_running.trained(method, [SEEDS[model] for model in models]).state_dict())


def test_a_part_goes_on_alone() -> None:
    settings = METHODS["annealed"]
    alone, part = loop_of(settings, [SEEDS[1]], epochs=0), only(loop_of(settings, SEEDS).state_dict(), [1])
    alone.trainer.load_state_dict(part)
    alone.best.load_state_dict(part, torch.device("cpu"))
    train_and_validate(alone)
    assert_same(alone.state_dict(), loop_of(settings, [SEEDS[1]], epochs=4).state_dict())
