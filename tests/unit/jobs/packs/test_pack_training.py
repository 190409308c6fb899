"""Packs as jobs: the first job trains all, and whatever happens, each model ends as if it had trained alone."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from support.packed_jobs import (
    EPOCHS,
    FREE_RUNNING,
    OF_SIGNAL,
    SEEDS,
    Model,
    PackedJobs,
    Settings,
    alone,
    assert_same,
    checkpoint_each_epoch,
    clean_process,
    devices,
    killed_at_write,
    packed,
)
from support.training_jobs import KilledError

from rnn_audio.jobs.progress import ProgressLog
from rnn_audio.jobs.tasks import DeviceTask, LossesByName, SignalTask
from rnn_audio.networks.model import Parameters
from rnn_audio.training.bptt_trainer import BpttTrainer

FILTERS = devices("none", "a_weighting", "highpass", seeds=[1])
PACKS = {
    "filters": FILTERS,
    "seeds": SEEDS,
    "free running": {("free", seed): FREE_RUNNING for seed in (1, 2)},
}


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint_each_epoch(monkeypatch)


def kill_behind(epoch: int, patch: pytest.MonkeyPatch) -> None:
    original = ProgressLog.epoch

    def log_epoch(self: ProgressLog, done: int, loss: float) -> None:
        original(self, done, loss)
        if done == epoch:
            raise KilledError

    patch.setattr(ProgressLog, "epoch", log_epoch)


def broken_off(jobs: PackedJobs, model: Model, epoch: int = 3) -> None:
    """A job that is killed when so many epochs are done, the last without a checkpoint."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KilledError):
        kill_behind(epoch, patch)
        jobs.train(model)


def killed(*_: object) -> None:
    raise KilledError


def count_epochs(patch: pytest.MonkeyPatch) -> list[int]:
    """How many models each epoch trains, from here on."""
    trained: list[int] = []
    original = BpttTrainer.train_epoch

    def train_epoch(self: BpttTrainer) -> list[float]:
        trained.append(len(self.seeds))
        return original(self)

    patch.setattr(BpttTrainer, "train_epoch", train_epoch)
    return trained


@pytest.mark.parametrize("models", PACKS.values(), ids=PACKS.keys())
def test_a_pack_ends_with_the_bytes_of_its_models_alone(tmp_path: Path, models: dict[Model, Settings]) -> None:
    one_by_one, together = alone(tmp_path, models), packed(tmp_path, models)
    leader, *mates = reversed(models)
    together.train(leader)
    # Each mate's training waits for its job, and for nothing else of the pack.
    assert sorted(name.split("/")[0] for name in together.left_behind()) == sorted(name for name, _ in mates)
    for mate in mates:
        together.train(mate)
    assert_same(together, one_by_one)
    assert together.left_behind() == []


def test_only_the_first_job_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = packed(tmp_path, FILTERS)
    trained = count_epochs(monkeypatch)
    for model in FILTERS:
        jobs.train(model)
    assert trained == [3] * EPOCHS


def count_evaluations(patch: pytest.MonkeyPatch, most: int = 20) -> list[int]:
    """How many models each evaluation judges, from here on; the memory does not hold more than `most`."""
    judged: list[int] = []
    for task in (DeviceTask, SignalTask):
        original = task.final_losses

        def final_losses(
            self: DeviceTask | SignalTask, parameters: Parameters, original: Callable[..., LossesByName] = original
        ) -> LossesByName:
            models = len(parameters["linear.bias"])
            if models > most:
                raise torch.OutOfMemoryError("CUDA out of memory")
            judged.append(models)
            return original(self, parameters)

        patch.setattr(task, "final_losses", final_losses)
    return judged


@pytest.mark.parametrize("models", PACKS.values(), ids=PACKS.keys())
def test_the_first_job_evaluates_all_models_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: dict[Model, Settings]
) -> None:
    one_by_one, jobs = alone(tmp_path, models), packed(tmp_path, models)
    judged = count_evaluations(monkeypatch)
    for model in models:
        jobs.train(model)
    assert judged == [len(models)]
    for model in models:
        assert jobs.run(model)["losses"] == one_by_one.run(model)["losses"]


