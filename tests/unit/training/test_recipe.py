"""What the recipe of a configuration answers: before the first job without PyTorch, and in a job its trainer."""

import json
import subprocess
import sys
from typing import Any

import pytest
import torch
from support.packed_jobs import FREE_RUNNING, OF_DEVICE, OF_SIGNAL
from support.places import REPOSITORY
from support.training_jobs import AUXILIARY, settings

from rnn_audio.losses.objectives import MeanSquaredError
from rnn_audio.training.auxiliary_trainer import AuxiliaryTrainer
from rnn_audio.training.bptt_method import BpttMethod, Feeding
from rnn_audio.training.bptt_trainer import BpttTrainer
from rnn_audio.training.free_running_trainer import FreeRunningTrainer
from rnn_audio.training.recipe import AuxiliaryRecipe, BpttRecipe, FreeRunningRecipe, Recipe
from rnn_audio.training.teacher_forcing import TeacherForcing
from rnn_audio.training.trainer import Trainer

ASSISTED = settings(auxiliary=AUXILIARY, update_length_samples=None)
STARTED = FREE_RUNNING | {"free_running": FREE_RUNNING["free_running"] | {"start_from": "steady"}}
SIGNAL = torch.sin(torch.arange(20.0))


@pytest.mark.parametrize(
    ("chosen", "recipe", "trainer"),
    [
        (OF_SIGNAL, BpttRecipe, BpttTrainer),
        (ASSISTED, AuxiliaryRecipe, AuxiliaryTrainer),
        (FREE_RUNNING, FreeRunningRecipe, FreeRunningTrainer),
    ],
)
def test_the_key_of_a_method_chooses_its_trainer(
    chosen: dict[str, Any], recipe: type[Recipe], trainer: type[Trainer]
) -> None:
    own = Recipe.from_settings(chosen)
    assert type(own) is recipe
    made = own.trainer(own.signal_data(SIGNAL, 2), MeanSquaredError(), [3, 1])
    assert type(made) is trainer
    assert {name: tuple(tensor.shape[1:]) for name, tensor in made.parameters.items()} == own.shape.parameter_shapes()
    assert (made.epoch, made.history) == (0, [])


def test_a_method_is_fed_as_its_predictions_are() -> None:
    recipe = Recipe.from_settings(OF_SIGNAL)
    assert recipe.feeding == Feeding(TeacherForcing("always"), 16, carry_state=True)
    assert recipe.method == BpttMethod(TeacherForcing("always"), 16, carry_state=True, learning_rate=1e-2)


def test_what_waits_for_another_model_or_has_an_auxiliary_network_cannot_be_packed() -> None:
    every = (OF_SIGNAL, OF_DEVICE, FREE_RUNNING, STARTED, ASSISTED)
    assert [Recipe.from_settings(chosen).can_be_packed for chosen in every] == [True, True, True, False, False]


def test_only_a_device_is_validated_and_keeps_what_it_is_told_to() -> None:
    signal, device = Recipe.from_settings(OF_SIGNAL), Recipe.from_settings(OF_DEVICE)
    assert (signal.validate_every, signal.keeps_best_validation) == (None, False)
    assert (device.validate_every, device.keeps_best_validation) == (2, True)
    assert not Recipe.from_settings(OF_DEVICE | {"keep": "last"}).keeps_best_validation


def test_an_epoch_costs_the_same_unless_a_horizon_grows() -> None:
    assert Recipe.from_settings(OF_SIGNAL).epoch_costs(40) == [1.0] * 3
    assisted = Recipe.from_settings(ASSISTED)
    assert assisted.epoch_costs(40) == [1.0] * assisted.epochs
    assert assisted.epochs == ASSISTED["epochs"] + AUXILIARY["pretraining_epochs"]
    first, *_, last = Recipe.from_settings(FREE_RUNNING).epoch_costs(40)
    assert last - first == 39 - 8


def test_what_a_run_asks_before_its_first_job_needs_no_pytorch() -> None:
    asks = (
        "import json, sys;"
        "from rnn_audio.jobs.packs.composition import compose_packs;"
        "from rnn_audio.speed.estimate import plan_run;"
        "from rnn_audio.training.recipe import Recipe;"
        "recipes = [Recipe.from_settings(settings) for settings in json.loads(sys.argv[1])];"
        "answers = [(r.can_be_packed, r.seconds(500), r.epochs, r.feeding, r.starts_from_silence) for r in recipes];"
        "assert not {'torch', 'numba', 'scipy'} & set(sys.modules), sorted(sys.modules)"
    )
    every = json.dumps([OF_SIGNAL, OF_DEVICE, FREE_RUNNING, ASSISTED])
    library = {"PYTHONPATH": str(REPOSITORY / "workflow")}
    subprocess.run([sys.executable, "-c", asks, every], env=library, check=True)
