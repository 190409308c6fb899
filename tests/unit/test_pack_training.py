"""Packs as jobs: the first job trains all, and whatever happens, each model ends as if it had trained alone."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from support.packed_jobs import (
    EPOCHS,
    OF_SIGNAL,
    Model,
    PackedJobs,
    Settings,
    checkpoint_each_epoch,
    devices,
    killed_at_write,
)

from rnn_audio.batches import Batch
from rnn_audio.free_running import FreeRunningTrainer
from rnn_audio.progress import ProgressLog
from rnn_audio.training import DivergenceError, Trainer

FILTERS = devices("none", "a_weighting", "highpass", seeds=[1])
SEEDS = {("steady", seed): OF_SIGNAL for seed in (3, 1, 2)}
FREE_RUNNING = OF_SIGNAL | {
    "batch_size": 1,
    "gradient_clip_norm": 1.0,
    "teacher_forcing": "never",
    "update_length_samples": None,
    "select_by": "generation_mse",
    "free_running": {
        "optimiser": "soap",
        "initial_state": "learned",
        "forget_bias": 1.0,
        "learning_rate_shape": "cosine",
        "warm_up_share": 0.1,
        "start_from": None,
        "horizon": {"start_samples": 8, "full_at_share": 0.4},
        "recovery": None,
        "decay_loss": None,
        "spectral_loss": None,
    },
}
PACKS = {
    "filters": FILTERS,
    "seeds": SEEDS,
    "free running": {("free", seed): FREE_RUNNING for seed in (1, 2)},
}


class KilledError(Exception):
    """Stands for a kill."""


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint_each_epoch(monkeypatch)


def alone(folder: Path, models: dict[Model, Settings]) -> PackedJobs:
    jobs = PackedJobs(folder / "alone", models)
    for model in models:
        jobs.train(model)
    return jobs


def packed(folder: Path, models: dict[Model, Settings]) -> PackedJobs:
    jobs = PackedJobs(folder / "packed", models)
    jobs.wait_for(models)
    return jobs


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


def count_epochs(patch: pytest.MonkeyPatch) -> list[int]:
    """How many models each epoch trains, from here on."""
    trained: list[int] = []
    original = Trainer.train_epoch

    def train_epoch(self: Trainer) -> list[float]:
        trained.append(len(self.seeds))
        return original(self)

    patch.setattr(Trainer, "train_epoch", train_epoch)
    return trained


def assert_same(jobs: PackedJobs, other: PackedJobs) -> None:
    for model in jobs.models:
        assert jobs.artefacts(model) == other.artefacts(model), model


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
        assert f"resumed behind epoch {EPOCHS}" in said["steady", mate]
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
    one_by_one = alone(tmp_path, FILTERS)
    leader, second, third = FILTERS
    moments = 0
    while True:
        jobs = PackedJobs(tmp_path / f"killed_{moments}", FILTERS)
        jobs.wait_for(FILTERS)
        was_killed = killed_at_write(moments + 1, lambda jobs=jobs: jobs.train(leader))
        for model in (third, second, leader) if was_killed else (third, second):
            if not jobs.is_finished(model) or model == leader:
                jobs.train(model)
        assert_same(jobs, one_by_one)
        assert jobs.left_behind() == []
        if not was_killed:
            break
        moments += 1
    # A pack's checkpoint for each epoch and one more, one for each model, and three files of results, at least.
    assert moments >= EPOCHS + 1 + 3 + 3


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


# --- one of them diverges ---


def diverge(seed: int, epoch: int, patch: pytest.MonkeyPatch) -> None:
    """From that epoch on, the loss of one seed's model is no number."""
    original = Trainer._require_finite

    def require_finite(self: Trainer, losses, update: int) -> None:  # noqa: ANN001 (a tensor)
        if self.epoch + 1 >= epoch and seed in self.seeds:
            losses = losses.clone()
            losses[self.seeds.index(seed)] = float("nan")
        original(self, losses, update)

    patch.setattr(Trainer, "_require_finite", require_finite)


