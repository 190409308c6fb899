"""A free-running training as a job: from a signal, and perhaps another model, to a model and its records."""

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.sounds import sounds_of
from support.training_jobs import KilledError, killed_at

from rnn_audio.errors import InputError
from rnn_audio.jobs import training_job
from rnn_audio.jobs.progress import ProgressLog
from rnn_audio.networks import recurrence
from rnn_audio.networks.auxiliary_shape import AuxiliaryShape
from rnn_audio.networks.model import (
    INITIAL_STATE,
    ModelShape,
    Parameters,
    initialise,
    load_model,
    save_model,
    stored_state,
)
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.records import read_history
from rnn_audio.training.trainer import DivergenceError
from rnn_audio.wav import write_wav

HIDDEN, EPOCHS, SEED = 5, 8, 4
SIGNAL = (np.cos(np.arange(30) * 0.4) * 0.95 ** np.arange(30)).astype(np.float32)
RECOVERY = {"loss_ratio": 10, "least_loss": 0.0, "patience_epochs": 0, "learning_rate_factor": 1e-32, "at_most": 1}
Settings = dict[str, Any]


def settings(own: Settings | None = None, **changes: Any) -> Settings:  # noqa: ANN401 (any setting)
    """A resolved configuration; `own` are keys of its `free_running`."""
    method = {
        "optimiser": "soap",
        "initial_state": "learned",
        "forget_bias": 1.0,
        "learning_rate_shape": "constant",
        "warm_up_share": 0.0,
        "start_from": None,
        "horizon": {"start_samples": 8, "full_at_share": 0.4},
        "recovery": None,
        "decay_loss": None,
        "spectral_loss": None,
    }
    return {
        "signal": "sine",
        "rate_hz": 8000,
        "hidden_size": HIDDEN,
        "batch_size": 1,
        "learning_rate": 1e-2,
        "gradient_clip_norm": 1.0,
        "initial_state_scale": 0.5,
        "epochs": EPOCHS,
        "teacher_forcing": "never",
        "update_length_samples": None,
        "carry_state": True,
        "select_by": "generation_mse",
        "free_running": method | (own or {}),
    } | changes


def random_state(**changes: Any) -> Settings:  # noqa: ANN401 (any setting)
    return settings({"initial_state": "random", **changes}, batch_size=2)


