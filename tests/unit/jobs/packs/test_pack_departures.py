"""Packs that some models leave, because they diverge or the memory does not hold them: the others train on."""

from pathlib import Path

import pytest
import torch
from support.packed_jobs import (
    FREE_RUNNING,
    OF_SIGNAL,
    SEEDS,
    PackedJobs,
    alone,
    assert_same,
    checkpoint_each_epoch,
    packed,
)

from rnn_audio.training.bptt_trainer import BpttTrainer
from rnn_audio.training.data import Batch
from rnn_audio.training.learner import Learner
from rnn_audio.training.trainer import DivergenceError


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint_each_epoch(monkeypatch)


# --- one of them diverges ---


def diverge(seed: int, epoch: int, patch: pytest.MonkeyPatch) -> None:
    """From that epoch on, the loss of one seed's model is no number."""
    original = BpttTrainer._require_finite

    def require_finite(self: BpttTrainer, losses, update: int) -> None:  # noqa: ANN001 (a tensor)
        if self.epoch + 1 >= epoch and seed in self.seeds:
            losses = losses.clone()
            losses[self.seeds.index(seed)] = float("nan")
        original(self, losses, update)

    patch.setattr(BpttTrainer, "_require_finite", require_finite)


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
    original = Learner._divergence

    def divergence(self: Learner, loss: float) -> str | None:
        return "it diverged" if self._seed == 2 and self.epoch == 1 else original(self, loss)

    monkeypatch.setattr(Learner, "_divergence", divergence)
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


NO_MEMORY = torch.OutOfMemoryError("CUDA out of memory")
NO_MEMORY_FOR_A_LIBRARY = RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")


@pytest.mark.parametrize(("epoch", "error"), [(1, NO_MEMORY), (2, NO_MEMORY), (2, NO_MEMORY_FOR_A_LIBRARY)])
def test_a_pack_that_the_memory_does_not_hold_is_halved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, epoch: int, error: Exception
) -> None:
    models = {("steady", seed): OF_SIGNAL for seed in range(5)}
    one_by_one, jobs = alone(tmp_path, models), packed(tmp_path, models)
    original = BpttTrainer._train_batch

    def train_batch(self: BpttTrainer, batch: Batch) -> torch.Tensor:
        if len(self.seeds) > 2 and self.epoch + 1 >= epoch:
            raise error
        return original(self, batch)

    monkeypatch.setattr(BpttTrainer, "_train_batch", train_batch)
    for seed in (3, 0, 1, 2, 4):
        jobs.train(("steady", seed))
    assert "the memory does not hold a pack of 5" in caplog.text
    assert {jobs.run(model)["measured"]["models_at_once"] for model in models} == {1, 2}
    assert_same(jobs, one_by_one)
    assert jobs.left_behind() == []


def test_any_other_error_ends_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def train_batch(self: BpttTrainer, batch: Batch) -> torch.Tensor:
        raise RuntimeError("CUDA error: misaligned address")

    monkeypatch.setattr(BpttTrainer, "_train_batch", train_batch)
    with pytest.raises(RuntimeError, match="misaligned"):
        packed(tmp_path, SEEDS).train(("steady", 3))
