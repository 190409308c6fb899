"""A training that is killed goes on from its checkpoint, where nothing changed since."""

import json
import os
import signal as signals
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.training_jobs import SIGNAL, Job, KilledError, killed_at

from rnn_audio.jobs import training_job
from rnn_audio.jobs.progress import ProgressLog
from rnn_audio.networks.engines import choice as engines
from rnn_audio.wav import write_wav


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
    assert ("resumed after epoch 3" in caplog.text) == resumes


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
from rnn_audio.training import adam as optimiser
from rnn_audio.jobs import training_job
from rnn_audio import atomic

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
    training_job.train_one = functools.partial(training_job.train_one, checkpoint_interval_s=0)
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
    environment = os.environ | {"PYTHONPATH": str(Path(training_job.__file__).parents[2])}
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
