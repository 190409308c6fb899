"""Trainings on a pretended GPU make the CPU's numbers, and ask nothing of it that a real one would refuse."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from support.packed_jobs import FREE_RUNNING, devices, packed
from support.training_jobs import METHODS, Job, KilledError, killed_at

from rnn_audio.jobs import training_job
from rnn_audio.jobs.progress import ProgressLog
from rnn_audio.records import read_history

pytestmark = pytest.mark.emulated

Settings = dict[str, Any]


def free_running(**changes: Any) -> Settings:  # noqa: ANN401 (any setting)
    return FREE_RUNNING | {"free_running": FREE_RUNNING["free_running"] | changes}


DECAY = free_running(decay_loss={"weight": 1e-2, "range_db": 60.0, "from_share": 0.0})
# Fewer epochs than elsewhere, for Python takes part in each operation; an annealed training needs them all.
FEW_EPOCHS = {"truncated": 3, "reset": 3, "free": 3, "auxiliary": 2}
SHORT = {name: METHODS[name] | {"epochs": epochs} for name, epochs in FEW_EPOCHS.items()}
KINDS = (
    METHODS
    | SHORT
    | {
        "free running": FREE_RUNNING,
        "free running, Adam": free_running(optimiser="adam", initial_state="random"),
        "spectrum": free_running(spectral_loss={"weight": 1e-2, "window_samples": [8, 16]}),
        "waiting horizon": free_running(
            horizon={"start_samples": 8, "full_at_share": 0.4, "growth": 1.3, "grow_below": 0.9}
        ),
        "recovery": free_running(
            recovery={
                "loss_ratio": 1.01,
                "least_loss": 0.0,
                "patience_epochs": 0,
                "learning_rate_factor": 0.5,
                "at_most": 3,
            }
        ),
    }
)


NOTED = {
    "add: tensors of two devices": lambda x: x + torch.ones(4),
    "cumsum: not deterministic": lambda x: x.cumsum(0),
    "reflection_pad1d_backward: not deterministic": lambda x: torch.autograd.grad(
        torch.nn.functional.pad(x[None], (2, 2), mode="reflect").sum(), x
    ),
    "_local_scalar_dense: waits for the device": lambda x: float(x.detach().sum()),
    "_to_copy: waits for the device": lambda x: x.cpu(),
    "copy_: waits for the device": lambda x: torch.empty_like(x).copy_(torch.ones(4)),
    "index: waits for the device": lambda x: x[x > 0],
}


@pytest.mark.parametrize(("note", "function"), NOTED.items(), ids=NOTED.keys())
def test_what_a_real_one_would_refuse_is_noted(
    note: str, function: Callable[[torch.Tensor], Any], gpu: ModuleType
) -> None:
    x = torch.tensor([1.0, -2.0, 3.0, 4.0], device=gpu.DEVICE, requires_grad=True)
    with gpu.noting() as refused:
        gpu.repeatable(function)(x) if "waits" in note else function(x)
        assert refused == [f"aten::{note}"]
        refused.clear()


def train(folder: Path, settings: Settings, accelerator: str, monkeypatch: pytest.MonkeyPatch) -> Job:
    job = Job(folder)
    job.arguments |= {"settings": settings, "accelerator": accelerator}
    job.train(monkeypatch)
    return job


@pytest.mark.parametrize("settings", KINDS.values(), ids=KINDS.keys())
def test_a_training_makes_the_bytes_of_a_training_on_the_cpu(
    settings: Settings, gpu: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = (
        train(tmp_path / accelerator, settings, accelerator, monkeypatch) for accelerator in (gpu.DEVICE, "cpu")
    )
    assert ours.history.read_text() == theirs.history.read_text()
    assert ours.model.read_bytes() == theirs.model.read_bytes()


def test_a_decay_is_summed_in_another_order(gpu: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = (
        train(tmp_path / accelerator, DECAY, accelerator, monkeypatch) for accelerator in (gpu.DEVICE, "cpu")
    )
    np.testing.assert_allclose(read_history(ours.history)[1], read_history(theirs.history)[1], rtol=1e-3)


@pytest.mark.parametrize("kind", ["truncated", "auxiliary", "free running"])
def test_a_killed_training_goes_on(kind: str, gpu: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = train(tmp_path / "whole", KINDS[kind], gpu.DEVICE, monkeypatch)
    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(ProgressLog, "epoch", killed_at(2))
        train(tmp_path / "killed", KINDS[kind], gpu.DEVICE, monkeypatch)
    resumed = train(tmp_path / "killed", KINDS[kind], gpu.DEVICE, monkeypatch)
    assert resumed.history.read_text() == whole.history.read_text()
    assert resumed.model.read_bytes() == whole.model.read_bytes()


def test_a_pack_of_device_models_trains_and_is_judged(
    gpu: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_job, "prepare_process", lambda accelerator, threads: None)
    models = devices("none", "highpass", "a_weighting", seeds=[1], epochs=2)
    packs = [packed(tmp_path / accelerator, models, accelerator) for accelerator in (gpu.DEVICE, "cpu")]
    for jobs in packs:
        for model in models:
            jobs.train(model)
    for model in models:
        (*ours, our_record), (*theirs, their_record) = (jobs.artefacts(model) for jobs in packs)
        assert ours == theirs
        assert our_record["losses"] == their_record["losses"]
