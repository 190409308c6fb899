"""Training jobs of several models, called as the workflow calls them, with or without packs."""

import functools
import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnn_audio import atomic
from rnn_audio.jobs import training_job
from rnn_audio.jobs.packs.members import PackMember, write_waiting
from rnn_audio.losses.preemphasis import taps
from rnn_audio.networks import recurrence
from rnn_audio.wav import write_wav
from support.packs import random_pack
from support.recorded_devices import write_device

RATE_HZ = 8000
EPOCHS = 3
Settings = dict[str, Any]
Model = tuple[str, int]

_COMMON: Settings = {
    "hidden_size": 4,
    "batch_size": 2,
    "learning_rate": 1e-2,
    "gradient_clip_norm": None,
    "epochs": EPOCHS,
    "teacher_forcing": "always",
    "update_length_samples": 16,
    "carry_state": True,
}
OF_SIGNAL = _COMMON | {"signal": "tone", "rate_hz": RATE_HZ, "initial_state_scale": 1.0, "select_by": "prediction_mse"}
OF_DEVICE = _COMMON | {
    "device": "amplifier",
    "skip": True,
    "segment_samples": 50,
    "warm_up_samples": 10,
    "keep": "best_validation",
    "validate_every_epochs": 2,
    "select_by": "test_loss",
}
SEEDS = {("steady", seed): OF_SIGNAL for seed in (3, 1, 2)}
FREE_RUNNING = OF_SIGNAL | {
    "batch_size": 1,
    "gradient_clip_norm": 1.0,
    "teacher_forcing": "never",
    "update_length_samples": None,
    "select_by": "generation_mse",
    "free_running": {
        "optimiser": "soap",
        "initial_state": "learned",
        "forget_bias": 1.0,
        "learning_rate_shape": "cosine",
        "warm_up_share": 0.1,
        "start_from": None,
        "horizon": {"start_samples": 8, "full_at_share": 0.4},
        "recovery": None,
        "decay_loss": None,
        "spectral_loss": None,
    },
}
SAMPLES = {"train": 230, "val": 90, "test": 110}


def devices(*filters: str, seeds: Iterable[int] = (1, 2), **changes: Any) -> dict[Model, Settings]:  # noqa: ANN401
    """Models of a device, seed by seed."""
    return {(name, seed): OF_DEVICE | {"pre_emphasis": name} | changes for seed in seeds for name in filters}


class PackedJobs:
    """Models with one folder for their data, checkpoints and results.

    Attributes:
        models: settings by configuration and seed.
        accelerator: where they train.
    """

    def __init__(self, folder: Path, models: dict[Model, Settings], accelerator: str = "cpu") -> None:
        self.folder, self.models, self.accelerator = folder, models, accelerator
        self.checkpoints = folder / "checkpoints"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "code.py").write_text("pass\n")
        random = np.random.default_rng(0)
        write_wav(folder / "tone.wav", np.sin(np.arange(40) * 0.4), RATE_HZ)
        played = {split: 0.4 * random.standard_normal(samples) for split, samples in SAMPLES.items()}
        pairs = {split: (one, np.tanh(2 * one)) for split, one in played.items()}
        self.recordings = write_device(folder, pairs, RATE_HZ, OF_DEVICE["segment_samples"])

    def wait_for(self, *packs: Iterable[Model]) -> None:
        """Write the waiting list, as the workflow does before its first job."""
        members = [[self._member(model) for model in pack] for pack in packs]
        write_waiting(self.checkpoints, members)

    def train(self, model: Model) -> None:
        """Run one job; delete its earlier outputs first, as Snakemake does."""
        for name in ("model.safetensors", "history.csv", "run.json"):
            (self._results(model) / name).unlink(missing_ok=True)
        recordings = self.recordings if "device" in self.models[model] else [self.folder / "tone.wav"]
        training_job.train_model(
            name=model[0],
            settings=self.models[model],
            seed=model[1],
            recordings=recordings,
            start=None,
            accelerator=self.accelerator,
            threads=1,
            code=(self.folder / "code.py").read_text(),
            checkpoints=self.checkpoints / model[0],
            model_path=self._results(model) / "model.safetensors",
            history_path=self._results(model) / "history.csv",
            run_path=self._results(model) / "run.json",
        )

    def run(self, model: Model) -> dict[str, Any]:
        """A finished job's record."""
        return json.loads(self.record(model).read_text())

    def record(self, model: Model) -> Path:
        """The path of a job's record."""
        return self._results(model) / "run.json"

    def is_finished(self, model: Model) -> bool:
        return self.record(model).exists()

    def artefacts(self, model: Model) -> list[Any]:
        """The outputs of a job, without its measurements."""
        record = {key: value for key, value in self.run(model).items() if key not in ("measured", "sha256")}
        return [(self._results(model) / name).read_bytes() for name in ("model.safetensors", "history.csv")] + [record]

    def left_behind(self) -> list[str]:
        """Checkpoints and their temporary files."""
        files = [
            path for path in self.checkpoints.rglob("*") if path.is_file() and path.suffix not in (".json", ".claim")
        ]
        return sorted(str(path.relative_to(self.checkpoints)) for path in files)

    def _results(self, model: Model) -> Path:
        return self.folder / "models" / model[0] / f"seed-{model[1]}"

    def _member(self, model: Model) -> PackMember:
        return PackMember(*model, self.models[model], str(self.checkpoints / model[0]), str(self.record(model)))


