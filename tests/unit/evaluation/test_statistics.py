import itertools
import math
import subprocess
import sys

import numpy as np
import pytest
import scipy.stats
from support.places import REPOSITORY

from rnn_audio.errors import InputError
from rnn_audio.evaluation.statistics import (
    CONFIDENCE,
    RESAMPLES,
    Interval,
    SignTest,
    block_energies,
    bootstrap_over_blocks,
    bootstrap_over_seeds,
    level_db,
    paired_ratio,
    sign_test,
    trend_test,
)

LOWER = {1: 1.0, 2: 2.0, 3: 3.0, 4: 4.0, 5: 5.0}
HIGHER = {1: 2.0, 2: 3.0, 3: 6.0, 4: 8.0, 5: 50.0}


def by_seed(values: np.ndarray) -> dict[int, float]:
    return dict(enumerate(values.tolist(), start=1))


def test_ratios_are_paired_by_seed_whatever_the_order() -> None:
    result = paired_ratio(LOWER, dict(reversed(HIGHER.items())) | {7: 1.0})
    assert result.ratios == (1 / 2, 2 / 3, 1 / 2, 1 / 2, 1 / 10)
    assert (result.median, result.lowest, result.highest) == (1 / 2, 1 / 10, 2 / 3)


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan])
def test_a_ratio_needs_positive_values(value: float) -> None:
    with pytest.raises(InputError, match="positive"):
        paired_ratio({1: 1.0}, {1: value})


def test_without_a_common_seed_there_is_no_comparison() -> None:
    for compare in (paired_ratio, sign_test):
        with pytest.raises(InputError, match="in common"):
            compare({1: 1.0}, {2: 1.0})


def test_five_of_five_have_one_in_thirty_two() -> None:
    assert sign_test(LOWER, HIGHER) == SignTest(lower=5, pairs=5, p_value=1 / 32)
    assert sign_test(HIGHER, LOWER) == SignTest(lower=0, pairs=5, p_value=1.0)


@pytest.mark.parametrize("lower", range(9))
def test_the_sign_test_adds_up_the_binomial_distribution(lower: int) -> None:
    first = by_seed(np.arange(8) >= lower)
    result = sign_test(first, dict.fromkeys(first, 0.5))
    expected = sum(math.comb(8, count) for count in range(lower, 9)) / 2**8
    assert result == SignTest(lower, 8, pytest.approx(expected))


def test_equal_pairs_say_nothing() -> None:
    assert sign_test({1: 1.0, 2: 1.0}, {1: 1.0, 2: 3.0}) == SignTest(1, 1, 0.5)
    assert sign_test({1: 1.0}, {1: 1.0}) == SignTest(0, 0, 1.0)


def test_the_trend_test_counts_all_orders() -> None:
    """Three configurations and three seeds, against every order of the ranks."""
    ranks = np.array([[1, 2, 3], [1, 3, 2], [2, 1, 3]])
    result = trend_test([by_seed(column) for column in ranks.T])
    observed = (ranks * [1, 2, 3]).sum()
    orders = [np.dot(order, [1, 2, 3]) for order in itertools.permutations([1, 2, 3])]
    all_sums = [sum(drawn) for drawn in itertools.product(orders, repeat=3)]
    assert result.statistic == observed
    assert (result.seeds, result.configurations) == (3, 3)
    assert result.p_value == pytest.approx(np.mean(np.array(all_sums) >= observed))


def test_the_trend_test_is_that_of_page() -> None:
    # Page (1963): with 4 conditions and 5 subjects, L = 137 is the critical value at 5 per cent, 141 at 1 per cent.
    rising = np.tile([1.0, 2.0, 3.0, 4.0], (5, 1))
    assert trend_test([by_seed(column) for column in rising.T]).statistic == 5 * 30
    assert trend_test([by_seed(column) for column in rising.T[::-1]]).p_value == pytest.approx(1.0)
    swapped = rising.copy()
    swapped[:, :2] = swapped[:, 1::-1]  # L = 145
    expected = scipy.stats.page_trend_test(swapped, method="exact")
    result = trend_test([by_seed(column) for column in swapped.T])
    assert (result.statistic, result.p_value) == (145.0, pytest.approx(expected.pvalue))
    assert result.p_value < 0.01


def test_a_trend_needs_three_configurations_and_two_seeds() -> None:
    for levels in ([], [LOWER, HIGHER], [{1: 1.0}] * 3):
        with pytest.raises(InputError, match="trend"):
            trend_test(levels)


