"""What an update costs with and without a filter: only what can be said without looking at a clock."""

import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.recorded_devices import write_device

from rnn_audio.jobs.tasks import DeviceTask
from rnn_audio.speed import update_times
from rnn_audio.speed.update_times import measure_update_times
from rnn_audio.training.bptt_trainer import BpttTrainer
from rnn_audio.training.recipe import Recipe
from rnn_audio.wav import write_wav

SETTINGS = {
    "device": "amplifier",
    "hidden_size": 3,
    "skip": True,
    "batch_size": 2,
    "learning_rate": 1e-3,
    "gradient_clip_norm": None,
    "teacher_forcing": "always",
    "update_length_samples": 16,
    "carry_state": True,
    "segment_samples": 60,
    "warm_up_samples": 10,
    "pre_emphasis": "highpass",
    "keep": "best_validation",
}
# 50 samples in updates of 16: four to an epoch of one batch.
UPDATES = 4


@pytest.fixture
def recordings(tmp_path: Path) -> list[Path]:
    random = np.random.default_rng(0)
    pairs = {split: tuple(0.3 * random.standard_normal((2, 300))) for split in ("train", "val", "test")}
    return write_device(tmp_path, pairs, 8000, SETTINGS["segment_samples"])


def test_both_times_are_positive_and_from_equally_many_updates(recordings: list[Path]) -> None:
    measured = measure_update_times(SETTINGS, recordings, "cpu")
    assert measured.keys() == {"own_update_s", "none_update_s", "updates"}
    assert measured["updates"] % UPDATES == 0
    assert measured["updates"] >= UPDATES
    assert all(0 < measured[name] < math.inf for name in ("own_update_s", "none_update_s"))


def test_both_are_timed_in_turn_on_one_mini_batch_and_the_first_epoch_is_not(
    recordings: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a clock that moves only in an epoch, by 8 s with the filter and by 4 s without, and by 1000 s at first."""
    now, epochs = 0.0, []
    original, build = BpttTrainer.train_epoch, update_times.build_task
    filtered = {}

    def build_task(recipe: Recipe, *others: Any) -> DeviceTask:  # noqa: ANN401 (passed on)
        task = build(recipe, *others)
        filtered[id(task.objective)] = recipe.settings["pre_emphasis"] == "highpass"
        return task

    def train_epoch(self: BpttTrainer) -> list[float]:
        nonlocal now
        assert self.data.inputs.shape == (2, 60)
        losses = original(self)
        is_filtered = filtered[id(self.objective)]
        epochs.append((is_filtered, self.epoch))
        now += 1000.0 if self.epoch == 1 else 8.0 if is_filtered else 4.0
        return losses

    monkeypatch.setattr(update_times, "build_task", build_task)
    monkeypatch.setattr(BpttTrainer, "train_epoch", train_epoch)
    monkeypatch.setattr(time, "thread_time", lambda: now)
    measured = measure_update_times(SETTINGS, recordings, "cpu")
    assert measured["own_update_s"] == pytest.approx(8.0 / UPDATES)
    assert measured["none_update_s"] == pytest.approx(4.0 / UPDATES)
    timed = epochs[2:]
    assert {is_filtered for is_filtered, epoch in epochs[:2] if epoch == 1} == {True, False}
    assert [is_filtered for is_filtered, _ in timed] == [True, False] * (len(timed) // 2)
    assert measured["updates"] == UPDATES * len(timed) / 2


def test_a_signals_configuration_has_no_filter_to_time(tmp_path: Path) -> None:
    write_wav(tmp_path / "tone.wav", np.sin(np.arange(40.0)), 8000)
    settings: dict[str, Any] = {name: value for name, value in SETTINGS.items() if name != "device"}
    with pytest.raises(TypeError, match="device"):
        measure_update_times(settings | {"initial_state_scale": 1.0}, [tmp_path / "tone.wav"], "cpu")