def test_each_job_evaluates_its_model_where_the_memory_does_not_hold_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one_by_one, jobs = alone(tmp_path, FILTERS), packed(tmp_path, FILTERS)
    judged = count_evaluations(monkeypatch, most=1)
    for model in FILTERS:
        jobs.train(model)
    assert judged == [1, 1, 1]
    assert "each job evaluates its own model: CUDA out of memory" in caplog.text
    assert_same(jobs, one_by_one)


def test_a_pack_killed_in_its_evaluation_need_not_train_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_by_one, jobs = alone(tmp_path, FILTERS), packed(tmp_path, FILTERS)
    first, second, third = FILTERS
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(DeviceTask, "final_losses", killed)
        jobs.train(first)
    trained, judged = count_epochs(monkeypatch), count_evaluations(monkeypatch)
    for model in (second, first, third):
        jobs.train(model)
    assert (trained, judged) == ([], [3])
    assert_same(jobs, one_by_one)
    assert jobs.left_behind() == []


def test_a_run_that_trains_all_again_does_so_in_packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = packed(tmp_path, FILTERS)
    for model in FILTERS:
        jobs.train(model)
    before = {model: jobs.artefacts(model) for model in FILTERS}
    for model in FILTERS:  # snakemake --forceall: results with the same keys, from before the run
        os.utime(jobs.record(model), (0, 0))
    trained = count_epochs(monkeypatch)
    for model in FILTERS:
        jobs.train(model)
    assert trained == [3] * EPOCHS
    assert {model: jobs.artefacts(model) for model in FILTERS} == before
    assert jobs.left_behind() == []


