"""The cost of a pre-emphasis filter in training, which paper B, section 4.3, calls negligible."""

import statistics
import time
from pathlib import Path

import torch

from rnn_audio.jobs.tasks import DeviceTask, build_task
from rnn_audio.training.bptt_trainer import BpttTrainer
from rnn_audio.training.captured_update import untimed_epochs
from rnn_audio.training.recipe import BpttRecipe
from rnn_audio.types import Settings

_ROUNDS = 3
_SEED = 0


def measure_update_times(settings: Settings, recordings: list[Path], accelerator: str) -> dict[str, float]:
    """Time updates of one configuration with its own pre-emphasis filter and without one.

    The two are timed in turn, so that other loads on the machine affect both alike.

    Args:
        settings: the resolved configuration.
        recordings: the device's segments for training, then input and target of val and test.
        accelerator: where it trains.

    Returns:
        Median seconds of an update, `own_update_s` and `none_update_s`, and `updates`, the number of timed updates.
    """
    trainers = {
        "own_update_s": _one_batch_trainer(settings, recordings, accelerator),
        "none_update_s": _one_batch_trainer(settings | {"pre_emphasis": "none"}, recordings, accelerator),
    }
    seconds: dict[str, list[float]] = {name: [] for name in trainers}
    for trainer in trainers.values():
        for _ in range(untimed_epochs(accelerator)):
            trainer.train_epoch()
    before = trainers["own_update_s"].optimiser.steps_made()
    for _ in range(_ROUNDS):
        for name, trainer in trainers.items():
            seconds[name].append(_time_epoch(trainer, accelerator))
    timed = trainers["own_update_s"].optimiser.steps_made() - before
    medians = {name: statistics.median(values) * _ROUNDS / timed for name, values in seconds.items()}
    return medians | {"updates": timed}


def _one_batch_trainer(settings: Settings, recordings: list[Path], accelerator: str) -> BpttTrainer:
    recipe = BpttRecipe(settings)
    task = build_task(recipe, recordings, accelerator, [_SEED])
    if not isinstance(task, DeviceTask):
        raise TypeError("update times are measured on a device's configuration")
    return BpttTrainer(recipe.shape, recipe.method, task.first_batch(), [_SEED], task.objective)


def _time_epoch(trainer: BpttTrainer, accelerator: str) -> float:
    # On a CPU, the time that this one thread computes: other jobs disturb it less than the time that passes.
    clock = time.perf_counter if accelerator == "cuda" else time.thread_time
    started = clock()
    trainer.train_epoch()
    if accelerator == "cuda":
        torch.cuda.synchronize()
    return clock() - started
