"""How far a run is, read from files like those that a run leaves."""

import json
import os
from pathlib import Path

import pytest

from rnn_audio.errors import InputError
from rnn_audio.speed.run_status import RunStatus, State, read_status

START_S = 1_000_000.0
NOW_S = START_S + 100
EPOCHS = "epoch 1 of 40, loss 2.0e-02, 3 min 2 s left", "epoch 9 of 40, loss 1.0e-02, 1 h 1 min left"


def write(path: Path, content: object, at_s: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    os.utime(path, (at_s, at_s))
    return path


def plan(results: Path, seconds: dict[str, float], **more: object) -> None:
    """The plan of a run that trains seed 1 of these configurations."""
    trainings = [{"configuration": name, "seed": 1, "seconds": own} for name, own in seconds.items()]
    record = {"trainings": trainings, "others_s": 0, "at_once": 1, "basis": "a guess", "logs": "logs"}
    write(results / "plan.json", record | more, START_S)


def is_on(results: Path, *packs: list[str]) -> None:
    listed = [[{"configuration": name, "seed": 1} for name in pack] for pack in packs]
    write(results / "checkpoints" / "waiting.json", {"packs": listed or [[]]}, START_S)


def done(results: Path, name: str, at_s: float = START_S + 50) -> None:
    write(results / "models" / name / "seed-1" / "run.json", {}, at_s)


def log(results: Path, name: str, *lines: str, level: str = "INFO", at_s: float = START_S + 60, end: str = "") -> None:
    text = "".join(f"2026-01-01 10:00:00,000 {level} {line}\n" for line in lines) + end
    write(results / "logs" / "train" / name / "seed-1.log", text, at_s)


def states(status: RunStatus) -> dict[str, State]:
    return {model.configuration: model.state for model in status.models}


def test_models_are_done_training_waiting_or_failed(tmp_path: Path) -> None:
    plan(tmp_path, {"a": 10, "b": 10, "c": 10, "d": 10})
    is_on(tmp_path)
    done(tmp_path, "a")
    log(tmp_path, "a", *EPOCHS)
    log(tmp_path, "b", *EPOCHS)
    log(tmp_path, "d", "configuration d", at_s=START_S + 5)
    log(tmp_path, "d", "lower the learning rate", level="ERROR")
    status = read_status(tmp_path, NOW_S)
    assert states(status) == {"a": State.DONE, "b": State.TRAINING, "c": State.WAITING, "d": State.FAILED}
    (training,) = status.of(State.TRAINING)
    assert training.progress is not None
    assert (training.progress.epoch, training.progress.epochs) == (9, 40)
    assert training.progress.losses == (0.02, 0.01)
    assert (training.progress.left_s, training.progress.silent_s) == (3660, 40)
    (failed,) = status.of(State.FAILED)
    assert failed.progress is not None
    assert failed.progress.error == "lower the learning rate"


def test_a_bug_is_named_by_the_last_line_of_its_traceback(tmp_path: Path) -> None:
    plan(tmp_path, {"a": 10})
    is_on(tmp_path)
    trace = "Traceback (most recent call last):\n  File x, line 1\nValueError: no\n"
    log(tmp_path, "a", "this is a bug; please report it with this log", level="ERROR", end=trace)
    (failed,) = read_status(tmp_path, NOW_S).of(State.FAILED)
    assert failed.progress is not None
    assert failed.progress.error == "ValueError: no"


def test_what_an_earlier_run_left_counts_only_where_this_one_trains_it_not(tmp_path: Path) -> None:
    plan(tmp_path, {"again": 10})
    is_on(tmp_path)
    done(tmp_path, "again", at_s=START_S - 500)
    log(tmp_path, "again", "it failed", level="ERROR", at_s=START_S - 500)
    done(tmp_path, "kept", at_s=START_S - 500)
    assert states(read_status(tmp_path, NOW_S)) == {"again": State.WAITING, "kept": State.DONE}


def test_without_a_run_a_training_was_interrupted(tmp_path: Path) -> None:
    plan(tmp_path, {"a": 10, "b": 10})
    log(tmp_path, "a", *EPOCHS)
    status = read_status(tmp_path, NOW_S)
    assert states(status) == {"a": State.INTERRUPTED, "b": State.WAITING}
    assert (status.is_on, status.left_s) == (False, None)


def test_what_is_left_is_the_logs_and_the_plans_time(tmp_path: Path) -> None:
    plan(tmp_path, {"a": 500, "b": 500, "c": 300, "d": 100}, others_s=80, at_once=2)
    is_on(tmp_path)
    log(tmp_path, "a", "epoch 1 of 9, loss 1.0e+00, 3 h 0 min left", "epoch 2 of 9, loss 1.0e+00, 40 s left")
    done(tmp_path, "d")
    # 40 s of a, whose first line counts the time of compiling, 500 s of b and 300 s of c, and three quarters of the
    # other jobs, two at a time.
    assert read_status(tmp_path, NOW_S).left_s == pytest.approx(max((40 + 500 + 300 + 60) / 2, 500))


def test_the_models_of_a_pack_train_in_one_job(tmp_path: Path) -> None:
    plan(tmp_path, {"a": 10, "b": 10, "c": 10})
    is_on(tmp_path, ["a", "b"], ["c"])
    log(tmp_path, "a", *EPOCHS)
    status = read_status(tmp_path, NOW_S)
    assert states(status) == {"a": State.TRAINING, "b": State.TRAINING, "c": State.WAITING}
    assert next(model for model in status.models if model.configuration == "b").pack_of == ("a", 1)


def test_files_that_are_being_written_are_no_error(tmp_path: Path) -> None:
    write(tmp_path / "plan.json", '{"trainings": [', START_S)
    write(tmp_path / "checkpoints" / "waiting.json", "", START_S)
    done(tmp_path, "a")
    assert states(read_status(tmp_path, NOW_S)) == {"a": State.DONE}


def test_a_folder_that_holds_no_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder of results"):
        read_status(tmp_path / "nothing")
    with pytest.raises(InputError, match="neither a model nor the plan of a run"):
        read_status(tmp_path)
