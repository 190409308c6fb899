import csv
import functools
import json
import math
import os
import signal as signals
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnn_audio import engines, training_job, training_loop
from rnn_audio.audio import write_wav
from rnn_audio.checkpoints import CheckpointStore
from rnn_audio.errors import InputError
from rnn_audio.models import ModelShape, load_model, save_model
from rnn_audio.performance import perform_chosen
from rnn_audio.progress import ProgressLog
from rnn_audio.records import write_history
from rnn_audio.resolved import build_shape
from rnn_audio.runtime import device_name
from rnn_audio.tasks import SignalTask
from rnn_audio.training import DivergenceError
from rnn_audio.training_job import TrainedPack

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


def train(folder: Path, chosen: dict[str, Any], seeds: list[int], interval_s: float = 0) -> TrainedPack:
    store = CheckpointStore(folder / "checkpoints", "job", "0" * 64)
    task = SignalTask(chosen, torch.from_numpy(SIGNAL), 8000, seeds)
    pack = training_job.train_pack("mine", chosen, task, seeds, store, interval_s)
    assert len(pack.results) == len(pack.histories) == len(seeds)
    return pack


def artefacts(pack: TrainedPack, folder: Path) -> list[bytes]:
    """The bytes of each model's weights and history."""
    contents = []
    for index, history in enumerate(pack.histories):
        save_model(folder / "model", ModelShape(hidden_size=5), pack.parameters, index)
        write_history(folder / "history", history)
        contents += [(folder / "model").read_bytes(), (folder / "history").read_bytes()]
    return contents


class KilledError(Exception):
    """Stands for a kill."""


def killed_at(epoch: int) -> Callable[..., None]:
    original = ProgressLog.epoch

    def log_epoch(self: ProgressLog, done: int, loss: float) -> None:
        if done == epoch:
            raise KilledError
        original(self, done, loss)

    return log_epoch


@pytest.mark.parametrize("chosen", METHODS.values(), ids=METHODS.keys())
def test_a_killed_pack_goes_on_to_the_bytes_of_an_uninterrupted_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, chosen: dict[str, Any]
) -> None:
    uninterrupted = train(tmp_path / "whole", chosen, [3, 1])
    for epoch in (1, 3, 4, EPOCHS):  # the first leaves no checkpoint, each other one that of the epoch before
        with monkeypatch.context() as patch, pytest.raises(KilledError):
            patch.setattr(ProgressLog, "epoch", killed_at(epoch))
            train(tmp_path / "killed", chosen, [3, 1])
    with caplog.at_level("INFO"):
        resumed = train(tmp_path / "killed", chosen, [3, 1])
    assert f"resumed behind epoch {EPOCHS - 1}" in caplog.text
    assert artefacts(resumed, tmp_path) == artefacts(uninterrupted, tmp_path)


def test_the_time_between_checkpoints_changes_no_result(tmp_path: Path) -> None:
    often = train(tmp_path / "often", settings(), [1], interval_s=0)
    never = train(tmp_path / "never", settings(), [1], interval_s=math.inf)
    assert (tmp_path / "often" / "checkpoints").exists()
    assert not (tmp_path / "never" / "checkpoints").exists()
    assert artefacts(often, tmp_path) == artefacts(never, tmp_path)


def test_the_training_time_adds_up_over_restarts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(10_000))
    monkeypatch.setattr(training_loop.time, "monotonic", lambda: float(next(ticks)))
    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(ProgressLog, "epoch", killed_at(EPOCHS))
        train(tmp_path, settings(), [1])
    # Of the second run only one epoch is left: without the first run's time it would be the shorter one.
    _, progress = CheckpointStore(tmp_path / "checkpoints", "job", "0" * 64).load()
    (result,) = train(tmp_path, settings(), [1]).results
    assert 0 < progress["elapsed_s"] < result.effort.elapsed_s < 10_000


def test_divergence_names_configuration_seed_and_epoch(tmp_path: Path) -> None:
    with pytest.raises(DivergenceError, match=r"configuration mine\b.*seed 7\b.*epoch 2\b") as caught:
        train(tmp_path, settings(learning_rate=1e25, update_length_samples=None), [7])
    assert isinstance(caught.value, InputError)


def test_a_signal_of_one_sample_is_refused(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path, "job", "0" * 64)
    with pytest.raises(InputError, match=r"configuration mine\b.*1 sample\b.*at least 2"):
        training_job.train_pack("mine", settings(), SignalTask(settings(), torch.ones(1), 8000, [1]), [1], store)


def test_two_samples_are_enough(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path, "job", "0" * 64)
    task = SignalTask(settings(), torch.tensor([0.5, -0.5]), 8000, [1])
    pack = training_job.train_pack("mine", settings(), task, [1], store)
    assert len(pack.histories[0]["training_mse"]) == EPOCHS