class Job:
    """A call of `train_model` with its folders."""

    def __init__(self, folder: Path, chosen: Settings, start: Path | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.settings = chosen
        self.model, self.history, self.run = (folder / name for name in ("m.safetensors", "history.csv", "run.json"))
        write_wav(folder / "signal.wav", SIGNAL, 8000)
        self.arguments = {
            "name": "mine",
            "settings": chosen,
            "seed": SEED,
            "recordings": [folder / "signal.wav"],
            "start": start,
            "accelerator": "cpu",
            "threads": 1,
            "code": "a digest",
            "checkpoints": folder / "checkpoints",
            "model_path": self.model,
            "history_path": self.history,
            "run_path": self.run,
        }

    def train(self) -> "Job":
        training_job.train_model(**self.arguments)
        return self

    def rows(self) -> list[dict[str, str]]:
        with self.history.open(newline="") as file:
            return list(csv.DictReader(file))

    def artefacts(self) -> list[bytes]:
        return [self.model.read_bytes(), self.history.read_bytes()]


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process belongs to the tests, and a checkpoint is due after every epoch."""
    monkeypatch.setattr(training_job, "prepare_process", lambda accelerator, threads: None)
    original = training_job.train_one
    monkeypatch.setattr(
        training_job, "train_one", lambda *args, **kwargs: original(*args, checkpoint_interval_s=0, **kwargs)
    )


METHODS = {
    "learned": settings(),
    "fixed, adam": settings({"initial_state": "fixed", "optimiser": "adam"}),
    "random": random_state(),
    "recovering": settings({"horizon": "full", "recovery": RECOVERY}, learning_rate=1e30),
}
every_method = pytest.mark.parametrize("chosen", METHODS.values(), ids=METHODS.keys())


@every_method
def test_a_killed_job_goes_on_to_the_bytes_of_an_uninterrupted_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, chosen: Settings
) -> None:
    whole, killed = Job(tmp_path / "whole", chosen).train(), Job(tmp_path / "killed", chosen)
    for epoch in (1, 3, 4, EPOCHS):  # the first leaves no checkpoint, each other one that of the epoch before
        with monkeypatch.context() as patch, pytest.raises(KilledError):
            patch.setattr(ProgressLog, "epoch", killed_at(epoch))
            killed.train()
    with caplog.at_level("INFO"):
        killed.train()
    assert f"resumed after epoch {EPOCHS - 1}" in caplog.text
    assert killed.artefacts() == whole.artefacts()


@every_method
def test_the_record_has_the_written_models_losses_and_what_became_of_it(tmp_path: Path, chosen: Settings) -> None:
    job = Job(tmp_path, chosen | {"batch_size": 1}).train()
    record, rows = json.loads(job.run.read_text()), job.rows()
    assert list(rows[0]) == ["epoch", "training_mse", "learning_rate", "horizon_samples"]
    assert len(rows) == EPOCHS
    prediction, generation = sounds_of(job.model, job.settings, SIGNAL, SEED)
    assert np.array_equal(prediction, generation)
    assert generation[0] == SIGNAL[0]
    error = float(np.mean((generation[1:].astype(np.float64) - SIGNAL[1:]) ** 2))
    for loss in ("prediction_mse", "generation_mse"):
        assert record["losses"][loss] == pytest.approx(error, rel=1e-6)
    assert record["losses"]["training_mse"] == float(rows[-1]["training_mse"])
    assert record["recoveries"] == sum(row["training_mse"] == "" for row in rows) == (chosen is METHODS["recovering"])
    if "initial_state.h" in load_model(job.model)[1]:
        best = rows[record["best_epoch"] - 1]
        assert float(best["training_mse"]) == pytest.approx(error, rel=1e-5)


def test_a_history_with_a_recovery_is_read_with_a_gap(tmp_path: Path) -> None:
    job = Job(tmp_path, METHODS["recovering"]).train()
    epochs, losses = read_history(job.history)
    assert epochs.tolist() == list(range(1, EPOCHS + 1))
    assert np.isnan(losses).tolist() == [False, True, *[False] * 6]


@pytest.mark.parametrize(("state", "stored"), [("learned", True), ("fixed", True), ("random", False)])
def test_a_model_file_has_the_initial_state_unless_it_is_random(tmp_path: Path, state: str, stored: bool) -> None:
    shape, parameters = load_model(Job(tmp_path, settings({"initial_state": state})).train().model)
    assert shape.initial_state == stored
    assert (INITIAL_STATE[0] in parameters) == stored
    values = 4 * HIDDEN * (1 + HIDDEN + 2) + HIDDEN + 1 + 2 * HIDDEN * stored
    assert json.loads((tmp_path / "run.json").read_text())["parameters"] == values


def test_divergence_names_configuration_seed_epoch_and_setting(tmp_path: Path) -> None:
    with pytest.raises(DivergenceError, match=rf"configuration mine, seed {SEED}\b.*epoch 2\b.*free_running\.recovery"):
        Job(tmp_path, settings({"horizon": "full"}, learning_rate=1e30)).train()


def test_a_training_without_one_finite_loss_is_an_error(tmp_path: Path) -> None:
    chosen = random_state(recovery=RECOVERY | {"at_most": 100})
    huge = {name: 1e30 * tensor for name, tensor in teacher_forced().items()}
    start = tmp_path / "start.safetensors"
    save_model(start, ModelShape(HIDDEN), huge)
    with pytest.raises(DivergenceError, match=rf"configuration mine, seed {SEED}: it diverged in every epoch"):
        Job(tmp_path, chosen, start).train()


# --- a start ---


def teacher_forced(hidden: int = HIDDEN) -> Parameters:
    """Weights of a model that carries no state."""
    return {name: 2 * tensor for name, tensor in initialise(ModelShape(hidden), RandomStreams([9])).items()}


def saved(path: Path, shape: ModelShape) -> Path:
    parameters = initialise(shape, RandomStreams([9]))
    save_model(path, shape, parameters | teacher_forced(shape.hidden_size))
    return path


def generation_mse(parameters: Parameters, state: tuple[torch.Tensor, torch.Tensor]) -> float:
    signal = torch.from_numpy(SIGNAL)
    generated, _ = recurrence.free_run(parameters, signal[:1, None], len(signal) - 1, state)
    return float((generated - signal[1:]).square().mean())


WITH_AUXILIARY = AuxiliaryShape(hidden_size=3, first_state="bridge", second_state="zeros", cell_state="main")


@pytest.mark.parametrize(
    "shape", [ModelShape(HIDDEN), ModelShape(HIDDEN, auxiliary=WITH_AUXILIARY)], ids=["alone", "auxiliary"]
)
def test_training_starts_from_another_models_weights_and_a_state_that_is_drawn(
    tmp_path: Path, shape: ModelShape
) -> None:
    job = Job(tmp_path, settings({"horizon": "full"}), start=saved(tmp_path / "start.safetensors", shape)).train()
    streams = RandomStreams([SEED])
    h, c = (0.5 * streams.normal("states", (1, HIDDEN)) for _ in range(2))
    assert float(job.rows()[0]["training_mse"]) == pytest.approx(generation_mse(teacher_forced(), (h, c)), rel=1e-5)
    assert load_model(job.model)[0] == ModelShape(HIDDEN, initial_state=True)


def test_a_start_that_has_an_initial_state_hands_it_on(tmp_path: Path) -> None:
    first = Job(tmp_path / "first", settings()).train()
    _, parameters = load_model(first.model)
    second = Job(tmp_path / "second", settings({"horizon": "full"}), start=first.model).train()
    expected = generation_mse(parameters, stored_state(parameters, 1))
    assert float(second.rows()[0]["training_mse"]) == pytest.approx(expected, rel=1e-5)


def test_a_start_that_has_an_initial_state_leaves_it_behind_where_states_are_random(tmp_path: Path) -> None:
    first = Job(tmp_path / "first", settings()).train()
    second = Job(tmp_path / "second", random_state(), start=first.model).train()
    assert not set(INITIAL_STATE) & load_model(second.model)[1].keys()


def test_a_start_of_another_hidden_size_is_refused(tmp_path: Path) -> None:
    start = saved(tmp_path / "start.safetensors", ModelShape(HIDDEN + 1))
    with pytest.raises(InputError, match=r"start\.safetensors: .*hidden size 6.* 5; .*start_from"):
        Job(tmp_path, settings(), start=start).train()


@pytest.mark.parametrize("changes", [True, False])
def test_a_checkpoint_of_another_start_is_not_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, changes: bool
) -> None:
    start = saved(tmp_path / "start.safetensors", ModelShape(HIDDEN))
    job = Job(tmp_path, settings(), start=start)
    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(ProgressLog, "epoch", killed_at(4))
        job.train()
    if changes:
        save_model(start, ModelShape(HIDDEN), {name: -tensor for name, tensor in teacher_forced().items()})
    with caplog.at_level("INFO"):
        job.train()
    assert ("resumed after epoch 3" in caplog.text) != changes
    assert all(math.isfinite(float(row["training_mse"])) for row in job.rows())
