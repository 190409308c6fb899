import csv
import json
import math
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.sounds import sounds_of
from support.training_jobs import (
    EPOCHS,
    METHODS,
    SIGNAL,
    WITH_AUXILIARY,
    Job,
    KilledError,
    artefacts,
    killed_at,
    settings,
    train,
    train_pack,
)

from rnn_audio.errors import InputError
from rnn_audio.evaluation.linear_prediction import linear_prediction_mse
from rnn_audio.evaluation.signal_sounds import LOSSES
from rnn_audio.jobs import training_job, training_loop
from rnn_audio.jobs.checkpoints import CheckpointStore
from rnn_audio.jobs.progress import ProgressLog
from rnn_audio.jobs.runtime import accelerator_name
from rnn_audio.jobs.tasks import SignalTask
from rnn_audio.jobs.training_job import Trained
from rnn_audio.networks.model import load_model
from rnn_audio.training.recipe import Recipe
from rnn_audio.training.trainer import DivergenceError


@pytest.mark.parametrize("chosen", METHODS.values(), ids=METHODS.keys())
def test_a_killed_pack_goes_on_to_the_bytes_of_an_uninterrupted_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, chosen: dict[str, Any]
) -> None:
    uninterrupted = train_pack(tmp_path / "whole", chosen, [3, 1])
    for epoch in (1, 3, 4, EPOCHS):  # the first leaves no checkpoint, each other one that of the epoch before
        with monkeypatch.context() as patch, pytest.raises(KilledError):
            patch.setattr(ProgressLog, "epoch", killed_at(epoch))
            train_pack(tmp_path / "killed", chosen, [3, 1])
    with caplog.at_level("INFO"):
        resumed = train_pack(tmp_path / "killed", chosen, [3, 1])
    assert f"resumed after epoch {EPOCHS - 1}" in caplog.text
    assert artefacts(resumed, tmp_path) == artefacts(uninterrupted, tmp_path)


def test_the_time_between_checkpoints_changes_no_result(tmp_path: Path) -> None:
    often = train_pack(tmp_path / "often", settings(), [1], interval_s=0)
    never = train_pack(tmp_path / "never", settings(), [1], interval_s=math.inf)
    assert (tmp_path / "often" / "checkpoints").exists()
    assert not (tmp_path / "never" / "checkpoints").exists()
    assert artefacts(often, tmp_path) == artefacts(never, tmp_path)


def test_the_training_time_adds_up_over_restarts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(10_000))
    monkeypatch.setattr(training_loop.time, "monotonic", lambda: float(next(ticks)))
    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(ProgressLog, "epoch", killed_at(EPOCHS))
        train(tmp_path, settings(), 1)
    # Of the second run only one epoch is left: without the first run's time it would be the shorter one.
    _, progress = CheckpointStore(tmp_path / "checkpoints", "job", "0" * 64).load()
    assert 0 < progress["elapsed_s"] < train(tmp_path, settings(), 1).effort.elapsed_s < 10_000


def test_divergence_names_configuration_seed_and_epoch(tmp_path: Path) -> None:
    with pytest.raises(DivergenceError, match=r"configuration mine\b.*seed 7\b.*epoch 2\b") as caught:
        train(tmp_path, settings(learning_rate=1e25, update_length_samples=None), 7)
    assert isinstance(caught.value, InputError)


def train_signal(signal: list[float], store: CheckpointStore) -> Trained:
    recipe = Recipe.from_settings(settings())
    return training_job.train_one("mine", recipe, SignalTask(recipe, torch.tensor(signal), 8000, [1]), 1, store)


def test_a_signal_of_one_sample_is_refused(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path, "job", "0" * 64)
    with pytest.raises(InputError, match=r"configuration mine\b.*1 sample\b.*at least 2"):
        train_signal([1.0], store)


def test_two_samples_are_enough(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path, "job", "0" * 64)
    assert len(train_signal([0.5, -0.5], store).history["training_mse"]) == EPOCHS


# --- one model, from a WAV file to its artefacts ---


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
    assert shape == Recipe.from_settings(job.settings).shape
    assert "auxiliary.bridge_second_cell.weight" in parameters
    with job.history.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["epoch", "training_mse", "auxiliary_mse", "segments_power", "phase"]
    assert [row["phase"] for row in rows] == ["0"] * 2 + ["1"] * (EPOCHS - 2)
    record = json.loads(job.run.read_text())
    assert record["losses"].keys() == {*LOSSES, "training_mse", "auxiliary_mse"}
    assert all(math.isfinite(loss) and loss > 0 for loss in record["losses"].values())
    assert record["losses"]["training_mse"] == float(rows[-1]["training_mse"])
    assert record["zero_loss"].keys() == record["losses"].keys()


@pytest.mark.parametrize("newer_is", ["still training", "finished"])
def test_a_training_that_a_newer_one_has_replaced_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, newer_is: str
) -> None:
    old, new = Job(tmp_path), Job(tmp_path, learning_rate=0.5)
    written = {}

    def overtaken(self: ProgressLog, done: int, loss: float) -> None:
        monkeypatch.undo()
        if newer_is == "still training":
            with monkeypatch.context() as patch, pytest.raises(KilledError):
                patch.setattr(ProgressLog, "epoch", killed_at(2))
                new.train(monkeypatch)
        else:
            new.train(monkeypatch)
        written.update({path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()})

    monkeypatch.setattr(ProgressLog, "epoch", overtaken)
    old.train(monkeypatch)
    assert "a newer run trains this model" in caplog.text
    left = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    assert {path: content for path, content in left.items() if path in written} == written
    assert len(list(tmp_path.glob("run.json"))) == (newer_is != "still training")


def test_a_training_with_other_settings_replaces_older_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Job(tmp_path).train(monkeypatch)
    again = Job(tmp_path, learning_rate=0.5)
    again.train(monkeypatch)
    assert json.loads(again.run.read_text())["configuration"]["learning_rate"] == 0.5
    assert list(again.checkpoints.glob("*")) == []


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
    power = np.mean(SIGNAL[1:].astype(np.float64) ** 2)
    assert record["zero_loss"] == dict.fromkeys((*LOSSES, "training_mse"), power)
    assert record["linear_prediction_mse"] == {str(taps): linear_prediction_mse(SIGNAL, taps) for taps in (8, 32)}
    assert record["versions"]["torch"] == version("torch")
    assert "source_revision" in record
    assert record["losses"].keys() == {*LOSSES, "training_mse"}
    assert all(math.isfinite(loss) and loss > 0 for loss in record["losses"].values())
    measured = record["measured"]
    how = {"accelerator": "cpu", "accelerator_name": accelerator_name("cpu"), "engine": "compiled", "threads": 1}
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
    sounds = sounds_of(job.model, job.settings, SIGNAL, seed=4)
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
        seen.append(len(list(job.checkpoints.glob("*.safetensors"))))

    monkeypatch.setattr(CheckpointStore, "save", save)
    job.train(monkeypatch)
    assert seen == [1] * EPOCHS
    assert list(job.checkpoints.iterdir()) == []
