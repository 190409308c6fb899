import os
from pathlib import Path

import pytest

from rnn_audio.commands.watching import progress_text, run_watched
from rnn_audio.speed.run_status import ModelStatus, Progress, RunStatus, State


def model(seed: int, state: State, epoch: int = 0, pack_of: tuple[str, int] | None = None) -> ModelStatus:
    progress = None
    if state is State.TRAINING and pack_of is None:
        losses = (1 / epoch,) if epoch else ()
        progress = Progress(epoch, 40 if epoch else 0, losses, 20.0, None, 0.0)
    return ModelStatus("amp", seed, state, Path("a.log"), progress, pack_of)


def said(*models: ModelStatus, left_s: float | None = 180.0) -> str:
    return progress_text(RunStatus(models, is_on=True, left_s=left_s, basis=""))


def test_before_any_epoch_the_recordings_are_prepared() -> None:
    assert said(model(1, State.WAITING), model(2, State.WAITING)) == "preparing the recordings"
    assert said(model(1, State.TRAINING), model(2, State.WAITING)) == "preparing the recordings"


def test_models_epochs_losses_and_the_time_left_are_said() -> None:
    text = said(
        model(1, State.DONE), model(2, State.TRAINING, 10), model(3, State.TRAINING, 20), model(4, State.WAITING)
    )
    assert text.endswith(
        "44 %  1 of 4 models; seed 2: epoch 10 of 40, loss 0.1; seed 3: epoch 20 of 40, loss 0.05; about 3 min 0 s left"
    )


def test_the_models_of_a_pack_are_as_far_as_the_one_whose_job_trains_them() -> None:
    pack = [model(seed, State.TRAINING, pack_of=("amp", 1)) for seed in (2, 3, 4)]
    assert said(model(1, State.TRAINING, 20), *pack, left_s=None).endswith(
        "50 %  0 of 4 models; seed 1: epoch 20 of 40, loss 0.05"
    )


def test_after_the_last_model_the_rest_is_said() -> None:
    assert "100 %  all 2 models trained" in said(model(1, State.DONE), model(2, State.DONE))


def test_a_command_ends_with_its_status_and_its_output_in_the_log(tmp_path: Path) -> None:
    assert run_watched(["sh", "-c", "echo said; exit 3"], os.environ, tmp_path / "log", tmp_path / "none") == 3
    assert (tmp_path / "log").read_text() == "said\n"


def test_after_ctrl_c_the_commands_own_end_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rnn_audio.commands.watching.time.sleep", interrupt)
    command = ["sh", "-c", "sleep 0.3; echo ended in order"]
    with pytest.raises(KeyboardInterrupt):
        run_watched(command, os.environ, tmp_path / "log", tmp_path / "none")
    assert (tmp_path / "log").read_text() == "ended in order\n"
