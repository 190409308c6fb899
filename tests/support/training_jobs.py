"""Trainings of one small signal, as packs or as single models with their files, and how tests interrupt them."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnn_audio.jobs import training_job
from rnn_audio.jobs.checkpoints import CheckpointStore
from rnn_audio.jobs.progress import ProgressLog
from rnn_audio.jobs.tasks import SignalTask
from rnn_audio.jobs.training_job import Trained
from rnn_audio.jobs.training_loop import TrainingLoop
from rnn_audio.networks.model import ModelShape, save_model
from rnn_audio.records import write_history
from rnn_audio.training.recipe import Recipe
from rnn_audio.wav import write_wav

EPOCHS = 6
SIGNAL = np.sin(np.arange(30) * 0.4).astype(np.float32)
ANNEALED = {"schedule": "linear", "start": 1.0, "slope_per_epoch": 0.3, "minimum": 0.0}


def settings(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (any setting)
    return {
        "signal": "sine",
        "rate_hz": 8000,
        "hidden_size": 5,
        "batch_size": 2,
        "learning_rate": 1e-2,
        "gradient_clip_norm": None,
        "initial_state_scale": 1.0,
        "epochs": EPOCHS,
        "teacher_forcing": "always",
        "update_length_samples": 8,
        "carry_state": True,
        "select_by": "prediction_mse",
    } | changes


AUXILIARY = {
    "pretraining_epochs": 2,
    "anchors": 2,
    "segment_samples": 7,
    "hidden_size": 3,
    "first_state": "bridge",
    "second_state": "main",
    "cell_state": "main",
    "feed": "true_samples",
    "gradient_into_main": 4,
    "normalise": "per_segment",
}
WITH_AUXILIARY = settings(update_length_samples=None, auxiliary=AUXILIARY, epochs=EPOCHS - 2)
METHODS = {
    "truncated": settings(),
    "reset": settings(carry_state=False),
    "auxiliary": WITH_AUXILIARY,
    "free": settings(teacher_forcing="never", update_length_samples=None),
    "annealed": settings(teacher_forcing=ANNEALED),
}


def store_in(folder: Path) -> CheckpointStore:
    return CheckpointStore(folder / "checkpoints", "job", "0" * 64)


def task_of(recipe: Recipe, seeds: list[int]) -> SignalTask:
    return SignalTask(recipe, torch.from_numpy(SIGNAL), 8000, seeds)


def train(folder: Path, chosen: dict[str, Any], seed: int) -> Trained:
    """One model, as its job trains it, with a checkpoint after every epoch."""
    recipe = Recipe.from_settings(chosen)
    return training_job.train_one("mine", recipe, task_of(recipe, [seed]), seed, store_in(folder), 0)


def train_pack(folder: Path, chosen: dict[str, Any], seeds: list[int], interval_s: float = 0) -> TrainingLoop:
    """Several models together, to the end."""
    recipe = Recipe.from_settings(chosen)
    task = task_of(recipe, seeds)
    loop = TrainingLoop(recipe.trainer(task.data, task.objective, seeds), task, recipe, store_in(folder), interval_s)
    loop.run()
    return loop


def artefacts(loop: TrainingLoop, folder: Path) -> list[bytes]:
    """The bytes of each model's weights and history."""
    contents = []
    for index in range(len(loop.trainer.history[0])):
        save_model(folder / "model", ModelShape(hidden_size=5), loop.parameters(), index)
        write_history(folder / "history", loop.history(index))
        contents += [(folder / "model").read_bytes(), (folder / "history").read_bytes()]
    return contents


class KilledError(Exception):
    """Simulates a kill."""


def killed_at(epoch: int) -> Callable[..., None]:
    original = ProgressLog.epoch

    def log_epoch(self: ProgressLog, done: int, loss: float) -> None:
        if done == epoch:
            raise KilledError
        original(self, done, loss)

    return log_epoch


class Job:
    """A call of `train_model` with its folders."""

    def __init__(self, folder: Path, **changes: Any) -> None:  # noqa: ANN401 (any setting)
        folder.mkdir(parents=True, exist_ok=True)
        self.checkpoints = folder / "checkpoints"
        self.model, self.history, self.run = (
            folder / name for name in ("model.safetensors", "history.csv", "run.json")
        )
        self.settings = settings(**changes)
        write_wav(folder / "signal.wav", SIGNAL, 8000)
        self.arguments = {
            "name": "mine",
            "settings": self.settings,
            "seed": 4,
            "recordings": [folder / "signal.wav"],
            "start": None,
            "accelerator": "cpu",
            "threads": 1,
            "code": "a digest",
            "checkpoints": self.checkpoints,
            "model_path": self.model,
            "history_path": self.history,
            "run_path": self.run,
        }

    def train(self, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:  # noqa: ANN401 (any argument)
        with monkeypatch.context() as patch:
            # The process settings are those of the tests, and a checkpoint is written after every epoch.
            patch.setattr(training_job, "prepare_process", lambda accelerator, threads: None)
            often = functools.partial(training_job.train_one, checkpoint_interval_s=0)
            patch.setattr(training_job, "train_one", often)
            training_job.train_model(**self.arguments | changes)