def test_logs_and_records_tell_of_the_pack(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    jobs = packed(tmp_path, SEEDS)
    said = {}
    for model in SEEDS:
        with caplog.at_level(logging.INFO):
            jobs.train(model)
        said[model] = caplog.text
        caplog.clear()
    names = "steady seed 3, steady seed 1, steady seed 2"
    assert f"trains a pack of 3: {names}" in said["steady", 3]
    for mate in (1, 2):
        assert "trains a pack" not in said["steady", mate]
        assert f"resumed after epoch {EPOCHS}" in said["steady", mate]
        assert f"trained in a pack of 3: {names}" in said["steady", mate]
    measured = [jobs.run(model)["measured"] for model in SEEDS]
    assert [each["models_at_once"] for each in measured] == [3, 3, 3]
    # What the pack took, whichever job says it.
    assert max(each["wall_time_s"] for each in measured) < min(each["wall_time_s"] for each in measured) + 0.1
    assert all(each["peak_memory_mib"] > 1 for each in measured)


def test_a_model_alone_says_so(tmp_path: Path) -> None:
    jobs = alone(tmp_path, {("steady", 1): OF_SIGNAL})
    assert jobs.run(("steady", 1))["measured"]["models_at_once"] == 1


def test_a_leader_takes_along_only_who_needs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = {("steady", seed): OF_SIGNAL for seed in range(6)}
    jobs = packed(tmp_path, models)
    jobs.wait_for([("steady", 0)])
    jobs.train(("steady", 0))  # done
    broken_off(jobs, ("steady", 1))  # begun alone
    jobs.wait_for([("steady", 5)])
    jobs.train(("steady", 5))
    outdated = jobs.record(("steady", 5))
    outdated.write_text(outdated.read_text().replace(jobs.run(("steady", 5))["training_key"], "0" * 64))
    # Seed 4 is not asked for; seed 5 is there, but with another key.
    jobs.wait_for([("steady", seed) for seed in (0, 1, 2, 3, 5)])
    jobs.record(("steady", 0)).touch()  # as if done in this run
    trained = count_epochs(monkeypatch)
    jobs.train(("steady", 2))
    assert trained == [3] * EPOCHS
    for seed in (1, 3, 5):
        jobs.train(("steady", seed))
    assert trained == [3] * EPOCHS + [1]  # the rest of seed 1
    assert not jobs.is_finished(("steady", 4))
    assert jobs.left_behind() == []


def test_killed_at_every_write_nothing_is_lost(tmp_path: Path) -> None:
    epochs = 2
    models = devices("none", "a_weighting", seeds=[1], epochs=epochs)
    leader, mate = models
    one_by_one = alone(tmp_path, models)
    was_killed, moments = True, 0
    with clean_process() as process:
        while was_killed:
            moments += 1
            jobs = PackedJobs(tmp_path / f"killed_{moments}", models)
            jobs.wait_for(models)
            was_killed = process.submit(killed_at_write, moments, jobs, leader).result()
            for model in (mate, leader) if was_killed else (mate,):
                if not jobs.is_finished(model) or model == leader:
                    jobs.train(model)
            assert_same(jobs, one_by_one)
            assert jobs.left_behind() == []
    # A pack's checkpoint for each epoch and one more, one for each model, and three files of results, at least.
    assert moments > epochs + 1 + 2 + 3


def test_a_killed_pack_goes_on_whichever_job_is_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_by_one, jobs = alone(tmp_path, FILTERS), packed(tmp_path, FILTERS)
    first, second, third = FILTERS
    broken_off(jobs, first, epoch=2)  # behind the first epoch's checkpoint
    assert len(jobs.left_behind()) == 1
    trained = count_epochs(monkeypatch)
    jobs.train(third)
    assert trained == [3] * (EPOCHS - 1)
    for model in (second, first):
        jobs.train(model)
    assert len(trained) == EPOCHS - 1
    assert_same(jobs, one_by_one)
    assert jobs.left_behind() == []


def test_without_packing_each_goes_on_alone_from_the_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_by_one, jobs = alone(tmp_path, FILTERS), packed(tmp_path, FILTERS)
    first, second, third = FILTERS
    broken_off(jobs, first)
    jobs.wait_for([first], [second], [third])
    trained = count_epochs(monkeypatch)
    for model in (second, first, third):
        jobs.train(model)
    assert trained == [1] * 3  # the last epoch of each
    assert_same(jobs, one_by_one)
    assert jobs.left_behind() == []


def test_who_is_not_asked_for_keeps_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_by_one, jobs = alone(tmp_path, FILTERS), packed(tmp_path, FILTERS)
    first, second, third = FILTERS
    broken_off(jobs, first)
    trained = count_epochs(monkeypatch)
    jobs.wait_for([second])
    jobs.train(second)
    assert trained == [1]
    jobs.wait_for([third, first])
    jobs.train(first)
    jobs.train(third)
    assert trained == [1, 2]
    assert_same(jobs, one_by_one)
    assert jobs.left_behind() == []


def edit_code(jobs: PackedJobs) -> None:
    (jobs.folder / "code.py").write_text("pass  # edited\n")


def edit_settings(jobs: PackedJobs) -> None:
    jobs.models = {model: settings | {"learning_rate": 2e-2} for model, settings in jobs.models.items()}


@pytest.mark.parametrize("edit", [edit_code, edit_settings])
def test_a_pack_of_before_an_edit_is_never_met_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edit: Callable[[PackedJobs], None]
) -> None:
    jobs = packed(tmp_path, FILTERS)
    broken_off(jobs, next(iter(FILTERS)))
    edit(jobs)
    jobs.wait_for(FILTERS)
    trained = count_epochs(monkeypatch)
    for model in FILTERS:
        jobs.train(model)
    assert trained == [3] * EPOCHS
    assert jobs.left_behind() == []


def test_a_pack_that_cannot_be_read_is_set_aside_and_trained_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one_by_one, jobs = alone(tmp_path, FILTERS), packed(tmp_path, FILTERS)
    broken_off(jobs, next(iter(FILTERS)))
    (name,) = jobs.left_behind()
    (jobs.checkpoints / name).write_bytes(b"garbage")
    for model in FILTERS:
        jobs.train(model)
    assert f"checkpoint {name} cannot be read" in caplog.text
    assert_same(jobs, one_by_one)
    assert jobs.left_behind() == []


def test_a_list_that_cannot_be_read_makes_no_pack(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    jobs = packed(tmp_path, SEEDS)
    (jobs.checkpoints / "waiting.json").write_text('{"packs": [')
    jobs.train(("steady", 1))
    assert "no pack is made" in caplog.text
    assert jobs.run(("steady", 1))["measured"]["models_at_once"] == 1