@pytest.mark.parametrize("epoch", [1, 2, 3])
@pytest.mark.parametrize("leader", [3, 1], ids=["mate", "leader"])
def test_others_train_on_without_a_model_that_diverges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, leader: int, epoch: int
) -> None:
    one_by_one, jobs = alone(tmp_path, SEEDS), packed(tmp_path, SEEDS)
    diverge(1, epoch, monkeypatch)
    with pytest.raises(DivergenceError) as by_itself:
        PackedJobs(tmp_path / "by_itself", SEEDS).train(("steady", 1))
    for seed in [leader, *({1, 2, 3} - {leader})]:
        if seed != 1:
            jobs.train(("steady", seed))
            continue
        with pytest.raises(DivergenceError) as caught:
            jobs.train(("steady", seed))
        assert str(caught.value) == str(by_itself.value)
    assert "steady seed 1 leaves the pack" in caplog.text
    for seed in (2, 3):
        assert jobs.artefacts(("steady", seed)) == one_by_one.artefacts(("steady", seed))
        assert jobs.run(("steady", seed))["measured"]["models_at_once"] == 2
    # What it goes on from stays, as it would alone.
    assert all(name.startswith("steady/seed-1.") for name in jobs.left_behind())
    assert len(jobs.left_behind()) == (epoch > 1)


def test_a_free_running_model_leaves_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = {("free", seed): FREE_RUNNING for seed in (1, 2, 3)}
    one_by_one, jobs = alone(tmp_path, models), packed(tmp_path, models)
    original = FreeRunningTrainer._divergence

    def divergence(self: FreeRunningTrainer, index: int, loss: float) -> str | None:
        return "it diverged" if self.seeds[index] == 2 and self.epoch == 1 else original(self, index, loss)

    monkeypatch.setattr(FreeRunningTrainer, "_divergence", divergence)
    jobs.train(("free", 1))
    with pytest.raises(DivergenceError, match=r"configuration free, seed 2: it diverged in epoch 2\b"):
        jobs.train(("free", 2))
    jobs.train(("free", 3))
    for seed in (1, 3):
        assert jobs.artefacts(("free", seed)) == one_by_one.artefacts(("free", seed))
        assert jobs.run(("free", seed))["measured"]["models_at_once"] == 2


def test_of_two_that_diverge_each_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = packed(tmp_path, SEEDS)
    for seed in (1, 2):
        diverge(seed, 2, monkeypatch)
    jobs.train(("steady", 3))
    for seed in (1, 2):
        with pytest.raises(DivergenceError, match=rf"configuration steady, seed {seed}\b.*epoch 2\b"):
            jobs.train(("steady", seed))
    assert jobs.run(("steady", 3))["measured"]["models_at_once"] == 1


# --- a GPU's memory ends ---


@pytest.mark.parametrize("epoch", [1, 2], ids=["at once", "behind a checkpoint"])
def test_a_pack_that_the_memory_does_not_hold_is_halved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, epoch: int
) -> None:
    models = {("steady", seed): OF_SIGNAL for seed in range(5)}
    one_by_one, jobs = alone(tmp_path, models), packed(tmp_path, models)
    original = Trainer._train_batch

    def train_batch(self: Trainer, batch: Batch) -> torch.Tensor:
        if len(self.seeds) > 2 and self.epoch + 1 >= epoch:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return original(self, batch)

    monkeypatch.setattr(Trainer, "_train_batch", train_batch)
    for seed in (3, 0, 1, 2, 4):
        jobs.train(("steady", seed))
    assert "the memory does not hold a pack of 5" in caplog.text
    assert {jobs.run(model)["measured"]["models_at_once"] for model in models} == {1, 2}
    assert_same(jobs, one_by_one)
    assert jobs.left_behind() == []
