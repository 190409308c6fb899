from pathlib import Path

import numpy as np
import pytest
from support.recorded_devices import RATE_HZ, write_device
from support.small_device import use_device
from support.workspace import tiny_config

from rnn_audio.configuration.experiment import load_experiment
from rnn_audio.speed import pace
from rnn_audio.types import Settings


def small_settings() -> Settings:
    config = tiny_config()
    use_device(config)
    config["configurations"] = {"small": {"preset": "amplifier", "hidden_size": 2, "pre_emphasis": "none"}}
    config |= {"tables": {}, "figures": {}}
    return load_experiment(config).configurations["small"]


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    sounds = {split: np.random.default_rng(1).uniform(-0.5, 0.5, (2, 8000)) for split in ("val", "test")}
    sounds["train"] = np.random.default_rng(2).uniform(-0.5, 0.5, (2, 9 * 1600))
    return write_device(tmp_path, {name: tuple(pair) for name, pair in sounds.items()}, RATE_HZ, 1600)


@pytest.mark.parametrize(("batch_size", "mini_batches"), [(4, 3), (3, 3), (9, 1)])
@pytest.mark.parametrize("every", [1, 5])
def test_an_epoch_is_its_mini_batches_and_its_share_of_a_validation(
    paths: list[Path], batch_size: int, mini_batches: int, every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a clock that moves on by a second whenever it is read, each batch and each validation takes a second."""
    seconds = iter(range(1000))
    monkeypatch.setattr(pace.time, "perf_counter", lambda: next(seconds))
    settings = small_settings() | {"segment_samples": 1600, "warm_up_samples": 500, "batch_size": batch_size}
    measured = pace._measured(settings | {"validate_every_epochs": every}, paths, "cpu", 1)
    assert measured == pytest.approx(mini_batches + 1 / every)
