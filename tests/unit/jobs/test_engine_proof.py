"""A GPU's engine proves itself before a job trains by it; what fails is not used, and the job says why."""

import json
import logging
import sys
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from support.packed_jobs import devices, packed
from support.right_engine import right, right_mixed
from support.training_jobs import ANNEALED, Job

from rnn_audio.errors import InputError
from rnn_audio.jobs import engine_proof, training_job
from rnn_audio.jobs.engine_proof import forget_proofs, prove, settle_engine
from rnn_audio.networks.engines import choice as engines
from rnn_audio.training.captured_update import CapturedUpdate

pytestmark = pytest.mark.emulated

triton_recurrence = pytest.importorskip("rnn_audio.networks.engines.triton_recurrence")

HIDDEN = 5
WRONG = {engines.TRITON: "the relative error of its outputs is 1.0e-03, above 2e-05 (hidden size 5, known inputs)"}
NOT_CAPTURED = {engines.CAPTURED: "RuntimeError: operation not permitted when stream is capturing"}


def test_the_trial_in_a_process_of_its_own_says_why_a_kernel_cannot_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Triton has no kernels for a CPU."""
    monkeypatch.setenv(engines.OVERRIDE, engines.TRITON)
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    rejected = prove("cpu", HIDDEN, mixes=False)
    assert rejected.keys() == {engines.TRITON}
    assert "InputError: Triton's recurrence runs on CUDA devices" in rejected[engines.TRITON]


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("kill -SEGV $$", "its trial ended with status -11: no message"),
        ("echo 'driver: no' >&2; exit 3", "its trial ended with status 3: driver: no"),
        ("exec sleep 20", "its trial did not end within 1 s"),
    ],
    ids=["crash", "failure", "hang"],
)
def test_a_trial_that_does_not_end_well_rejects_the_engine(
    program: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(engine_proof, "_LONGEST_S", 1)
    monkeypatch.setenv(engines.OVERRIDE, engines.TRITON)
    assert prove("cuda", HIDDEN, mixes=True) == {engines.TRITON: said}


@pytest.mark.parametrize(
    ("working", "tried", "picked"),
    [
        ([engines.CUDA, engines.TRITON], [(engines.CUDA, [])], engines.CUDA),
        ([engines.TRITON], [(engines.CUDA, []), (engines.TRITON, [engines.CUDA])], engines.TRITON),
        ([], [(engines.CUDA, []), (engines.TRITON, [engines.CUDA])], "pytorch"),
    ],
    ids=["both work", "the CUDA kernels fail", "both fail"],
)
def test_the_next_engine_is_tried_where_one_fails(
    working: list[str], tried: list[tuple[str, list[str]]], picked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(engines.OVERRIDE, raising=False)
    monkeypatch.setattr(engines, "_serves", lambda engine, device, hidden_size: True)
    monkeypatch.setattr(engines, "_rejected", {})
    calls = []

    def try_one(accelerator: str, hidden_size: int, mixes: bool, engine: str, without: list[str]) -> dict[str, str]:
        calls.append((engine, without))
        return {} if engine in working else {engine: "wrong"}

    monkeypatch.setattr(engine_proof, "_try", try_one)
    rejected = prove("cuda", HIDDEN, mixes=False)
    assert calls == tried
    assert engines.rejected() == {}
    engines.reject(rejected)
    assert engines.pick(torch.device("cuda"), HIDDEN) == picked


# --- what a job makes of it ---


class Trials:
    """Stands in for the trials: it counts them, and they have the results that were set."""

    def __init__(self) -> None:
        self.rejected: dict[str, str] = {}
        self.tried: list[tuple[int, bool]] = []

    def __call__(self, accelerator: str, hidden_size: int, mixes: bool) -> dict[str, str]:
        self.tried.append((hidden_size, mixes))
        return dict(self.rejected)


@pytest.fixture
def trials(gpu: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Trials:
    """The pretended GPU with the Triton engine, and its trials."""
    stand_in = Trials()
    monkeypatch.delenv(engines.OVERRIDE, raising=False)
    monkeypatch.setattr(engines, "GPU", gpu.KIND)
    monkeypatch.setattr(engines, "_serves", lambda engine, device, hidden_size: engine == engines.TRITON)
    monkeypatch.setattr(engines, "uses_triton", lambda device: False)
    monkeypatch.setattr(engines, "_rejected", {})
    monkeypatch.setattr(triton_recurrence, "lstm", right)
    monkeypatch.setattr(triton_recurrence, "mixed", right_mixed)
    monkeypatch.setattr(engine_proof, "prove", stand_in)
    return stand_in


def trained(folder: Path, gpu: ModuleType, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Job:  # noqa: ANN401
    job = Job(folder, **changes)
    job.train(monkeypatch, accelerator=gpu.DEVICE)
    return job


@pytest.mark.parametrize(
    ("rejected", "engine", "captures", "said"),
    [
        ({}, "triton", True, []),
        (WRONG, "pytorch", False, ["PyTorch's LSTM trains, more slowly", WRONG[engines.TRITON]]),
        (
            NOT_CAPTURED,
            "triton",
            False,
            ["the engine 'triton' trains, without captured updates", NOT_CAPTURED[engines.CAPTURED]],
        ),
    ],
    ids=["accepted", "engine rejected", "captured updates rejected"],
)
def test_a_job_trains_by_what_was_accepted_and_says_so_once(
    rejected: dict[str, str],
    engine: str,
    captures: bool,
    said: list[str],
    trials: Trials,
    gpu: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    trials.rejected = rejected
    used = []
    initialise = CapturedUpdate.__init__

    def note(self: CapturedUpdate, *, on_gpu: bool) -> None:
        used.append(self)
        initialise(self, on_gpu=on_gpu)

    monkeypatch.setattr(CapturedUpdate, "__init__", note)
    with caplog.at_level(logging.WARNING):
        job = trained(tmp_path, gpu, monkeypatch)
    measured = json.loads(job.run.read_text())["measured"]
    assert measured["engine"] == engine
    assert measured.get("rejected", {}) == rejected
    assert bool(used) == captures
    assert len(caplog.messages) == bool(said)
    assert all(words in caplog.text for words in said)
    assert trials.tried == [(5, False)]


def test_the_key_of_a_training_is_that_of_the_engine_that_trains(
    trials: Trials, gpu: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {}
    for name, rejected in (("accepted", {}), ("rejected", WRONG), ("not captured", NOT_CAPTURED)):
        trials.rejected = rejected
        keys[name] = json.loads(trained(tmp_path / name, gpu, monkeypatch).run.read_text())["training_key"]
    monkeypatch.setenv(engines.OVERRIDE, "pytorch")
    without = json.loads(trained(tmp_path / "pytorch", gpu, monkeypatch).run.read_text())["training_key"]
    assert keys["accepted"] == keys["not captured"] != keys["rejected"] == without


def test_the_result_is_kept_for_the_jobs_after_it_and_forgotten_by_the_next_run(
    trials: Trials, gpu: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials.rejected = WRONG
    engine = [json.loads(trained(tmp_path, gpu, monkeypatch).run.read_text())["measured"]["engine"] for _ in range(3)]
    assert (engine, len(trials.tried)) == (3 * ["pytorch"], 1)
    trained(tmp_path, gpu, monkeypatch, teacher_forcing=ANNEALED)
    trained(tmp_path, gpu, monkeypatch, hidden_size=6)
    assert trials.tried == [(5, False), (5, True), (6, False)]
    # A spoilt file is made again.
    kept = sorted(tmp_path.glob("engine.*.json"))
    assert len(kept) == 3
    for path in kept:
        path.write_text("{", encoding="utf-8")
    trained(tmp_path, gpu, monkeypatch)
    assert trials.tried[3:] == [(5, False)]
    forget_proofs(tmp_path)
    assert not list(tmp_path.glob("engine.*.json"))
    trials.rejected = {}
    job = trained(tmp_path, gpu, monkeypatch)
    assert json.loads(job.run.read_text())["measured"]["engine"] == "triton"
    assert len(trials.tried) == 5


def test_another_machine_code_or_version_is_tried_by_itself(trials: Trials, gpu: ModuleType, tmp_path: Path) -> None:
    settle = partial(settle_engine, gpu.DEVICE, {"hidden_size": 5, "teacher_forcing": "always"}, tmp_path)
    for code, version in (("a", "1"), ("a", "1"), ("b", "1"), ("b", "2"), ("a", "1")):
        settle(code=code, versions={"torch": version})
    assert len(trials.tried) == 3


def test_of_two_jobs_at_the_same_time_the_first_result_counts(
    trials: Trials, gpu: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = partial(settle_engine, gpu.DEVICE, {"hidden_size": 5, "teacher_forcing": "always"}, tmp_path)

    def overtaken(accelerator: str, hidden_size: int, mixes: bool) -> dict[str, str]:
        monkeypatch.setattr(engine_proof, "prove", trials)
        trials.rejected = WRONG
        settle()
        return {}

    monkeypatch.setattr(engine_proof, "prove", overtaken)
    settle()
    assert engines.rejected() == WRONG


def test_all_models_of_a_pack_come_to_the_same_engine(
    trials: Trials, gpu: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_job, "prepare_process", lambda accelerator, threads: None)
    trials.rejected = WRONG
    models = devices("none", "highpass", seeds=[1], epochs=2)
    jobs = packed(tmp_path, models, gpu.DEVICE)
    for model in models:
        jobs.train(model)
    assert [jobs.run(model)["measured"]["engine"] for model in models] == ["pytorch", "pytorch"]
    assert {jobs.run(model)["measured"]["models_at_once"] for model in models} == {2}
    assert len(trials.tried) == 1


def test_an_engine_that_was_asked_for_and_fails_is_an_error(
    trials: Trials, gpu: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(engines.OVERRIDE, engines.TRITON)
    trials.rejected = WRONG
    with pytest.raises(InputError, match=r"RNN_AUDIO_ENGINE is 'triton', which does not work .*1\.0e-03"):
        settle_engine(gpu.DEVICE, {"hidden_size": 5, "teacher_forcing": "always"})


def test_a_cpu_tries_nothing(trials: Trials) -> None:
    engines.reject(WRONG)  # of an earlier job of this process
    settle_engine("cpu", {"hidden_size": 5, "teacher_forcing": "always"})
    assert trials.tried == []
    assert engines.rejected() == {}
