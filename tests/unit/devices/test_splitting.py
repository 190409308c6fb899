"""Splits by time: every sample once, in order, and shares that cannot be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_audio.devices.splitting import split_by_fractions
from rnn_audio.errors import InputError


@given(length=st.integers(20, 5000), train=st.floats(0.2, 0.6), val=st.floats(0.1, 0.2))
def test_fractions_that_add_up_to_one_use_every_sample_once(length: int, train: float, val: float) -> None:
    samples = np.arange(float(length))
    split = split_by_fractions(samples, (train, val, 1.0 - train - val))
    np.testing.assert_array_equal(np.concatenate([split.train, split.val, split.test]), samples)


def test_what_the_shares_leave_out_is_at_the_end() -> None:
    split = split_by_fractions(np.arange(100.0), (0.5, 0.2, 0.1))
    assert (split.train[0], split.val[0], split.test[0], split.test[-1]) == (0.0, 50.0, 70.0, 79.0)


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ((0.5, 0.5), "should be three shares above 0"),
        ((1.0, 0.0, 0.0), "should be three shares above 0"),
        ((0.8, 0.1, 0.2), "add up to more than 1"),
        ((0.5, 0.001, 0.4), "val gets none of 100 samples"),
    ],
)
def test_impossible_splits_are_input_errors(shares: tuple[float, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        split_by_fractions(np.arange(100.0), shares)
