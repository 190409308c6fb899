import logging
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from socket import gethostname

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from rnn_audio.errors import InputError
from rnn_audio.jobs.checkpoints import CheckpointStore, training_key

TENSORS = {
    "parameters.weight": torch.randn(2, 3, generator=torch.Generator().manual_seed(1)),
    "streams.states": torch.arange(7, dtype=torch.uint8),
    "adam.step_count": torch.tensor(12),
    "history": torch.tensor([[0.1], [1 / 3]], dtype=torch.float64),
}
KEY = training_key(settings={"epochs": 3}, seed=1)
OTHER_KEY = training_key(settings={"epochs": 4}, seed=1)


def store(folder: Path, name: str = "seed-1", key: str = KEY) -> CheckpointStore:
    return CheckpointStore(folder, name, key)


def saved(folder: Path, name: str = "seed-1", key: str = KEY) -> CheckpointStore:
    checkpoints = store(folder, name, key)
    checkpoints.save(TENSORS, {"elapsed_s": 1.5})
    return checkpoints


def test_a_checkpoint_loads_bit_by_bit(tmp_path: Path) -> None:
    saved(tmp_path / "new" / "folder")
    tensors, progress = store(tmp_path / "new" / "folder").load()
    assert progress == {"elapsed_s": 1.5}
    assert tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert tensors[name].dtype == tensor.dtype
        assert torch.equal(tensors[name], tensor)


def test_what_is_loaded_lies_where_fresh_tensors_do_and_not_in_the_file(tmp_path: Path) -> None:
    checkpoints = saved(tmp_path)
    tensors, _ = checkpoints.load()
    assert {tensor.data_ptr() % 64 for tensor in tensors.values()} == {0}
    assert str(checkpoints.path) not in Path("/proc/self/maps").read_text(encoding="utf-8")


def test_a_later_checkpoint_takes_the_earlier_ones_place(tmp_path: Path) -> None:
    checkpoints = saved(tmp_path)
    checkpoints.save(TENSORS | {"adam.step_count": torch.tensor(13)}, {"elapsed_s": 2.5})
    tensors, progress = checkpoints.load()
    assert int(tensors["adam.step_count"]) == 13
    assert progress["elapsed_s"] == 2.5
    assert len(list(tmp_path.iterdir())) == 1


def test_there_is_nothing_to_go_on_from_at_first(tmp_path: Path) -> None:
    assert store(tmp_path / "absent").load() is None


def test_a_checkpoint_of_another_key_is_not_seen(tmp_path: Path) -> None:
    checkpoints = saved(tmp_path)
    other = store(tmp_path, key=OTHER_KEY)
    assert other.path != checkpoints.path
    assert other.load() is None
    assert checkpoints.load() is not None


def test_another_seeds_checkpoint_is_not_seen(tmp_path: Path) -> None:
    saved(tmp_path, name="seed-10")
    assert store(tmp_path, name="seed-1").load() is None


def set_header(path: Path, change: Callable[[str], str]) -> None:
    with safe_open(path, framework="pt") as file:
        header, tensors = file.metadata(), {name: file.get_tensor(name) for name in TENSORS}
    save_file(tensors, path, metadata={name: change(text) for name, text in header.items()})


