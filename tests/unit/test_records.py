import json
import math
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_audio.errors import InputError
from rnn_audio.records import (
    read_by_configuration,
    read_columns,
    read_history,
    read_json,
    write_history,
    write_json,
)

RECORD = {"seed": 1, "losses": {"prediction_mse": 0.1}, "name": "Grüße", "missing": None, "rates": [1024, 5512]}


def test_a_record_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "run.json"
    write_json(path, RECORD)
    assert read_json(path) == RECORD


def test_a_record_has_the_same_bytes_whatever_the_order_of_its_keys(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", RECORD)
    write_json(tmp_path / "b.json", dict(reversed(RECORD.items())))
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_refused_and_the_old_record_stays(tmp_path: Path, value: float) -> None:
    path = tmp_path / "run.json"
    write_json(path, RECORD)
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"losses": {"prediction_mse": value}})
    assert read_json(path) == RECORD
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [None, b"", b'{"seed": 1', b"\xff\xfe\x00", b"seed: 1"])
def test_a_record_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "run.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"run\.json"):
        read_json(path)


def test_records_are_read_by_the_configuration_that_they_name(tmp_path: Path) -> None:
    paths = []
    for name in ("tone", "room"):
        paths.append(tmp_path / f"{name}-selection.json")
        write_json(paths[-1], {"configuration": name, "value": len(name)})
    records = read_by_configuration([str(paths[0]), paths[1]])
    assert list(records) == ["tone", "room"]
    assert records["room"]["configuration"] == "room"


@given(losses=st.lists(st.floats(min_value=0, allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_a_history_keeps_every_bit(tmp_path_factory: pytest.TempPathFactory, losses: list[float]) -> None:
    path = tmp_path_factory.mktemp("history") / "history.csv"
    write_history(path, {"training_mse": losses})
    epochs, read = read_history(path)
    assert epochs.tolist() == list(range(1, len(losses) + 1))
    assert struct.pack(f"{len(losses)}d", *read) == struct.pack(f"{len(losses)}d", *losses)


def test_a_history_is_csv_with_a_header(tmp_path: Path) -> None:
    write_history(tmp_path / "history.csv", {"training_mse": [0.5, 0.25]})
    assert (tmp_path / "history.csv").read_text() == "epoch,training_mse\n1,0.5\n2,0.25\n"


def test_a_history_leaves_the_cell_of_an_epoch_without_a_value_empty(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    write_history(path, {"training_loss": [0.5, 0.25], "validation_loss": [math.nan, 0.75]})
    assert path.read_text() == "epoch,training_loss,validation_loss\n1,0.5,\n2,0.25,0.75\n"
    epochs, losses = read_history(path)
    assert epochs.tolist() == [1, 2]
    assert losses.tolist() == [0.5, 0.25]


def test_columns_of_different_lengths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shorter"):
        write_history(tmp_path / "history.csv", {"training_loss": [0.5, 0.25], "validation_loss": [0.5]})
    assert list(tmp_path.iterdir()) == []


def test_a_history_of_one_epoch_is_read_as_one_row(tmp_path: Path) -> None:
    write_history(tmp_path / "history.csv", {"training_mse": [0.5]})
    epochs, losses = read_history(tmp_path / "history.csv")
    assert epochs.tolist() == [1]
    assert losses.tolist() == [0.5]
    assert np.issubdtype(epochs.dtype, np.integer)


@pytest.mark.filterwarnings("ignore:loadtxt")
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param("epoch,training_mse\n", id="no epoch"),
        pytest.param("epoch,training_mse\n1,0.5\n2,", id="cut short"),
        pytest.param("epoch,training_mse\n1\n", id="no loss"),
        pytest.param("epoch,training_mse\nfirst,0.5\n", id="no number"),
        pytest.param(json.dumps(RECORD, indent=2), id="another file"),
    ],
)
def test_a_history_that_cannot_be_read_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "history.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=r"history\.csv"):
        read_history(path)


def test_all_columns_of_a_history_come_back_by_name(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    write_history(path, {"training_mse": [0.5, 0.25], "validation_loss": [math.nan, 0.1], "phase": [0, 1]})
    columns = read_columns(path)
    assert list(columns) == ["epoch", "training_mse", "validation_loss", "phase"]
    assert columns["epoch"].tolist() == [1, 2]
    assert columns["training_mse"].tolist() == [0.5, 0.25]
    assert columns["phase"].tolist() == [0, 1]
    assert np.isnan(columns["validation_loss"][0])
    assert columns["validation_loss"][1] == 0.1


@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        "epoch,training_mse\n",
        "epoch,training_mse\n1,0.5\n2\n",
        "epoch,training_mse\nfirst,0.5\n",
        "epoch\n1,2\n",
    ],
)
def test_columns_that_cannot_be_read_are_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "history.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=r"history\.csv"):
        read_columns(path)


def test_a_history_with_an_epoch_without_a_loss_is_read_with_a_gap(tmp_path: Path) -> None:
    write_history(tmp_path / "history.csv", {"training_mse": [0.5, math.nan, 0.25], "learning_rate": [0.1, 0.0, 0.1]})
    epochs, losses = read_history(tmp_path / "history.csv")
    assert epochs.tolist() == [1, 2, 3]
    assert np.isnan(losses).tolist() == [False, True, False]
    assert losses[[0, 2]].tolist() == [0.5, 0.25]
