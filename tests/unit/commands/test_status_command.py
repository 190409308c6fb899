"""What `python -m rnn_audio status` prints."""

import json
import math
from pathlib import Path

import pytest

from rnn_audio.__main__ import main
from rnn_audio.commands.status import curve, describe
from rnn_audio.speed.run_status import ModelStatus, Progress, RunStatus, State

LOG = Path("results/logs/train/room/seed-1.log")


def progress(**changes: object) -> Progress:
    values = {"epoch": 9, "epochs": 40, "losses": (0.02, 0.01), "left_s": 125.0, "error": None, "silent_s": 3.0}
    return Progress(**values | changes)


def lines(*models: ModelStatus, left_s: float | None = 65.0) -> list[str]:
    status = RunStatus(models, left_s is not None, left_s, "from a guess")
    return list(describe(Path("results"), status))


def test_a_training_says_epoch_loss_and_time_left() -> None:
    first, _, room, left = lines(ModelStatus("room", 1, State.TRAINING, LOG, progress()))
    assert first == "results: 1 model(s), 1 training"
    assert room == "  room seed 1  epoch 9 of 40, loss 1.000e-02, 2 min 5 s left  █▁"
    assert left == "left: about 1 min 5 s in all (from a guess)"


def test_a_silent_log_and_a_pack_are_told() -> None:
    silent = ModelStatus("room", 1, State.TRAINING, LOG, progress(silent_s=600.0))
    packed = ModelStatus("room", 2, State.TRAINING, LOG, None, ("room", 1))
    text = "\n".join(lines(silent, packed))
    assert "silent for 10 min 0 s" in text
    assert "room seed 2  in the pack of room seed 1" in text


def test_a_failure_says_why_and_where() -> None:
    failed = ModelStatus("room", 1, State.FAILED, LOG, progress(error="lower the learning rate"))
    assert f"failed: room seed 1: lower the learning rate ({LOG})" in lines(failed, left_s=None)


def test_many_that_wait_are_counted() -> None:
    waiting = [ModelStatus("room", seed, State.WAITING, LOG) for seed in range(15)]
    (named,) = [line for line in lines(*waiting) if line.startswith("waiting: ")]
    assert named.endswith("room seed 11 and 3 more")
    assert lines(*waiting, left_s=None)[-1] == "No run is on. The same command goes on where it was."


def test_a_curve_falls_from_the_top_to_the_bottom_on_a_logarithmic_axis() -> None:
    assert curve([1.0]) == ""
    assert curve([1.0, 1.0]) == "▁▁"
    assert curve([1.0, 0.1, 0.01]) == "█▅▁"
    long = curve([10.0**-place for place in range(200)])
    assert len(long) == 24
    assert (long[0], long[-1]) == ("█", "▁")
    assert curve([1.0, math.nan, 0.0, 0.01]) == "█▁"


def test_the_command_reads_a_folder_and_says_what_is_wrong_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = tmp_path / "models" / "room" / "seed-3" / "run.json"
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({}))
    assert main(["status", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{tmp_path}: 1 model(s), 1 done\n"
    assert main(["status", str(tmp_path / "none")]) == 1
    assert "no such folder of results" in capsys.readouterr().err
