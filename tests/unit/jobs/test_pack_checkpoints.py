"""A pack's state, taken apart: what its models alone would have."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from support import free_running
from support.training_jobs import METHODS, SIGNAL

from rnn_audio.jobs.packs.checkpoints import only
from rnn_audio.jobs.tasks import SignalTask
from rnn_audio.jobs.training_loop import build_trainer
from rnn_audio.training.trainer import Trainer

SEEDS = [5, 3, 8]


def trainer_of(settings: dict[str, Any], seeds: list[int], epochs: int = 3) -> Trainer:
    trainer = build_trainer(settings, SignalTask(settings, torch.from_numpy(SIGNAL), 8000, seeds), seeds)
    for epoch in range(epochs):
        losses = trainer.train_epoch()
        trainer.best.offer(epoch + 1, trainer.parameters, losses)
    return trainer


def assert_same(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> None:
    assert ours.keys() == theirs.keys()
    for name in theirs:
        assert torch.equal(ours[name].nan_to_num(), theirs[name].nan_to_num()), name


@pytest.mark.parametrize("models", [[0], [2], [1, 2], [2, 0]])
@pytest.mark.parametrize("settings", METHODS.values(), ids=METHODS.keys())
def test_part_of_a_pack_is_the_pack_of_that_part(settings: dict[str, Any], models: list[int]) -> None:
    part = only(trainer_of(settings, SEEDS).state_dict(), models)
    assert_same(part, trainer_of(settings, [SEEDS[model] for model in models]).state_dict())


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
    alone = trainer_of(settings, [SEEDS[1]], epochs=0)
    alone.load_state_dict(only(trainer_of(settings, SEEDS).state_dict(), [1]))
    alone.train_epoch()
    whole = trainer_of(settings, [SEEDS[1]])
    whole.train_epoch()
    assert_same(alone.state_dict(), whole.state_dict())
