import base64
import zlib
from pathlib import Path

import numpy as np
import pytest

from rnn_audio.records import write_history
from rnn_audio.reporting.page.curves import MOST_EPOCHS, curve, kept_epochs, pack_numbers


def unpacked(text: str) -> list[float]:
    planes = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8).reshape(4, -1)
    return np.ascontiguousarray(planes.T).view("<f4")[:, 0].tolist()


def write(results: Path, seed: int, losses: list[float], **more: list[float]) -> str:
    return write_history(results / f"models/room/seed-{seed}/history.csv", {"training_mse": losses, **more})


def test_numbers_come_back_in_single_precision() -> None:
    numbers = [0.1, -3e-20, 5e10, 0.0]
    assert unpacked(pack_numbers(np.array(numbers))) == [float(np.float32(number)) for number in numbers]
    assert np.isnan(unpacked(pack_numbers(np.array([np.nan]))))


def test_every_epoch_of_a_short_training_is_kept_and_seeds_may_differ_in_length(tmp_path: Path) -> None:
    write(tmp_path, 1, [4.0, 3.0, 2.0], learning_rate=[1.0, 0.5, 0.25])
    write(tmp_path, 2, [5.0], learning_rate=[1.0])
    packed = curve(tmp_path, "room", [1, 2, 3], None)
    assert packed["columns"] == ["training_mse", "learning_rate"]
    assert unpacked(packed["epochs"]) == [1, 2, 3]
    assert [unpacked(own) for own in packed["seeds"][1]] == [[4, 3, 2], [1, 0.5, 0.25]]
    np.testing.assert_array_equal(unpacked(packed["seeds"][2][0]), [5, np.nan, np.nan])
    assert 3 not in packed["seeds"]
    assert not packed["thinned"]


def test_a_long_training_keeps_its_spikes_its_ends_and_true_values() -> None:
    random = np.random.default_rng(0)
    curves = [np.exp(-np.arange(20_000) / 4000) + random.uniform(0, 0.01, 20_000) for _ in range(3)]
    curves[1][12_345], curves[2][777] = 50.0, -50.0
    kept = kept_epochs(curves)
    assert {0, 19_999, 12_345, 777} <= set(kept.tolist())
    assert len(kept) < 6 * 200 + 3
    assert (np.diff(kept) > 0).all()


def test_a_curve_at_the_limit_is_whole() -> None:
    assert len(kept_epochs([np.zeros(MOST_EPOCHS)])) == MOST_EPOCHS


def test_without_a_history_there_is_no_curve(tmp_path: Path) -> None:
    assert curve(tmp_path, "room", [1], None) is None


@pytest.mark.parametrize("text", ["epoch,training_mse\n1,", "epoch,training_mse\n1,0.5\n2,0"])
def test_a_history_that_is_being_written_is_left_out(tmp_path: Path, text: str) -> None:
    write(tmp_path, 1, [1.0])
    path = tmp_path / "models/room/seed-2/history.csv"
    path.parent.mkdir()
    path.write_text(text)
    assert list(curve(tmp_path, "room", [1, 2], None)["seeds"]) == [1]
