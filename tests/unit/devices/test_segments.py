"""Segments: cut in order, written once, mapped into memory by whoever trains on them."""

from pathlib import Path

import numpy as np
import pytest

from rnn_audio.devices.segments import read_segments, segment, write_segments
from rnn_audio.errors import InputError


def test_segments_keep_the_order_and_leave_out_what_is_no_whole_one() -> None:
    np.testing.assert_array_equal(segment(np.arange(10.0), 4), [[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]])
    assert segment(np.arange(8.0), 4).size == 8
    with pytest.raises(InputError, match="the recording has only 3"):
        segment(np.arange(3.0), 4)
    with pytest.raises(InputError, match="at least 1"):
        segment(np.arange(3.0), 0)


def test_what_is_read_is_what_was_written_and_stays_on_disk(tmp_path: Path) -> None:
    source, target = np.random.default_rng(0).standard_normal((2, 11)).astype(np.float32)
    for name in ("once.npy", "again.npy"):
        write_segments(tmp_path / name, source, target, 4)
    assert (tmp_path / "once.npy").read_bytes() == (tmp_path / "again.npy").read_bytes()
    pair = read_segments(tmp_path / "once.npy")
    assert isinstance(pair, np.memmap)
    np.testing.assert_array_equal(pair, np.stack([source[:8].reshape(2, 4), target[:8].reshape(2, 4)]))
    pair[:] = 0
    np.testing.assert_array_equal(read_segments(tmp_path / "once.npy")[1, 1], target[4:8])


def test_a_side_that_is_too_short_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the recording has only 3"):
        write_segments(tmp_path / "short.npy", np.ones(3, np.float32), np.ones(3, np.float32), 4)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"segments-4\.npy: no such file"):
        read_segments(tmp_path / "segments-4.npy")