def truncate(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda path: set_header(path, lambda text: text.replace(KEY, OTHER_KEY)), id="another key"),
        pytest.param(
            lambda path: set_header(path, lambda text: text.replace(KEY, KEY[:16] + OTHER_KEY[16:])),
            id="a key with the same beginning",
        ),
        pytest.param(lambda path: set_header(path, lambda text: text[:-1]), id="header cut short"),
        pytest.param(lambda path: set_header(path, lambda text: "{}"), id="empty header"),
        pytest.param(lambda path: set_header(path, lambda text: "[]"), id="header a list"),
        pytest.param(lambda path: save_file(TENSORS, path), id="no header"),
        pytest.param(lambda path: truncate(path, 0.0), id="empty"),
        pytest.param(lambda path: truncate(path, 0.3), id="cut in the header"),
        pytest.param(lambda path: truncate(path, 0.99), id="cut in the tensors"),
        pytest.param(lambda path: path.write_bytes(b"\xff" * 1000), id="garbage"),
        pytest.param(lambda path: torch.save(TENSORS, path), id="pickle"),
    ],
)
def test_a_spoilt_checkpoint_is_set_aside_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, spoil: Callable[[Path], None]
) -> None:
    checkpoints = saved(tmp_path)
    spoil(checkpoints.path)
    content = checkpoints.path.read_bytes()
    with caplog.at_level(logging.WARNING):
        assert checkpoints.load() is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert checkpoints.path.name in caplog.text
    assert not checkpoints.path.exists()
    (aside,) = tmp_path.iterdir()
    assert aside.name in caplog.text
    assert aside.read_bytes() == content


def test_training_starts_over_and_saves_again_behind_a_spoilt_checkpoint(tmp_path: Path) -> None:
    checkpoints = saved(tmp_path)
    for _ in range(2):
        checkpoints.path.write_bytes(b"garbage")
        assert checkpoints.load() is None
        checkpoints.save(TENSORS, {"elapsed_s": 0.5})
        assert checkpoints.load() is not None


def test_remove_takes_this_jobs_checkpoints_and_no_others(tmp_path: Path) -> None:
    for key in (KEY, OTHER_KEY):
        for name in ("seed-1", "seed-10", "seed-11", "seed-2"):
            saved(tmp_path, name, key)
    with subprocess.Popen(["true"]) as ended:
        killed = f"{gethostname()}-{ended.pid}"
    (tmp_path / f".{store(tmp_path).path.name}.{killed}.partial").touch()
    foreign = tmp_path / f".{store(tmp_path, 'seed-10').path.name}.{killed}.partial"
    foreign.touch()
    kept = {store(tmp_path, name, key).path for name in ("seed-10", "seed-11", "seed-2") for key in (KEY, OTHER_KEY)}
    store(tmp_path).remove()
    assert set(tmp_path.iterdir()) == kept | {foreign}


def test_remove_without_checkpoints_does_nothing(tmp_path: Path) -> None:
    store(tmp_path).remove()
    store(tmp_path / "absent").remove()
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_last_checkpoint_and_no_partial_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints = saved(tmp_path)
    content = checkpoints.path.read_bytes()

    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full_disk)
        with pytest.raises(InputError, match="the disk is full"):
            checkpoints.save(TENSORS | {"adam.step_count": torch.tensor(13)}, {"elapsed_s": 9.0})
    assert list(tmp_path.iterdir()) == [checkpoints.path]
    assert checkpoints.path.read_bytes() == content


DETERMINANTS = {
    "settings": {"epochs": 3, "teacher_forcing": {"schedule": "exponential", "base": 0.9}},
    "seed": 1,
    "signal": "a",
    "code": "b",
    "versions": {"torch": "2", "numpy": "1"},
}


@pytest.mark.parametrize(
    "change",
    [
        {"settings": {"epochs": 4, "teacher_forcing": {"schedule": "exponential", "base": 0.9}}},
        {"settings": {"epochs": 3, "teacher_forcing": {"schedule": "exponential", "base": 0.91}}},
        {"settings": {"epochs": 3, "teacher_forcing": "always"}},
        {"seed": 2},
        {"signal": "b"},
        {"code": "a"},
        {"versions": {"torch": "3", "numpy": "1"}},
        {"another": None},
    ],
)
def test_the_key_changes_with_each_determinant(change: dict[str, object]) -> None:
    assert training_key(**DETERMINANTS | change) != training_key(**DETERMINANTS)


def test_the_key_does_not_depend_on_the_order_of_mappings() -> None:
    reordered = dict(reversed(DETERMINANTS.items())) | {
        "settings": dict(reversed(DETERMINANTS["settings"].items())),
        "versions": dict(reversed(DETERMINANTS["versions"].items())),
    }
    assert training_key(**reordered) == training_key(**DETERMINANTS)