# --- one model, from a WAV file to its artefacts ---


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
            "device": "cpu",
            "threads": 1,
            "code": "a digest",
            "checkpoints": self.checkpoints,
            "model_path": self.model,
            "history_path": self.history,
            "run_path": self.run,
        }

    def train(self, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:  # noqa: ANN401 (any argument)
        with monkeypatch.context() as patch:
            # The process belongs to the tests, and a checkpoint is due after every epoch.
            patch.setattr(training_job, "prepare_process", lambda device, threads: None)
            often = functools.partial(training_job.train_pack, checkpoint_interval_s=0)
            patch.setattr(training_job, "train_pack", often)
            training_job.train_model(**self.arguments | changes)


def test_a_model_a_history_and_a_record_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job(tmp_path)
    job.train(monkeypatch)
    shape, _ = load_model(job.model)
    assert shape.hidden_size == 5
    with job.history.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == [str(epoch) for epoch in range(1, EPOCHS + 1)]
    record = json.loads(job.run.read_text())
    assert record["losses"]["training_mse"] == float(rows[-1]["training_mse"])


def test_an_auxiliary_loss_adds_its_network_its_columns_and_its_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = Job(tmp_path, **WITH_AUXILIARY)
    job.train(monkeypatch)
    shape, parameters = load_model(job.model)
    assert shape == build_shape(job.settings)
    assert "auxiliary.bridge_second_cell.weight" in parameters
    with job.history.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["epoch", "training_mse", "auxiliary_mse", "phase"]
    assert [row["phase"] for row in rows] == ["0"] * 2 + ["1"] * (EPOCHS - 2)
    record = json.loads(job.run.read_text())
    assert record["losses"].keys() == {"prediction_mse", "generation_mse", "training_mse", "auxiliary_mse"}
    assert all(math.isfinite(loss) and loss > 0 for loss in record["losses"].values())
    assert record["losses"]["training_mse"] == float(rows[-1]["training_mse"])


def test_the_record_says_what_was_trained_and_by_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job(tmp_path)
    job.train(monkeypatch)
    record = json.loads(job.run.read_text())
    assert record["name"] == "mine"
    assert record["seed"] == 4
    assert record["configuration"] == job.settings
    assert record["parameters"] == 4 * 5 * (1 + 5 + 2) + 5 + 1
    assert record["samples"] == len(SIGNAL)
    assert record["rate_hz"] == 8000
    assert record["versions"]["torch"] == version("torch")
    assert "source_revision" in record
    assert record["losses"].keys() == {"prediction_mse", "generation_mse", "training_mse"}
    assert all(math.isfinite(loss) and loss > 0 for loss in record["losses"].values())
    measured = record["measured"]
    how = {"device": "cpu", "device_name": device_name("cpu"), "engine": "compiled", "threads": 1}
    assert measured.keys() == {"wall_time_s", "models_at_once", "peak_memory_mib", *how}
    assert {key: measured[key] for key in how} == how
    assert measured["wall_time_s"] > 0
    assert measured["peak_memory_mib"] > 1


def strings(value: Any) -> list[str]:  # noqa: ANN401 (any JSON value)
    """Every text in a JSON value, keys included."""
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


def test_the_record_has_no_path_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job(tmp_path)
    job.train(monkeypatch)
    text = job.run.read_text()
    values = [value for value in strings(json.loads(text)) if value.startswith(("/", "~", "file:"))]
    assert values == []
    for path in (tmp_path, Path.cwd(), Path(training_job.__file__).parent, Path(sys.prefix)):
        assert str(path) not in text


def test_the_recorded_losses_are_those_of_the_written_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job(tmp_path, batch_size=1)
    job.train(monkeypatch)
    sounds = perform_chosen(job.model, job.settings, SIGNAL, seed=4)
    losses = json.loads(job.run.read_text())["losses"]
    for sound, name in zip(sounds, ("prediction_mse", "generation_mse"), strict=True):
        expected = float(np.mean((sound[1:].astype(np.float64) - SIGNAL[1:]) ** 2))
        assert losses[name] == pytest.approx(expected, rel=1e-6)


def test_no_checkpoint_outlives_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job(tmp_path)
    seen = []
    original = CheckpointStore.save

    def save(store: CheckpointStore, *arguments: Any) -> None:  # noqa: ANN401 (passed on)
        original(store, *arguments)
        seen.append(len(list(job.checkpoints.iterdir())))

    monkeypatch.setattr(CheckpointStore, "save", save)
    job.train(monkeypatch)
    assert seen == [1] * EPOCHS
    assert list(job.checkpoints.iterdir()) == []


def change_signal(job: Job) -> dict[str, Any]:
    write_wav(job.arguments["recordings"][0], SIGNAL * 0.5, 8000)
    return {}


def change_code(job: Job) -> dict[str, Any]:
    job.arguments["code"] = "another digest"
    return {}


def broken_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job that was killed behind its third epoch."""
    job = Job(folder)
    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(ProgressLog, "epoch", killed_at(4))
        job.train(monkeypatch)
    assert not job.model.exists()
    return job


@pytest.mark.parametrize(
    ("change", "resumes"),
    [
        pytest.param(lambda job: {}, True, id="nothing"),
        pytest.param(lambda job: {"settings": job.settings | {"learning_rate": 2e-2}}, False, id="settings"),
        pytest.param(lambda job: {"seed": 5}, False, id="seed"),
        pytest.param(change_signal, False, id="signal"),
        pytest.param(change_code, False, id="code"),
    ],
)
def test_training_goes_on_only_where_nothing_changed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    change: Callable[[Job], dict[str, Any]],
    resumes: bool,
) -> None:
    job = broken_off(tmp_path, monkeypatch)
    with caplog.at_level("INFO"):
        job.train(monkeypatch, **change(job))
    assert ("resumed behind epoch 3" in caplog.text) == resumes


def test_another_engine_starts_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job = broken_off(tmp_path, monkeypatch)
    monkeypatch.setenv(engines.OVERRIDE, "pytorch")
    with caplog.at_level("INFO"):
        job.train(monkeypatch)
    assert "resumed" not in caplog.text
    assert json.loads(job.run.read_text())["measured"]["engine"] == "pytorch"


# One process imports the library and starts another for each run, which may be killed as it enters a function for the
# given time; it prints each one's exit status, whether its record was there, and how many checkpoints it left.
DRIVER = """
import functools, json, os, signal, sys
from pathlib import Path
from rnn_audio import atomic, optimiser, training_job

OWNERS = {"fsync": atomic.os, "step": optimiser.Adam, "write_history": training_job}

def killed_on_entry(function, call):
    calls = 0
    def replacement(*args, **kwargs):
        nonlocal calls
        calls += 1
        if calls == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)
    return replacement

