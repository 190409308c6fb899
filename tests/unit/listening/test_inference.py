"""Tests and intervals for scores."""

import doctest
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import permutation_test, t

from rnn_audio.listening import inference
from rnn_audio.listening.inference import (
    bootstrap_interval,
    friedman_test,
    holm,
    least_p_value,
    sign_flip_test,
    t_interval,
)


def test_the_examples_hold() -> None:
    assert doctest.testmod(inference).failed == 0


@settings(deadline=None)
@given(st.lists(st.integers(-400, 400), min_size=1, max_size=9))
def test_the_sign_flip_test_counts_all_sign_changes(differences: list[int]) -> None:
    sums = [
        abs(sum(sign * each for sign, each in zip(signs, differences, strict=True)))
        for signs in product((1, -1), repeat=len(differences))
    ]
    expected = np.mean([each >= abs(sum(differences)) for each in sums])
    assert sign_flip_test(differences) == pytest.approx(expected, abs=1e-12)


def test_the_sign_flip_test_is_scipys_paired_permutation_test() -> None:
    differences = [12, -3, 5, 5, 0, 22, -7, 9, 1, 16]
    samples = (np.array(differences), np.zeros(len(differences)))
    expected = permutation_test(
        samples,
        lambda one, other, axis: (one - other).mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    )
    assert sign_flip_test(differences) == pytest.approx(expected.pvalue)


@pytest.mark.parametrize("listeners", [1, 2, 5, 14, 40])
def test_the_least_p_value_is_reached_where_all_agree(listeners: int) -> None:
    assert sign_flip_test([7 + each for each in range(listeners)]) == pytest.approx(least_p_value(listeners))


def test_nobody_and_no_difference_decide_nothing() -> None:
    assert sign_flip_test([]) == sign_flip_test([0, 0, 0]) == 1.0
    assert least_p_value(0) == 1.0


def test_holm_against_the_definition() -> None:
    assert holm([0.04, 0.001, 0.02, 0.5]) == pytest.approx([0.08, 0.004, 0.06, 0.5])
    assert holm([0.4, 0.9]) == pytest.approx([0.8, 0.9])
    assert holm([]) == []


def test_friedmans_statistic_of_a_worked_example() -> None:
    """Every listener ranks three conditions alike: the statistic has its largest value, n (k - 1)."""
    scores = np.array([[1.0, 2.0, 3.0]] * 6) + np.arange(6)[:, None]
    statistic, p_value = friedman_test(scores)
    assert statistic == pytest.approx(12)
    assert p_value == pytest.approx(np.exp(-6))


@pytest.mark.parametrize("shape", [(1, 3), (5, 2), (0, 3)])
def test_too_little_has_no_friedman_test(shape: tuple[int, int]) -> None:
    assert friedman_test(np.arange(np.prod(shape), dtype=float).reshape(shape)) is None
    assert friedman_test(np.full((5, 3), 50.0)) is None


def test_t_interval_against_its_formula() -> None:
    values = np.array([70.0, 75.0, 81.0, 66.0])
    half = t.ppf(0.975, 3) * values.std(ddof=1) / 2
    assert t_interval(values) == pytest.approx((values.mean() - half, values.mean() + half))


@pytest.mark.parametrize("interval", [t_interval, bootstrap_interval])
def test_one_value_has_no_interval_and_equal_ones_have_no_width(interval) -> None:  # noqa: ANN001
    assert interval(np.array([50.0])) is None
    assert interval(np.full(6, 50.0)) == pytest.approx((50, 50))


def test_intervals_cover_the_true_mean_about_as_often_as_they_say() -> None:
    """300 tests of 14 listeners with skewed scores; 0.90 to 0.98 is four standard errors around 0.94."""
    random = np.random.default_rng(8)
    true = 100 * 6 / 8
    covered = {t_interval: 0, bootstrap_interval: 0}
    for _ in range(300):
        scores = 100 * random.beta(6, 2, size=14)
        for interval in covered:
            low, high = interval(scores)
            covered[interval] += low <= true <= high
    assert all(0.885 <= count / 300 <= 0.985 for count in covered.values()), covered


def test_the_same_scores_have_the_same_bootstrap_interval() -> None:
    scores = np.array([70.0, 75.5, 81.25, 66.0, 90.0, 59.75])
    low, high = bootstrap_interval(scores)
    assert (low, high) == bootstrap_interval(scores)
    assert low < scores.mean() < high