def checkpoint_each_epoch(patch: pytest.MonkeyPatch) -> None:
    """Write a checkpoint after every epoch, and leave the settings of the process to the tests."""
    patch.setattr(training_job, "prepare_process", lambda accelerator, threads: None)
    for name in ("train_one", "train_in_pack"):
        patch.setattr(training_job, name, functools.partial(getattr(training_job, name), checkpoint_interval_s=0))


def clean_process() -> ProcessPoolExecutor:
    """A process that can be forked: it has loaded what training loads, but has not trained.

    If PyTorch has threads for a GPU, it cannot train in a fork of a process that has trained.
    """
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=_prepare)


def _prepare() -> None:
    """Load what is compiled and design the filter that takes long."""
    torch.set_num_threads(1)
    taps("a_weighting", RATE_HZ)
    state = torch.zeros(1, 1, 4), torch.zeros(1, 1, 4)
    with torch.no_grad():
        recurrence.run(random_pack(1, 4, torch.float32), torch.zeros(1, 1, 2), state)


def killed_at_write(number: int, jobs: PackedJobs, model: Model) -> bool:
    """Train in a fork of this process that is killed when it writes or removes its n-th file; return whether it was.

    This process must not have trained (`clean_process`).
    """
    process = os.fork()
    if process == 0:
        status = 1
        try:
            checkpoint_each_epoch(pytest.MonkeyPatch())
            _kill_on_call(number)
            jobs.train(model)
            status = 0
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    assert status in (0, -signal.SIGKILL)
    return status != 0


def _kill_on_call(number: int) -> None:
    calls = 0

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def replacement(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (passed on)
            nonlocal calls
            calls += 1
            if calls == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)

        return replacement

    atomic.os.fsync = counted(os.fsync)
    Path.unlink = counted(Path.unlink)


def alone(folder: Path, models: dict[Model, Settings]) -> PackedJobs:
    jobs = PackedJobs(folder / "alone", models)
    for model in models:
        jobs.train(model)
    return jobs


def packed(folder: Path, models: dict[Model, Settings], accelerator: str = "cpu") -> PackedJobs:
    jobs = PackedJobs(folder / "packed", models, accelerator)
    jobs.wait_for(models)
    return jobs


def assert_same(jobs: PackedJobs, other: PackedJobs) -> None:
    for model in jobs.models:
        assert jobs.artefacts(model) == other.artefacts(model), model