def train(arguments, moment, call):
    if moment is not None:
        setattr(OWNERS[moment], moment, killed_on_entry(getattr(OWNERS[moment], moment), call))
    training_job.train_pack = functools.partial(training_job.train_pack, checkpoint_interval_s=0)
    for name in ("checkpoints", "model_path", "history_path", "run_path"):
        arguments[name] = Path(arguments[name])
    arguments["recordings"] = [Path(path) for path in arguments["recordings"]]
    training_job.train_model(**arguments)

for arguments, moment, call in json.loads(sys.argv[1]):
    process = os.fork()
    if process == 0:
        status = 1
        try:
            train(arguments, moment, call)
            status = 0
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    checkpoints = len(list(Path(arguments["checkpoints"]).glob("*.safetensors")))
    print(json.dumps([status, Path(arguments["run_path"]).exists(), checkpoints]), flush=True)
"""


def train_in_processes(runs: list[tuple[Job, str | None, int]]) -> list[list[Any]]:
    """What the driver prints for each run."""
    described = json.dumps([(job.arguments, moment, call) for job, moment, call in runs], default=str)
    environment = os.environ | {"PYTHONPATH": str(Path(training_job.__file__).parents[1])}
    command = [sys.executable, "-c", DRIVER, described]
    finished = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in finished.stdout.splitlines()]


def test_a_process_killed_again_and_again_ends_with_the_bytes_of_an_uninterrupted_one(tmp_path: Path) -> None:
    whole, killed = Job(tmp_path / "whole"), Job(tmp_path / "killed")
    outcomes = train_in_processes(
        [
            (whole, None, 0),
            (killed, "step", 2),  # amidst the first epoch's updates: nothing to go on from
            (killed, "step", 6),  # amidst the second epoch's
            (killed, "fsync", 2),  # amidst the writing of a checkpoint
            (killed, "write_history", 1),  # behind the training, with one of three artefacts written
            (killed, None, 0),
        ]
    )
    by_kill = -signals.SIGKILL
    assert outcomes == [
        [0, True, 0],
        [by_kill, False, 0],
        [by_kill, False, 1],
        [by_kill, False, 1],
        [by_kill, False, 1],
        [0, True, 0],
    ]
    assert killed.model.read_bytes() == whole.model.read_bytes()
    assert killed.history.read_bytes() == whole.history.read_bytes()
    assert list(killed.checkpoints.iterdir()) == []
