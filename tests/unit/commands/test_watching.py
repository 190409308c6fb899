import os
from pathlib import Path

import pytest

from rnn_audio.commands.watching import Progress, run_watched


@pytest.fixture
def results(tmp_path: Path) -> Path:
    (tmp_path / "logs/train/amp").mkdir(parents=True)
    return tmp_path


def log(results: Path, seed: int, *epochs: int) -> None:
    lines = [f"INFO epoch {epoch} of 40, loss {1 / epoch:.4e}, 7 s left" for epoch in epochs]
    (results / f"logs/train/amp/seed-{seed}.log").write_text("\n".join(["INFO on cpu", *lines]))


def finish(results: Path, seed: int) -> None:
    (results / f"models/amp/seed-{seed}").mkdir(parents=True)
    (results / f"models/amp/seed-{seed}/run.json").write_text("{}")


def test_before_any_epoch_the_recordings_are_prepared(results: Path) -> None:
    progress = Progress(results, "amp", [1, 2], 40)
    assert progress.text(0.0) == "preparing the recordings"
    log(results, 1)
    assert progress.text(1.0) == "preparing the recordings"


def test_models_epochs_losses_and_the_time_left_are_said(results: Path) -> None:
    progress = Progress(results, "amp", [1, 2, 3], 40)
    finish(results, 1)
    log(results, 2, 1, 10)
    first = progress.text(100.0)  # 50 of 120 epochs
    assert first.endswith("42 %  1 of 3 models; seed 2: epoch 10 of 40, loss 0.1")
    log(results, 2, 1, 10, 20)
    # 10 epochs in 30 s; 60 are left.
    assert progress.text(130.0).endswith("50 %  1 of 3 models; seed 2: epoch 20 of 40, loss 0.05; 3:00 left")


def test_models_that_train_at_once_are_all_said(results: Path) -> None:
    log(results, 1, 5)
    log(results, 2, 4)
    said = Progress(results, "amp", [1, 2], 40).text(0.0)
    assert "seed 1: epoch 5 of 40, loss 0.2; seed 2: epoch 4 of 40, loss 0.25" in said


def test_after_the_last_model_the_rest_is_said(results: Path) -> None:
    for seed in (1, 2):
        finish(results, seed)
    assert "all 2 models trained" in Progress(results, "amp", [1, 2], 40).text(0.0)


def test_a_command_ends_with_its_status_and_its_output_in_the_log(tmp_path: Path) -> None:
    progress = Progress(tmp_path, "amp", [1], 40)
    assert run_watched(["sh", "-c", "echo said; exit 3"], os.environ, tmp_path / "log", progress) == 3
    assert (tmp_path / "log").read_text() == "said\n"


def test_after_ctrl_c_the_commands_own_end_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rnn_audio.commands.watching.time.sleep", interrupt)
    command = ["sh", "-c", "sleep 0.3; echo ended in order"]
    with pytest.raises(KeyboardInterrupt):
        run_watched(command, os.environ, tmp_path / "log", Progress(tmp_path, "amp", [1], 40))
    assert (tmp_path / "log").read_text() == "ended in order\n"