def test_the_interval_of_a_mean_is_that_of_scipy() -> None:
    values = np.random.default_rng(3).normal(size=40)
    interval = bootstrap_over_seeds(by_seed(values), np.mean)
    reference = scipy.stats.bootstrap((values,), np.mean, method="percentile", rng=np.random.default_rng(5))
    low, high = reference.confidence_interval
    spread = values.std() / math.sqrt(len(values))
    assert interval.value == pytest.approx(values.mean())
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.06 * spread)
    # In the limit: plus and minus 1.96 standard errors.
    assert (interval.high - interval.low) / (2 * 1.96 * spread) == pytest.approx(1.0, abs=0.06)
    assert (interval.draws, interval.confidence) == (40, CONFIDENCE)


def test_the_median_of_five_is_one_of_the_five() -> None:
    interval = bootstrap_over_seeds(LOWER)
    # The share of resamples of five whose median is the lowest value: three draws or more of it.
    lowest = sum(math.comb(5, count) * 4 ** (5 - count) for count in (3, 4, 5)) / 5**5
    assert lowest > (1 - CONFIDENCE) / 2
    assert interval == Interval(3.0, 1.0, 5.0, 5)


def test_a_wider_confidence_is_a_wider_interval() -> None:
    values = by_seed(np.random.default_rng(0).normal(size=20))
    narrow, wide = (bootstrap_over_seeds(values, np.mean, confidence) for confidence in (0.5, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_one_seed_is_its_own_interval_and_none_is_an_error() -> None:
    assert bootstrap_over_seeds({1: 2.0}) == Interval(2.0, 2.0, 2.0, 1)
    with pytest.raises(InputError, match="nothing"):
        bootstrap_over_seeds({})


def test_blocks_hold_the_whole_energy() -> None:
    samples = np.random.default_rng(1).normal(size=4570).astype(np.float32)
    energies = block_energies(samples, rate_hz=1000)
    assert energies.shape == (5,)
    assert energies.sum() == pytest.approx(np.square(samples, dtype=np.float64).sum())
    assert block_energies(samples[:10], rate_hz=1000).shape == (1,)


def test_the_level_of_a_recording_has_the_interval_of_its_blocks() -> None:
    """An error of constant level has no spread; one with a loud second has a wide interval."""
    rate_hz, seconds = 200, 30
    generator = np.random.default_rng(2)
    target = generator.normal(size=rate_hz * seconds)
    even = np.stack([block_energies(sound, rate_hz) for sound in (0.1 * target, target)], axis=1)
    interval = bootstrap_over_blocks(even, level_db)
    assert (interval.value, interval.low, interval.high) == pytest.approx((-20.0,) * 3)
    loud = 0.1 * target
    loud[:rate_hz] *= 10
    uneven = np.stack([block_energies(sound, rate_hz) for sound in (loud, target)], axis=1)
    wide = bootstrap_over_blocks(uneven, level_db)
    assert wide.low == pytest.approx(-20.0)  # no draw of the loud second: (29/30)^30 = 36 per cent of resamples
    assert wide.low < wide.value < wide.high
    assert wide.draws == seconds


def test_two_models_are_resampled_by_the_same_blocks() -> None:
    """One model's error is always half of the other's: their ratio has no spread, though the blocks differ."""
    errors = np.random.default_rng(4).uniform(1, 100, size=42)
    both = np.stack([errors / 2, errors], axis=1)
    interval = bootstrap_over_blocks(both, lambda totals: totals[..., 0] / totals[..., 1])
    assert (interval.low, interval.high) == pytest.approx((0.5, 0.5))


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Gaussian values: the percentile interval of a mean of 30 covers a little less than 95 per cent."""
    generator = np.random.default_rng(6)
    covered = 0
    for _ in range(200):
        interval = bootstrap_over_seeds(by_seed(generator.normal(size=30)), np.mean)
        covered += interval.low <= 0.0 <= interval.high
    assert 0.88 <= covered / 200 <= 0.98


def test_the_same_values_give_the_same_interval() -> None:
    values = by_seed(np.random.default_rng(0).normal(size=5))
    assert bootstrap_over_seeds(values) == bootstrap_over_seeds(dict(reversed(values.items())))
    assert RESAMPLES >= 10_000


def test_statistics_need_no_pytorch() -> None:
    code = "import rnn_audio.evaluation.statistics, sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY / "workflow")
